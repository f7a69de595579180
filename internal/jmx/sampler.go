package jmx

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

var httpSamplers = []string{"HTTPSamplerProxy", "HTTPSampler", "HTTPSampler2", "HTTP2Sampler", "HTTP2Request", "AjpSampler", "SoapSampler"}

// sampler is the steps for one sampler, in JMeter's order: preparations, timers, the sampler itself, and what
// comes after.
func (im *importer) sampler(e *Element, sc *scope) []*block {
	im.count(e)
	sc = im.inner(sc, e)
	outer := im.scope
	im.scope = sc
	defer func() { im.scope = outer }()
	prepared := im.prepare(sc)
	im.at = e
	paused := im.pauses(e, sc)
	im.at = e
	var own []*block
	switch {
	case slices.Contains(httpSamplers, e.Class):
		own = im.http(e, sc)
	case e.Class == "TestAction":
		own = im.testAction(e)
	case isScript(e):
		own = im.scriptSampler(e, sc)
	default:
		own = im.otherSampler(e)
		own = append(own, im.afterSteps(e, sc, own[len(own)-1])...)
	}
	before := im.takeBefore()
	if x := im.onlyThink(own, paused); x != nil {
		paused = nil
	}
	all := slices.Concat(prepared, paused, before, own)
	if len(all) > 0 {
		all[0].comments = append(im.remarks, all[0].comments...)
		im.remarks = nil
	}
	return all
}

// onlyThink takes a pause into the request itself, where all requests may share it.
func (im *importer) onlyThink(own, paused []*block) *request {
	if len(paused) != 1 || len(own) == 0 || own[0].request == nil || len(paused[0].pairs) != 1 || len(paused[0].comments) > 0 {
		return nil
	}
	think, ok := paused[0].get("think").(string)
	if !ok {
		return nil
	}
	own[0].request.think = think
	return own[0].request
}

// takeBefore are the steps that must come before what is in hand: variables that its functions set.
func (im *importer) takeBefore() []*block {
	all := im.beforeSteps
	im.beforeSteps = nil
	if im.before != nil {
		b := &block{}
		b.set("set", inline(im.before))
		all = append(all, b)
		im.before = nil
	}
	return all
}

// mark is a row of the sampler's name that costs nothing.
func (im *importer) mark(e *Element) *block {
	b := &block{comments: comment(e)}
	b.set("mark", im.label(e.Name, e.Class))
	return b
}

// otherSampler is a sampler of no counterpart: a mark keeps its row.
func (im *importer) otherSampler(e *Element) []*block {
	b := im.mark(e)
	switch {
	case e.Class == "DebugSampler":
	case e.Class == "JavaSampler":
		return im.javaSampler(e, b)
	case e.Class == "DummySampler" || strings.HasSuffix(e.Full, "dummy.DummySampler"):
		if e.truth("WAITING", true) {
			return im.madeUp(e, b, im.milliseconds(e, "RESPONSE_TIME"), e.truth("SUCCESFULL", true))
		}
		return im.madeUp(e, b, "0s", e.truth("SUCCESFULL", true))
	case e.thirdParty() != "":
		im.missing(e, b, "a third-party sampler", "the mark keeps its row")
	default:
		im.missing(e, b, sorts[e.Class], "the mark keeps its row")
	}
	return []*block{b}
}

// javaSampler is JMeter's own classes that only wait; others are not run.
func (im *importer) javaSampler(e *Element, b *block) []*block {
	class, time, mask := shortClass(e.word("classname")), "100", "255"
	ok := true
	for _, a := range arguments(e.sub("arguments")) {
		switch a.name {
		case "Sleep_Time", "SleepTime":
			time = a.value
		case "Sleep_Mask", "SleepMask":
			mask = a.value
		case "Status":
			ok = a.value == "OK" || a.value == ""
		case "Label":
			if a.value != "" {
				b.pairs[0].value = im.label(a.value, class) // of the mark
			}
		}
	}
	least, errA := strconv.ParseInt(strings.TrimSpace(time), 0, 64)
	width, errB := strconv.ParseInt(strings.TrimSpace(mask), 0, 64)
	switch {
	case class != "JavaTest" && class != "SleepTest":
		im.missing(e, b, fmt.Sprintf("the Java class %s is not run", class), "send a request instead, or leave the mark")
		return []*block{b}
	case errA != nil || errB != nil:
		im.missing(e, b, fmt.Sprintf("it sleeps for a time that is computed: %s, and %s more", time, mask), "a think step in front of the mark pauses as long")
		return []*block{b}
	case width > 1: // JavaTest adds the clock modulo this
		return im.madeUp(e, b, fmt.Sprintf("uniform %s %s", duration(least), duration(least+width-1)), ok)
	}
	return im.madeUp(e, b, duration(least), ok)
}

