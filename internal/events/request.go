package events

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"stickbench/internal/redact"
	"stickbench/loadgen"
	"stickbench/plans"
	"stickbench/report"
)

const (
	// requestTimeout bounds an HTTP request.
	requestTimeout = 30 * time.Second
	// delayMargin bounds POST /delay, on top of twice the longer of the node's delays: the request waits
	// behind those that the blocked node has accepted before, and behind a health check.
	delayMargin = 30 * time.Second
	// maxResponse is how much of a response is kept, in bytes.
	maxResponse = 1 << 10
)

// A response is what became of a request.
type response struct {
	event          *plans.Event
	text           string
	err            error
	sent, received time.Duration
}

// request begins an event's request behind those before it to the same node or host. Its response comes
// back over r.responses.
func (r *run) request(ctx context.Context, e *plans.Event) {
	queue := e.Node
	timeout := requestTimeout
	if e.Delay != nil {
		timeout = r.delayTimeout(e.Node, *e.Delay)
		r.noteDelay(e.Node, *e.Delay, false) // without a response it may have been done
	} else if u, err := url.Parse(loadgen.Absolute(r.target.URL, e.HTTP.URL)); err == nil {
		queue = u.Host
	}
	before, done := r.queues[queue], make(chan struct{})
	r.queues[queue] = done
	r.requests.Go(func() {
		defer close(done)
		if before != nil {
			<-before
		}
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		a := response{event: e, sent: r.now()}
		if e.Delay != nil {
			a.text, a.err = r.postDelay(ctx, e.Node, *e.Delay)
		} else {
			a.text, a.err = r.send(ctx, *e.HTTP)
		}
		a.received = r.now()
		r.responses <- a
	})
}

// responded reports what became of a request.
func (r *run) responded(ctx context.Context, a response) error {
	if !r.lost && ctx.Err() == nil {
		r.poll(ctx, pollBefore)
	}
	h := report.Event{AtMS: a.sent.Milliseconds(), Answer: a.text}
	if a.event.Delay != nil {
		h.AtMS = a.received.Milliseconds()
		r.noteDelay(a.event.Node, *a.event.Delay, a.err == nil)
	}
	return r.tried(ctx, a.event, h, a.err)
}

// postDelay sends a delay to the node itself: through the balancer it would reach any node, and take
// its turn from a user.
func (d *Driver) postDelay(ctx context.Context, node string, delay time.Duration) (string, error) {
	return d.send(ctx, plans.EventRequest{
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

// send sends a request and gives its response in a line: the status, and how the body begins.
func (d *Driver) send(ctx context.Context, q plans.EventRequest) (string, error) {
	request, err := http.NewRequestWithContext(ctx, q.Method, loadgen.Absolute(d.target.URL, q.URL), strings.NewReader(q.Body))
	where := redact.URL(loadgen.Absolute(d.target.URL, q.Shown()))
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", q.Method, where, withoutURL(err))
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
		return "", fmt.Errorf("%s %s: %w", q.Method, where, withoutURL(err))
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxResponse))
	if err != nil {
		return "", fmt.Errorf("%s %s: %s, and then %w", q.Method, where, response.Status, err)
	}
	text := redact.Text(strings.TrimSpace(response.Status + " " + strings.Join(strings.Fields(string(body)), " ")))
	text = redact.NewValues(d.target.Secrets).Hide(text)
	if response.StatusCode < 200 || response.StatusCode > 399 {
		return "", fmt.Errorf("%s %s: %s", q.Method, where, text)
	}
	return text, nil
}

// withoutURL is an error of net/http without the URL that it repeats.
func withoutURL(err error) error {
	if e := (*url.Error)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}
