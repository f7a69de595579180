package jmx

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Options are what an import is told beside the file.
type Options struct {
	// File is the file's name, for the account and for a plan without a name of its own.
	File string
	// Properties are JMeter's, as -Jname=value gives them.
	Properties map[string]string
	// Map replaces the beginnings of names of data files.
	Map []Mapping
	// Read reads a file that the plan includes, or whose first line names the columns of its data; nil reads none.
	Read func(name string) ([]byte, error)
	// Native adds what our tool says better than JMeter's elements can.
	Native bool
}

// Mapping is OLD=NEW for the names of files.
type Mapping struct{ Old, New string }

// Plan is an imported plan.
type Plan struct {
	// TOML is the plan as text.
	TOML    string
	Account Account
	// Properties are those of JMeter that the plan reads, and Variables the names in its [vars].
	Properties, Variables []string
}

// Import reads a JMeter plan and writes it as one of ours. The error is a *FormatError: the file is no plan, or
// has nothing to run. Everything else that cannot be carried over is told in the account.
func Import(source []byte, o Options) (plan *Plan, err error) {
	defer func() {
		if tooMuch, ok := recover().(tooMuchWork); ok {
			plan, err = nil, malformed(tooMuch.line, "too large to be carried over: what applies to all samplers is looked at for each of them")
		}
	}()
	roots, err := Parse(source)
	if err != nil {
		return nil, err
	}
	im := &importer{variables: newVariables(), options: o, indexes: map[string]string{}, switches: map[*Element]*ex{}, readsPass: map[string]bool{}, modules: map[*Element]string{}, writing: map[*Element]bool{}, isColumn: map[string]bool{}, lost: map[*Element]bool{}, counted: map[*Element]bool{}, told: map[remark]bool{}, mentioned: map[string]bool{}, groupNames: map[string]bool{}, read: map[*Element]bool{}, looked: map[*Element]bool{}, rewritten: map[*Element]string{}, rewriters: map[*Element][]*Element{}}
	root, err := im.root(roots)
	if err != nil {
		return nil, err
	}
	im.plan(root)
	if len(im.groups) == 0 {
		return nil, malformed(root.Line, "no thread group of the plan does anything, so that there is nothing to run: a plan to record into needs its recording first")
	}
	plan = &Plan{TOML: im.write(), Account: im.finish(), Properties: slices.Sorted(maps.Keys(im.properties))}
	for _, t := range im.top {
		plan.Variables = append(plan.Variables, t.name)
	}
	return plan, nil
}

// mostWork is how many elements may be looked at in all, which bounds the time of what grows with the square of
// a plan's size. A plan of a thousand samplers below a hundred managers takes a hundred thousand.
const mostWork = 50_000_000

// tooMuchWork ends an import that would not end in a reasonable time.
type tooMuchWork struct{ line int }

// spend notes that so many elements are looked at.
func (im *importer) spend(elements int) {
	if im.work += elements; im.work > mostWork {
		panic(tooMuchWork{im.at.Line})
	}
}

// importer is one import.
type importer struct {
	*variables
	options Options
	account Account
	lost    map[*Element]bool
	counted map[*Element]bool
	told    map[remark]bool
	work    int // so far, in elements looked at

	planName    string
	heading     []pair // above the first table
	data        []*block
	groups      []*block
	named       []*block // [steps.NAME]
	at          *Element // what is being carried over
	group       *Element
	groupBlock  *block
	scope       *scope
	open        bool              // a data file's columns are not known, so that any variable may be one
	before      []pair            // variables to set before the step in hand
	beforeSteps []*block          // steps to do before it
	indexes     map[string]string // of loops, whose passes somebody counts
	switches    map[*Element]*ex  // the values of switch controllers
	readsPass   map[string]bool   // the loops, by name, whose passes the plan reads
	modules     map[*Element]string
	isColumn    map[string]bool // JMeter's names of the columns of data files
	mentioned   map[string]bool // variables of an extractor's groups that somebody uses
	groupNames  map[string]bool
	writing     map[*Element]bool // the modules in hand
	including   int
	sampled     *Element                // the sampler that is followed by what stands after it
	remarks     []string                // for the next step
	read        map[*Element]bool       // data files that are in the plan
	looked      map[*Element]bool       // extractors and assertions with a request in their scope
	idlers      []*Element              // those with a mark in it
	rewritten   map[*Element]string     // the variables of URL rewriting modifiers
	rewriters   map[*Element][]*Element // those in a group
}

