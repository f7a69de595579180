package jmx

import (
	"fmt"
	"slices"
	"strings"
)

var scriptKinds = []string{"JSR223", "BeanShell", "BSF"}

// isScript reports whether the element runs a script.
func isScript(e *Element) bool {
	return slices.ContainsFunc(scriptKinds, func(k string) bool { return strings.HasPrefix(e.Class, k) })
}

// scriptOf is an element's script, "" for none.
func scriptOf(e *Element) string {
	if !isScript(e) {
		return ""
	}
	for _, name := range []string{"script", e.Class + ".query", "BeanShellSampler.query", "BeanShellAssertion.query", "BSFSampler.query"} {
		if e.has(name) {
			return e.text(name)
		}
	}
	return ""
}

// actions are what the script does, where all of it can be carried over.
func (im *importer) actions(e *Element) ([]action, error) {
	for _, name := range []string{"filename", e.Class + ".filename", "BeanShellAssertion.filename", "BSFSampler.filename"} {
		if e.has(name) {
			return nil, fmt.Errorf("its script is the file %s", e.word(name))
		}
	}
	switch strings.ToLower(firstOf(e.word("scriptLanguage"), e.word("BSFSampler.language"), "groovy")) {
	case "groovy", "beanshell", "bsh", "java", "javascript", "ecmascript", "js", "rhino", "jexl", "jexl2", "jexl3":
	default:
		return nil, fmt.Errorf("a script in %s", firstOf(e.word("scriptLanguage"), e.word("BSFSampler.language")))
	}
	return parseScript(scriptOf(e), im, firstOf(e.word("parameters"), e.word(e.Class+".parameters"), e.word("BSFSampler.parameters")))
}

const writeScript = "write what it is for in our words: set, extract, assert, when (stickbench help from-jmeter)"

// scriptSampler is a script with a row of its own: a mark, and what the script does.
func (im *importer) scriptSampler(e *Element, sc *scope) []*block {
	b := im.mark(e)
	actions, err := im.actions(e)
	if err != nil {
		im.missing(e, b, "the script: "+err.Error(), writeScript)
		return []*block{b}
	}
	var v verdict
	steps := im.steps(e, actions, &v)
	im.sampled = e
	im.judge(e, b, &v)
	im.at = e
	before, after := im.takeBefore(), im.afterSteps(e, sc, b)
	return slices.Concat(before, steps, []*block{b}, after)
}

// steps are the steps for a script's actions; what it says about the sample's success is added to the verdict.
func (im *importer) steps(e *Element, actions []action, v *verdict) []*block {
	var all []*block
	for _, a := range actions {
		b := &block{}
		switch a.do {
		case "set":
			im.setStep(&all, a.name, a.value.template())
			continue
		case "share":
			if err := im.share(a.name, a.value); err != nil {
				im.lose(e, "the property "+a.name+": "+err.Error(), "extract or set it in a group with phase = \"setup\"")
			}
			all = append(all, im.takeBefore()...)
			continue
		case "fail":
			v.failed = append(v.failed, a.value)
			continue
		case "pass":
			v.lifts = true
			continue
		case "think":
			b.set("think", a.value.template()+"ms")
		case "stop":
			b.set("stop", a.name)
		case "next":
			b.set("next", "iteration")
		case "when":
			var inner verdict
			below := im.steps(e, a.then, &inner)
			for _, x := range inner.failed {
				v.failed = append(v.failed, both(a.value, x))
			}
			v.liftedIf = v.liftedIf || inner.lifts || inner.liftedIf
			if len(below) == 0 {
				continue
			}
			b = guarded(a.value, below)
		}
		all = append(all, b)
	}
	return all
}

// both is a && b, where one may be known to hold.
func both(a, b *ex) *ex {
	if b.op == opTruth && b.s == "true" {
		return a
	}
	return binary("&&", a, b)
}

// setStep sets a variable, in the step before if that sets some, too.
func (im *importer) setStep(all *[]*block, name, value string) {
	im.give(name)
	if n := len(*all); n > 0 && (*all)[n-1].get("when") == nil {
		last := (*all)[n-1]
		if values, ok := last.get("set").(inline); ok && !slices.ContainsFunc(values, func(p pair) bool {
			return p.key == name || strings.Contains(value, p.key) || strings.Contains(fmt.Sprint(p.value), name)
		}) {
			last.pairs[len(last.pairs)-1].value = append(values, pair{name, value})
			return
		}
	}
	b := &block{}
	b.set("set", inline{{name, value}})
	*all = append(*all, b)
}

// prepare are the steps for the pre-processors that apply.
func (im *importer) prepare(sc *scope) []*block {
	var all []*block
	for _, e := range im.outward(sc, preparations) {
		im.at = e
		switch {
		case isScript(e):
			actions, err := im.actions(e)
			if err != nil {
				im.remark(e, "the script: "+err.Error(), writeScript)
				continue
			}
			all = append(all, im.steps(e, actions, &verdict{})...) // its sample is yet to come
		case e.Class == "UserParameters" && !perIteration(e):
			all = append(all, im.userParameters(e)...)
		case e.Class == "UserParameters": // set at the start of each pass
		case e.Class == "SampleTimeout", e.Class == "URLRewritingModifier": // the request takes them
		case e.thirdParty() != "":
			im.remark(e, "a third-party pre-processor", "")
		default:
			im.remark(e, "there is no such pre-processor here", "extract what the requests need from the responses before")
		}
	}
	return slices.Concat(im.takeBefore(), all)
}

