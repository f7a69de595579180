package plans

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"stickbench/internal/haproxy"
	"stickbench/internal/lab"
	"stickbench/internal/nearest"
	"stickbench/internal/redact"
)

// Event is something to be done to the balancer or to a node during the run: exactly one of HAProxy,
// Node and HTTP is set.
type Event struct {
	// Name is that of the phase of the run which the event begins; "" if the plan gives it none.
	Name string
	// At is when, from the start of the run; or, where one of the others is not 0, once all users
	// together have finished that many iterations or samples.
	At              time.Duration
	AfterIterations int64
	AfterSamples    int64
	// HAProxy is a command for the Runtime API, in its own words.
	HAProxy string
	// Node names a node to which exactly one of the following is done.
	Node    string
	Delay   *time.Duration // before each response, in whole milliseconds
	Weight  *int           // 0 to haproxy.MaxWeight
	State   string         // haproxy.Ready, Drain or Maint
	Stopped *bool          // stops (true) or starts (false) a node of the laboratory
	// HTTP is a request.
	HTTP *EventRequest
	// MayFail says that a refusal does not fail the run.
	MayFail bool
}

// EventRequest is the HTTP request of an event. URL is a whole one, or a path on the target. A status of
// 2xx or 3xx is its success.
type EventRequest struct {
	Method, URL string
	Worded      string // URL as the plan words it, if variables stand in it
	Header      http.Header
	Body        string
}

