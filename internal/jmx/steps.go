package jmx

import (
	"fmt"
	"slices"
	"strings"

	"stickbench/internal/lazy"
)

// controllers carry over what decides which samplers run, and how often. Each gets the block that it fills.
var controllers map[string]func(*importer, *Element, *block)

func init() { // a map literal would refer to itself
	controllers = map[string]func(*importer, *Element, *block){
		"LoopController": (*importer).loop, "IfController": (*importer).ifController, "WhileController": (*importer).while,
		"OnceOnlyController": (*importer).once, "TransactionController": (*importer).transaction, "GenericController": (*importer).simple,
		"RecordingController": (*importer).simple, "RandomController": (*importer).random, "RandomOrderController": (*importer).randomOrder,
		"InterleaveControl": (*importer).interleave, "SwitchController": (*importer).switchController, "ForeachController": (*importer).foreach,
		"ThroughputController": (*importer).throughput, "RunTime": (*importer).runtime, "CriticalSectionController": (*importer).critical,
		"ParallelSampler": (*importer).parallel, "TestFragmentController": (*importer).simple,
	}
}

// children are the steps for what stands below e, in order.
func (im *importer) children(e *Element, sc *scope) []*block {
	outer := im.scope
	im.scope = sc
	defer func() { im.scope = outer }()
	all := im.perPass(e, sc)
	steps := slices.DeleteFunc(enabled(e), func(c *Element) bool { return silent(c) || application(c.Class) != nil })
	for i, child := range steps {
		im.at = child
		below := im.child(child, sc)
		if x := im.switches[e]; x != nil && len(below) > 0 {
			switch condition := im.chosen(x, child, i, steps); {
			case x.op != opText:
				below = []*block{guarded(condition, below)}
			case !condition.holds():
				below = nil
			}
		}
		all = append(all, below...)
	}
	return all
}

func (im *importer) child(e *Element, sc *scope) []*block {
	switch {
	case e.Class == "ModuleController":
		return im.module(e)
	case e.Class == "IncludeController":
		return im.include(e, sc)
	case isController(e.Class):
		return im.controller(e, sc)
	}
	return im.sampler(e, sc)
}

// guarded are steps below a condition.
func guarded(condition *ex, steps []*block) *block {
	when := pair{"when", expression(condition.String())}
	if len(steps) == 1 && steps[0].get("when") == nil {
		steps[0].pairs = append([]pair{when}, steps[0].pairs...)
		return steps[0]
	}
	return &block{pairs: []pair{when}, below: steps}
}

// controller is a block for a controller. One that only groups is written as its steps, below a comment of its name.
func (im *importer) controller(e *Element, sc *scope) []*block {
	im.count(e)
	b := &block{comments: comment(e)}
	fill := controllers[e.Class]
	if fill == nil {
		im.unknown(e, b)
		fill = (*importer).simple
	}
	im.at = e
	fill(im, e, b)
	before := im.takeBefore()
	b.below = im.children(e, im.inner(sc, e))
	if len(b.below) == 0 {
		if row := b.get("transaction"); row != nil { // JMeter writes it of no samples
			return append(before, &block{comments: b.comments, pairs: []pair{{"mark", row}}})
		}
		return before
	}
	name := ownName(e)
	if len(b.pairs) == 0 {
		if first := b.below[0]; name != "" && !slices.Contains(b.comments, name) && (first.request == nil || first.request.name != name) {
			b.comments = append([]string{name}, b.comments...)
		}
		b.below[0].comments = append(b.comments, b.below[0].comments...)
		return append(before, b.below...)
	}
	if b.get("transaction") == nil && name != "" {
		b.pairs = append([]pair{{"name", name}}, b.pairs...)
	}
	return append(before, b)
}

// usualNames are those that JMeter gives, which say nothing.
var usualNames = lazy.Regexp(`^(Simple|Loop|If|While|Once Only|ForEach|Switch|Random|Random Order|Interleave|Throughput|Runtime|Recording|Module|Include|Critical Section) Controller$|^Test Fragment$`)

// ownName is the name that somebody gave to the element; "" for one of JMeter's own.
func ownName(e *Element) string {
	name := oneLine(e.Name, "")
	if usualNames().MatchString(name) {
		return ""
	}
	return name
}

// unknown is an element of a class that has no counterpart: what is below it is carried over.
func (im *importer) unknown(e *Element, b *block) {
	why := "there is no such controller here; what it holds runs each time, in order"
	if third := e.thirdParty(); third != "" {
		why = "a third-party controller; what it holds runs each time, in order"
	}
	im.missing(e, b, why, "choose a block of ours (stickbench help plans)")
}

// missing tells what is lost, in the account and above the block.
func (im *importer) missing(e *Element, b *block, why, instead string) {
	im.lose(e, why, instead)
	b.comment("NOT CARRIED OVER: %s %q (line %d): %s", e.Class, e.title(), e.Line, why)
}

func (im *importer) simple(*Element, *block) {}

