package jtl

import (
	"fmt"
	"regexp"
	"strings"

	"stickbench/loadgen"
)

// Reading says where a recording of another tool names what ours have in columns of their own. The zero value
// reads those columns alone.
type Reading struct {
	columns map[string]column // by their names in the file
	markers *regexp.Regexp    // labels of rows that name the node of the sample before them in their thread
	texts   *regexp.Regexp    // finds the node in what a row says
}

// NodeFrom reads the node of a sample from where source says:
//
//	column:NAME   a column of that name, such as a sample variable of JMeter's
//	label:REGEX   the label of a row behind the sample, in the same thread: "(S\\d) reached"; such rows are marks
//	regex:REGEX   the sample's own label, URL, response message, failure message or thread name, in that order
//
// The node is the first group of the expression, or all that it matches. The error says what is wanted.
func (o *Reading) NodeFrom(source string) error {
	kind, what, _ := strings.Cut(source, ":")
	if what == "" {
		return fmt.Errorf("%q: want column:NAME, label:REGEX or regex:REGEX", source)
	}
	if kind == "column" {
		o.name(what, colNode)
		return nil
	}
	expression, err := regexp.Compile(what)
	switch {
	case err != nil:
		return fmt.Errorf("%q: %w", source, err)
	case kind == "label":
		o.markers = expression
	case kind == "regex":
		o.texts = expression
	default:
		return fmt.Errorf("%q: want column:NAME, label:REGEX or regex:REGEX", source)
	}
	return nil
}

// CounterFrom reads the counter of a session's views from a column, "column:NAME".
func (o *Reading) CounterFrom(source string) error {
	name, ok := strings.CutPrefix(source, "column:")
	if !ok || name == "" {
		return fmt.Errorf("%q: want column:NAME", source)
	}
	o.name(name, colCounter)
	return nil
}

func (o *Reading) name(name string, c column) {
	if o.columns == nil {
		o.columns = map[string]column{}
	}
	o.columns[name] = c
}

// column is what the file's column of that name holds.
func (o *Reading) column(name string, names map[string]column) (column, bool) {
	if c, ok := o.columns[name]; ok {
		return c, true
	}
	c, ok := names[name]
	return c, ok
}

// node is what an expression found, "" for nothing.
func node(expression *regexp.Regexp, text string) string {
	switch found := expression.FindStringSubmatch(text); {
	case found == nil:
		return ""
	case len(found) > 1:
		return found[1]
	default:
		return found[0]
	}
}

// nameFromTexts sets the node to what the sample's texts say.
func (o *Reading) nameFromTexts(s *loadgen.Sample) {
	for _, text := range []string{s.Label, s.URL, s.Reason, s.Failure, s.Thread} {
		if s.Node = node(o.texts, text); s.Node != "" {
			return
		}
	}
}

// maxWaiting is how many samples wait for a marker at most; the oldest goes on without one then.
const maxWaiting = 1 << 16

// marked holds samples back until a marker names their node or cannot come any more, and hands them on in the
// order in which they came.
//
//	sample of a thread  ─▶ waits ─┬─ marker of the thread       ─▶ it has a node
//	                              ├─ next sample of the thread  ─▶ it has none
//	                              └─ end of the file            ─▶ it has none
type marked struct {
	markers *regexp.Regexp
	each    func(*loadgen.Sample) error
	queue   []waiting
	gone    int            // samples that were handed on
	last    map[string]int // the number of each thread's last sample, while it waits
}

// waiting is a sample in the queue; a settled one waits for those before it only.
type waiting struct {
	sample  loadgen.Sample
	settled bool
}

func (m *marked) add(s *loadgen.Sample) error {
	name := node(m.markers, s.Label)
	before, waits := m.last[s.Thread]
	if waits && before >= m.gone {
		w := &m.queue[before-m.gone]
		w.settled = true
		if name != "" {
			w.sample.Node = name
		}
	}
	delete(m.last, s.Thread)
	m.queue = append(m.queue, waiting{*s, name != ""})
	if name != "" {
		m.queue[len(m.queue)-1].sample.Mark = true
	} else {
		m.last[strings.Clone(s.Thread)] = m.gone + len(m.queue) - 1
	}
	return m.handOn(len(m.queue) > maxWaiting)
}

// handOn hands on what is settled at the head of the queue, and one more if it must.
func (m *marked) handOn(must bool) error {
	n := 0
	for ; n < len(m.queue) && (m.queue[n].settled || must); n++ {
		must = must && m.queue[n].settled
		m.queue[n].sample.Bound() // its node is a marker's
		if err := m.each(&m.queue[n].sample); err != nil {
			return err
		}
	}
	m.gone += n
	m.queue = m.queue[n:]
	return nil
}

// end hands on all that still waits.
func (m *marked) end() error {
	for i := range m.queue {
		m.queue[i].settled = true
	}
	return m.handOn(false)
}
