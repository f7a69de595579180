// Package draft writes plans: a tree of tables and keys as the TOML that a person would write, keys in the order
// in which they were set, comments above what they are about, and nested tables indented.
//
// It knows TOML's quotes and nothing of what a plan means: package plans reads what it wrote. Command lines,
// curl commands, HAR files and probes become plans by way of it.
package draft

import (
	"fmt"
	"strings"
)

// A Table is a table of a plan. The zero value is an empty plan.
type Table struct {
	header   string // "[target]", "[[group.step]]"; "" for the plan itself
	path     string // "group.step"
	comments []string
	pairs    []Pair
	below    []*Table
}

// A Pair is a key and its value: a string, an Expression, a number, true or false, a List, Lines, an
// Inline, Members, or a Noted one of these.
type Pair struct {
	Key   string
	Value any
}

type (
	// Inline is a table within braces.
	Inline []Pair
	// List is a list within brackets on one line, and Lines is one with each value on a line of its own.
	List  []any
	Lines []any
	// Expression is a string in single quotes, where it can stand in them: its own double quotes need no escape.
	Expression string
	// Members are those of a table that is written key by key, each on a line: extract.id = …
	Members []Pair
	// Noted is a value with a comment behind it.
	Noted struct {
		Value any
		Note  string
	}
)

// Set adds a key.
func (t *Table) Set(key string, value any) { t.pairs = append(t.pairs, Pair{key, value}) }

// Comment adds lines above the table's header, or at the beginning of the plan.
func (t *Table) Comment(format string, args ...any) {
	for line := range strings.SplitSeq(fmt.Sprintf(format, args...), "\n") {
		t.comments = append(t.comments, strings.TrimRight("# "+printable(line), " "))
	}
}

// Table adds a table of that name below t: [name], or [name.name] of several names.
func (t *Table) Table(names ...string) *Table { return t.add(names, "[", "]") }

// Append adds a table to the list of that name below t: [[name]].
func (t *Table) Append(name string) *Table { return t.add([]string{name}, "[[", "]]") }

func (t *Table) add(names []string, open, end string) *Table {
	path := t.path
	for _, name := range names {
		if path != "" {
			path += "."
		}
		path += key(name)
	}
	n := &Table{header: open + path + end, path: path}
	t.below = append(t.below, n)
	return n
}

// String is the table and what is below it, as TOML.
func (t *Table) String() string {
	var b strings.Builder
	t.write(&b, "")
	return b.String()
}

func (t *Table) write(b *strings.Builder, indent string) {
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	for _, c := range t.comments {
		b.WriteString(indent + c + "\n")
	}
	if t.header != "" {
		b.WriteString(indent + t.header + "\n")
	}
	for _, p := range t.pairs {
		p.write(b, "", indent)
	}
	if strings.Contains(t.path, ".") {
		indent += "  "
	}
	for _, n := range t.below {
		n.write(b, indent)
	}
}

// write writes the pair on a line of its own, its members on one each.
func (p Pair) write(b *strings.Builder, outer, indent string) {
	if members, ok := p.Value.(Members); ok {
		for _, m := range members {
			m.write(b, outer+key(p.Key)+".", indent)
		}
		return
	}
	b.WriteString(indent + outer + key(p.Key) + " = " + value(p.Value, indent) + "\n")
}

func value(v any, indent string) string {
	switch v := v.(type) {
	case string:
		return text(v)
	case Expression:
		return literal(string(v))
	case Noted:
		return value(v.Value, indent) + strings.TrimRight(" # "+printable(v.Note), " ")
	case List:
		return "[" + joined(v, indent) + "]"
	case Lines:
		var b strings.Builder
		for _, x := range v {
			b.WriteString(indent + "  " + value(x, indent) + ",\n")
		}
		return "[\n" + b.String() + indent + "]"
	case Inline:
		all := make([]string, len(v))
		for i, p := range v {
			all[i] = key(p.Key) + " = " + value(p.Value, indent)
		}
		return "{ " + strings.Join(all, ", ") + " }"
	}
	return fmt.Sprint(v) // numbers, true and false
}

func joined(list List, indent string) string {
	all := make([]string, len(list))
	for i, x := range list {
		all[i] = value(x, indent)
	}
	return strings.Join(all, ", ")
}
