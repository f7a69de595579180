package plans

import (
	"fmt"
	"slices"
	"strings"

	"stickbench/assert"
	"stickbench/internal/nearest"
	"stickbench/loadgen"
)

// scope is what a group's steps may use.
type scope struct {
	*reader
	extracted map[string]string // variables so far, and the path of the step that sets each
	all       map[string]string // the same for the whole group
}

// builtin are the variables that need not be extracted.
var builtin = []string{loadgen.VarUser, loadgen.VarIteration, loadgen.VarGroup}

// declare notes the variables that a step extracts, for conditions, which see those of the whole group,
// and for saying that one comes too late.
func (s scope) declare(step table) {
	names, _ := step.values["extract"].(map[string]any)
	for _, name := range inOrder(s.positions, step.at("extract"), names) {
		if s.all[name] == "" && variableProblem(name) == "" {
			s.all[name] = step.path
		}
	}
}

// conditions are what conditions of the group may use.
func (s scope) conditions() assert.Scope {
	names := slices.Clone(builtin)
	for name := range s.all {
		names = append(names, name)
	}
	slices.Sort(names)
	return assert.Scope{Variables: names}
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

// known checks that every variable of a text has been extracted; source is the whole value at path.
func (s scope) known(path, source string, t *loadgen.Template) {
	for _, name := range t.Variables() {
		if s.extracted[name] != "" || loadgen.BuiltinVariable(name) {
			continue
		}
		line, column := find(source, "${"+name+"}")
		s.within(path, line, column, "%s", s.unknown(name))
	}
}

// find is the line and the column, both from 1, of what is searched in source. "$${" is no variable.
func find(source, what string) (line, column int) {
	at := strings.Index(strings.ReplaceAll(source, "$${", "$$("), what)
	before := source[:max(0, at)]
	return 1 + strings.Count(before, "\n"), 1 + len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
}

func (s scope) unknown(name string) string {
	known := slices.Clone(builtin)
	for name := range s.extracted {
		known = append(known, name)
	}
	slices.Sort(known)
	if later := s.all[name]; later != "" {
		return fmt.Sprintf("variable %q has no value yet: %s extracts it", name, later)
	}
	if near := nearest.Word(name, known); near != "" {
		return fmt.Sprintf("unknown variable %q: did you mean %q?", name, near)
	}
	return fmt.Sprintf("unknown variable %q: no step before extracts it; known are %s", name, strings.Join(known, ", "))
}

// template reads text with variables; nil after a problem.
func (s scope) template(path, source string) *loadgen.Template {
	return s.templateIn(path, source, source)
}

// templateIn reads text that is part of the value at path.
func (s scope) templateIn(path, value, source string) *loadgen.Template {
	t, err := loadgen.ParseTemplate(source)
	if err != nil {
		s.value(path, "%v", err)
		return nil
	}
	s.known(path, value, t)
	return t
}

func (s scope) step(t table) loadgen.Step {
	var step loadgen.Step
	if source, ok := t.expression("when"); ok {
		step.When = s.condition(t.at("when"), source)
	}
	switch kinds := among(t, stepKinds); {
	case len(kinds) == 0:
		t.key(t.path, "needs one of request, think and mark")
	case len(kinds) > 1:
		t.key(t.at(kinds[1]), "a step has only one of request, think and mark: this one has %s; make steps of them", strings.Join(kinds, " and "))
	case kinds[0] != "request":
		alone(t, kinds[0])
	}
	if t.has("think") {
		step.Think = think(t)
	}
	if mark, ok := t.label("mark"); ok {
		step.Mark = mark
	}
	if t.has("request") {
		step.Request = s.request(t)
	}
	return step
}

// stepKinds are what a step may be.
var stepKinds = []string{"request", "think", "mark"}

// alone checks that a step that is no request has nothing of one.
func alone(t table, kind string) {
	for _, key := range among(t, t.shape.keys) {
		if key != kind && key != "when" {
			t.key(t.at(key), "belongs to a request: a step with %s has only %s and when", kind, kind)
		}
	}
}

// think reads a pause; nil after a problem. One without a word is a duration as any other.
func think(t table) *loadgen.Think {
	source, ok := t.values["think"].(string)
	if !ok || len(strings.Fields(source)) < 2 {
		if _, ok := t.duration("think", 0); !ok {
			return nil
		}
	}
	think, err := loadgen.ParseThink(source)
	if err != nil {
		t.value(t.at("think"), "%v", err)
	}
	return think
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
	c, err := s.conditions().Compile(source)
	if err != nil {
		s.expression(path, err)
		return nil
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

// assertions compiles the conditions of a request.
func (s scope) assertions(t table) []*assert.Condition {
	var all []*assert.Condition
	for i, source := range t.texts("assert") {
		if strings.TrimSpace(source) != "" {
			all = append(all, s.condition(elementPath(t.at("assert"), i), source))
		}
	}
	return all
}

// extract reads the variables that a request sets; later steps may use them.
func (s scope) extract(t table) []loadgen.Extract {
	names, ok := t.table("extract", extractShape)
	if !ok {
		return nil
	}
	var all []loadgen.Extract
	for _, name := range names.inOrder() {
		if message := variableProblem(name); message != "" {
			names.key(names.at(name), "%s", message)
			continue
		}
		all = append(all, loadgen.Extract{Name: name, From: s.extractor(names, name)})
		s.extracted[name] = t.path
	}
	return all
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
		n, _ := t.whole("redirects", 0, mostRedirects)
		return int(n)
	default:
		t.value(t.at("redirects"), "expected true, false or how many are followed at most, not %s%s", described(v), wholeHint(v))
	}
	return DefaultRedirects
}
