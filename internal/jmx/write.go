package jmx

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"stickbench/internal/draft"
	"stickbench/internal/lazy"
)

// write is the whole plan as TOML.
func (im *importer) write() string {
	all := append(slices.Clone(im.groups), im.named...)
	for _, b := range all {
		b.below = im.simplified(b.below)
	}
	requests := requestsOf(all)
	base := im.commonBase(requests)
	each(requests, func(r *request) {
		if r.base == base {
			r.base = ""
		}
	})
	var p draft.Table
	for _, c := range im.head() {
		p.Comment("%s", c)
	}
	(&block{pairs: im.heading}).write(&p)
	im.writeVars(&p)
	for _, g := range im.groups {
		ownCookies(g, base)
	}
	target := p.Table("target")
	im.native(&p, target)
	target.Set("url", firstOf(base, "http://127.0.0.1"))
	if d := shared(requests); d != nil {
		d.write(p.Table("defaults"))
	}
	for _, d := range im.data {
		d.write(p.Append("data"))
	}
	for _, s := range im.named {
		name := s.pairs[0].value.(string)
		s.pairs = s.pairs[1:]
		finishSteps([]*block{s})
		s.write(p.Table("steps", name))
	}
	for _, g := range im.groups {
		d := shared(requestsOf([]*block{g}))
		g.below = withPauses(g.below)
		finishSteps(g.below)
		steps := g.below
		g.below = nil
		t := p.Append("group")
		g.write(t)
		if d != nil {
			d.write(t.Table("defaults"))
		}
		for _, s := range steps {
			s.write(t.Append("step"))
		}
	}
	return p.String()
}

// head are the comments above the plan.
func (im *importer) head() []string {
	head := []string{"Imported from " + oneLine(im.options.File, "a JMeter plan") + "."}
	if len(im.lost) > 0 {
		head = append(head, fmt.Sprintf("%d of %d elements were carried over; what was not stands below as NOT CARRIED OVER.", im.account.Elements-len(im.lost), im.account.Elements))
	}
	return head
}

// writeVars writes [vars]: the user's variables, JMeter's properties, and what nothing sets before it is used.
func (im *importer) writeVars(p *draft.Table) {
	vars := &block{}
	for _, t := range im.top {
		vars.set(t.name, withNote(t.value, oneLine(t.comment, "")))
	}
	for _, name := range sortedNames(im.early) {
		if im.isTop(name) {
			continue
		}
		note := "what sets it in JMeter was not carried over"
		if im.given[name] {
			note = "until a step sets it"
		}
		vars.set(name, withNote("", note))
	}
	if vars.pairs != nil {
		vars.write(p.Table("vars"))
	}
}

func withNote(v any, note string) any {
	if note == "" {
		return v
	}
	return noted{v, note}
}