// madeUp is a sampler that sends nothing, but takes its time: a pause, and its mark.
func (im *importer) madeUp(e *Element, b *block, pause string, ok bool) []*block {
	if !ok {
		b.assert(truth(false), firstOf(im.text(e, "RESPONSE_MESSAGE"), "it fails on purpose"))
	}
	if pause == "0s" {
		return []*block{b}
	}
	im.note(e, "its time is a pause before its mark, which itself takes none", "")
	think := &block{}
	think.set("think", pause)
	return []*block{think, b}
}

// milliseconds is a property of the element as a duration of ours.
func (im *importer) milliseconds(e *Element, name string) string {
	if d, ok := im.amount(e, firstOf(e.word(name), "0"), "ms"); ok {
		return fmt.Sprint(d)
	}
	return im.template(parseValue(e.word(name))) + "ms"
}

// sorts say what samplers do that are not carried over.
var sorts = map[string]string{
	"JDBCSampler": "there are no requests to databases", "FTPSampler": "there are no FTP requests", "TCPSampler": "there are no plain TCP requests",
	"JMSSampler": "there is no JMS", "PublisherSampler": "there is no JMS", "SubscriberSampler": "there is no JMS", "LDAPSampler": "there is no LDAP",
	"LDAPExtSampler": "there is no LDAP", "MailReaderSampler": "there are no mail clients", "SmtpSampler": "there are no mail clients",
	"JUnitSampler": "there is no Java to run", "SystemSampler": "a plan never runs programs on the user's machine", "AccessLogSampler": "access logs are not replayed",
	"WebServiceSampler": "JMeter dropped it itself, in 2.13", "MongoScriptSampler": "there are no requests to databases", "BoltSampler": "there are no requests to databases", "GraphQLHTTPSampler": "",
}

// testAction is Flow Control Action: it pauses, or ends something, and has no row.
func (im *importer) testAction(e *Element) []*block {
	b := &block{comments: comment(e)}
	action, _ := e.number("ActionProcessor.action")
	target := map[string]string{"2": "run"}[e.word("ActionProcessor.target")]
	if target == "" {
		target = "user"
	}
	switch action {
	case 0:
		b.set("stop", target)
	case 1:
		d, ok := im.amount(e, firstOf(e.word("ActionProcessor.duration"), "0"), "ms")
		if !ok {
			d = im.template(parseValue(e.word("ActionProcessor.duration"))) + "ms"
		}
		if d == "0s" {
			return nil
		}
		b.set("think", d)
	case 2:
		b.set("stop", map[string]string{"run": "now", "user": "user"}[target])
	case 3:
		b.set("next", "iteration")
	case 4:
		b.set("next", true)
	case 5:
		b.pairs = breakLoop(e).pairs
	default:
		return nil
	}
	return []*block{b}
}

// pauses are the steps for the timers that apply to a sampler.
func (im *importer) pauses(sampler *Element, sc *scope) []*block {
	var all []*block
	for _, e := range im.outward(sc, timers) {
		im.at = e
		if b := im.timer(e, sc); b != nil {
			b.comments = append(b.comments, comment(e)...)
			all = append(all, b)
		}
	}
	return all
}

