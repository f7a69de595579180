package plans

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"stickbench/assert"
	"stickbench/internal/lab"
	"stickbench/loadgen"
)

// DefaultTimeout bounds a request where the plan says nothing: no request waits forever.
const DefaultTimeout = 30 * time.Second

// Read reads a plan. path is for messages, and its base names a plan that does not name itself. The
// error is a *Problems with everything that is wrong; a source that is not TOML has one problem.
func Read(path string, source []byte, o Override) (*Plan, error) {
	document := strings.TrimPrefix(string(source), "\ufeff")
	p := &problems{}
	values := p.decode(document)
	if err := p.err(path); err != nil {
		return nil, err
	}
	r := &reader{problems: p, override: o, plan: &Plan{Path: path, Source: source}, setup: &names{}, addresses: map[string]string{}}
	r.plan.Nodes = r.addresses
	r.read(openTable(p, "", planShape, values))
	if err := p.err(path); err != nil {
		return nil, err
	}
	r.plan.positions = p.positions
	return r.plan, nil
}

// Largest is the most bytes that a plan may have.
const Largest = 16 << 20

// decode is the document as TOML's decoder sees it, once it is known to be one that the decoder can
// read in a reasonable time.
func (p *problems) decode(document string) map[string]any {
	var values map[string]any
	if len(document) > Largest {
		p.option("", "is larger than a plan can be: 16 MiB is the most")
		return nil
	}
	p.positions = scan(document)
	if at := p.positions.tooDeep; at >= 0 {
		p.note(at, true, "", fmt.Sprintf("nested deeper than a plan can be: %d levels are the most", deepest))
		return nil
	}
	_, err := toml.Decode(document, &values)
	if err == nil {
		return values
	}
	var syntax toml.ParseError
	if !errors.As(err, &syntax) {
		p.option("", "not TOML: %v", err)
		return nil
	}
	at := max(0, syntax.Position.Start)
	if value, start := p.unquoted(at); value != "" {
		p.note(start, true, p.positions.keyOf(start), "text and durations stand in quotes: write "+quoted(value))
		return nil
	}
	p.note(at, true, syntax.LastKey, "not TOML: "+syntax.Message)
	return nil
}

var withoutQuotes = regexp.MustCompile(`^\s*[\w.-]+\s*=\s*([A-Za-z/][^"'#]*|[0-9.]+\s*[a-zµ]+)\s*(#.*)?$`)

// unquoted knows the commonest slip: text or a duration without quotes. It is the value, and the offset
// at which it starts, of the line in which the decoder found an error; "" if that is not it.
func (p *problems) unquoted(at int) (value string, start int) {
	line, _ := p.positions.lineColumn(at)
	start = p.positions.lines[line-1]
	text, _, _ := strings.Cut(p.positions.source[start:], "\n")
	m := withoutQuotes.FindStringSubmatchIndex(strings.TrimSuffix(text, "\r"))
	if m == nil {
		return "", 0
	}
	return strings.TrimSpace(text[m[2]:m[3]]), start + m[2]
}

// reader reads one plan.
type reader struct {
	*problems
	override  Override
	plan      *Plan
	variables *variables
	// everywhere are the headers of [target], for every request.
	everywhere []header
	// sessionBroken says that [session] has problems of its own, so that what it lacks is none.
	sessionBroken bool
	// labGiven and haproxyGiven say that the plan has a [lab] to run and a [haproxy], good or bad.
	labGiven, haproxyGiven bool
	// stepsRead and stepsDeclared are how many steps were read so far, and looked through for what they set; those of shared
	// ones each time.
	stepsRead, stepsDeclared int
	// nodes are the laboratory's, nil where they are not known beforehand.
	nodes []string
	// data are the lines of [[data]], shared are the steps of [steps], and setup what setup groups set.
	data   []*loadgen.Data
	files  map[string][]string // of which expressions take lines
	shared table
	// defaults are those of the whole plan.
	defaults []table
	setup    *names
	// addresses are the nodes' own, of [target] and [haproxy].
	addresses map[string]string
}

