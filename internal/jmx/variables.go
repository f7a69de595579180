package jmx

import (
	"slices"
	"strconv"
	"strings"

	"stickbench/assert"
	"stickbench/loadgen"
)

// variables are the names of a plan: JMeter's may hold anything, ours are words, and some words are taken.
type variables struct {
	ours  map[string]string // by JMeter's name
	taken map[string]bool   // of ours
	// defined are JMeter's names that some enabled element of the plan sets; lists those that hold all matches.
	defined map[string]bool
	lists   map[string]bool
	// properties are the variables that stand for JMeter's properties, and shared those that the run itself sets.
	properties map[string]string
	shared     map[string]bool
	// now are ours that have a value where the import has come to, and early those that are used before.
	now, early map[string]bool
	used       map[string]bool
	given      map[string]bool // those that some step gives a value, wherever it stands
	top        []*topVariable
	topIndex   map[string]*topVariable
}

// topVariable is one of [vars].
type topVariable struct {
	name    string // ours
	value   any    // text, or what it asks for
	comment string
}

func newVariables() *variables {
	return &variables{ours: map[string]string{}, taken: map[string]bool{}, defined: map[string]bool{}, lists: map[string]bool{},
		properties: map[string]string{}, shared: map[string]bool{}, now: map[string]bool{}, early: map[string]bool{}, used: map[string]bool{}, given: map[string]bool{}, topIndex: map[string]*topVariable{}}
}

// name is our name of a JMeter variable, the same each time.
func (v *variables) name(jmeter string) string {
	if ours := v.ours[jmeter]; ours != "" {
		return ours
	}
	ours := v.free(jmeter)
	v.ours[jmeter] = ours
	return ours
}

// free is a name that is like the one given, and taken from now on.
func (v *variables) free(like string) string {
	name := strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, like)
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "v" + name
	}
	if loadgen.BuiltinVariable(name) || assert.Reserved(name) || slices.Contains(wordsToCome, name) {
		name += "_"
	}
	unique := name
	for i := 2; v.taken[unique]; i++ {
		unique = name + "_" + strconv.Itoa(i)
	}
	v.taken[unique] = true
	return unique
}

// wordsToCome are functions of values, which a variable of their name would hide.
var wordsToCome = []string{"env", "random", "uuid", "now", "line"}

// define notes that a JMeter variable has a value from here on, and returns our name of it.
func (v *variables) define(jmeter string) string {
	name := v.name(jmeter)
	v.give(name)
	return name
}

// give notes that one of our names has a value from here on.
func (v *variables) give(name string) { v.now[name], v.given[name] = true, true }

// use notes that one of our names is used here.
func (v *variables) use(name string) {
	if loadgen.BuiltinVariable(name) {
		return
	}
	v.used[name] = true
	if !v.now[name] {
		v.early[name] = true
	}
}

// setTop gives a variable of [vars] its value; a later one replaces it, as in JMeter.
func (v *variables) setTop(name string, value any, comment string) {
	v.now[name] = true
	if t := v.topIndex[name]; t != nil {
		t.value = value
		return
	}
	v.topIndex[name] = &topVariable{name, value, comment}
	v.top = append(v.top, v.topIndex[name])
}

// isTop reports whether a name is one of [vars].
func (v *variables) isTop(name string) bool { return v.topIndex[name] != nil }

// property is our variable for a JMeter property. What the run was given replaces the default.
func (im *importer) propertyVariable(name string, fallback value) string {
	if ours := im.properties[name]; ours != "" {
		im.fallBack(ours, name, fallback)
		return ours
	}
	ours := im.free(name)
	im.properties[name] = ours
	im.fallBack(ours, name, fallback)
	return ours
}

// fallBack gives a property's variable the value that it has where nobody sets it.
func (im *importer) fallBack(ours, property string, fallback value) {
	if t := im.topIndex[ours]; t != nil {
		if _, asks := t.value.(inline); !asks || fallback == nil {
			return
		}
	}
	given, ok := im.options.Properties[property]
	switch {
	case ok:
		im.setTop(ours, given, "")
	case im.shared[property]:
		im.setTop(ours, im.template(fallback), "")
	case fallback != nil:
		im.setTop(ours, im.template(fallback), "")
	default:
		im.setTop(ours, inline{{"ask", "JMeter's property " + property}}, "")
	}
}

// reference is a piece of a value as an expression; names implements it for conditions and scripts.
func (im *importer) reference(p piece) (*ex, error) {
	if p.call != nil {
		return im.function(p)
	}
	return im.known(p.variable, p.source), nil
}