// String is what the event does, for messages and reports: the command itself, "node s1: delay 250ms", or
// "POST http://…".
func (e *Event) String() string {
	switch {
	case e.HAProxy != "":
		return e.HAProxy
	case e.HTTP != nil:
		return e.HTTP.Method + " " + e.HTTP.Shown()
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

// Shown is the URL for messages and reports, without its secrets.
func (q *EventRequest) Shown() string { return redact.URL(cmp.Or(q.Worded, q.URL)) }

// When is the event's time in words.
func (e *Event) When() string {
	switch {
	case e.AfterIterations > 0:
		return "after " + counted(e.AfterIterations, "iteration")
	case e.AfterSamples > 0:
		return "after " + counted(e.AfterSamples, "sample")
	}
	return "at " + short(e.At)
}

// Command is the Runtime API command that does the event to a server of that backend; "" where it is
// none of the balancer's.
func (e *Event) Command(backend string) string {
	switch {
	case e.HAProxy != "":
		return strings.TrimSpace(e.HAProxy)
	case e.Weight != nil:
		return haproxy.Setting{Backend: backend, Server: e.Node, What: haproxy.SetWeight, Value: fmt.Sprint(*e.Weight)}.Command()
	case e.State != "":
		return haproxy.Setting{Backend: backend, Server: e.Node, What: haproxy.SetState, Value: e.State}.Command()
	}
	return ""
}

// firstPhase is what reports call the phase before the first event.
const firstPhase = "start"

// Phase is the name of the phase that the event begins: its own, or what it does in short, such as
// "drain s1", "weight s1 2", "delay s1 250ms".
func (e *Event) Phase() string {
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
	if set, ok := haproxy.ParseSetting(e.Command("")); ok {
		return set.Name()
	}
	return e.String()
}

// BeginsPhase reports whether what follows the event may differ from what was before it. After a request
// that only reads it does not, unless the plan has given the event a name.
func (e *Event) BeginsPhase() bool {
	switch {
	case e.Name != "":
		return true
	case e.HTTP != nil:
		return e.HTTP.Method != http.MethodGet && e.HTTP.Method != http.MethodHead && e.HTTP.Method != http.MethodOptions
	case e.HAProxy != "":
		return haproxy.Changes(e.HAProxy)
	}
	return true
}

// phases are the names of the plan's phases beside the first.
func (p *Plan) phases() []string {
	names := []string{}
	for i := range p.Events {
		if e := &p.Events[i]; e.BeginsPhase() {
			names = append(names, e.Phase())
		}
	}
	return names
}

func (r *reader) events(t table) {
	for _, own := range t.tables("event", eventShape) {
		r.plan.Events = append(r.plan.Events, r.event(own))
		e, times := &r.plan.Events[len(r.plan.Events)-1], among(own, eventTimes)
		if o := r.override; len(times) != 1 || o.Users != nil || o.Iterations != nil || o.Duration != nil || o.RampUp != nil {
			continue // an option may leave no time for it: that is a note
		}
		if why := r.plan.neverDone(e); why != "" && len(r.list) == 0 {
			own.value(own.at(times[0]), "is never reached: %s", why)
		}
	}
}

// eventTimes are the ways to say when an event is due, eventKinds what it may be, and nodeActions what
// may be done to a node.
var (
	eventTimes  = []string{"at", "after_iterations", "after_samples"}
	eventKinds  = []string{"haproxy", "node", "http"}
	nodeActions = []string{"delay", "weight", "state", "stopped"}
)

func (r *reader) event(t table) Event {
	var e Event
	eventTime(t, &e)
	if name, ok := t.line("name"); ok {
		e.Name = name
		if name == firstPhase {
			t.value(t.at("name"), "%s is the phase before the first event: choose another name", quoted(name))
		}
	}
	e.MayFail, _ = t.boolean("may_fail")
	switch kinds := among(t, eventKinds); len(kinds) {
	case 0:
		if actions := among(t, nodeActions); len(actions) > 0 {
			t.key(t.at(actions[0]), `is done to a node: add node = "s1"`)
		} else {
			t.key(t.path, "does nothing: add one of haproxy, node and http")
		}
	case 1:
		nodeActionProblem(t)
	default:
		t.key(t.at(kinds[1]), "an event has only one of haproxy, node and http: this one has %s; make events of them", strings.Join(kinds, " and "))
	}
	if command, ok := t.line("haproxy"); ok {
		e.HAProxy = command
		if message := r.commandProblem(command); message != "" && !e.MayFail {
			t.value(t.at("haproxy"), "%s", message)
		}
	}
	e.HTTP = r.eventRequest(t)
	r.nodeEvent(t, &e)
	r.reachable(t, &e)
	return e
}

// eventTime reads when an event is due.
func eventTime(t table, e *Event) {
	e.At, _ = t.duration("at")
	e.AfterIterations, _ = t.whole("after_iterations")
	e.AfterSamples, _ = t.whole("after_samples")
	switch times := among(t, eventTimes); len(times) {
	case 0:
		t.key(t.path, `needs a time: at = "10s", after_iterations = 100 or after_samples = 100`)
	case 1:
	default:
		t.key(t.at(times[1]), "an event has only one of at, after_iterations and after_samples: this one has %s", strings.Join(times, " and "))
	}
}

// among are those of keys that the table has, in the order of the source.
func among(t table, keys []string) []string {
	return slices.DeleteFunc(t.inOrder(), func(key string) bool { return !slices.Contains(keys, key) })
}

// nodeActionProblem checks that an event does one thing to its node, and nothing to no node.
func nodeActionProblem(t table) {
	actions := among(t, nodeActions)
	switch {
	case !t.has("node") && len(actions) > 0:
		t.key(t.at(actions[0]), `is done to a node: write node = "s1" instead of %s`, among(t, eventKinds)[0])
	case t.has("node") && len(actions) == 0:
		t.key(t.at("node"), "nothing is done to it: add one of delay, weight, state and stopped")
	case len(actions) > 1:
		t.key(t.at(actions[1]), "an event does only one thing to a node: this one has %s; make events of them", strings.Join(actions, " and "))
	}
}

// commandProblem is what the balancer would refuse of a command, as far as that can be known beforehand.
func (r *reader) commandProblem(command string) string {
	if err := haproxy.CheckCommand(command); err != nil {
		return err.Error()
	}
	if !r.labGiven {
		return ""
	}
	var servers []string
	for _, node := range r.nodes {
		servers = append(servers, lab.Backend+"/"+node)
	}
	if server := haproxy.ServerOf(command); server != "" && !slices.Contains(servers, server) {
		return fmt.Sprintf("the laboratory has no server %s: %s", quoted(server), nearest.Hint(server, servers))
	}
	return r.labRefusal(command)
}

// labRefusal is what the laboratory's balancer has against a command; "" for nothing. HAProxy knows more commands than
// the embedded one, but sets the same.
func (r *reader) labRefusal(command string) string {
	l := r.plan.Lab
	if _, setting := haproxy.ParseSetting(command); l == nil || len(l.Validate()) > 0 || l.Balancer != lab.Embedded && !setting {
		return ""
	}
	return l.Refusal(command)
}

func (r *reader) nodeEvent(t table, e *Event) {
	if name, ok := t.line("node"); ok {
		e.Node = name
		if message := r.nodeProblem(name); message != "" {
			t.value(t.at("node"), "%s", message)
		}
	}
	if d, ok := t.duration("delay"); ok {
		e.Delay = &d
		if d%time.Millisecond != 0 { // the laboratory's application fails on every request once it was given a fraction
			t.value(t.at("delay"), "invalid delay %s: want whole milliseconds", d)
		}
	}
	if e.Weight = weight(t); e.Weight != nil && r.nodeProblem(e.Node) == "" && !e.MayFail {
		set := haproxy.Setting{Backend: lab.Backend, Server: e.Node, What: haproxy.SetWeight, Value: fmt.Sprint(*e.Weight)}
		if message := r.labRefusal(set.Command()); message != "" {
			t.value(t.at("weight"), "%s", message)
		}
	}
	e.State, _ = t.word("state")
	if stopped, ok := t.boolean("stopped"); ok {
		e.Stopped = &stopped
	}
}

// reachable checks that the run will know the balancer of an event, and the node.
func (r *reader) reachable(t table, e *Event) {
	switch {
	case r.labGiven:
	case t.has("stopped"):
		t.key(t.at("stopped"), "only nodes of a [lab] can be stopped and started")
	case t.has("delay") && e.Node != "" && r.addresses[e.Node] == "":
		t.value(t.at("node"), `its delay is set at the node itself: add nodes = { %s = "http://HOST:PORT" } to [target]`, bareOrQuoted(e.Node))
	case !r.haproxyGiven && (t.has("haproxy") || t.has("weight") || t.has("state")):
		t.key(t.path, "needs the balancer's Runtime API: add a [haproxy] with its api")
	}
}

func (r *reader) eventRequest(t table) *EventRequest {
	h, ok := t.table("http", eventRequestShape)
	if !ok {
		return nil
	}
	e := &EventRequest{Method: "GET"}
	if method, ok := h.line("method"); ok {
		e.Method = method
		if message := methodProblem(method, ""); message != "" {
			h.value(h.at("method"), "%s", message)
		}
	}
	if where, ok := h.settingLine("url"); ok {
		if e.URL = where; where != h.values["url"] {
			e.Worded, _ = h.values["url"].(string)
		}
		if message := eventURLProblem(where); message != "" {
			h.value(h.at("url"), "%s", message)
		}
	} else if !h.has("url") {
		h.key(h.path, `needs a url: a path such as "/delay", or a whole URL`)
	}
	for _, field := range r.readHeaders(h) {
		if e.Header == nil {
			e.Header = http.Header{}
		}
		value, _ := r.filled(field.path, field.value).(string)
		if i := strings.IndexFunc(value, controlInHeader); i >= 0 {
			h.value(field.path, "%q cannot stand in a header", rune(value[i]))
		}
		e.Header[textproto.CanonicalMIMEHeaderKey(field.name)] = []string{value}
	}
	r.eventBody(h, e)
	return e
}

// filled is a text, or what texts a value is made of, with the variables in it put in: an event belongs to no user, so
// that they must be known before the run.
func (r *reader) filled(path string, v any) any {
	switch v := v.(type) {
	case string:
		if strings.Contains(v, "${") {
			v, _ = r.variables.fill(path, v)
		}
		return v
	case []any:
		filled := make([]any, len(v))
		for i := range v {
			filled[i] = r.filled(path, v[i])
		}
		return filled
	case map[string]any:
		filled := make(map[string]any, len(v))
		for key := range v {
			filled[key] = r.filled(path, v[key])
		}
		return filled
	}
	return v
}

// eventBody reads body or json, which brings its Content-Type unless the plan names one.
func (r *reader) eventBody(h table, e *EventRequest) {
	if body, ok := h.text("body"); ok {
		e.Body, _ = r.filled(h.at("body"), body).(string)
	}
	v, ok := h.values["json"]
	if !ok {
		return
	}
	if h.has("body") {
		h.key(h.at("json"), "a request has only one of body and json")
	}
	if _, isText := v.(string); isText {
		h.value(h.at("json"), "want a table, such as { delay = 250 }: JSON as text belongs in body")
		return
	}
	body, err := json.Marshal(r.filled(h.at("json"), v))
	if err != nil { // NaN and infinities
		h.value(h.at("json"), "invalid JSON: %v", err)
		return
	}
	e.Body = string(body)
	if e.Header == nil {
		e.Header = http.Header{}
	}
	if e.Header.Get("Content-Type") == "" {
		e.Header.Set("Content-Type", "application/json")
	}
}
