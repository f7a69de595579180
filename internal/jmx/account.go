package jmx

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Account tells what an import carried over and what it did not.
type Account struct {
	Schema string `json:"schema"` // "stickbench.import/1"
	File   string `json:"file"`
	// Elements are those that are enabled and have an effect on the run; listeners, caches and what belongs to
	// JMeter's windows do not count. Carried are those of them that are in the plan as they were.
	Elements int    `json:"elements"`
	Carried  int    `json:"carried"`
	Lost     []Loss `json:"lost"`
	// Notes are differences that are worth knowing and cost nothing.
	Notes []Loss `json:"notes,omitempty"`
	// Needs are variables that the plan asks for, with --set.
	Needs []string `json:"needs,omitempty"`
}

// Loss is an element, or a part of one, that was not carried over.
type Loss struct {
	Element string   `json:"element"` // its class
	Name    string   `json:"name"`
	Path    []string `json:"path"` // what it stands in, outermost first
	Line    int      `json:"line"`
	Why     string   `json:"why"`
	Instead string   `json:"instead,omitempty"` // what to do
}

func newLoss(e *Element, why, instead string) Loss {
	l := Loss{Element: e.Class, Name: e.title(), Line: e.Line, Why: why, Instead: instead}
	if third := e.thirdParty(); third != "" {
		l.Element = third
	}
	if e.Parent != nil {
		l.Path = e.Parent.path()
	}
	return l
}

// thirdParty is the whole name of a class that is not JMeter's own; "" for one that is.
func (e *Element) thirdParty() string {
	if strings.Contains(e.Full, ".") && !strings.HasPrefix(e.Full, "org.apache.jmeter.") {
		return e.Full
	}
	return ""
}

// place is where in JMeter's tree it stood, as people read it.
func (l Loss) place() string { return strings.Join(append(slices.Clone(l.Path), l.Name), " › ") }

func (l Loss) String() string {
	s := fmt.Sprintf("line %d: %s (%s): %s", l.Line, l.Element, l.place(), l.Why)
	if l.Instead != "" {
		s += "; " + l.Instead
	}
	return s
}

// Whole reports whether everything was carried over.
func (a *Account) Whole() bool { return len(a.Lost) == 0 }

// Summary is the account in one line: "38 of 41 elements carried; lost: 2 JSR223Sampler (Login › sign), 1 JDBCSampler".
func (a *Account) Summary() string {
	s := fmt.Sprintf("%d of %d elements carried", a.Carried, a.Elements)
	if len(a.Lost) == 0 {
		return s
	}
	var classes []string
	count, first := map[string]int{}, map[string]string{}
	for _, l := range a.Lost {
		if count[l.Element] == 0 {
			classes = append(classes, l.Element)
			first[l.Element] = l.place()
		}
		count[l.Element]++
	}
	words := make([]string, len(classes))
	for i, c := range classes {
		words[i] = fmt.Sprintf("%d %s (%s)", count[c], shortClass(c), first[c])
		if count[c] > 1 {
			words[i] = fmt.Sprintf("%d %s (first: %s)", count[c], shortClass(c), first[c])
		}
	}
	return s + "; lost: " + strings.Join(words, ", ")
}

// WriteText writes the account for people.
func (a *Account) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, l := range a.Lost {
		fmt.Fprintf(&b, "not carried over, %v\n", l)
	}
	for _, l := range a.Notes {
		fmt.Fprintf(&b, "note, %v\n", l)
	}
	for _, name := range a.Needs {
		fmt.Fprintf(&b, "the plan asks for --set %s=VALUE\n", name)
	}
	fmt.Fprintf(&b, "%s: %s\n", a.File, a.Summary())
	_, err := io.WriteString(w, b.String())
	return err
}
