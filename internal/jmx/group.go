package jmx

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

var phases = map[string]string{"SetupThreadGroup": "setup", "PostThreadGroup": "teardown"}

// threadGroup carries over a group and what its users do.
func (im *importer) threadGroup(e *Element, outer *scope) {
	im.count(e)
	im.at, im.group = e, e
	kept := cloneNames(im.now)
	b := &block{}
	im.groupBlock = b
	b.comments = comment(e)
	b.set("name", im.groupName(e))
	if phase := phases[e.Class]; phase != "" {
		b.set("phase", phase)
	}
	if !im.load(e, b) {
		im.countBelow(e)
		return
	}
	defer im.restore(im.ownColumns(e))
	sc := im.inner(outer, e)
	im.cookies(e, b, sc)
	if e.has("ThreadGroup.same_user_on_next_iteration") && !e.truth("ThreadGroup.same_user_on_next_iteration", true) {
		b.set("connections", "iteration")
	}
	im.onError(e, b)
	im.groups = append(im.groups, b)
	b.below = im.children(e, sc)
	if !slices.ContainsFunc(b.below, func(*block) bool { return true }) {
		im.groups = im.groups[:len(im.groups)-1]
		im.note(e, "the group does nothing, so that it is left out", "")
	}
	if b.get("phase") != "setup" {
		im.now = kept
		for _, t := range im.top {
			im.now[t.name] = true
		}
	}
	im.group = nil
}

func cloneNames(m map[string]bool) map[string]bool {
	c := make(map[string]bool, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}

// comment is what the plan's author wrote about an element.
func comment(e *Element) []string {
	if e.Comment == "" {
		return nil
	}
	return lines(e.Comment)
}

// groupName is the group's name, which no other group has.
func (im *importer) groupName(e *Element) string {
	name := oneLine(e.Name, "Thread Group")
	unique := name
	for i := 2; im.groupNames[unique]; i++ {
		unique = fmt.Sprintf("%s %d", name, i)
		im.spend(1)
	}
	im.groupNames[unique] = true
	return unique
}

// load writes how many users there are, and how long; it reports false for a group that never runs.
func (im *importer) load(e *Element, b *block) bool {
	switch e.Class {
	case "OpenModelThreadGroup":
		im.openModel(e, b)
		return true
	case "UltimateThreadGroup", "SteppingThreadGroup", "ConcurrencyThreadGroup", "ArrivalsThreadGroup", "FreeFormArrivalsThreadGroup":
		return im.pluginGroup(e, b)
	}
	users, ok := im.amount(e, e.word("ThreadGroup.num_threads"), "")
	if !ok || users == int64(0) {
		im.note(e, "the group has no users, so that it is left out", "")
		return false
	}
	b.set("users", users)
	if ramp, ok := im.amount(e, e.word("ThreadGroup.ramp_time"), "s"); ok && ramp != "0s" && users != int64(1) {
		b.set("ramp_up", ramp)
	}
	loops := e.sub("ThreadGroup.main_controller").word("LoopController.loops")
	scheduled := e.truth("ThreadGroup.scheduler", false) && e.has("ThreadGroup.duration")
	switch {
	case loops == "0":
		im.note(e, "the group makes no iteration, so that it is left out", "")
		return false
	case loops == "-1" && !scheduled:
		b.set("iterations", "forever")
	case loops == "-1", loops == "", loops == "1" && !scheduled:
	default:
		if n, ok := im.amount(e, loops, ""); ok {
			b.set("iterations", n)
		}
	}
	if scheduled {
		if d, ok := im.amount(e, e.word("ThreadGroup.duration"), "s"); ok {
			b.set("duration", d)
		}
	}
	if e.truth("ThreadGroup.scheduler", false) {
		if d, ok := im.amount(e, e.word("ThreadGroup.delay"), "s"); ok && d != "0s" {
			b.set("start_delay", d)
		}
	}
	return true
}

// amount is a number, or a variable of [vars] that holds one; with a unit it is a duration. ok is false where
// there is none.
func (im *importer) amount(e *Element, s, unit string) (any, bool) {
	v := parseValue(strings.TrimSpace(s))
	if text, ok := v.text(); ok {
		n, whole := parseWhole(text)
		switch {
		case text == "":
			return nil, false
		case !whole && isNumber(text) && unit != "":
			f, _ := strconv.ParseFloat(text, 64)
			return duration(int64(f * map[string]float64{"s": 1000, "ms": 1}[unit])), true
		case !whole:
			im.lose(e, fmt.Sprintf("%q is not a number", text), "write the number into the plan")
			return nil, false
		case unit == "s":
			return duration(n * 1000), true
		case unit == "ms":
			return duration(n), true
		}
		return n, true
	}
	before := len(im.account.Lost)
	text := im.template(v)
	if len(im.account.Lost) > before || len(im.before) > 0 {
		return nil, false
	}
	return text + unit, true
}

// cookies writes what becomes of cookies: JMeter keeps none without a cookie manager.
func (im *importer) cookies(e *Element, b *block, sc *scope) {
	var managers []*Element
	var find func(*Element)
	find = func(x *Element) {
		for _, child := range enabled(x) {
			if child.Class == "CookieManager" {
				managers = append(managers, child)
			}
			find(child)
		}
	}
	find(e)
	managers = append(slices.Clone(im.inScope(sc.outer, "CookieManager")), managers...)
	if len(managers) == 0 {
		b.set("cookies", "off")
		return
	}
	m := managers[len(managers)-1]
	if inner := im.inScope(sc, "CookieManager"); len(inner) > 0 {
		m = inner[len(inner)-1]
	} else {
		im.note(m, "its cookies are kept for the whole group, not for a part of it only", "")
	}
	clear := m.truth("CookieManager.clearEachIteration", false) && !m.truth("CookieManager.controlledByThreadGroup", false) ||
		m.truth("CookieManager.controlledByThreadGroup", false) && !e.truth("ThreadGroup.same_user_on_next_iteration", true)
	policy := m.word("CookieManager.policy")
	if policy == "ignoreCookies" || policy == "ignorecookies" {
		b.set("cookies", "off")
	} else if clear {
		b.set("cookies", "clear")
	}
	var preset list
	for _, p := range m.list("CookieManager.cookies") {
		if c := p.element; c != nil {
			cookie := inline{{"name", oneLine(c.Name, p.name)}, {"value", im.text(c, "Cookie.value")}}
			for _, key := range []string{"domain", "path"} {
				if v := im.word(c, "Cookie."+key); v != "" {
					cookie = append(cookie, pair{key, v})
				}
			}
			if c.truth("Cookie.secure", false) {
				cookie = append(cookie, pair{"secure", true})
			}
			preset = append(preset, cookie)
		}
	}
	if preset != nil {
		b.set("preset_cookies", many(preset))
	}
}

var errorWords = map[string]string{"startnextloop": "next-iteration", "stopthread": "stop-user", "stoptest": "stop", "stoptestnow": "stop"}

func (im *importer) onError(e *Element, b *block) {
	if action := errorWords[strings.ToLower(e.word("ThreadGroup.on_sample_error"))]; action != "" {
		b.set("on_error", action)
	}
}
