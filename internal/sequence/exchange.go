package sequence

import "time"

// An Exchange is one request of a browser and its answer, as the browser saw them, and as the node saw
// them where that is known. Cookies are in full.
type Exchange struct {
	User int // the browser's number, from 1
	// Life is the number of the life of the browser's cookies; one that differs from the exchange before
	// is a new visitor.
	Life  int
	Start time.Time
	// Server is the host that was asked in place of the balancer; "" for the balancer.
	Server       string
	Method, Path string
	Label        string // what the plan calls it, shown where nothing was sent
	Cookie       string // the Cookie field as sent, "" for none

	Outcome   Outcome
	Status    int
	Reason    string
	SetCookie []string // the lines of the answer
	Held      string   // the Cookie field that the browser would send next
	// Kind and Failure say what went wrong; "" for nothing.
	Kind, Failure string

	// Seen is what nodes saw of it, in their order. It is nil where nobody looked, and empty where nodes
	// were observed and none was reached.
	Seen []Sight
	// Node is the node that the answer names, and Says what else it says, such as "counter 3"; both are
	// for exchanges whose nodes nobody observed.
	Node, Says string
}

// Outcome is how far an exchange came.
type Outcome int

// The outcomes.
const (
	Answered  Outcome = iota // wholly; Kind may still say that the answer was not the one wanted
	NoAnswer                 // sent, and no whole answer came back
	Unreached                // there was no connection
	Unsent                   // there was nothing to send
)

// A Sight is one exchange as a node saw it. The node is one that sets a session's cookie only when it does
// not know the session that came.
type Sight struct {
	Node         string
	Method, Path string
	Cookie       string // the Cookie field as received
	Status       int    // 0 if it gave no answer
	Reason       string
	SetCookie    []string
	Says         string // what matters of its answer
}
