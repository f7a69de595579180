package loadgen

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"stickbench/assert"
)

// Template is text with values: "${name}" stands for the value of a variable, "${expression}" for that of an
// expression in the language of conditions, "$${" for "${" itself. The zero value is empty text.
type Template struct {
	parts []part
}

// part is a piece of a text.
type part struct {
	kind partKind
	text string // literal, or the value of what is known before the run
	// source is what stands between ${ and }, "" for literal text.
	source string
	value  *assert.Value
	inner  *Template
	escape func(string) string // of what is put in; nil leaves it. What is known has been through it
}

type partKind byte

const (
	literalPart  partKind = iota
	knownPart             // of the name source, whose value is known before the run
	variablePart          // of the name source
	valuePart             // an expression
	wholePart             // inner, escaped as a whole
)

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

// Names are what a text may use.
type Names struct {
	// Scope is for its expressions.
	assert.Scope
	// Known is the value of a name that is known before the run, such as "host" or "env:HOME"; nil knows none.
	Known func(name string) (value string, ok bool)
}

// TemplateError says what is wrong with a text, and with what in it.
type TemplateError struct {
	Part string // such as "${colour}", as it stands in the text
	Err  error
}

func (e *TemplateError) Error() string { return e.Err.Error() }
func (e *TemplateError) Unwrap() error { return e.Err }

// ParseTemplate reads text with variables, of any names.
func ParseTemplate(s string) (*Template, error) { return Names{}.ParseTemplate(s) }

// ParseTemplate reads text with values. A "${" without its "}" and an expression that is none are errors of
// type *TemplateError. Variables may have any names (letters, digits, underscores, not first a digit): those
// that Known has stand for their values, words of conditions for themselves.
func (n Names) ParseTemplate(s string) (*Template, error) {
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
		end := closing(s[open+2:])
		if end < 0 {
			return nil, &TemplateError{s[open:], fmt.Errorf("%q has no closing }; write $${ for a literal ${", s[open:])}
		}
		source := s[open+2 : open+2+end]
		p, err := n.part(source)
		if err != nil {
			return nil, &TemplateError{"${" + source + "}", err}
		}
		t.parts = append(t.parts, p)
		s = s[open+2+end+1:]
	}
	return t, nil
}

// closing is where in s the brace is that closes one before s, -1 for nowhere. Braces in strings do not count.
func closing(s string) int {
	depth, quote := 0, byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0 && c == '\\' && quote != '`':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case c == '{':
			depth++
		case c == '}' && depth == 0:
			return i
		case c == '}':
			depth--
		}
	}
	return -1
}

var errNoName = errors.New("want a variable's name or an expression between ${ and }; write $${ for a literal ${")

func (n Names) part(source string) (part, error) {
	if n.Known != nil {
		if value, ok := n.Known(source); ok {
			return part{kind: knownPart, source: source, text: value}, nil
		}
	}
	switch {
	case strings.TrimSpace(source) == "":
		return part{}, errNoName
	case ValidVariable(source) && !assert.Reserved(source) && !slices.Contains(n.Lists, source):
		return part{kind: variablePart, source: source}, nil
	}
	if wouldBeName(source) {
		return part{}, fmt.Errorf("invalid variable name %q: want letters, digits and _, a letter first; write $${ for a literal ${", source)
	}
	value, err := n.CompileValue(source)
	return part{kind: valuePart, source: source, value: value}, err
}

