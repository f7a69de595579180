package plans

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"stickbench/assert"
	"stickbench/internal/nearest"
	"stickbench/loadgen"
)

// variables are those of [vars], overridden by --set.
type variables struct {
	*problems
	override Override
	table    table
	// known are those whose values are known before the run, and later the others, in the order in which they
	// can be worked out.
	known map[string]string
	later []loadgen.Assignment
	state map[string]readState
	// unset are names of the environment that a text named which have no value.
	unset []string
	// secrets are the values of the environment that were taken.
	secrets []string
}

type readState int

const (
	unread readState = iota
	reading
	done
)

// environment begins the name of a variable of the environment.
const environment = "env:"

// vars reads [vars].
func (r *reader) vars(t table) {
	v := &variables{problems: r.problems, override: r.override, known: map[string]string{}, state: map[string]readState{}}
	r.variables, r.problems.settings = v, v
	v.table, _ = t.table("vars", varsShape)
	for _, name := range v.table.inOrder() {
		if message := variableProblem(name); message != "" {
			v.table.key(v.table.at(name), "%s", message)
			continue
		}
		v.read(name)
	}
	for _, name := range sorted(r.override.Set) {
		if !v.table.has(name) {
			r.option("--set "+name, "the plan has no variable of that name in [vars]%s", didYouMean(name, v.names()))
		}
	}
}

func didYouMean(word string, known []string) string {
	if near := nearest.Word(word, known); near != "" {
		return fmt.Sprintf(": did you mean %q?", near)
	}
	return ""
}

// names are those of [vars].
func (v *variables) names() []string {
	names := make([]string, 0, len(v.table.values))
	for name := range v.table.values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// read works out a variable, others that it names before it.
func (v *variables) read(name string) {
	if v.state[name] != unread {
		return
	}
	v.state[name] = reading
	defer func() { v.state[name] = done }()
	path := v.table.at(name)
	source, ok := v.source(name)
	if !ok {
		v.known[name] = ""
		return
	}
	if v.given(name) {
		v.known[name] = source
		return
	}
	t, err := v.scope().ParseTemplate(source)
	v.noteUnset(path, source)
	if err != nil {
		v.textProblem(path, source, err)
		v.known[name] = ""
		return
	}
	if text, ok := t.Known(); ok {
		v.known[name] = text
		return
	}
	for _, other := range t.Variables() {
		if !v.isVar(other) && !loadgen.BuiltinVariable(other) {
			line, column := find(source, "${"+other)
			v.within(path, line, column, "unknown variable %q%s: [vars] has %s", other, didYouMean(other, v.names()), strings.Join(v.names(), ", "))
		}
	}
	v.later = append(v.later, loadgen.Assignment{Name: name, Value: t})
}

// given reports whether --set gives a variable, as text that means nothing but itself.
func (v *variables) given(name string) bool { _, ok := v.override.Set[name]; return ok }

func (v *variables) isVar(name string) bool { return v.table.has(name) }

// source is the text of a variable.
func (v *variables) source(name string) (string, bool) {
	set, isSet := v.override.Set[name]
	value := v.table.values[name]
	if _, asks := value.(map[string]any); isSet && !asks {
		return set, true
	}
	switch value := value.(type) {
	case string:
		return value, true
	case int64, float64, bool:
		return plain(value), true
	case map[string]any:
		asked, _ := v.table.table(name, askShape)
		what, ok := asked.line("ask")
		if !ok {
			asked.key(asked.path, `needs what to ask for, such as ask = "number of users"`)
		} else if !isSet && !v.override.Replay {
			v.option("--set "+name, "the plan asks for it (%s): add --set %s=…", what, name)
		}
	default:
		v.value(v.table.at(name), "expected text, a number, true or false, not %s", described(value))
	}
	return set, isSet
}

// scope is what a variable may use.
func (v *variables) scope() loadgen.Names {
	return loadgen.Names{
		Scope: assert.Scope{Variables: slices.Concat(builtin, v.names())},
		Known: v.lookup,
	}
}

// lookup is the value of a name that is known before the run.
func (v *variables) lookup(name string) (string, bool) {
	if in, ok := strings.CutPrefix(name, environment); ok {
		value, set := v.override.environ(in, os.LookupEnv)
		if !set && !v.override.Replay {
			v.unset = append(v.unset, in)
		}
		if !slices.Contains(v.secrets, value) {
			v.secrets = append(v.secrets, value)
		}
		return value, true
	}
	if v.isVar(name) {
		if v.state[name] == reading {
			v.key(v.table.at(name), "its value is made of itself")
			v.known[name] = ""
		}
		v.read(name)
	}
	value, ok := v.known[name]
	return value, ok
}

// noteUnset notes the variables of the environment that the text at path named and that are not set.
func (v *variables) noteUnset(path, source string) {
	for _, name := range v.unset {
		line, column := find(source, "${"+environment+name+"}")
		v.within(path, line, column, "the environment has no %s: set it before the run, as in %s=… stickbench run …", name, name)
	}
	v.unset = nil
}

// textProblem notes what is wrong with a text with values.
func (p *problems) textProblem(path, source string, err error) {
	e, ok := err.(*loadgen.TemplateError)
	if !ok {
		p.value(path, "%v", err)
		return
	}
	line, column := find(source, e.Part)
	if syntax, ok := e.Err.(*assert.SyntaxError); ok {
		if syntax.Line == 1 {
			column += len("${") + syntax.Column - 1
		} else {
			line, column = line+syntax.Line-1, syntax.Column
		}
		p.within(path, line, column, "%s", syntax.Message)
		return
	}
	p.within(path, line, column, "%v", e.Err)
}

// setting is a value of a key that is no text of a request, with the variables in it put in: they must be known
// before the run.
func (t table) setting(key string) (v any, there bool) {
	v, there = t.values[key]
	source, ok := v.(string)
	if !ok || t.settings == nil || !strings.Contains(source, "${") {
		return v, there
	}
	text, ok := t.settings.fill(t.at(key), source)
	return text, ok
}

// figure is a setting as the number or truth that its text writes once its variables are put in, if it does.
func (t table) figure(key string) (v any, there bool) {
	v, there = t.setting(key)
	if text, ok := v.(string); ok && text != t.values[key] {
		v = literal(text)
	}
	return v, there
}

func literal(s string) any {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return f
	}
	if s == "true" || s == "false" {
		return s == "true"
	}
	return s
}

// fill puts the values into a text whose values must be known before the run.
func (v *variables) fill(path, source string) (string, bool) {
	t, err := v.scope().ParseTemplate(source)
	v.noteUnset(path, source)
	if err != nil {
		v.textProblem(path, source, err)
		return "", false
	}
	text, ok := t.Known()
	if ok {
		return text, true
	}
	names := t.Variables()
	if len(names) == 0 {
		v.value(path, "%s is not known before the run, as this must be", quoted(source))
		return "", false
	}
	line, column := find(source, "${"+names[0])
	if v.isVar(names[0]) || loadgen.BuiltinVariable(names[0]) {
		v.within(path, line, column, "the value of %q is not known before the run, as this must be", names[0])
	} else {
		v.within(path, line, column, "unknown variable %q: what stands here must be known before the run, in [vars] or as ${env:NAME}%s", names[0], didYouMean(names[0], v.names()))
	}
	return "", false
}