// remark tells what is lost of an element that applies to several samplers, above the step in hand.
func (im *importer) remark(e *Element, why, instead string) {
	known := len(im.account.Lost)
	if im.lose(e, why, instead); len(im.account.Lost) == known {
		return // its comment stands where it was first missed
	}
	im.remarks = append(im.remarks, lines(fmt.Sprintf("NOT CARRIED OVER: %s %q (line %d): %s", e.Class, e.title(), e.Line, why))...)
}

// userParameters are values of each user's own: user 1 has the first column, and so on in turns.
func (im *importer) userParameters(e *Element) []*block {
	var values inline
	names := e.list("UserParameters.names")
	columns := e.list("UserParameters.thread_values")
	for i, name := range names {
		var options []*ex
		for _, column := range columns {
			x := text("")
			if i < len(column.list) {
				var err error
				if x, err = im.expression(parseValue(column.list[i].text)); err != nil {
					im.lose(e, err.Error(), "")
					x = text("")
				}
			}
			options = append(options, x)
		}
		ours := im.define(strings.TrimSpace(name.text))
		values = slices.DeleteFunc(values, func(p pair) bool { return p.key == ours }) // of one name the last counts
		switch len(options) {
		case 0:
			values = append(values, pair{ours, ""})
		case 1:
			values = append(values, pair{ours, options[0].template()})
		default:
			turn := binary("%", binary("-", apply("int", numberKind, variable("user")), number("1")), number(itoa(int64(len(options)))))
			values = append(values, pair{ours, (&ex{op: opIndex, in: []*ex{{op: opList, in: options}, turn}}).template()})
		}
	}
	if values == nil {
		return nil
	}
	b := &block{comments: comment(e)}
	b.set("set", values)
	return []*block{b}
}

// scriptTimer is a timer whose script gives the milliseconds.
func (im *importer) scriptTimer(e *Element, b *block) *block {
	source := strings.TrimSpace(scriptOf(e))
	x, err := parseCondition(strings.TrimSuffix(strings.TrimPrefix(source, "return "), ";"), im)
	if err != nil || source == "" {
		im.remark(e, fmt.Sprintf("the script: %v", err), "write think into the plan")
		return nil
	}
	b.set("think", x.asNumber().template()+"ms")
	return b
}

// perPass are the steps that begin each pass of a block: counters, random variables, and whatever else JMeter
// tells of a new iteration.
func (im *importer) perPass(owner *Element, sc *scope) []*block {
	elements := slices.Concat(sc.configs, sc.preparations)
	if owner == im.group {
		elements = slices.Concat(im.outward(sc, configs), im.outward(sc, preparations))
	}
	for _, child := range enabled(owner) { // of a sampler's own, its controller is told
		if application(child.Class) == nil && !isController(child.Class) && !silent(child) {
			for _, own := range enabled(child) {
				of := &scope{}
				if add := application(own.Class); add != nil && !silent(own) {
					add(of, own)
				}
				elements = append(append(elements, of.configs...), of.preparations...)
			}
		}
	}
	var all []*block
	for _, e := range elements {
		im.at = e
		switch e.Class {
		case "UserParameters":
			if perIteration(e) {
				all = append(all, im.userParameters(e)...)
			}
		case "CounterConfig":
			all = append(all, im.counter(e))
		case "RandomVariableConfig":
			all = append(all, im.randomVariable(e)...)
		case "CSVDataSet", "RandomCSVDataSetConfig":
			im.dataSet(e, owner)
		case "KeystoreConfig":
			im.lose(e, "client certificates of a keystore", "[target] has cert and key")
		case "CookieManager", "HeaderManager", "ConfigTestElement", "Arguments", "AuthManager":
		default:
			if !isConfig(e) {
				continue
			}
			why := "there is nothing of its sort here"
			if e.thirdParty() != "" {
				why = "a third-party element"
			}
			im.remark(e, why, "")
		}
	}
	return append(im.takeBefore(), all...)
}

// isConfig reports whether an element that applies to samplers is no pre-processor, which each of them prepares.
func isConfig(e *Element) bool {
	of := &scope{}
	application(e.Class)(of, e)
	return of.configs != nil
}

// perIteration reports whether user parameters are set once in an iteration: those whose values never change
// may as well.
func perIteration(e *Element) bool {
	if e.truth("UserParameters.per_iteration", false) {
		return true
	}
	changing := false
	for _, column := range e.list("UserParameters.thread_values") {
		for _, cell := range column.list {
			changing = changing || parseValue(cell.text).computed()
		}
	}
	return !changing
}