func (r *reader) read(t table) {
	r.overrides()
	load := &r.plan.Load
	r.vars(t)
	load.Name = strings.TrimSuffix(filepath.Base(r.plan.Path), ".toml")
	if name, ok := t.line("name"); ok {
		load.Name = name
	}
	r.plan.Description, _ = t.text("description")
	seed, _ := t.whole("seed")
	load.Seed = uint64(seed)
	if r.override.Seed != nil {
		load.Seed = *r.override.Seed
	}
	load.Timeout = DefaultTimeout
	load.Serial, _ = t.boolean("serial")
	if r.plan.Apdex = apdex(t); r.override.Apdex != nil {
		r.plan.Apdex = r.override.Apdex
	}
	load.KeepTrying, _ = t.boolean("keep_trying")
	load.Preconnect, _ = t.boolean("preconnect")
	load.Preconnect = load.Preconnect || r.override.Preconnect
	r.where(t)
	r.session(t)
	r.readData(t)
	r.shared, _ = t.table("steps", stepsShape)
	if d, ok := t.table("defaults", defaultsShape); ok {
		r.defaults = []table{d}
	}
	r.haproxy(t)
	r.groups(t)
	r.events(t)
	r.expectations(t)
	if len(r.variables.known) > 0 {
		load.Vars = r.variables.known
	}
	load.Secrets = r.variables.secrets
	load.Files = r.files
	r.plan.vars, r.plan.data = r.variables.words(), r.data
}

// apdex reads the times of [apdex], nil where there are none.
func apdex(t table) *Apdex {
	own, ok := t.table("apdex", apdexShape)
	if !ok {
		return nil
	}
	satisfied, ok := own.duration("satisfied")
	if !ok && !own.has("satisfied") {
		own.key(own.path, `needs a time that satisfies, such as satisfied = "500ms"`)
	}
	a := ApdexOf(satisfied)
	if d, ok := own.duration("tolerated"); ok {
		if a.Tolerated = d; d < satisfied {
			own.value(own.at("tolerated"), "must not be less than satisfied, %v", satisfied)
		}
	}
	return &a
}

// where reads [lab] or [target].
func (r *reader) where(t table) {
	if t.has("lab") && t.has("target") {
		t.key("target", "there is a [lab] too: a plan runs against the laboratory or against a target, leave out one")
	}
	if own, ok := t.table("lab", labShape); ok {
		r.lab(own)
	}
	if target, ok := t.table("target", targetShape); ok {
		r.target(target)
	}
	r.labGiven = t.has("lab") && r.override.Target == nil
	switch o := r.override; {
	case !t.has("lab") && !t.has("target") && o.Target == nil:
		r.option("", "nothing to run against: add a [lab], a [target] with its url, or --target URL")
	case o.Target != nil && o.Balancer != nil:
		r.option("--balancer", "is for the laboratory: with --target there is none")
	case o.Target != nil:
		r.plan.Lab, r.plan.Load.Target = nil, *o.Target
	case o.Balancer != nil && !t.has("lab"):
		r.option("--balancer", "is for the laboratory: the plan has a [target] and no [lab]")
	}
	if r.override.Insecure {
		r.tls().InsecureSkipVerify = true
	}
	r.route()
}

func (r *reader) target(t table) {
	if url, ok := t.settingLine("url"); ok {
		r.plan.Load.Target = url
		if message := targetProblem(url); message != "" {
			t.value(t.at("url"), "%s", message)
		}
	} else if !t.has("url") && r.override.Target == nil {
		t.key(t.path, `needs a url, such as url = "http://127.0.0.1:8080"`)
	}
	if d, ok := t.duration("timeout"); ok {
		r.plan.Load.Timeout = d
	}
	version, _ := t.word("http")
	r.plan.Load.HTTP2 = version == "2"
	r.tlsOptions(t)
	r.plan.Weights = weights(t)
	maps.Copy(r.addresses, nodeAddresses(t))
	if words, ok := t.line("algorithm"); ok {
		r.plan.Algorithm = words
		if err := lab.CheckAlgorithm(words, lab.HAProxy); err != nil {
			t.value(t.at("algorithm"), "%v", err)
		}
	}
	nothing := r.newScope("", nil)
	for _, h := range r.readHeaders(t) {
		if h.text = nothing.template(h.path, h.value); h.text != nil {
			r.everywhere = append(r.everywhere, h)
		}
	}
}

