package jmx

import (
	"fmt"
	"strings"
)

// block is a table of the plan being written: its keys in order, and the tables below it.
type block struct {
	comments []string // above its header
	pairs    []pair
	below    []*block // steps
	request  *request // of a step that requests something
}

// pair is a key and its value: text, a number, true or false, a list, or an inline table.
type pair struct {
	key   string
	value any
}

// inline is a table within braces, its keys in order; list is within brackets, many each on a line of its own.
type (
	inline []pair
	list   []any
	many   []any
	// expression is text that stands in single quotes where it can, so that its own double quotes need no escape.
	expression string
)

func (b *block) set(key string, value any) { b.pairs = append(b.pairs, pair{key, value}) }

func (b *block) comment(format string, args ...any) {
	b.comments = append(b.comments, lines(fmt.Sprintf(format, args...))...)
}

// get is the value of a key, nil where there is none.
func (b *block) get(key string) any {
	for _, p := range b.pairs {
		if p.key == key {
			return p.value
		}
	}
	return nil
}

// lines are the lines of a comment, without control characters, which TOML allows in none.
func lines(s string) []string {
	var all []string
	for _, line := range strings.Split(strings.TrimSpace(s), "\n") {
		line = strings.Map(func(r rune) rune {
			if r < ' ' && r != '\t' || r == 0x7f {
				return ' '
			}
			return r
		}, line)
		all = append(all, strings.TrimRight(line, " \t"))
	}
	return all
}

// tomlWriter writes blocks as a person would: an empty line above each table, what is nested indented.
type tomlWriter struct{ strings.Builder }

func (w *tomlWriter) table(header string, b *block, indent string) {
	if w.Len() > 0 {
		w.WriteByte('\n')
	}
	w.comments(b.comments, indent)
	w.WriteString(indent + header + "\n")
	w.keys(b.pairs, indent)
}

func (w *tomlWriter) comments(comments []string, indent string) {
	for _, c := range comments {
		w.WriteString(strings.TrimRight(indent+"# "+c, " ") + "\n")
	}
}

func (w *tomlWriter) keys(pairs []pair, indent string) {
	for _, p := range pairs {
		if m, ok := p.value.(many); ok {
			fmt.Fprintf(w, "%s%s = [\n", indent, key(p.key))
			for _, v := range m {
				fmt.Fprintf(w, "%s  %s,\n", indent, toml(v))
			}
			w.WriteString(indent + "]\n")
			continue
		}
		fmt.Fprintf(w, "%s%s = %s\n", indent, key(p.key), toml(p.value))
	}
}

// steps writes the steps below a table of that name.
func (w *tomlWriter) steps(name string, steps []*block, indent string) {
	for _, s := range steps {
		w.table("[["+name+"]]", s, indent)
		w.steps(name+".step", s.below, indent+"  ")
	}
}

// key is a key as TOML has it: bare where it can be.
func key(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == "" {
		if !strings.Contains(s, ".") || strings.HasPrefix(s, "extract.") {
			return s
		}
	}
	return quoted(s)
}

func toml(v any) string {
	switch v := v.(type) {
	case string:
		return textValue(v)
	case expression:
		return singleQuoted(string(v))
	case list:
		words := make([]string, len(v))
		for i, e := range v {
			words[i] = toml(e)
		}
		return "[" + strings.Join(words, ", ") + "]"
	case inline:
		words := make([]string, len(v))
		for i, p := range v {
			words[i] = key(p.key) + " = " + toml(p.value)
		}
		return "{ " + strings.Join(words, ", ") + " }"
	}
	return fmt.Sprint(v) // numbers, true and false
}

// textValue is text in the quotes that read best: single ones where it has double ones or backslashes, three
// on lines of their own where it has lines.
func textValue(s string) string {
	switch {
	case strings.Contains(s, "\n") && strings.Count(s, "\n") < len(s):
		return multiline(s)
	case strings.ContainsAny(s, `"\`):
		return singleQuoted(s)
	}
	return quoted(s)
}

func singleQuoted(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r == '\'' || r < ' ' && r != '\t' || r == 0x7f || r == '\uFFFD' }) {
		if !strings.Contains(s, "'''") && !strings.HasSuffix(s, "'") && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f || r == '\uFFFD' }) {
			return "'''" + s + "'''"
		}
		return quoted(s)
	}
	return "'" + s + "'"
}

// multiline is text of several lines.
func multiline(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' || r == 0x7f || r == '\uFFFD' }) &&
		!strings.Contains(s, "'''") && !strings.HasSuffix(s, "'") {
		return "'''\n" + s + "'''"
	}
	var b strings.Builder
	b.WriteString("\"\"\"\n")
	for _, r := range s {
		if r == '\n' {
			b.WriteByte('\n')
		} else {
			escape(&b, r)
		}
	}
	b.WriteString(`"""`)
	return b.String()
}

func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		escape(&b, r)
	}
	b.WriteByte('"')
	return b.String()
}

func escape(b *strings.Builder, r rune) {
	switch {
	case r == '"' || r == '\\':
		b.WriteByte('\\')
		b.WriteRune(r)
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\r':
		b.WriteString(`\r`)
	case r == '\t':
		b.WriteString(`\t`)
	case r < ' ' || r == 0x7f:
		fmt.Fprintf(b, `\u%04X`, r)
	default:
		b.WriteRune(r)
	}
}
