package plans

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"stickbench/internal/nearest"
	"stickbench/loadgen"
)

// kind is a kind of step.
type kind struct {
	key string
	// read reads it into a step; nil for use, which becomes the steps that it names.
	read func(s scope, t table, step *loadgen.Step)
	// block says that there are steps below it, either that there may be some.
	block, either bool
	// keys are what else it may have.
	keys []string
}

// kinds are all kinds of step. They are set at the start, as reading steps leads back to them.
var kinds []kind

func init() {
	kinds = []kind{
		{key: "request", read: func(s scope, t table, step *loadgen.Step) { step.Request = s.request(t) }, keys: requestKeys},
		{key: "think", read: func(s scope, t table, step *loadgen.Step) { step.Think = s.think(t) }},
		{key: "mark", read: scope.readMark, keys: []string{"assert"}},
		{key: "set", read: scope.readSet},
		{key: "counter", read: scope.readCounter},
		{key: "use"},
		{key: "break", read: scope.readBreak},
		{key: "next", read: scope.readNext},
		{key: "stop", read: scope.readStop},
		{key: "together", read: readTogether, either: true},
		{key: "pace", read: readPace, either: true},
		{key: "repeat", read: scope.readRepeat, block: true, keys: []string{"index"}},
		{key: "while", read: scope.readWhile, block: true, keys: []string{"index"}},
		{key: "for", read: scope.readFor, block: true, keys: []string{"index"}},
		{key: "foreach", read: scope.readEach, block: true, keys: []string{"index"}},
		{key: "once", read: readOnce, block: true},
		{key: "transaction", read: readTransaction, block: true, keys: []string{"include_think", "only"}},
		{key: "pick", read: scope.readPick, block: true},
		{key: "share", read: readShare, block: true},
		{key: "parallel", read: readParallel, block: true},
	}
}

// requestKeys are those of a request besides its own and those of every step.
var requestKeys = []string{"name", "headers", "query", "body", "json", "form", "multipart", "pick", "resources", "basic_auth", "digest_auth", "extract", "assert", "timeout", "connect_timeout", "redirects", "redirect_headers", "on_error"}

// blockKeys are those of every block.
var blockKeys = []string{"name", "defaults", "step"}

// kindsOf are the kinds that a step has, in the order of the source.
func kindsOf(t table) []kind {
	var all []kind
	for _, key := range t.inOrder() {
		i := slices.IndexFunc(kinds, func(k kind) bool { return k.key == key })
		if i >= 0 && !(key == "pick" && t.has("request")) {
			all = append(all, kinds[i])
		}
	}
	return all
}

// leaves and blocks are the names of the kinds, for messages.
func kindNames(block bool) string {
	var names []string
	for _, k := range kinds {
		if k.block == block || k.either {
			names = append(names, k.key)
		}
	}
	return listed(names)
}

// step reads a step, with those below it.
func (s scope) step(t table) loadgen.Step {
	var step loadgen.Step
	if source, ok := t.expression("when"); ok {
		step.When = s.condition(t.at("when"), source)
	}
	block := t.has("step")
	of := kindsOf(t)
	switch {
	case len(of) == 0 && !block:
		t.key(t.path, "needs one of %s, or steps below it", kindNames(false))
		return step
	case len(of) > 1:
		t.key(t.at(of[1].key), "a step is only one thing, this one is %s: make steps of them", keysOf(of))
		return step
	case len(of) == 0:
		s.alone(t, kind{block: true})
		step.Name, _ = t.line("name")
		step.Steps = s.block(t)
		return step
	}
	k := of[0]
	s.alone(t, k)
	switch {
	case k.key == "use":
		s.use(t, &step)
		return step
	case block && !k.block && !k.either:
		t.key(t.at("step"), "%s has no steps below it: put them beside it", k.key)
	case !block && k.block:
		t.key(t.at(k.key), "needs steps below it: add a [[%s.step]], such as request = \"GET /\"", bracketed(t.path))
	}
	if k.key != "request" {
		step.Name, _ = t.line("name")
	}
	k.read(s, t, &step)
	if step.Loop != nil {
		s.loops++
	}
	s.atOnce = step.Parallel > 0
	if block {
		step.Steps = s.block(t)
	}
	s.checkBlock(t, k, &step)
	return step
}