func (im *importer) counter(e *Element) *block {
	b := &block{comments: comment(e)}
	name := e.word("CounterConfig.name")
	values := inline{{"name", im.define(firstOf(name, e.Name))}}
	for _, p := range []struct{ key, property, usual string }{{"start", "CounterConfig.start", "1"}, {"step", "CounterConfig.incr", "1"}, {"end", "CounterConfig.end", ""}} {
		w := e.word(p.property)
		if p.key == "start" && w == "" {
			w = "0" // JMeter's own beginning
		}
		if w == p.usual || w == "" || p.key == "end" && w == "9223372036854775807" {
			continue
		}
		if n, ok := im.amount(e, w, ""); ok {
			values = append(values, pair{p.key, n})
		}
	}
	if f := e.word("CounterConfig.format"); f != "" {
		values = append(values, pair{"format", f})
	}
	per := "all"
	if e.truth("CounterConfig.per_user", false) {
		per = "user"
	}
	if e.truth("CounterConfig.reset_on_tg_iteration", false) && per == "user" {
		per = "iteration"
	}
	b.set("counter", append(values, pair{"per", per}))
	return b
}

func (im *importer) randomVariable(e *Element) []*block {
	least, most := parseValue(firstOf(e.word("minimumValue"), "0")), parseValue(firstOf(e.word("maximumValue"), "0"))
	a, errA := im.expression(least)
	c, errC := im.expression(most)
	if errA != nil || errC != nil {
		im.remark(e, "its bounds are computed", "set = { … = \"${random(LEAST, MOST)}\" }")
		return nil
	}
	if e.has("outputFormat") && strings.Trim(e.word("outputFormat"), "0#") != "" || strings.HasPrefix(e.word("outputFormat"), "00") {
		im.remark(e, "its format "+e.word("outputFormat"), "")
	}
	if !e.has("variableName") {
		return nil
	}
	b := &block{comments: comment(e)}
	b.set("set", inline{{im.define(e.word("variableName")), apply("random", numberKind, a.asNumber(), c.asNumber()).template()}})
	return []*block{b}
}

// dataSet is a CSV file whose lines become variables, once for the plan.
func (im *importer) dataSet(e *Element, owner *Element) {
	names, header := im.columns(e)
	for _, name := range names {
		im.define(name)
	}
	if im.read[e] {
		return
	}
	im.read[e] = true
	if fileName(e) == "" {
		im.note(e, "it names no file", "")
		return
	}
	if owner != im.group && isController(owner.Class) && controllers[owner.Class] != nil && !readsOnce(owner) {
		im.remark(e, "it reads a line in each pass of its controller; here a line is read per iteration", "")
	}
	b := &block{comments: comment(e)}
	file := im.template(parseValue(fileName(e)))
	b.set("file", im.file(file))
	if owner.Class == "OnceOnlyController" {
		b.set("every", "user")
	}
	if e.has("variableNames") || len(names) > 0 && im.renamed(names) {
		var ours list
		for _, name := range names {
			ours = append(ours, im.name(name))
		}
		b.set("names", ours)
		if header {
			b.set("skip_first", true)
		}
	}
	if d := delimiterOf(e); d != "," {
		if len([]rune(d)) == 1 {
			b.set("delimiter", d)
		} else {
			b.set("delimiter", "\t")
			im.note(e, fmt.Sprintf("the delimiter %q is taken for one that no line has", e.text("delimiter")), "")
		}
	}
	if !e.truth("quotedData", false) {
		b.set("quoted", false)
	}
	if enc := e.word("fileEncoding"); enc != "" && !strings.EqualFold(enc, "UTF-8") {
		b.set("encoding", im.template(parseValue(enc)))
	}
	if per := sharing(e); per != "all" {
		b.set("per", per)
	}
	if !e.truth("recycle", true) {
		b.set("at_end", map[bool]string{true: "stop", false: "eof"}[e.truth("stopThread", false)])
	}
	if e.Class == "RandomCSVDataSetConfig" && e.truth("randomOrder", true) {
		b.set("order", "shuffle")
	}
	im.data = append(im.data, b)
}

// readsOnce reports whether a data file below the controller is read once an iteration, or once by each user.
func readsOnce(owner *Element) bool {
	return slices.Contains([]string{"GenericController", "TransactionController", "OnceOnlyController"}, owner.Class) ||
		owner.Class == "LoopController" && owner.word("LoopController.loops") == "1" && !owner.truth("LoopController.continue_forever", false)
}

// renamed reports whether some names of a file's own header are not those of our plan.
func (im *importer) renamed(names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return im.name(n) != n })
}

// sharing is who reads a file's lines together; old files say so in the words of their language.
func sharing(e *Element) string {
	switch mode := strings.ToLower(e.word("shareMode")); {
	case strings.Contains(mode, "group"):
		return "group"
	case strings.HasSuffix(mode, "thread") && !strings.Contains(mode, "all"):
		return "user"
	}
	if e.Class == "RandomCSVDataSetConfig" && e.truth("independentListPerThread", false) {
		return "user"
	}
	return "all"
}
