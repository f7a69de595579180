package assert

import (
	"fmt"
	"strings"
)

// increments is the continuity of the session: the counter went up by one since the response before, and
// where both responses named a session, it is the same one. A session's first response only needs a counter.
func increments(r *Response, _ []string) bool {
	switch {
	case !r.HasCounter:
		return false
	case r.Previous == Observation{}:
		return true
	case !r.Previous.HasCounter || r.Counter != r.Previous.Counter+1:
		return false
	}
	return r.Session == r.Previous.Session || r.Session == "" || r.Previous.Session == ""
}

// showIncrements is what was seen of the continuity, such as "counter 1 after 7: s1 → s2, new session".
// What is not known is left out.
func showIncrements(r *Response, _ []string) string {
	switch {
	case !r.HasCounter:
		return "the response has no counter"
	case r.Previous == Observation{}:
		return fmt.Sprintf("counter %d, the first of the session", r.Counter)
	}
	counters := fmt.Sprintf("counter %d after %d", r.Counter, r.Previous.Counter)
	if !r.Previous.HasCounter {
		counters = fmt.Sprintf("counter %d after a response without one", r.Counter)
	}
	var rest []string
	if where := moved(r); where != "" {
		rest = append(rest, where)
	}
	switch {
	case r.Session == "" || r.Previous.Session == "":
	case r.Session == r.Previous.Session:
		rest = append(rest, "same session")
	default:
		rest = append(rest, "new session")
	}
	if len(rest) == 0 {
		return counters
	}
	return counters + ": " + strings.Join(rest, ", ")
}

// moved says where the session was and is.
func moved(r *Response) string {
	before, now := plain(r, r.Previous.Node), plain(r, r.Node)
	switch {
	case r.Previous.Node == "" && r.Node == "":
		return ""
	case r.Previous.Node == "":
		return "on " + now
	case r.Node == "":
		return before + " → unknown node"
	case r.Node == r.Previous.Node:
		return "still " + now
	}
	return before + " → " + now
}