// variable and property are what scripts get by name.
func (im *importer) variable(name string) *ex { return im.known(name, "") }

func (im *importer) target(name string) string { return im.name(name) }

func (im *importer) property(name string, fallback value) *ex {
	ours := im.propertyVariable(name, fallback)
	im.use(ours)
	return variable(ours)
}

// known is a variable as an expression. One that no element sets stays the text that JMeter would leave; a
// script gets nothing.
func (im *importer) known(name, source string) *ex {
	if x := im.special(name); x != nil {
		return x
	}
	if !im.defined[name] && !im.open {
		return text(source)
	}
	ours := im.name(name)
	if !im.defined[name] { // a column, presumably
		im.now[ours] = true
	}
	im.use(ours)
	return variable(ours)
}

// special are the variables that JMeter itself sets, and those of lists.
func (im *importer) special(name string) *ex {
	switch name {
	case "JMeterThread.last_sample_ok":
		return negated(apply("failed", truthKind))
	case "TESTSTART.MS", "START.MS":
		return im.started("start_ms", "${now()}")
	case "START.YMD":
		return im.started("start_date", `${now("yyyyMMdd")}`)
	case "START.HMS":
		return im.started("start_time", `${now("HHmmss")}`)
	}
	if im.defined[name] {
		return nil
	}
	if cookie, ok := strings.CutPrefix(name, "COOKIE_"); ok {
		return apply("cookie", textKind, text(cookie))
	}
	if i := strings.LastIndexByte(name, '_'); i > 0 && im.lists[name[:i]] {
		ours := im.name(name[:i])
		if name[i+1:] == "matchNr" {
			im.use(ours)
			return apply("len", numberKind, variable(ours))
		}
		if n, ok := parseWhole(name[i+1:]); ok && n > 0 {
			im.use(ours)
			return &ex{op: opIndex, in: []*ex{variable(ours), number(itoa(n - 1))}}
		}
	}
	if loop, ok := strings.CutPrefix(name, "__jm__"); ok {
		if loop, ok = strings.CutSuffix(loop, "__idx"); ok {
			return im.pass(loop)
		}
	}
	return nil
}

// started is a moment that is the same for the whole run.
func (im *importer) started(name, value string) *ex {
	if im.ours["\x00"+name] == "" {
		im.ours["\x00"+name] = im.free(name)
		im.setTop(im.ours["\x00"+name], value, "")
	}
	ours := im.ours["\x00"+name]
	im.use(ours)
	return variable(ours)
}

// pass is the number of a loop's pass, from 0: that of the group's own is the iteration.
func (im *importer) pass(loop string) *ex {
	name := variable("iteration")
	if im.group == nil || im.group.Name != loop {
		ours := im.indexOf(loop)
		if !im.now[ours] {
			im.setTop(ours, "1", "until its loop begins")
		}
		name = variable(ours)
	}
	return binary("-", apply("int", numberKind, name), number("1"))
}

// indexOf is the variable that counts the passes of the loop of that name.
func (im *importer) indexOf(loop string) string {
	if im.indexes[loop] == "" {
		im.indexes[loop] = im.free(strings.ToLower(loop) + "_pass")
	}
	return im.indexes[loop]
}

// template is a value as text of our plan. What has no counterpart is told and stays as it was.
func (im *importer) template(v value) string {
	var b strings.Builder
	for _, p := range v {
		if p.source == "" {
			b.WriteString(strings.ReplaceAll(p.literal, "${", "$${"))
			continue
		}
		x, err := im.reference(p)
		if err != nil {
			im.lose(im.at, "the function "+p.source+": "+err.Error(), "put the value into [vars], or compute it with a function of ours (stickbench help plans)")
			b.WriteString("$" + p.source)
			continue
		}
		b.WriteString(x.template())
	}
	return b.String()
}

// text is a property as text of our plan.
func (im *importer) text(e *Element, name string) string {
	return im.template(parseValue(e.text(name)))
}

// word is the same without blanks around it.
func (im *importer) word(e *Element, name string) string {
	return im.template(parseValue(e.word(name)))
}

// expression is a value as an expression that is text.
func (im *importer) expression(v value) (*ex, error) {
	x := text("")
	for _, p := range v {
		if p.source == "" {
			x = added(x, text(p.literal))
			continue
		}
		y, err := im.reference(p)
		if err != nil {
			return nil, err
		}
		x = added(x, y.asText())
	}
	return x, nil
}
