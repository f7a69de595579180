// Package assert says what a response or a finished run must satisfy.
//
// There are two languages of one grammar, that of github.com/expr-lang/expr: a [Condition] judges one
// response (`assert` and `when` of a plan's step), an [Expectation] a whole run (`expect`).
//
//	source ─▶ expr's parser ─▶ our words resolved ─▶ expr's type checker ─┬▶ typed closures ─▶ Condition
//	               │                  │                      │            └▶ expr's machine ─▶ Expectation,
//	               └───────────── SyntaxError ───────────────┘                                 unusual Conditions
//
// # Conditions
//
//	status                 the HTTP status, 0 without a response
//	elapsed                milliseconds from the start of the request to the last byte of its response
//	bytes                  size of the response on the wire, headers included
//	body                   the body as a string
//	header("Content-Type") first value of a header field, "" without it
//	cookie("SERVERID")     value of a cookie in the user's jar, "" without it
//	json("user.name")      value at a path of the body, nil without it
//	node, counter, session what the response said of its session; without a counter, the condition fails
//	previous.node, previous.counter, previous.session
//	                       what the response before said, in the same session
//	increments()           the session goes on: the counter is previous.counter + 1, under the same
//	                       session id where both are known; true of a session's first response
//
// and by their names the variables that the group extracts, as strings. For example:
//
//	status in [200, 304] && elapsed < 250ms
//	node in ["s1", "s2"] and increments()
//	header("Content-Type") startsWith "application/json"
//	json("sessionViews") == counter || json("error") != nil
//	previous.node == "" || node == previous.node
//	lower(body) contains "hello"
//	not (body matches "(?i)exception")
//
// A number may have a unit: 250ms, 1.5s and 1m30s are milliseconds, 1% is 0.01. Of time words plain numbers
// are milliseconds, of shares they are from 0 to 1.
//
// A [Failure] says what was seen, without the values of session ids and cookies.
//
// # Expectations
//
//	samples, errors, error_rate, throughput  of the run, or of a label: errors("GET /")
//	avg() min() max() stddev() p50() p90() p95() p99() apdex()
//	                       milliseconds, of all samples, or of a label: p95("GET /")
//	arrivals, late, dropped
//	                       counts of an open run: those that began, began late, and never began
//	response_avg() response_p50() response_p90() response_p95() response_p99() response_max()
//	                       milliseconds from the intended start of arrivals, of all, or of a label
//	sessions, transitions, moves, lost, lost_sessions, renewed
//	                       counts of the affinity verdict: lost are transitions, lost_sessions the sessions
//	                       that were lost at least once, renewed the ids that changed while the counter went on
//	excused, unexcused, lost_unexcused
//	                       the moves away from nodes in maint or down, the other moves, and the
//	                       transitions that lost the session otherwise
//	affinity, continuity   shares of the transitions, 0 to 1
//	nodes                  how many nodes answered
//	share("s1"), decisions("s1"), requests("s1")
//	                       of one node; the share from 0 to 1
//	shares_ok              whether the shares of the decisions are those of the weights; undefined where
//	                       there are too few of them, or where weights do not decide
//	drained("s1")          whether, in drain, no session left the node and none came to it
//	left("s1")             whether, in maint or down, the node answered nothing and every session that
//	                       left it moved once
//	returned("s1")         how many moves led back to the node, of sessions that had been on it before
//
// A phase of the run begins with an event and lasts to the next one; it has the event's name, and "start"
// is the phase before the first. Phases of one name count together. All words except drained, left, returned
// and those of arrivals may be asked of a phase:
//
//	during("drain s1").moves, during("drain s1").p95("GET /"), during("start").share("s1")
//
// For example:
//
//	errors == 0 && p95("GET /") < 250ms
//	affinity == 1
//	error_rate < 0.1% or samples < 1000
//	all(["s1", "s2"], share(#) > 0.4)
//	abs(share("s1") - 0.5) < 0.05
//	drained("s1") && during("drain s1").p95("GET /") < 20
//	during("drain s1").decisions("s1") == 0
//	unexcused == 0 && left("s1") && returned("s1") == 0
//	dropped == 0 && late < arrivals / 100 && response_p99("GET /") < 50
//
// Before most words may stand within("10s"), of windows of the run, for each of which the expectation must hold; and
// for("30s", error_rate > 5%) is true if a condition held in every second of such a time.
//
// A figure that is not defined for the run, such as the affinity of no transitions, makes the
// expectation fail.
package assert
