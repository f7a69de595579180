package plans

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"stickbench/assert"
	"stickbench/internal/nearest"
	"stickbench/loadgen"
)

// scope is what a group's steps may use where they stand.
type scope struct {
	*reader
	*names
	defaults []table  // around, the innermost last
	atOnce   bool     // the steps are under way at the same time, without pauses before them
	loops    int      // around
	using    []string // shared steps that are being read, the innermost last
}

// names are the variables of a group.
type names struct {
	set   map[string]string // so far, and the path of the step that sets each
	all   map[string]string // the same for the whole group, and for what is there before it begins
	lists map[string]bool   // those of all that have many values
	used  map[string]bool   // in texts and conditions
	may   *loadgen.Names    // what they may use
}

// builtin are the variables that need not be extracted.
var builtin = []string{loadgen.VarUser, loadgen.VarIteration, loadgen.VarGroup}

// newScope is the scope of a group with those steps.
func (r *reader) newScope(path string, group map[string]any) scope {
	s := scope{reader: r, defaults: r.defaults, names: &names{set: map[string]string{}, all: map[string]string{}, lists: map[string]bool{}, used: map[string]bool{}}}
	for i, d := range r.data {
		for _, name := range d.Columns {
			s.all[name] = elementPath("data", i)
		}
	}
	for name, at := range r.setup.all {
		s.all[name], s.lists[name] = at, r.setup.lists[name]
	}
	maps.Copy(s.set, s.all)
	s.declareAll(path, group["step"], nil)
	return s
}

// declareAll notes the variables that steps set, for conditions, which see those of the whole group, and for
// saying that one comes too late.
func (s scope) declareAll(path string, steps any, using []string) {
	list, _ := tablesOf(steps)
	for i, step := range list {
		s.declare(elementPath(childPath(path, "step"), i), step, using)
	}
}

func (s scope) declare(path string, step map[string]any, using []string) {
	if s.stepsDeclared++; s.stepsDeclared > 2*mostSteps { // those of setup groups twice
		return
	}
	note := func(name string, many bool) {
		if s.all[name] == "" && variableProblem(name) == "" {
			s.all[name] = path
			s.lists[name] = many
		}
	}
	for _, key := range []string{"extract", "set"} {
		table, _ := step[key].(map[string]any)
		for _, name := range inOrder(s.positions, childPath(path, key), table) {
			from, _ := table[name].(map[string]any)
			note(name, key == "extract" && from["match"] == "all")
		}
	}
	for _, key := range []string{"counter", "foreach"} {
		table, _ := step[key].(map[string]any)
		if name, ok := table["name"].(string); ok {
			note(name, false)
		}
	}
	if name, ok := step["index"].(string); ok {
		note(name, false)
	}
	if name, ok := step["use"].(string); ok && !slices.Contains(using, name) {
		shared, _ := s.shared.values[name].(map[string]any)
		s.declare(s.shared.at(name), shared, append(slices.Clip(using), name))
	}
	s.declareAll(path, step["step"], using)
}

// mostSteps is how many steps a plan may have, with those of shared ones counted each time.
const mostSteps = 100_000

// language is what texts and conditions of the group may use.
func (s scope) language() loadgen.Names {
	if s.may != nil {
		return *s.may
	}
	n := loadgen.Names{Scope: assert.Scope{Variables: slices.Clone(builtin), Line: s.lines}, Known: s.known}
	for name := range s.all {
		if s.lists[name] {
			n.Lists = append(n.Lists, name)
		} else {
			n.Variables = append(n.Variables, name)
		}
	}
	for _, name := range s.variables.names() {
		if s.all[name] == "" && variableProblem(name) == "" {
			n.Variables = append(n.Variables, name)
		}
	}
	slices.Sort(n.Variables)
	slices.Sort(n.Lists)
	s.may = &n
	return n
}

// known is the value of a name that is known before the run and that no step of the group changes.
func (s scope) known(name string) (string, bool) {
	if s.all[name] != "" {
		return "", false
	}
	return s.variables.lookup(name)
}

// variableProblem says why no variable can have that name; "" if one can.
func variableProblem(name string) string {
	switch {
	case !loadgen.ValidVariable(name):
		return "not a variable's name: letters, digits and _, a letter first"
	case loadgen.BuiltinVariable(name):
		return "every user has a variable of that name already: choose another name"
	case assert.Reserved(name):
		return "a word of the conditions: choose another name"
	}
	return ""
}

// hasValue reports whether a variable may have a value where the scope is: within a loop, that of a pass before.
func (s scope) hasValue(name string) bool {
	return s.set[name] != "" || loadgen.BuiltinVariable(name) || s.variables.isVar(name) || s.loops > 0 && s.all[name] != ""
}

// check checks that every variable of a text may have a value; source is the whole value at path.
func (s scope) check(path, source string, t *loadgen.Template) {
	for _, name := range t.Variables() {
		s.used[name] = true
		if !s.hasValue(name) {
			line, column := find(source, name, "${"+name+"}")
			s.within(path, line, column, "%s", s.unknown(name))
		}
	}
}

// find is the line and the column, both from 1, of the last of what is there in source, or else of the one before
// it. "$${" is no variable.
func find(source string, what ...string) (line, column int) {
	at := -1
	for _, w := range what {
		if i := strings.Index(strings.ReplaceAll(source, "$${", "$$("), w); i >= 0 {
			at = i
		}
	}
	before := source[:max(0, at)]
	return 1 + strings.Count(before, "\n"), 1 + len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
}