// root finds the plan, and says why there is nothing to run where that is so.
func (im *importer) root(roots []*Element) (*Element, error) {
	i := slices.IndexFunc(roots, func(e *Element) bool { return e.Class == "TestPlan" })
	if i < 0 {
		if len(roots) == 0 {
			return nil, malformed(0, "a plan without any element: there is nothing to run")
		}
		return nil, malformed(roots[0].Line, "a part of a plan (%s) without the plan around it: import the plan that includes it, or open it in JMeter below a thread group and save that", roots[0].Class)
	}
	plan := roots[i]
	var disabled []string
	for _, e := range plan.Children {
		if isGroup(e.Class) {
			if e.Enabled {
				return plan, nil
			}
			disabled = append(disabled, fmt.Sprintf("%s (line %d)", e.title(), e.Line))
		}
	}
	if disabled != nil {
		return nil, malformed(plan.Line, "every thread group is disabled, so that there is nothing to run: enable one of %s", strings.Join(disabled, ", "))
	}
	for _, e := range plan.Children {
		if e.Class == "TestFragmentController" {
			return nil, malformed(e.Line, "a test fragment without a thread group: import the plan that includes it, or put it below a thread group")
		}
	}
	return nil, malformed(plan.Line, "the plan has no thread group, so that there is nothing to run")
}

// lose notes that an element, or a part of it, is not carried over, and what to do instead.
func (im *importer) lose(e *Element, why, instead string) {
	im.lost[e] = true
	if told := (remark{e, why}); !im.told[told] {
		im.told[told] = true
		im.account.Lost = append(im.account.Lost, newLoss(e, why, instead))
	}
}

// remark is something told of an element, once.
type remark struct {
	element *Element
	why     string
}

// note is a difference that costs nothing.
func (im *importer) note(e *Element, why, instead string) {
	if told := (remark{e, why}); !im.told[told] {
		im.told[told] = true
		im.account.Notes = append(im.account.Notes, newLoss(e, why, instead))
	}
}

// count takes an element into the account.
func (im *importer) count(e *Element) {
	if !im.counted[e] {
		im.counted[e] = true
		im.account.Elements++
	}
}

func (im *importer) finish() Account {
	for _, e := range im.idlers {
		if !im.looked[e] && !im.lost[e] {
			im.lose(e, "no request is in its scope, only samplers that became marks", "")
		}
	}
	a := im.account
	a.Schema, a.File = "stickbench.import/1", im.options.File
	a.Carried = a.Elements - len(im.lost)
	for _, t := range im.top {
		if ask, ok := t.value.(inline); ok && len(ask) > 0 {
			a.Needs = append(a.Needs, t.name)
		}
	}
	slices.SortStableFunc(a.Lost, func(x, y Loss) int { return x.Line - y.Line })
	if a.Lost == nil {
		a.Lost = []Loss{}
	}
	return a
}

// plan carries over the plan and its groups.
func (im *importer) plan(e *Element) {
	im.count(e)
	im.at = e
	im.planName = e.Name
	im.collect(e)
	im.definitions(e)
	im.heading = append(im.heading, pair{"name", oneLine(e.Name, "JMeter plan")})
	if e.Comment != "" {
		im.heading = append(im.heading, pair{"description", e.Comment})
	}
	if e.truth("TestPlan.serialize_threadgroups", false) {
		im.heading = append(im.heading, pair{"serial", true})
	}
	if e.truth("TestPlan.functional_mode", false) {
		im.note(e, "functional test mode keeps whole responses in the results", "stickbench trace shows exchanges")
	}
	sc := im.inner(nil, e)
	for _, child := range enabled(e) {
		switch {
		case isGroup(child.Class):
			im.threadGroup(child, sc)
		case child.Class == "TestFragmentController": // written where a module controller uses it
			im.countBelow(child)
		case im.applies(child.Class) || silent(child):
		default:
			im.count(child)
			im.lose(child, "it stands outside of any thread group, where JMeter does not run it", "")
		}
	}
}

// countBelow counts what is carried over wherever it is used, or nowhere.
func (im *importer) countBelow(e *Element) {
	if silent(e) {
		return
	}
	im.count(e)
	for _, child := range enabled(e) {
		im.countBelow(child)
	}
}

// enabled are the children that are not switched off.
func enabled(e *Element) []*Element {
	return slices.DeleteFunc(slices.Clone(e.Children), func(c *Element) bool { return !c.Enabled })
}

// oneLine is text as a name: on one line, and something.
func oneLine(s, otherwise string) string {
	s = strings.Join(strings.Fields(s), " ")
	if s == "" {
		return otherwise
	}
	return s
}

// file is the name of a file with the mapping of the options.
func (im *importer) file(name string) string {
	for _, m := range im.options.Map {
		if rest, ok := strings.CutPrefix(name, m.Old); ok {
			return m.New + rest
		}
	}
	return strings.ReplaceAll(name, `\`, "/")
}
