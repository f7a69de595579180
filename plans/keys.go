package plans

import (
	"math"
	"slices"
	"time"
)

// key is a key of a table of a plan: what the reader takes, what `stickbench schema` says to an editor, and what is
// said to people. There is no other list of keys, of their words and of their bounds.
type key struct {
	name string
	is   []form // what its value may be; any of them
	text string
}

// form is a form of a value.
type form struct {
	kind        valueKind
	words       []string // of text: one of these
	least, most int64    // of a whole number, and of a duration in nanoseconds
	shape       *shape   // of a table, and of a list of tables
	of          []form   // of the elements of a list
}

type valueKind int

const (
	textValue valueKind = iota
	booleanValue
	wholeValue
	numberValue
	durationValue
	listValue
	tableValue
	tablesValue
	variableValue // "${name}"
	anyValue      // TOML has
)

// longest is the most that any duration in a plan may be: ten years is a slip, a month is a soak test.
const longest = 31 * 24 * time.Hour

var (
	textForm   = form{kind: textValue}
	boolForm   = form{kind: booleanValue}
	numberForm = form{kind: numberValue}
	textsForm  = form{kind: listValue, of: []form{textForm}}
	anyForm    = form{kind: anyValue}
)

func oneOf(words ...string) form         { return form{kind: textValue, words: words} }
func wholes(least, most int64) form      { return form{kind: wholeValue, least: least, most: most} }
func durations(least time.Duration) form { return form{kind: durationValue, least: int64(least)} }
func tableOf(s *shape) form              { return form{kind: tableValue, shape: s} }
func listOf(of ...form) form             { return form{kind: listValue, of: of} }
func tablesOfShape(s *shape) form        { return form{kind: tablesValue, shape: s} }

func k(name, text string, is ...form) key { return key{name: name, is: is, text: text} }

// names are the names of the shape's keys, in the order in which people are told of them.
func (s *shape) names() []string {
	names := make([]string, len(s.keys))
	for i, k := range s.keys {
		names[i] = k.name
	}
	return names
}

// form is the form of that kind which the key may have. There is one wherever the reader asks, as a test shows.
func (s *shape) form(name string, kind valueKind) form {
	i := slices.IndexFunc(s.keys, func(k key) bool { return k.name == name })
	if i < 0 {
		return form{kind: kind, most: math.MaxInt64}
	}
	for _, f := range s.keys[i].is {
		if f.kind == kind && (kind != textValue || f.words != nil) {
			return f
		}
	}
	return form{kind: kind, most: math.MaxInt64}
}