func sortedNames(m map[string]bool) []string {
	var all []string
	for name := range m {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// requestsOf are all the requests below.
func requestsOf(blocks []*block) []*request {
	var all []*request
	for _, b := range blocks {
		if b.request != nil {
			all = append(all, b.request)
		}
		all = append(all, requestsOf(b.below)...)
	}
	return all
}

// commonBase is the scheme and authority of most requests: the plan's target. One with variables of the run,
// which are not known when the plan is read, cannot be.
func (im *importer) commonBase(requests []*request) string {
	count := map[string]int{}
	best := ""
	for _, r := range requests {
		if r.base == "" || !im.knownBefore(r.base) {
			continue
		}
		if count[r.base]++; count[r.base] > count[best] {
			best = r.base
		}
	}
	return best
}

var inBraces = lazy.Regexp(`\$+\{(\w*)`)

// knownBefore reports whether all variables of a text of ours have their values before the run.
func (im *importer) knownBefore(s string) bool {
	return !slices.ContainsFunc(inBraces().FindAllStringSubmatch(s, -1), func(m []string) bool {
		return strings.HasPrefix(m[0], "$$") || !im.isTop(m[1]) || im.given[m[1]]
	})
}

// shared takes from the requests what all of them have, for the defaults; nil if there is nothing, or only one
// request.
func shared(requests []*request) *block {
	if len(requests) < 2 {
		return nil
	}
	d := &block{}
	first := requests[0]
	if headers := sharedHeaders(requests); headers != nil {
		d.set("headers", headers)
	}
	if t := first.timeout; t != nil && everyone(requests, func(r *request) bool { return r.timeout == t }) {
		d.set("timeout", t)
		each(requests, func(r *request) { r.timeout = nil })
	}
	if t := first.connect; t != nil && everyone(requests, func(r *request) bool { return r.connect == t }) {
		d.set("connect_timeout", t)
		each(requests, func(r *request) { r.connect = nil })
	}
	if !first.follow && everyone(requests, func(r *request) bool { return !r.follow }) {
		d.set("redirects", false)
		each(requests, func(r *request) { r.follow = true })
	}
	if t := first.think; t != "" && everyone(requests, func(r *request) bool { return r.think == t }) {
		d.set("think", t)
		each(requests, func(r *request) { r.think = "" })
	}
	if a := first.auth; a.key != "" && everyone(requests, func(r *request) bool { return reflect.DeepEqual(r.auth, a) }) {
		d.set(a.key, a.value)
		each(requests, func(r *request) { r.auth = pair{} })
	}
	if first.resource != nil && everyone(requests, func(r *request) bool { return reflect.DeepEqual(r.resource, first.resource) }) {
		d.set("resources", first.resource)
		each(requests, func(r *request) { r.resource = nil })
	}
	var asserts many
	for len(first.assert) > 0 {
		a := first.assert[0]
		if !everyone(requests, func(r *request) bool { return len(r.assert) > 0 && reflect.DeepEqual(r.assert[0], a) }) {
			break
		}
		asserts = append(asserts, first.assert[0])
		each(requests, func(r *request) { r.assert = r.assert[1:] })
	}
	if asserts != nil {
		d.set("assert", list(asserts))
	}
	if d.pairs == nil {
		return nil
	}
	return d
}

func everyone(requests []*request, has func(*request) bool) bool {
	return !slices.ContainsFunc(requests, func(r *request) bool { return !has(r) })
}

func each(requests []*request, do func(*request)) {
	for _, r := range requests {
		do(r)
	}
}

// finishSteps writes the requests' keys into their steps, and their pauses in front.
func finishSteps(steps []*block) {
	for _, b := range steps {
		if b.request != nil {
			b.pairs = append(b.pairs, b.request.pairs()...)
		}
		b.below = withPauses(b.below)
		finishSteps(b.below)
	}
}

// withPauses are the steps, with a step for the pause of each request that has one of its own.
func withPauses(steps []*block) []*block {
	var all []*block
	for _, b := range steps {
		if b.request != nil && b.request.think != "" {
			think := &block{}
			if when := b.get("when"); when != nil {
				think.set("when", when)
			}
			think.set("think", b.request.think)
			think.comments, b.comments = b.comments, nil
			all = append(all, think)
		}
		all = append(all, b)
	}
	return all
}

// pairs are the request's keys, as a person would order them.
func (r *request) pairs() []pair {
	line := r.method + " " + r.base + r.path
	all := []pair{{"request", line}}
	if r.name != line {
		all = append(all, pair{"name", r.name})
	}
	add := func(key string, v any) { all = append(all, pair{key, v}) }
	if len(r.headers) > 0 {
		add("headers", inline(r.headers))
	}
	if len(r.query) > 0 {
		add("query", r.query)
	}
	all = append(all, r.keys...)
	if r.auth.key != "" {
		add(r.auth.key, r.auth.value)
	}
	if r.timeout != nil {
		add("timeout", r.timeout)
	}
	if r.connect != nil {
		add("connect_timeout", r.connect)
	}
	if !r.follow {
		add("redirects", false)
	}
	if r.resource != nil {
		add("resources", r.resource)
	}
	if r.extracts != nil {
		add("extract", members(r.extracts))
	}
	switch len(r.assert) {
	case 0:
	case 1:
		add("assert", list(r.assert))
	default:
		add("assert", many(r.assert))
	}
	if r.onError != "" {
		add("on_error", r.onError)
	}
	return all
}

// simplified are steps as a person would write them: without counters that nobody reads, and with a condition
// in the one step that it is for.
func (im *importer) simplified(steps []*block) []*block {
	var all []*block
	for _, b := range steps {
		b.below = im.simplified(b.below)
		if c, ok := b.get("counter").(inline); ok && !im.used[c[0].value.(string)] {
			continue
		}
		all = append(all, b.collapsed())
	}
	return all
}

// collapsed is an if around one step as that step with the condition.
func (b *block) collapsed() *block {
	when := b.get("when")
	if when == nil || len(b.below) != 1 || slices.ContainsFunc(b.pairs, func(p pair) bool { return p.key != "name" && p.key != "when" }) {
		return b
	}
	only := b.below[0]
	if only.get("when") != nil || only.request != nil && only.request.think != "" {
		return b
	}
	only.pairs = append([]pair{{"when", when}}, only.pairs...)
	if name, ok := b.get("name").(string); ok && name != only.get("mark") {
		b.comments = append(b.comments, name)
	}
	only.comments = append(b.comments, only.comments...)
	return only
}

// sharedHeaders takes the headers that all requests have, with the value that most of them have: a request with
// another one keeps that.
func sharedHeaders(requests []*request) inline {
	var shared inline
	for _, h := range slices.Clone(requests[0].headers) {
		count, best := map[any]int{}, h.value
		all := everyone(requests, func(r *request) bool {
			i := slices.IndexFunc(r.headers, func(o pair) bool { return o.key == h.key })
			if i < 0 {
				return false
			}
			v := r.headers[i].value
			if count[v]++; count[v] > count[best] {
				best = v
			}
			return true
		})
		if !all || count[best] < 2 {
			continue
		}
		shared = append(shared, pair{h.key, best})
		for _, r := range requests {
			r.headers = slices.DeleteFunc(r.headers, func(o pair) bool { return o == pair{h.key, best} })
		}
	}
	return shared
}

// ownCookies leaves the domain out of preset cookies where it is the target's: they are its own anyway.
func ownCookies(g *block, base string) {
	cookies, _ := g.get("preset_cookies").(many)
	_, host, _ := strings.Cut(base, "://")
	if name, _, port := strings.Cut(host, ":"); port {
		host = name
	}
	for i, c := range cookies {
		cookies[i] = slices.DeleteFunc(c.(inline), func(p pair) bool { return p.key == "domain" && p.value == host })
	}
}