func (s scope) unknown(name string) string {
	known := slices.Concat(builtin, s.variables.names())
	for name := range s.set {
		known = append(known, name)
	}
	slices.Sort(known)
	known = slices.Compact(known)
	if later := s.all[name]; later != "" {
		return fmt.Sprintf("variable %q has no value yet: %s sets it", name, later)
	}
	if near := nearest.Word(name, known); near != "" {
		return fmt.Sprintf("unknown variable %q: did you mean %q?", name, near)
	}
	return fmt.Sprintf("unknown variable %q: nothing before sets it; known are %s", name, strings.Join(known, ", "))
}

// template reads text with values; nil after a problem.
func (s scope) template(path, source string) *loadgen.Template {
	return s.templateIn(path, source, source)
}

// templateIn reads text that is part of the value at path.
func (s scope) templateIn(path, value, source string) *loadgen.Template {
	t, err := s.language().ParseTemplate(source)
	s.variables.noteUnset(path, value)
	if err != nil {
		s.textProblem(path, value, err)
		return nil
	}
	s.check(path, value, t)
	return t
}

// think reads a pause; nil after a problem. One without a word is a duration as any other, and one with values of
// the run is read then.
func (s scope) think(t table) *loadgen.Think {
	source, ok := t.values["think"].(string)
	if ok && strings.Contains(source, "${") {
		text := s.template(t.at("think"), source)
		if text == nil {
			return nil
		}
		if source, ok = text.Known(); !ok {
			return loadgen.ThinkOf(text)
		}
	} else if !ok || len(strings.Fields(source)) < 2 {
		if _, ok := t.duration("think"); !ok {
			return nil
		}
	}
	think, err := loadgen.ParseThink(source)
	if err != nil {
		t.value(t.at("think"), "%v", err)
	}
	return think
}

// label reads a name for rows of the report, which may have values.
func (s scope) label(t table, key string) (worded string, text *loadgen.Template) {
	worded, ok := t.label(key)
	if !ok || !strings.Contains(worded, "${") {
		return worded, nil
	}
	return worded, s.template(t.at(key), worded)
}

// label is a name for a row of the report.
func (t table) label(key string) (string, bool) {
	s, ok := t.line(key)
	if ok && s == "TOTAL" {
		t.value(t.at(key), "TOTAL is the report's last row: choose another name")
	}
	return s, ok
}

// condition compiles a condition; nil after a problem.
func (s scope) condition(path, source string) *assert.Condition {
	c, err := s.language().Compile(source)
	if err != nil {
		s.expression(path, err)
		return nil
	}
	for _, name := range c.Variables() {
		s.used[name] = true
	}
	if word, key := s.unheard(c); word != "" && !s.sessionBroken {
		s.value(path, "`%s` is never known: [session] has no %s, which says where an answer names it", word, key)
	}
	return c
}

// unheard is the first word of a condition that no answer can give a value, and the key of [session]
// that is missing for it.
func (s scope) unheard(c *assert.Condition) (word, key string) {
	session := s.plan.Load.Session
	for _, w := range []struct {
		key   string
		from  *loadgen.Extractor
		words []string
	}{
		{"node", session.Node, []string{"node", "previous.node"}},
		{"counter", session.Counter, []string{"counter", "previous.counter", "increments"}},
		{"id", session.ID, []string{"session", "previous.session"}},
	} {
		if i := slices.IndexFunc(w.words, c.Uses); i >= 0 && w.from == nil {
			return w.words[i], w.key
		}
	}
	return "", ""
}

// assertions compiles the conditions of a request, those of the defaults before its own.
func (s scope) assertions(t table) []*assert.Condition {
	var all []*assert.Condition
	for _, from := range append(slices.Clip(s.defaults), t) {
		for i, v := range from.mixed("assert") {
			path := elementPath(from.at("assert"), i)
			switch v := v.(type) {
			case string:
				if strings.TrimSpace(v) == "" {
					from.value(path, "must not be empty")
				} else if c := s.condition(path, v); c != nil {
					all = append(all, c)
				}
			case map[string]any:
				if c := s.saying(openTable(s.problems, path, assertShape, v)); c != nil {
					all = append(all, c)
				}
			default:
				from.value(path, "expected text, not %s%s", described(v), quoteHint(v))
			}
		}
	}
	return all
}

// saying is a condition with a message of its own.
func (s scope) saying(t table) *assert.Condition {
	source, ok := t.expression("that")
	if !ok {
		if !t.has("that") {
			t.key(t.path, "needs a condition, such as that = 'status == 200'")
		}
		return nil
	}
	c := s.condition(t.at("that"), source)
	if message, ok := t.line("message"); ok && c != nil {
		c = c.Saying(message)
	}
	return c
}

// redirectHeaders are the names of headers that go along with a redirect to another origin, "*" for all.
func redirectHeaders(t table) []string {
	names := t.texts("redirect_headers")
	for i, name := range names {
		if strings.TrimSpace(name) != "" && name != "*" && !token(name) {
			t.value(elementPath(t.at("redirect_headers"), i), "not a header's name: letters, digits and - without blanks, such as X-Api-Key, or * for all")
		}
	}
	return names
}

// redirects is how many are followed at most: a number, or true or false.
func redirects(t table) int {
	switch v := t.values["redirects"].(type) {
	case nil:
	case bool:
		if !v {
			return 0
		}
	case int64:
		n, _ := t.whole("redirects")
		return int(n)
	default:
		t.value(t.at("redirects"), "expected true, false or how many are followed at most, not %s%s", described(v), wholeHint(v))
	}
	return DefaultRedirects
}
