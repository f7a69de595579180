package steer

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// requestTimeout bounds an HTTP request.
	requestTimeout = 30 * time.Second
	// delayMargin bounds POST /delay, on top of twice the longer of the node's delays: the request waits
	// behind those that the blocked node has accepted before, and behind a health check.
	delayMargin = 30 * time.Second
	// maxAnswer is how much of an answer is kept, in bytes.
	maxAnswer = 1 << 10
)

// An answer is what became of a request.
type answer struct {
	event          *Event
	text           string
	err            error
	sent, answered time.Duration
}

// request begins an event's request behind those before it to the same node or host. Its answer comes
// back over r.answers.
func (r *run) request(ctx context.Context, e *Event) {
	line := e.Node
	timeout := requestTimeout
	if e.Delay != nil {
		timeout = r.delayTimeout(e.Node, *e.Delay)
		r.noteDelay(e.Node, *e.Delay, false) // without an answer it may have been done
	} else if u, err := url.Parse(e.HTTP.URL); err == nil {
		line = u.Host
	}
	before, done := r.lines[line], make(chan struct{})
	r.lines[line] = done
	r.requests.Go(func() {
		defer close(done)
		if before != nil {
			<-before
		}
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		a := answer{event: e, sent: r.now()}
		if e.Delay != nil {
			a.text, a.err = r.postDelay(ctx, e.Node, *e.Delay)
		} else {
			a.text, a.err = r.send(ctx, *e.HTTP)
		}
		a.answered = r.now()
		r.answers <- a
	})
}

// answered tells what became of a request.
func (r *run) answered(ctx context.Context, a answer) error {
	if !r.lost && ctx.Err() == nil {
		r.look(ctx, lookBefore)
	}
	h := Happening{At: a.sent, Answer: a.text}
	if a.event.Delay != nil {
		h.At = a.answered
		r.noteDelay(a.event.Node, *a.event.Delay, a.err == nil)
	}
	return r.tried(ctx, a.event, h, a.err)
}

// postDelay sends a delay to the node itself: through the balancer it would reach any node, and take
// its turn from a user.
func (d *Driver) postDelay(ctx context.Context, node string, delay time.Duration) (string, error) {
	return d.send(ctx, Request{
		Method: http.MethodPost,
		URL:    d.nodeURL(node) + "/delay",
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   delayBody(delay),
	})
}

// delayBody has an integer: any other value makes the laboratory's application fail from then on.
func delayBody(delay time.Duration) string {
	return fmt.Sprintf(`{"delay": %d}`, delay.Milliseconds())
}

// send sends a request and gives its answer in a line: the status, and how the body begins.
func (d *Driver) send(ctx context.Context, q Request) (string, error) {
	request, err := http.NewRequestWithContext(ctx, q.Method, q.URL, strings.NewReader(q.Body))
	if err != nil {
		return "", err
	}
	for name, values := range q.Header {
		if http.CanonicalHeaderKey(name) == "Host" && len(values) > 0 {
			request.Host = values[0]
			continue
		}
		request.Header[name] = values
	}
	response, err := d.client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return "", fmt.Errorf("%s %s: %s, and then %w", q.Method, q.URL, response.Status, err)
	}
	text := strings.TrimSpace(response.Status + " " + strings.Join(strings.Fields(string(body)), " "))
	if response.StatusCode < 200 || response.StatusCode > 399 {
		return "", fmt.Errorf("%s %s: %s", q.Method, q.URL, text)
	}
	return text, nil
}
