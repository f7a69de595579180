// Package sequence draws HTTP exchanges through a balancer as sequence diagrams: what a browser sent, what
// the balancer made of it, what a node answered, and what became of the cookies on the way.
//
//	Exchange, Exchange … ─▶ Builder ─ Freeze ─▶ Diagram ─▶ WriteMermaid | WriteText
//
// Exchanges hold cookies in full. A Diagram is text to be drawn and holds none: a value is shown by its
// first characters, so that the same one and another one can be told apart (credentials.go).
package sequence

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