func (im *importer) timer(e *Element, sc *scope) *block {
	b := &block{}
	ms := func(name string) string { return im.milliseconds(e, name) }
	switch e.Class {
	case "ConstantTimer":
		d := ms("ConstantTimer.delay")
		if d == "0s" {
			return nil
		}
		b.set("think", d)
	case "UniformRandomTimer":
		least, width := ms("ConstantTimer.delay"), ms("RandomTimer.range")
		most, ok := im.sumOf(e)
		if !ok {
			return im.lostTimer(e, fmt.Sprintf("a range of variables: %s and %s more", least, width), "write think = \"uniform LEAST MOST\"")
		}
		switch {
		case most == least && most == "0s":
			return nil
		case most == least:
			b.set("think", most)
		default:
			b.set("think", fmt.Sprintf("uniform %v %v", least, most))
		}
	case "GaussianRandomTimer":
		b.set("think", fmt.Sprintf("gaussian %v %v", ms("ConstantTimer.delay"), ms("RandomTimer.range")))
	case "PoissonRandomTimer":
		b.set("think", fmt.Sprintf("poisson %v %v", ms("RandomTimer.range"), ms("ConstantTimer.delay")))
	case "ConstantThroughputTimer":
		return im.throughputTimer(e, b)
	case "PreciseThroughputTimer":
		return im.preciseTimer(e, b)
	case "SyncTimer":
		return im.barrier(e, b)
	case "VariableThroughputTimer":
		return nil // groups read it
	case "BeanShellTimer", "JSR223Timer", "BSFTimer":
		return im.scriptTimer(e, b)
	default:
		return im.lostTimer(e, "there is no such timer here", "")
	}
	return b
}

// lostTimer is a step of which only the comment remains; the next one carries it.
func (im *importer) lostTimer(e *Element, why, instead string) *block {
	im.remark(e, why, instead)
	return nil
}

// sumOf is the longest pause of a uniform timer.
func (im *importer) sumOf(e *Element) (any, bool) {
	a, errA := strconv.ParseFloat(firstOf(e.word("ConstantTimer.delay"), "0"), 64)
	c, errC := strconv.ParseFloat(firstOf(e.word("RandomTimer.range"), "0"), 64)
	return duration(int64(a + c)), errA == nil && errC == nil
}

var paceOf = []string{"user", "all", "group", "all", "group"}

// throughputTimer is the Constant Throughput Timer: so many samples a minute.
func (im *importer) throughputTimer(e *Element, b *block) *block {
	rate := firstOf(e.word("throughput"), e.word("ConstantThroughputTimer.throughput"))
	mode, whole := e.number("calcMode")
	if !whole {
		mode = calcModes(e.word("calcMode"))
	}
	if mode < 0 || mode > 4 {
		mode = 0
	}
	words := im.template(parseValue(rate))
	if f, err := strconv.ParseFloat(words, 64); err == nil {
		words = strconv.FormatFloat(f, 'f', -1, 64)
		if f <= 0 {
			return nil
		}
	}
	pace := any(words + "/min")
	if per := paceOf[mode]; per != "user" {
		pace = inline{{"rate", words + "/min"}, {"per", per}}
	}
	b.set("pace", pace)
	return b
}

// calcModes knows the texts that old files have instead of a number.
func calcModes(s string) int64 {
	s = strings.ToLower(s)
	switch {
	case strings.Contains(s, "shared") && strings.Contains(s, "group"):
		return 4
	case strings.Contains(s, "shared"):
		return 3
	case strings.Contains(s, "group"):
		return 2
	case strings.Contains(s, "all"):
		return 1
	}
	return 0
}

func (im *importer) preciseTimer(e *Element, b *block) *block {
	n, errN := strconv.ParseFloat(e.word("throughput"), 64)
	period, errP := strconv.ParseFloat(firstOf(e.word("throughputPeriod"), "3600"), 64)
	if errN != nil || errP != nil || period <= 0 || n <= 0 {
		return im.lostTimer(e, "its throughput is not a number", "write pace into the plan")
	}
	b.set("pace", inline{{"rate", perSecond(n / period)}, {"per", "group"}, {"spread", "poisson"}})
	if batch, ok := e.number("batchSize"); ok && batch > 1 {
		im.lose(e, fmt.Sprintf("batches of %d", batch), "together lets users start at once")
	}
	return b
}

func (im *importer) barrier(e *Element, b *block) *block {
	n, ok := im.count2(e, firstOf(e.word("groupSize"), "0"))
	if !ok {
		return nil
	}
	together := n
	if t, ok := e.number("timeoutInMs"); ok && t > 0 {
		together = inline{{"users", n}, {"timeout", duration(t)}}
	}
	b.set("together", together)
	return b
}
