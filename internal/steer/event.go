package steer

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Event is something to be done at a time of the run, or once users have done so much: exactly one of
// Command, Node and HTTP.
type Event struct {
	// Name is that of the phase that the event begins; "" for one that says what it does, such as
	// "drain s1" or "weight s1 2".
	Name string
	// Exactly one of these is when. At is a time of the run's clock (all three being 0 means its start);
	// the others count what all users have finished, and are looked at every 20 ms.
	At              time.Duration
	AfterIterations int64
	AfterSamples    int64

	// Command is one for the Runtime API, in HAProxy's own words.
	Command string

	// Node is a server's name, to which exactly one of the following is done.
	Node    string
	Delay   *time.Duration // before each answer: whole milliseconds
	Weight  *int           // 0 to 256
	State   string         // StateReady, StateDrain or StateMaint
	Stopped *bool          // true stops a node of the laboratory, false starts it

	HTTP *Request

	// MayFail says that a refusal does not end the run.
	MayFail bool
}

// Request is an HTTP request of an event. A status of 2xx or 3xx is its success.
type Request struct {
	Method, URL string // an absolute URL
	Header      http.Header
	Body        string
}

// Text is what reports show: the command itself, "node s1: delay 250ms", or "POST http://…".
func (e *Event) Text() string {
	switch {
	case e.HTTP != nil:
		return e.HTTP.Method + " " + e.HTTP.URL
	case e.Node == "":
		return e.Command
	case e.Delay != nil:
		return fmt.Sprintf("node %s: delay %s", e.Node, *e.Delay)
	case e.Weight != nil:
		return fmt.Sprintf("node %s: weight %d", e.Node, *e.Weight)
	case e.Stopped != nil && *e.Stopped:
		return fmt.Sprintf("node %s: stopped", e.Node)
	case e.Stopped != nil:
		return fmt.Sprintf("node %s: started", e.Node)
	}
	return fmt.Sprintf("node %s: %s", e.Node, e.State)
}

// name is that of the event's phase.
func (e *Event) name() string {
	switch {
	case e.Name != "":
		return e.Name
	case e.Delay != nil:
		return fmt.Sprintf("delay %s %s", e.Node, *e.Delay)
	case e.Stopped != nil && *e.Stopped:
		return "stop " + e.Node
	case e.Stopped != nil:
		return "start " + e.Node
	}
	if set, ok := understand(e.command("")); ok {
		return set.name()
	}
	return e.Text()
}

// command is the Runtime API command that does the event; "" where it is none of the balancer's.
func (e *Event) command(backend string) string {
	switch {
	case e.Command != "":
		return strings.TrimSpace(e.Command)
	case e.Node == "":
		return ""
	case e.Weight != nil:
		return setting{backend: backend, server: e.Node, what: setWeight, value: fmt.Sprint(*e.Weight)}.command()
	case e.State != "":
		return setting{backend: backend, server: e.Node, what: setState, value: e.State}.command()
	}
	return ""
}

// changesSomething reports that what follows the event may differ from what was before it, so that it
// begins a phase. A request that only reads does not, unless the plan has given it a name.
func (e *Event) changesSomething() bool {
	switch {
	case e.Name != "":
		return true
	case e.HTTP != nil:
		return e.HTTP.Method != http.MethodGet && e.HTTP.Method != http.MethodHead && e.HTTP.Method != http.MethodOptions
	case e.Command != "":
		return changesBalancer(e.Command)
	}
	return true
}

// shapeProblems are what is wrong with an event by itself, whatever it is done to.
func (e *Event) shapeProblems() []string {
	var problems []string
	if e.At < 0 || e.AfterIterations < 0 || e.AfterSamples < 0 {
		problems = append(problems, "its time lies before the run")
	}
	if count(e.At != 0, e.AfterIterations != 0, e.AfterSamples != 0) > 1 {
		problems = append(problems, "has more than one of a time, a number of iterations, and a number of samples")
	}
	if count(e.Command != "", e.Node != "", e.HTTP != nil) != 1 {
		problems = append(problems, "must have exactly one of a command, a node, and an HTTP request")
	}
	actions := count(e.Delay != nil, e.Weight != nil, e.State != "", e.Stopped != nil)
	if e.Node != "" && actions != 1 || e.Node == "" && actions != 0 {
		problems = append(problems, "must do exactly one thing to a node: a delay, a weight, a state, or to stop or start it")
	}
	return append(problems, e.valueProblems()...)
}

func (e *Event) valueProblems() []string {
	var problems []string
	// The laboratory's application fails on every request once it was given a fraction.
	if e.Delay != nil && (*e.Delay < 0 || *e.Delay%time.Millisecond != 0) {
		problems = append(problems, fmt.Sprintf("delay %s: whole milliseconds from 0 on are taken", *e.Delay))
	}
	if e.Weight != nil && (*e.Weight < 0 || *e.Weight > maxWeight) {
		problems = append(problems, fmt.Sprintf("weight %d: 0 to %d are taken", *e.Weight, maxWeight))
	}
	if e.State != "" && e.State != StateReady && e.State != StateDrain && e.State != StateMaint {
		problems = append(problems, fmt.Sprintf("state %q: %s, %s and %s are taken", e.State, StateReady, StateDrain, StateMaint))
	}
	if e.HTTP != nil {
		problems = append(problems, e.HTTP.problems()...)
	}
	return problems
}

func (r *Request) problems() []string {
	request, err := http.NewRequest(r.Method, r.URL, nil)
	switch {
	case err != nil:
		return []string{err.Error()}
	case request.URL.Scheme != "http" && request.URL.Scheme != "https" || request.URL.Host == "":
		return []string{fmt.Sprintf("%q is no whole http:// or https:// URL", r.URL)}
	}
	return nil
}

func count(conditions ...bool) int {
	n := 0
	for _, c := range conditions {
		if c {
			n++
		}
	}
	return n
}
