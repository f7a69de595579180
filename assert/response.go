package assert

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Observation is what one response said of the session it belongs to.
type Observation struct {
	// Node is the server that responded, "" when the response did not say.
	Node string
	// Session is the application's session id, "" when the response did not say. It is a bearer
	// credential: messages show a digest of it, never the id.
	Session string
	// Counter is the session's view counter; it means something only if HasCounter.
	Counter    int64
	HasCounter bool
}

// Response is what the conditions of a plan see of one exchange. It belongs to one user: only one
// goroutine at a time may judge it.
type Response struct {
	// Status is the HTTP status, 0 before the first exchange and when there was no response.
	Status int
	// Elapsed is the time from the start of the request to the last byte of its response.
	Elapsed time.Duration
	// Bytes is the size of the response on the wire, headers included.
	Bytes int64
	// Body is the response's body as it came, valid until the user's next request.
	Body []byte
	// Observation is what this response said of the session …
	Observation
	// … and Previous what the response before it said, in the same session; the zero value at a
	// session's first response and after the cookie jar was cleared.
	Previous Observation
	// Lookup finds the parts of the exchange that are asked for by name; nil finds none.
	Lookup Lookup

	// problem is why the condition at hand could not be judged. It is kept here because a closure has
	// no better place for it that costs no allocation.
	problem string
}

// fail notes why the condition at hand cannot be judged; the first reason stays.
func (r *Response) fail(format string, args ...any) {
	if r.problem == "" {
		r.problem = fmt.Sprintf(format, args...)
	}
}

func (r *Response) reason() string { return r.problem }

// Lookup finds named parts of an exchange. Absent parts are "" or nil.
type Lookup interface {
	// Header is the first value of the response's header field, its name in any case.
	Header(name string) string
	// Cookie is the value of the cookie that the user's jar holds for the request's URL.
	Cookie(name string) string
	// JSON is the value at a gjson path of the body: nil, bool, string, float64, int for whole numbers beyond
	// 2^53, or for arrays
	// and objects []any and map[string]any.
	JSON(path string) any
	// Variable is the value set under that name, "" if there is none yet, and List the values of one with many.
	Variable(name string) string
	List(name string) []string
	// Headers are the response's status line and header fields as they came, Reason its phrase, URL what was
	// requested, without credentials, and Failed whether the sample counts as an error.
	// Sent are the line and the header fields of the request as they were sent, and its body.
	Headers() string
	Sent() (head, body string)
	Reason() string
	URL() string
	Failed() bool
	// Random is the user's stream of random numbers, and Line the line of a file that Scope.Line was asked for:
	// the one of the iteration, in turn.
	Random() *rand.Rand
	Line(file string) (string, error)
}