// session reads where answers tell node, counter and session. The laboratory's own answers are known.
func (r *reader) session(t table) {
	s := &r.plan.Load.Session
	words := map[string]string{}
	if t.has("lab") {
		words = map[string]string{"node": "json:tag", "counter": "json:sessionViews", "id": "json:id"}
	}
	before := len(r.list)
	defer func() { r.sessionBroken = len(r.list) > before }()
	own, ok := t.table("session", sessionShape)
	for key, x := range map[string]**loadgen.Extractor{"node": &s.Node, "counter": &s.Counter, "id": &s.ID} {
		if ok && own.has(key) {
			*x = r.extractor(own, key)
		} else if words[key] != "" {
			*x, _ = loadgen.ParseExtractor(words[key])
		}
	}
}

// extractor reads where in an answer a value stands; nil after a problem.
func (r *reader) extractor(t table, key string) *loadgen.Extractor {
	s, ok := t.line(key)
	if !ok {
		return nil
	}
	x, err := loadgen.ParseExtractor(s)
	if err != nil {
		t.value(t.at(key), "%v", err)
	}
	return x
}

func (r *reader) expectations(t table) {
	r.plan.NodeNames = r.knownNodes()
	known := assert.Known{Labels: r.plan.knownLabels(), Nodes: r.plan.NodeNames, Phases: r.plan.phases()}
	for i, source := range t.texts("expect") {
		if strings.TrimSpace(source) == "" {
			continue
		}
		e, err := known.CompileExpectation(source)
		if err != nil {
			r.expression(elementPath("expect", i), err)
		}
		r.plan.Expect = append(r.plan.Expect, e)
	}
	for _, own := range t.tables("stop", stopShape) {
		source, ok := own.expression("when")
		if !ok {
			if !own.has("when") {
				own.key(own.path, `needs a condition, such as when = 'for("10s", error_rate > 50%%)'`)
			}
			continue
		}
		e, err := known.CompileExpectation(source)
		if err != nil {
			r.expression(own.at("when"), err)
		}
		r.plan.Stops = append(r.plan.Stops, e)
	}
}

// knownNodes are the nodes that expectations may name: the laboratory's, and those that [haproxy] and
// [target] tell of; nil where the plan tells of none.
func (r *reader) knownNodes() []string {
	names := slices.Clone(r.nodes)
	for name := range r.addresses {
		names = append(names, name)
	}
	for name := range r.plan.Weights {
		names = append(names, name)
	}
	if h := r.plan.HAProxy; h != nil && len(names) > 0 {
		names = slices.AppendSeq(names, maps.Values(h.Names))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// expression notes why an expression does not compile, where in it that is.
func (r *reader) expression(path string, err error) {
	var syntax *assert.SyntaxError
	if errors.As(err, &syntax) {
		r.within(path, max(1, syntax.Line), max(1, syntax.Column), "%s", syntax.Message)
		return
	}
	r.value(path, "%v", err)
}

// knownLabels are the plan's labels; nil where values in them make others.
func (p *Plan) knownLabels() []string {
	for _, g := range p.Load.Groups {
		for s := range loadgen.Labelled(g.Steps) {
			if s.MarkText != nil || s.Request != nil && (s.Request.LabelText != nil || s.Request.Resources != nil) || s.Transaction != nil && s.Transaction.LabelText != nil {
				return nil
			}
		}
	}
	return p.Labels()
}

// Labels are the labels that the plan's samples will have, each once, in order.
func (p *Plan) Labels() []string {
	var labels []string
	seen := map[string]bool{}
	for _, g := range p.Load.Groups {
		for s := range loadgen.Labelled(g.Steps) {
			if label := s.Label(); label != "" && !seen[label] {
				seen[label] = true
				labels = append(labels, label)
			}
		}
	}
	return labels
}
