package probe

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// Phase names the experiment that an exchange belongs to.
type Phase string

// The experiments, in the order in which they are made. A request without cookies is a decision: the
// balancer was free to place it.
const (
	PhaseFirst       Phase = "first"       // is the target there, and what does it respond
	PhaseOrder       Phase = "order"       // decisions on one connection
	PhaseConnections Phase = "connections" // decisions, each on a new connection
	PhaseSource      Phase = "source"      // decisions from other addresses of this machine
	PhasePath        Phase = "path"        // decisions for other paths
	PhaseQuery       Phase = "query"       // decisions for other queries
	PhaseSessions    Phase = "sessions"    // sessions, each with its jar, each request on a new connection
	PhaseAgain       Phase = "again"       // the cookies of a session's request again, whatever it was given since
	PhaseCookie      Phase = "cookie"      // one cookie alone: does it pin?
	PhaseFresh       Phase = "fresh"       // one cookie alone that was issued and never sent back
	PhaseWithout     Phase = "without"     // all cookies but one: is it necessary?
	PhaseForged      Phase = "forged"      // a cookie's name with an invented value
	PhaseMove        Phase = "move"        // a session goes to another node and comes back
	PhaseHead        Phase = "head"        // HEAD in a session
	PhaseParallel    Phase = "parallel"    // requests of one session at the same time
	PhaseRedirect    Phase = "redirect"    // sessions that begin with a redirect, and what it leads to
	PhaseHTTP2       Phase = "http2"       // decisions and a session over HTTP/2
	PhaseHeld        Phase = "held"        // the slow request that keeps a node busy
	PhaseMeanwhile   Phase = "meanwhile"   // decisions while that one lasts
)

// Pair is a header field or a cookie.
type Pair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Exchange is one request with its response.
type Exchange struct {
	// N numbers the exchanges from 1, in the order in which their requests were sent.
	N     int   `json:"n"`
	Phase Phase `json:"phase"`
	// Session is whose cookies were sent, from 1; 0 stands for no session.
	Session int `json:"session,omitempty"`
	// Conn numbers the connections from 1.
	Conn int `json:"conn"`
	// Source is the local address that the connection was bound to; "" where the system chose it.
	Source string `json:"source,omitempty"`
	Method string `json:"method"`
	// Path is the request target: path and query.
	Path string `json:"path"`
	// Cookies are those that were sent, in their order.
	Cookies []Pair `json:"cookies,omitempty"`
	// Trial is the cookie whose effect the request tries, and Home the exchange whose node is expected
	// again if it has one.
	Trial string `json:"trial,omitempty"`
	Home  int    `json:"home,omitempty"`

	// StartUS, FirstByteUS and EndUS are microseconds since the record's start.
	StartUS     int64 `json:"start_us"`
	FirstByteUS int64 `json:"first_byte_us,omitempty"`
	EndUS       int64 `json:"end_us"`
	// Proto is the response's, such as HTTP/1.1, and Status 0 where there was none.
	Proto  string `json:"proto,omitempty"`
	Status int    `json:"status,omitempty"`
	// Header are the response's fields as they came, in their order; over HTTP/2 sorted by their names.
	Header []Pair `json:"header,omitempty"`
	// Body is the beginning of the response's body, at most bodyKept bytes.
	Body string `json:"body,omitempty"`
	// Error says why there was no whole response.
	Error string `json:"error,omitempty"`
}

// bodyKept is how much of each body is looked at and kept, in bytes.
const bodyKept = 16 << 10

// field returns the values of a response's field, in their order.
func (e *Exchange) field(name string) (values []string) {
	for _, h := range e.Header {
		if strings.EqualFold(h.Name, name) {
			values = append(values, h.Value)
		}
	}
	return values
}

// sent is the value of the cookie that was sent under that name.
func (e *Exchange) sent(name string) (string, bool) {
	i := slices.IndexFunc(e.Cookies, func(c Pair) bool { return c.Name == name })
	if i < 0 {
		return "", false
	}
	return e.Cookies[i].Value, true
}

// failed reports whether the exchange says nothing about the node that it came to: there was no response,
// or an error that the balancer may have made itself.
func (e *Exchange) failed() bool { return e.Error != "" || e.Status >= 500 }