// bracketed is the name of a table of steps as it stands in brackets.
func bracketed(path string) string {
	var b strings.Builder
	for rest := path; rest != ""; {
		before, after, found := strings.Cut(rest, "[")
		b.WriteString(before)
		if !found {
			break
		}
		_, rest, _ = strings.Cut(after, "]")
	}
	return b.String()
}

func keysOf(kinds []kind) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.key
	}
	return strings.Join(names, " and ")
}

// alone checks that a step has nothing of another kind.
func (s scope) alone(t table, k kind) {
	may := slices.Concat([]string{k.key}, k.keys)
	if k.block || k.either {
		may = append(may, "name", "defaults")
	}
	may = append(may, "when")
	for _, key := range among(t, t.shape.names()) {
		if slices.Contains(may, key) || key == "step" || slices.ContainsFunc(kinds, func(other kind) bool { return other.key == key }) {
			continue
		}
		switch owners := owners(key); {
		case k.key == "":
			t.key(t.at(key), "belongs to %s: a block without a kind has only name, defaults, when and its steps", owners)
		default:
			t.key(t.at(key), "belongs to %s: a step with %s has only %s", owners, k.key, listed(may))
		}
	}
}

// owners are the kinds of step that have a key.
func owners(key string) string {
	var names []string
	for _, k := range kinds {
		if slices.Contains(k.keys, key) {
			names = append(names, k.key)
		}
	}
	if slices.Contains(blockKeys, key) {
		names = append(names, "a block")
	}
	switch {
	case slices.Equal(names, []string{"request"}), slices.Contains(names, "request"):
		return "a request"
	case len(names) == 1:
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// listed is "a, b and c".
func listed(keys []string) string {
	last := len(keys) - 1
	return strings.Join(keys[:last], ", ") + " and " + keys[last]
}

// block are the steps of a block.
func (s scope) block(t table) []loadgen.Step {
	if list, ok := tablesOf(t.values["step"]); ok && len(list) == 0 {
		t.key(t.at("step"), "a block needs at least one step")
	}
	return s.under(t).below(t)
}

// below are the steps of a group or a block.
func (s scope) below(t table) []loadgen.Step {
	tables := t.tables("step", stepShape)
	var steps []loadgen.Step
	for _, step := range tables {
		if s.stepsRead++; s.stepsRead > mostSteps {
			t.key(t.path, "the plan has more than %d steps, those of shared ones counted wherever they are used", mostSteps)
			break
		}
		steps = append(steps, s.pauseBefore(s.step(step)))
	}
	return steps
}

// use puts the steps of [steps.NAME] in the place of a step.
func (s scope) use(t table, step *loadgen.Step) {
	name, ok := t.line("use")
	switch {
	case !ok:
		return
	case !s.shared.has(name):
		known := sorted(s.shared.values)
		if len(known) == 0 {
			t.value(t.at("use"), "there is no [steps.%s]: add it, with a request or with steps of its own", bareOrQuoted(name))
		} else {
			t.value(t.at("use"), "there is no [steps.%s]: %s", bareOrQuoted(name), nearest.Hint(name, known))
		}
		return
	case slices.Contains(s.using, name):
		t.value(t.at("use"), "steps.%s would be used within itself: %s", name, strings.Join(append(slices.Clip(s.using), name), " → "))
		return
	}
	shared, ok := s.shared.table(name, stepShape)
	if !ok {
		return
	}
	s.using = append(slices.Clip(s.using), name)
	used := s.pauseBefore(s.step(shared))
	if used.Steps != nil && used.Name == "" {
		used.Name = name
	}
	switch when := step.When; {
	case when == nil:
		*step = used
	case used.When == nil:
		*step, step.When = used, when
	default:
		step.Steps = []loadgen.Step{used}
	}
}

// readMark reads a mark; what the defaults assert is for requests.
func (s scope) readMark(t table, step *loadgen.Step) {
	step.Mark, step.MarkText = s.label(t, "mark")
	s.defaults = nil
	step.Assert = s.assertions(t)
}

func (s scope) readSet(t table, step *loadgen.Step) {
	values, ok := t.table("set", setShape)
	if !ok {
		return
	}
	step.Set = []loadgen.Assignment{}
	for _, name := range values.inOrder() {
		if message := variableProblem(name); message != "" {
			values.key(values.at(name), "%s", message)
			continue
		}
		if value := s.parameter(values.at(name), values.values[name]); value != nil {
			step.Set = append(step.Set, loadgen.Assignment{Name: name, Value: value})
		}
		s.set[name] = t.path
	}
}

func (s scope) readCounter(t table, step *loadgen.Step) {
	c := &loadgen.Counter{Start: 1, Step: 1, End: math.MaxInt64}
	step.Counter = c
	of, ok := t.table("counter", counterShape)
	if !ok {
		return
	}
	if c.Name, ok = s.name(of, "name"); !ok && !of.has("name") {
		of.key(of.path, `needs the name of its variable, such as name = "n"`)
	}
	if n, ok := of.whole("start"); ok {
		c.Start = n
	}
	if n, ok := of.whole("step"); ok {
		c.Step = n
	}
	if n, ok := of.whole("end"); ok {
		c.End = n
	}
	switch {
	case c.Step == 0:
		of.value(of.at("step"), "must not be 0: the counter would stand still")
	case of.has("end") && (c.End-c.Start)/c.Step < 0:
		of.value(of.at("end"), "is never reached from %d in steps of %d", c.Start, c.Step)
	}
	if format, ok := of.text("format"); ok {
		first := strings.IndexByte(format, '0')
		if first < 0 {
			of.value(of.at("format"), "needs zeros where the number stands, as many as it has digits at least, such as \"id-0000\"")
			return
		}
		digits := len(format[first:]) - len(strings.TrimLeft(format[first:], "0"))
		c.Before, c.Digits, c.After = format[:first], digits, format[first+digits:]
	}
	c.Per = of.sharing("per", loadgen.PerUser)
}

var sharings = map[string]loadgen.Sharing{"user": loadgen.PerUser, "group": loadgen.PerGroup, "all": loadgen.PerRun, "iteration": loadgen.EachIteration}

// sharing says among whom something is shared.
func (t table) sharing(key string, otherwise loadgen.Sharing) loadgen.Sharing {
	if word, ok := t.word(key); ok {
		return sharings[word]
	}
	return otherwise
}

// name reads the name of a variable that a step sets.
func (s scope) name(t table, key string) (string, bool) {
	name, ok := t.line(key)
	if !ok {
		return "", false
	}
	if message := variableProblem(name); message != "" {
		t.value(t.at(key), "%s", message)
		return "", false
	}
	s.set[name] = t.path
	return name, true
}

func (s scope) readBreak(t table, step *loadgen.Step) {
	if on, ok := t.boolean("break"); ok && !on {
		t.value(t.at("break"), "is true or not there")
	}
	if s.loops == 0 {
		t.key(t.at("break"), "leaves the nearest loop, and there is none around it: repeat, while, for or foreach")
		return
	}
	step.Jump = loadgen.BreakLoop
}

func (s scope) readNext(t table, step *loadgen.Step) {
	step.Jump = loadgen.NextPass
	if t.values["next"] == true {
		return
	}
	if _, isText := t.values["next"].(string); !isText {
		t.value(t.at("next"), `expected true or "iteration", not %s`, described(t.values["next"]))
	} else if _, ok := t.word("next"); ok {
		step.Jump = loadgen.EndIteration
	}
}

func (s scope) readStop(t table, step *loadgen.Step) {
	step.Jump = loadgen.EndUser
	switch word, _ := t.word("stop"); word {
	case "run":
		step.Jump = loadgen.EndRun
	case "now":
		step.Jump = loadgen.CutRun
	}
}

// index reads the variable that numbers a loop's passes.
func (s scope) index(t table) string {
	name, _ := s.name(t, "index")
	return name
}

func (s scope) readRepeat(t table, step *loadgen.Step) {
	step.Loop = &loadgen.Loop{Index: s.index(t)}
	if source, ok := t.values["repeat"].(string); ok && strings.Contains(source, "${") {
		step.Loop.Times = s.template(t.at("repeat"), source)
		text, known := "", false
		if step.Loop.Times != nil {
			text, known = step.Loop.Times.Known()
		}
		if _, err := strconv.ParseUint(text, 10, 32); known && err != nil {
			t.value(t.at("repeat"), "expected a whole number, not %s", described(text))
		}
	} else if n, ok := t.whole("repeat"); ok {
		step.Loop.Times = loadgen.Literal(strconv.FormatInt(n, 10))
	}
	if step.Loop.Times == nil {
		step.Loop.Times = loadgen.Literal("0")
	}
}

func (s scope) readWhile(t table, step *loadgen.Step) {
	step.Loop = &loadgen.Loop{Index: s.index(t)}
	if source, ok := t.expression("while"); ok {
		step.Loop.While = s.condition(t.at("while"), source)
	}
}

func (s scope) readFor(t table, step *loadgen.Step) {
	step.Loop = &loadgen.Loop{Index: s.index(t)}
	step.Loop.For, _ = t.duration("for")
}

func (s scope) readEach(t table, step *loadgen.Step) {
	each := &loadgen.Each{}
	step.Loop = &loadgen.Loop{Each: each, Index: s.index(t)}
	of, ok := t.table("foreach", eachShape)
	if !ok {
		return
	}
	each.From, each.To = of.span()
	if each.Name, ok = s.name(of, "name"); !ok && !of.has("name") {
		of.key(of.path, `needs the name of its variable, such as name = "item"`)
	}
	switch in := of.values["in"].(type) {
	case nil:
		of.key(of.path, `needs a list, such as in = "ids" or in = ["a", "b"]`)
	case string:
		each.List = in
		s.used[in] = true
		switch {
		case !s.lists[in] && s.all[in] != "":
			of.value(of.at("in"), `%q has one value: extract it with match = "all"`, in)
		case !s.lists[in]:
			of.value(of.at("in"), "no list %q: extract it before, with match = \"all\"", in)
		case !s.hasValue(in):
			of.value(of.at("in"), "%s", s.unknown(in))
		}
	case []any:
		each.Of = []*loadgen.Template{}
		for i, v := range in {
			if text := s.parameter(elementPath(of.at("in"), i), v); text != nil {
				each.Of = append(each.Of, text)
			}
		}
	default:
		of.value(of.at("in"), "expected the name of a list, or a list, not %s", described(in))
	}
}

// span reads the indexes between which a list is gone through.
func (t table) span() (from, to int) {
	first, _ := t.whole("from")
	last, ok := t.whole("to")
	if ok && last <= first {
		t.value(t.at("to"), "must be more than from: it is the index behind the last one")
	}
	return int(first), int(last)
}

func readOnce(_ scope, t table, step *loadgen.Step) {
	if on, ok := t.boolean("once"); ok && !on {
		t.value(t.at("once"), "is true or not there")
	}
	step.Once = true
}

func readTransaction(s scope, t table, step *loadgen.Step) {
	step.Transaction = &loadgen.Transaction{}
	step.Transaction.Label, step.Transaction.LabelText = s.label(t, "transaction")
	step.Transaction.Pauses, _ = t.boolean("include_think")
	step.Transaction.Only, _ = t.boolean("only")
}

var choices = map[string]loadgen.Choice{"random": loadgen.AtRandom, "order": loadgen.InTurn, "shuffle": loadgen.Shuffled}

func (s scope) readPick(t table, step *loadgen.Step) {
	list, _ := tablesOf(t.values["step"])
	step.Pick = readChoice(t, "pick", len(list), "steps")
}

// readChoice reads how one of n is picked: a word, or their weights.
func readChoice(t table, key string, n int, what string) *loadgen.Pick {
	list, ok := t.values[key].([]any)
	if !ok {
		if _, isText := t.values[key].(string); !isText {
			t.value(t.at(key), `expected "random", "order", "shuffle" or weights such as [70, 30], not %s`, described(t.values[key]))
		} else if word, ok := t.word(key); ok {
			return &loadgen.Pick{Choice: choices[word]}
		}
		return &loadgen.Pick{}
	}
	p := &loadgen.Pick{}
	sum := 0.0
	for i, v := range list {
		w, ok := v.(float64)
		if whole, isWhole := v.(int64); isWhole {
			w, ok = float64(whole), true
		}
		if !ok || !(w >= 0 && w <= mostPickWeight) {
			t.value(elementPath(t.at(key), i), "expected a weight, a number from 0 to %d, not %s", mostPickWeight, described(v))
			return &loadgen.Pick{}
		}
		p.Weights = append(p.Weights, w)
		sum += w
	}
	switch {
	case len(list) != n:
		t.value(t.at(key), "%s for %s: give one for each", counted(int64(len(list)), "weight"), counted(int64(n), strings.TrimSuffix(what, "s")))
		p.Weights = nil
	case sum == 0:
		t.value(t.at(key), "one of the weights must be above 0")
		p.Weights = nil
	}
	return p
}

// mostPickWeight is the most that one of the weights may be.
const mostPickWeight = 1_000_000

func readShare(_ scope, t table, step *loadgen.Step) {
	step.Share = &loadgen.Share{Part: 1}
	if _, ok := t.values["share"].(map[string]any); ok {
		of, _ := t.table("share", shareShape)
		step.Share.Times, _ = of.whole("times")
		if !of.has("times") {
			of.key(of.path, "needs how often, such as times = 10")
		}
		step.Share.Per = of.sharing("per", loadgen.PerUser)
		return
	}
	v, ok := t.setting("share")
	text, isText := v.(string)
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	f, err := strconv.ParseFloat(number, 64)
	switch {
	case !ok:
	case !isText || !percent || err != nil:
		t.value(t.at("share"), "expected a share such as \"30%%\", not %s%s", described(v), shareHint(v))
	case !(f >= 0 && f <= 100):
		t.value(t.at("share"), "must be from 0%% to 100%%, not %s", text)
	default:
		step.Share.Part = f / 100
	}
}

func shareHint(v any) string {
	switch v := v.(type) {
	case int64:
		return fmt.Sprintf(": write \"%d%%\"", v)
	case float64:
		return fmt.Sprintf(": write \"%g%%\"", v*100)
	}
	return ""
}

func readParallel(_ scope, t table, step *loadgen.Step) {
	n, _ := t.count("parallel")
	step.Parallel = max(n, 1)
}

// mostParallel is how many requests of a user may be under way at the same time.
const mostParallel = 64

func readTogether(_ scope, t table, step *loadgen.Step) {
	step.Together = &loadgen.Together{}
	if _, ok := t.values["together"].(map[string]any); !ok {
		n, _ := t.whole("together")
		step.Together.Users = int(n)
		return
	}
	of, _ := t.table("together", togetherShape)
	n, _ := of.whole("users")
	step.Together.Users = int(n)
	step.Together.Timeout, _ = of.duration("timeout")
}

func readPace(_ scope, t table, step *loadgen.Step) {
	step.Pace = &loadgen.Pace{}
	of, key := t, "pace"
	if _, ok := t.values["pace"].(map[string]any); ok {
		of, _ = t.table("pace", paceShape)
		key = "rate"
		if !of.has("rate") {
			of.key(of.path, `needs a rate, such as rate = "60/min"`)
		}
		spread, _ := of.word("spread")
		step.Pace.Spread = spreads[spread]
		step.Pace.Per = of.sharing("per", loadgen.PerUser)
	}
	rate, ok := of.rate(key)
	if ok && rate == 0 {
		of.value(of.at(key), "nobody ever goes on: the rate must be more than 0")
	}
	step.Pace.Rate = rate
}

// checkBlock finds blocks that cannot be meant.
func (s scope) checkBlock(t table, k kind, step *loadgen.Step) {
	switch {
	case len(step.Steps) == 0 || len(s.list) > 0:
	case step.Parallel > 0 && slices.ContainsFunc(step.Steps, func(below loadgen.Step) bool {
		return below.Request == nil || below.When != nil || below.Request.Bodies != nil || below.Request.Resources != nil
	}):
		t.key(t.at("parallel"), "has only requests below it, without when, resources and several bodies: they are under way at the same time")
	case step.Loop != nil && step.Loop.Times == nil && step.Loop.Each == nil && goesRoundForever(step):
		t.key(t.at(k.key), "goes round without end: nothing in it requests, waits, changes what it asks for, or leaves it")
	}
}

// goesRoundForever reports whether nothing in a loop takes time, leaves it or changes its condition.
func goesRoundForever(loop *loadgen.Step) bool {
	var condition []string
	if loop.Loop.While != nil {
		condition = loop.Loop.While.Variables()
	}
	changes := func(name string) bool { return slices.Contains(condition, name) }
	for s := range loadgen.All(loop.Steps) {
		switch {
		case s.Request != nil, s.Think != nil, s.Pace != nil, s.Together != nil, s.Jump != loadgen.NoJump && s.Jump != loadgen.NextPass:
			return false
		case s.Counter != nil && changes(s.Counter.Name), slices.ContainsFunc(s.Set, func(a loadgen.Assignment) bool { return changes(a.Name) }):
			return false
		}
	}
	return !changes(loop.Loop.Index)
}
