// Package sequence draws HTTP exchanges through a balancer as sequence diagrams: what a browser sent, what
// the balancer made of it, what a node answered, and what became of the cookies on the way.
//
//	Exchange, Exchange … ─▶ Builder ─ Freeze ─▶ Diagram ─▶ WriteMermaid | WriteText
//
// Exchanges hold cookies in full. A Diagram is text to be drawn and holds none: a value is shown by its
// first characters, so that the same one and another one can be told apart (credentials.go).
package sequence

import "time"

// A Diagram is ready to be drawn.
type Diagram struct {
	Title string
	// Lifelines are the participants from left to right: browsers, balancer, nodes.
	Lifelines []Lifeline
	// Blocks are the exchanges in the order of their starts.
	Blocks []Block
}

// A Lifeline is one participant.
type Lifeline struct {
	// ID is what exchanges call it: the tag of a node, the host of a server, the number of a browser.
	ID string
	// Name is what stands above it.
	Name string
	Role Role
}

// Role says what a participant is.
type Role string

// The roles. A Server is one that the balancer does not stand in front of: a redirect led there.
const (
	Browser  Role = "browser"
	Balancer Role = "balancer"
	Server   Role = "server"
	Node     Role = "node"
)

// A Block is one exchange.
type Block struct {
	Number int // from 1
	Steps  []Step
}

// A Step is an arrow from one lifeline to another, or a note on one.
type Step struct {
	From, To int // indexes of Diagram.Lifelines; the same one for a note
	Kind     Kind
	// Inferred says that nobody saw it: it follows from what the response said.
	Inferred bool
	Lines    []string // at least one
}

// Kind is the kind of a step.
type Kind string

// The kinds of steps. Lost is an arrow that did not arrive.
const (
	Request Kind = "request"
	Reply   Kind = "reply"
	Lost    Kind = "lost"
	Note    Kind = "note"
)

// An Exchange is one request of a browser and its response, as the browser saw them, and as the node saw
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
	// Label is what the plan calls it, shown where nothing was sent, or where Method is "": not known.
	Label  string
	Cookie string // the Cookie field as sent, "" for none

	Outcome   Outcome
	Status    int
	Reason    string
	SetCookie []string // the lines of the response
	Held      string   // the Cookie field that the browser would send next
	// Kind and Failure say what went wrong; "" for nothing.
	Kind, Failure string

	// Seen is what nodes saw of it, in their order. It is nil where nobody looked, and empty where nodes
	// were observed and none was reached.
	Seen []Observation
	// Node is the node that the response names, and Detail what else it says, such as "counter 3"; both are
	// for exchanges whose nodes nobody observed.
	Node, Detail string
}

// Outcome is how far an exchange came.
type Outcome int

// The outcomes.
const (
	Answered   Outcome = iota // wholly; Kind may still say that the response was not the one wanted
	NoResponse                // sent, and no whole response came back
	Unreached                 // there was no connection
	Unsent                    // there was nothing to send
)

// An Observation is one exchange as a node saw it. The node is one that sets a session's cookie only when it does
// not know the session that came.
type Observation struct {
	Node         string
	Method, Path string
	Cookie       string // the Cookie field as received
	Status       int    // 0 if it gave no response
	Reason       string
	SetCookie    []string
	Detail       string // what matters of its response
}