// cut is the error of a request that the end of the probe left without its response.
const cut = "cut: the probe ended"

// refused reports whether somebody in front of the nodes may have refused the request.
func (e *Exchange) refused() bool {
	return e.Status == http.StatusForbidden || e.Status == http.StatusTooManyRequests
}

// cached reports whether a cache may have given the response, so that no balancer chose a node for it.
func (e *Exchange) cached() bool {
	for _, h := range e.Header {
		switch strings.ToLower(h.Name) {
		case "age":
			if h.Value != "0" {
				return true
			}
		case "x-cache", "cf-cache-status", "x-cache-status", "x-proxy-cache":
			if strings.Contains(strings.ToUpper(h.Value), "HIT") {
				return true
			}
		}
	}
	return false
}

// Record is what a probe saw, in the order in which it was asked: all that its findings are made of.
type Record struct {
	Schema string `json:"schema"`
	// URL is what was asked, Address the IP address and port that the name was resolved to, and Others
	// the addresses that were left alone.
	URL     string   `json:"url"`
	Address string   `json:"address"`
	Others  []string `json:"others,omitempty"`
	// Given is the URL before a redirect was followed; "" where none was.
	Given string `json:"given,omitempty"`
	// Insecure is whether any certificate was accepted.
	Insecure bool `json:"insecure,omitempty"`
	// Seed makes the order of the trials and the invented values.
	Seed uint64 `json:"seed"`
	// Started is the time of the first request, RFC 3339 in UTC.
	Started   string     `json:"started"`
	Exchanges []Exchange `json:"-"`
	// Stopped says why the probe ended before it had made all its experiments; "" where it did not.
	Stopped string `json:"-"`
}

// recordSchema is the version of the file of samples.
const recordSchema = "stickbench.probe-samples/1"

// A Writer writes a record as lines of JSON while the probe lasts, so that each complete line of a probe
// that was killed can be judged: the record's own line, one for each exchange, and how it ended.
type Writer struct {
	encoder *json.Encoder
	err     error
}

// NewWriter begins the file of r. The error of a write is kept for Close.
func NewWriter(w io.Writer, r *Record) *Writer {
	out := &Writer{encoder: json.NewEncoder(w)}
	out.encoder.SetEscapeHTML(false)
	out.put(r)
	return out
}

func (w *Writer) put(line any) {
	if w.err == nil {
		w.err = w.encoder.Encode(line)
	}
}

// Exchange writes one exchange.
func (w *Writer) Exchange(e *Exchange) { w.put(e) }

// ending is the last line of a file.
type ending struct {
	Ended   bool   `json:"ended"`
	Stopped string `json:"stopped,omitempty"`
}

// Close writes how the probe ended. Its error is the first of any write.
func (w *Writer) Close(stopped string) error {
	w.put(ending{Ended: true, Stopped: stopped})
	return w.err
}

// maxLine bounds a line of a file of samples, in bytes.
const maxLine = 4 << 20

// Read reads what a Writer wrote. A file that was cut is read up to its last complete line, and the record
// says that it was stopped. Errors name the line.
func Read(r io.Reader) (*Record, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	if !lines.Scan() {
		return nil, errors.Join(errors.New("line 1: the file is empty: want samples that `probe --out` wrote"), lines.Err())
	}
	record := &Record{Stopped: "the file of samples ends early"}
	if err := json.Unmarshal(lines.Bytes(), record); err != nil || record.Schema != recordSchema {
		return nil, fmt.Errorf("line 1: not %s: want samples that `probe --out` wrote", recordSchema)
	}
	for n := 2; lines.Scan(); n++ {
		var line struct {
			Exchange
			ending
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			if lines.Scan() {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
			return record, nil // a kill cut the last line
		}
		if line.Ended {
			record.Stopped = line.Stopped
			return record, nil
		}
		if line.N != len(record.Exchanges)+1 {
			return nil, fmt.Errorf("line %d: exchange %d: want %d", n, line.N, len(record.Exchanges)+1)
		}
		record.Exchanges = append(record.Exchanges, line.Exchange)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", len(record.Exchanges)+2, err)
	}
	return record, nil
}