func (im *importer) loop(e *Element, b *block) {
	loops := e.word("LoopController.loops")
	switch {
	case e.truth("LoopController.continue_forever", false) && (loops == "-1" || loops == ""), loops == "-1":
		b.set("while", expression("true"))
	case loops == "1" && im.indexes[e.Name] == "":
	default:
		if n, ok := im.count2(e, loops); ok {
			b.set("repeat", n)
		}
	}
	im.index(e, b)
}

// count2 is a number of passes, which any variable may hold.
func (im *importer) count2(e *Element, s string) (any, bool) {
	v := parseValue(s)
	if v.computed() {
		return im.template(v), true
	}
	n, ok := parseWhole(s)
	if !ok {
		im.lose(e, fmt.Sprintf("%q is not a number of passes", s), "write the number into the plan")
	}
	return n, ok
}

// index names the variable that counts the passes, where the plan reads JMeter's own.
func (im *importer) index(e *Element, b *block) {
	if im.readsPass[e.Name] {
		name := im.indexOf(e.Name)
		im.now[name] = true
		b.set("index", name)
	}
}

func (im *importer) ifController(e *Element, b *block) {
	source := e.word("IfController.condition")
	if source == "" {
		im.note(e, "it has no condition, so that it never holds", "")
		b.set("when", expression("false"))
		return
	}
	x, err := im.condition(source, e.truth("IfController.useExpression", false))
	if err != nil {
		b.set("when", expression("false"))
		im.missing(e, b, fmt.Sprintf("the condition %s: %v", source, err), "write the condition in our words (stickbench help conditions); until then it does not hold")
		return
	}
	if e.truth("IfController.evaluateAll", false) {
		im.note(e, "its condition is judged once, on the way in, not before each sampler in it", "repeat the condition in the steps")
	}
	b.set("when", expression(x.String()))
}

// condition reads the text of an If or While controller. As an expression it is a function whose text is
// "true", or a variable; otherwise it is JavaScript.
func (im *importer) condition(source string, textOnly bool) (*ex, error) {
	v := parseValue(source)
	if p := v.only(); p != nil {
		x, err := im.reference(*p)
		if err != nil {
			return nil, err
		}
		return x.asTruth(), nil
	}
	if s, ok := v.text(); ok && (textOnly || s == "true" || s == "false") {
		return truth(strings.EqualFold(strings.TrimSpace(s), "true")), nil
	}
	x, err := parseCondition(source, im)
	if err != nil {
		return nil, err
	}
	return x.asTruth(), nil
}

func (im *importer) while(e *Element, b *block) {
	source := e.word("WhileController.condition")
	switch strings.ToUpper(source) {
	case "", "LAST":
		b.set("while", expression("not failed()"))
	default:
		v := parseValue(source)
		x, err := im.condition(source, false)
		if p := v.only(); err == nil && p != nil && x.op == "==" && x.in[0].op == opVar { // it goes on until the text is "false"
			x = binary("!=", x.in[0], text("false"))
		}
		if err != nil {
			b.set("when", expression("false"))
			im.missing(e, b, fmt.Sprintf("the condition %s: %v", source, err), "write the condition in our words (stickbench help conditions); until then it does not hold")
			return
		}
		b.set("while", expression(x.String()))
	}
	im.index(e, b)
}

func (im *importer) once(_ *Element, b *block) { b.set("once", true) }

func (im *importer) transaction(e *Element, b *block) {
	b.set("transaction", im.label(e.Name, "Transaction Controller"))
	if e.truth("TransactionController.includeTimers", true) {
		b.set("include_think", true)
	}
	if e.truth("TransactionController.parent", false) {
		b.set("only", true)
	}
}

// label is a name for a row of the report.
func (im *importer) label(name, otherwise string) string {
	s := oneLine(im.template(parseValue(name)), otherwise)
	if s == "TOTAL" {
		s = "TOTAL (sampler)"
	}
	return s
}

func (im *importer) random(_ *Element, b *block)      { b.set("pick", "random") }
func (im *importer) randomOrder(_ *Element, b *block) { b.set("pick", "shuffle") }

func (im *importer) interleave(e *Element, b *block) {
	b.set("pick", "order")
	if e.truth("InterleaveControl.accrossThreads", false) {
		im.missing(e, b, "it takes turns across the users; here each user does for itself", "use pick with weights for the same shares")
	}
	if e.word("InterleaveControl.style") == "0" && slices.ContainsFunc(enabled(e), func(c *Element) bool { return isController(c.Class) && c.Class != "ModuleController" }) {
		im.note(e, "it takes turns between its sub-controllers as they stand; JMeter may go on within one", "")
	}
}

func (im *importer) runtime(e *Element, b *block) {
	if d, ok := im.amount(e, e.word("RunTime.seconds"), "s"); ok {
		b.set("for", d)
	}
}

func (im *importer) critical(e *Element, b *block) {
	im.missing(e, b, "users do not keep each other out of it", "use a group with one user for what must not happen twice at a time")
}

