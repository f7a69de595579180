package sequence

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// A Builder collects exchanges. The zero value is ready to use; it is for one goroutine.
type Builder struct {
	Title string
	// Nodes are those that there are, whether an exchange reaches them or not, in their order; others
	// follow as they occur.
	Nodes     []Lifeline
	exchanges []Exchange
}

// Add takes an exchange, in any order.
func (b *Builder) Add(x Exchange) { b.exchanges = append(b.exchanges, x) }

// Len is how many exchanges were added.
func (b *Builder) Len() int { return len(b.exchanges) }

// Freeze makes the diagram of what was added so far.
func (b *Builder) Freeze() *Diagram {
	slices.SortStableFunc(b.exchanges, func(x, y Exchange) int {
		return cmp.Or(x.Start.Compare(y.Start), cmp.Compare(x.User, y.User))
	})
	f := newFreezer(b)
	for i := range b.exchanges {
		f.add(&b.exchanges[i])
	}
	return f.diagram
}

// A freezer makes a Diagram of exchanges in their order.
type freezer struct {
	diagram  *Diagram
	lanes    map[laneKey]int
	lives    map[int]int // of each user, as last seen
	cookies  *credentials
	x        *Exchange // being drawn, and …
	steps    []Step    // … what it gave so far
	at, with int       // lifelines of its browser and of what it asks
}

type laneKey struct {
	role Role
	id   string
}

// newFreezer lays out the lifelines: browsers, balancer, other servers, nodes.
func newFreezer(b *Builder) *freezer {
	f := &freezer{diagram: &Diagram{Title: plain(b.Title)}, lanes: map[laneKey]int{}, lives: map[int]int{}}
	var users []int
	var servers, nodes []string
	for _, x := range b.exchanges {
		users = append(users, x.User)
		servers = append(servers, x.Server)
		nodes = append(nodes, x.Node)
		for _, s := range x.Seen {
			nodes = append(nodes, s.Node)
		}
	}
	for _, u := range distinct(users) {
		f.lane(Browser, strconv.Itoa(u), "browser "+strconv.Itoa(u))
	}
	if len(f.diagram.Lifelines) == 1 {
		f.diagram.Lifelines[0].Name = "browser"
	}
	f.lane(Balancer, "", "balancer")
	for _, s := range distinct(servers) {
		if s != "" {
			f.lane(Server, s, s)
		}
	}
	var names []string
	for _, n := range b.Nodes {
		f.lane(Node, n.ID, n.Name)
		names = append(names, n.ID)
	}
	for _, n := range distinct(nodes) {
		if n != "" {
			f.lane(Node, n, n)
			names = append(names, n)
		}
	}
	f.cookies = newCredentials(names)
	return f
}

// distinct is the values in ascending order, each once.
func distinct[T cmp.Ordered](all []T) []T {
	slices.Sort(all)
	return slices.Compact(all)
}

// lane makes a lifeline unless there is one.
func (f *freezer) lane(role Role, id, name string) {
	key := laneKey{role, id}
	if _, ok := f.lanes[key]; !ok {
		f.lanes[key] = len(f.diagram.Lifelines)
		f.diagram.Lifelines = append(f.diagram.Lifelines, Lifeline{ID: id, Name: plain(name), Role: role})
	}
}

// step adds an arrow, or a note where it begins and ends at the same lifeline.
func (f *freezer) step(s Step, lines ...string) {
	for _, l := range lines {
		s.Lines = append(s.Lines, plain(l))
	}
	if len(s.Lines) > 0 {
		f.steps = append(f.steps, s)
	}
}

// plain is text of which no terminal makes anything but text: what came over the wire may hold anything.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '�'
		}
		return r
	}, text)
}

// status is a response's first line.
func status(code int, reason string) string {
	if reason == "" {
		reason = http.StatusText(code)
	}
	return strings.TrimSpace(strconv.Itoa(code) + " " + reason)
}