// wouldBeName reports whether an expression looks like a variable's name that is none.
func wouldBeName(source string) bool {
	return !ValidVariable(source) && !strings.ContainsFunc(source, func(r rune) bool {
		return r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

// Literal is a Template without values.
func Literal(s string) *Template {
	t := &Template{}
	t.literal(s)
	return t
}

func (t *Template) literal(s string) {
	if s == "" {
		return
	}
	if n := len(t.parts); n > 0 && t.parts[n-1].kind == literalPart {
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
			if p.kind == literalPart {
				all.literal(p.text)
			} else {
				all.parts = append(all.parts, p)
			}
		}
	}
	return all
}

// Escaped is the text with its literal parts passed through literals now and its values through values when
// they are put in; nil leaves them as they are.
func (t *Template) Escaped(literals, values func(string) string) *Template {
	e := &Template{parts: slices.Clone(t.parts)}
	for i := range e.parts {
		switch p := &e.parts[i]; {
		case p.kind == literalPart && literals != nil:
			p.text = literals(p.text)
		case p.kind == knownPart && values != nil:
			p.text = values(p.text)
		case p.kind != literalPart:
			p.escape = values
		}
	}
	return e
}

// Whole is the text passed through escape as a whole, when its values have been put in; shown is how a plan
// would word that.
func (t *Template) Whole(shown string, escape func(string) string) *Template {
	if t.constant() {
		b, _ := t.append(nil, nil)
		return &Template{parts: []part{{kind: knownPart, source: shown, text: escape(string(b))}}}
	}
	return &Template{parts: []part{{kind: wholePart, source: shown, inner: t, escape: escape}}}
}

// Variables are the names of the variables in the text, in order, each once.
func (t *Template) Variables() []string {
	var names []string
	add := func(more ...string) {
		for _, name := range more {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	for _, p := range t.parts {
		switch p.kind {
		case variablePart:
			add(p.source)
		case valuePart:
			add(p.value.Variables()...)
		case wholePart:
			add(p.inner.Variables()...)
		}
	}
	return names
}

// constant reports whether the whole text is known before the run.
func (t *Template) constant() bool {
	return !slices.ContainsFunc(t.parts, func(p part) bool { return p.kind != literalPart && p.kind != knownPart })
}

// Filled is the text with a stand-in for each of its values, but for those that are known before the run.
func (t *Template) Filled(standIn string) string {
	var b strings.Builder
	for _, p := range t.parts {
		if p.kind == literalPart || p.kind == knownPart {
			b.WriteString(p.text)
		} else {
			b.WriteString(standIn)
		}
	}
	return b.String()
}

// Fields are the words of a text, blanks between ${ and } left in.
func Fields(s string) []string {
	var words []string
	for begin, i := -1, 0; ; i++ {
		switch {
		case i == len(s) || s[i] == ' ' || '\t' <= s[i] && s[i] <= '\r':
			if begin >= 0 {
				words = append(words, s[begin:i])
			}
			if begin = -1; i == len(s) {
				return words
			}
		case begin < 0:
			begin = i
		}
		if strings.HasPrefix(s[i:], "${") && (i == 0 || s[i-1] != '$') {
			if end := closing(s[i+2:]); end >= 0 {
				i += 2 + end
			}
		}
	}
}

// Known is the text if all of it is known before the run.
func (t *Template) Known() (text string, ok bool) {
	if !t.constant() {
		return "", false
	}
	b, _ := t.append(nil, nil)
	return string(b), true
}

// secretive reports whether values may stand in the text that are nobody's business, of variables and of the
// environment: all but the engine's own.
func (t *Template) secretive() bool {
	return slices.ContainsFunc(t.parts, func(p part) bool { return p.kind != literalPart && !BuiltinVariable(p.source) })
}

// values are where a text gets its values from.
type values interface {
	// variable is the value of a variable, if it has one.
	variable(name string) (string, bool)
	// compute appends the value of an expression.
	compute(dst []byte, v *assert.Value) ([]byte, error)
}

// append puts the text onto dst, with its values from that source. It stops at the first one that there is
// not.
func (t *Template) append(dst []byte, from values) (all []byte, err error) {
	for i := range t.parts {
		p := &t.parts[i]
		begin := len(dst)
		switch p.kind {
		case literalPart, knownPart:
			dst = append(dst, p.text...)
			continue
		case variablePart:
			v, ok := from.variable(p.source)
			if !ok {
				return dst, noValue(p.source)
			}
			if p.escape != nil {
				v = p.escape(v)
			}
			dst = append(dst, v...)
			continue
		case valuePart:
			dst, err = from.compute(dst, p.value)
		case wholePart:
			dst, err = p.inner.append(dst, from)
		}
		if err != nil {
			return dst, err
		}
		if p.escape != nil {
			dst = append(dst[:begin], p.escape(string(dst[begin:]))...)
		}
	}
	return dst, nil
}

// String is the text as a plan would word it.
func (t *Template) String() string {
	var b strings.Builder
	for _, p := range t.parts {
		if p.kind != literalPart {
			b.WriteString("${" + p.source + "}")
		} else {
			b.WriteString(strings.ReplaceAll(p.text, "${", "$${"))
		}
	}
	return b.String()
}