func (im *importer) parallel(e *Element, b *block) { // BlazeMeter's
	n, ok := e.number("MAX_THREAD_NUMBER")
	if !e.truth("LIMIT_MAX_THREAD_NUMBER", false) || !ok || n < 1 {
		n = 6
	}
	b.set("parallel", n)
}

func (im *importer) throughput(e *Element, b *block) {
	if e.word("ThroughputController.style") == "0" {
		if n, ok := im.count2(e, firstOf(e.word("ThroughputController.maxThroughput"), "1")); ok {
			b.set("share", inline{{"times", n}, {"per", map[bool]string{true: "user", false: "group"}[e.truth("ThroughputController.perThread", false)]}})
		}
		return
	}
	percent := im.template(parseValue(firstOf(e.word("ThroughputController.percentThroughput"), "100")))
	percent = strings.TrimSuffix(percent, ".0")
	if percent != "100" {
		b.set("share", percent+"%")
	}
}

func firstOf(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}

func (im *importer) foreach(e *Element, b *block) {
	in, out := e.word("ForeachController.inputVal"), e.word("ForeachController.returnVal")
	from, to := e.word("ForeachController.startIndex"), e.word("ForeachController.endIndex")
	if in == "" {
		im.note(e, "it goes through nothing", "")
		b.set("when", expression("false"))
		return
	}
	if im.lists[in] && !im.now[im.name(in)] && !im.numbered(in) {
		im.missing(e, b, fmt.Sprintf("no request before it extracts all matches of %q", in), `extract them with match = "all"`)
		b.set("when", expression("false"))
		im.setTop(im.define(out), "", "") // what stands below it must be readable
		return
	}
	if !im.lists[in] && !im.numbered(in) {
		im.missing(e, b, fmt.Sprintf("no extractor of the plan finds all matches of %q", in), `extract them with match = "all"`)
		b.set("when", expression("false"))
		im.setTop(im.define(out), "", "") // what stands below it must be readable
		return
	}
	if !im.lists[in] {
		b.set("foreach", inline{{"name", im.define(out)}, {"in", im.numberedList(in, from, to)}})
		im.index(e, b)
		return
	}
	im.use(im.name(in))
	v := inline{{"name", im.define(out)}, {"in", im.name(in)}}
	if n, ok := im.amount(e, from, ""); ok && n != int64(0) {
		v = append(v, pair{"from", n})
	}
	if n, ok := im.amount(e, to, ""); ok {
		v = append(v, pair{"to", n})
	}
	b.set("foreach", v)
	im.index(e, b)
}

// numbered reports whether variables name_1, name_2 … are there.
func (im *importer) numbered(name string) bool { return im.defined[name+"_1"] || im.defined[name+"1"] }

// numberedList are the values of name_1, name_2 …, from and to as JMeter counts them.
func (im *importer) numberedList(name, from, to string) list {
	first, _ := parseWhole(from)
	last, bounded := parseWhole(to)
	separator := "_"
	if !im.defined[name+"_1"] {
		separator = ""
	}
	var all list
	for i := first + 1; !bounded || i <= last; i++ {
		jmeter := name + separator + itoa(i)
		if !im.defined[jmeter] {
			break
		}
		ours := im.name(jmeter)
		im.use(ours)
		all = append(all, "${"+ours+"}")
	}
	return all
}

// switchController is written as conditions on the value, one for each child.
func (im *importer) switchController(e *Element, b *block) {
	v := parseValue(e.word("SwitchController.value"))
	x, err := im.expression(v)
	if err != nil {
		im.missing(e, b, "its value: "+err.Error(), "write conditions for its steps")
		return
	}
	im.switches[e] = x
}

// chosen is the condition under which a switch controller takes its child at an index.
func (im *importer) chosen(x *ex, child *Element, index int, siblings []*Element) *ex {
	byIndex := binary("==", x, text(itoa(int64(index))))
	byName := binary("==", x, text(child.Name))
	condition := binary("||", byIndex, byName)
	if byIndex.String() == byName.String() {
		condition = byIndex
	}
	if index > 0 {
		if strings.EqualFold(child.Name, "default") {
			return im.otherwise(x, siblings)
		}
		return condition
	}
	// An empty value, and a number for which there is no child, mean the first one.
	condition = binary("||", condition, binary("==", x, text("")))
	if x.op == opText || len(siblings) < 2 {
		return condition
	}
	var others []*ex
	for i := range siblings[1:] {
		others = append(others, text(itoa(int64(i+1))))
	}
	beyond := binary("&&", binary("matches", x, text("^[0-9]+$")), negated(binary("in", x, &ex{op: opList, in: others})))
	return binary("||", condition, beyond)
}

// otherwise is the condition of the child "default": that none of the others is meant.
func (im *importer) otherwise(x *ex, siblings []*Element) *ex {
	var known []*ex
	for i, s := range siblings {
		known = append(known, text(itoa(int64(i))))
		if !strings.EqualFold(s.Name, "default") {
			known = append(known, text(s.Name))
		}
	}
	return negated(binary("in", x, &ex{op: opList, in: known}))
}
