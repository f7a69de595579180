package loadgen

import (
	"fmt"
	"slices"
	"strings"
)

// Template is text with variables: "${name}" stands for the value of a variable, "$${" for "${" itself.
// The zero value is empty text.
type Template struct {
	parts []part
}

// part is literal text, or the variable of that name if there is one.
type part struct {
	text     string
	variable string
	escape   func(string) string // of the variable's value; nil leaves it
}

// The variables that every user has without extracting them.
const (
	VarUser      = "user"      // the user's number in the run, from 1
	VarIteration = "iteration" // the iteration's number within the user, from 1
	VarGroup     = "group"     // the group's name
)

// BuiltinVariable reports whether name is set by the engine itself.
func BuiltinVariable(name string) bool {
	return name == VarUser || name == VarIteration || name == VarGroup
}

// ParseTemplate reads text with variables. A "${" without its "}" and a name that is not one (letters,
// digits, underscores, not first a digit) are errors.
func ParseTemplate(s string) (*Template, error) {
	t := &Template{}
	for s != "" {
		open := strings.Index(s, "${")
		if open < 0 {
			t.literal(s)
			break
		}
		if open > 0 && s[open-1] == '$' {
			t.literal(s[:open-1] + "${")
			s = s[open+2:]
			continue
		}
		t.literal(s[:open])
		name, rest, closed := strings.Cut(s[open+2:], "}")
		if !closed {
			return nil, fmt.Errorf("%q has no closing }; write $${ for a literal ${", s[open:])
		}
		if !ValidVariable(name) {
			return nil, fmt.Errorf("invalid variable name %q: want letters, digits and _, a letter first; write $${ for a literal ${", name)
		}
		t.parts = append(t.parts, part{variable: name})
		s = rest
	}
	return t, nil
}

// Literal is a Template without variables.
func Literal(s string) *Template {
	t := &Template{}
	t.literal(s)
	return t
}

func (t *Template) literal(s string) {
	if s == "" {
		return
	}
	if n := len(t.parts); n > 0 && t.parts[n-1].variable == "" {
		t.parts[n-1].text += s
		return
	}
	t.parts = append(t.parts, part{text: s})
}

// ValidVariable reports whether name can be a variable's: letters, digits and underscores, not first a
// digit, as conditions need it too.
func ValidVariable(name string) bool {
	for i, r := range name {
		letter := r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}

// Concat is the texts one after the other.
func Concat(ts ...*Template) *Template {
	all := &Template{}
	for _, t := range ts {
		for _, p := range t.parts {
			if p.variable == "" {
				all.literal(p.text)
			} else {
				all.parts = append(all.parts, p)
			}
		}
	}
	return all
}

// Escaped is the text with its literal parts passed through literals now and the values of its variables
// through variables when they are put in; nil leaves them as they are.
func (t *Template) Escaped(literals, variables func(string) string) *Template {
	e := &Template{parts: slices.Clone(t.parts)}
	for i := range e.parts {
		p := &e.parts[i]
		if p.variable != "" {
			p.escape = variables
		} else if literals != nil {
			p.text = literals(p.text)
		}
	}
	return e
}

// Variables are the names in the text, in order, each once.
func (t *Template) Variables() []string {
	var names []string
	for _, p := range t.parts {
		if p.variable != "" && !slices.Contains(names, p.variable) {
			names = append(names, p.variable)
		}
	}
	return names
}

// constant reports whether the text has no variables.
func (t *Template) constant() bool {
	return len(t.parts) == 0 || len(t.parts) == 1 && t.parts[0].variable == ""
}

// append puts the text onto dst, its variables' values from value. It stops at the first variable that
// has none and returns its name.
func (t *Template) append(dst []byte, value func(name string) (string, bool)) (all []byte, missing string) {
	for i := range t.parts {
		p := &t.parts[i]
		if p.variable == "" {
			dst = append(dst, p.text...)
			continue
		}
		v, ok := value(p.variable)
		if !ok {
			return dst, p.variable
		}
		if p.escape != nil {
			v = p.escape(v)
		}
		dst = append(dst, v...)
	}
	return dst, ""
}

// String is the text as a plan would word it.
func (t *Template) String() string {
	var b strings.Builder
	for _, p := range t.parts {
		if p.variable != "" {
			b.WriteString("${" + p.variable + "}")
		} else {
			b.WriteString(strings.ReplaceAll(p.text, "${", "$${"))
		}
	}
	return b.String()
}
