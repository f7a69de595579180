package jmx

import (
	"fmt"
	"slices"
	"strings"
)

// afterSteps writes what follows a sampler: extractors and assertions go into its request, of which a mark has
// none; what else post-processors do are steps.
func (im *importer) afterSteps(e *Element, sc *scope, b *block) []*block {
	im.sampled = e
	var all []*block
	for _, post := range im.outward(sc, afters) {
		im.at = post
		all = append(all, im.after(post, b, sc)...)
	}
	for _, a := range im.outward(sc, assertions) {
		im.at = a
		all = append(all, im.assertion(a, b, e)...)
	}
	if b.request != nil {
		b.request.finishAssertions(b)
	}
	im.at = e
	return all
}

func (im *importer) after(e *Element, b *block, sc *scope) []*block {
	switch {
	case isScript(e):
		return im.judgingScript(e, b)
	case e.Class == "ResultAction":
		return im.resultAction(e, b)
	case e.Class == "TestActionPostProcessor" || e.Class == "ResultSaver":
	case len(im.extractors(e)) > 0:
		if im.idle(e, b) { // a mark has no response
			if e.Parent == im.sampled {
				im.remark(e, "there is no response to look into: its sampler became a mark", "set the variable in a step")
				for _, x := range im.extractors(e) {
					delete(im.lists, x.name)
				}
			}
			return nil
		}
		im.extract(e, b, sc)
	case e.thirdParty() != "":
		im.remark(e, "a third-party post-processor", "extract it in our words (stickbench help plans)")
	default:
		im.remark(e, "there is no such post-processor here", "extract it in our words (stickbench help plans)")
	}
	return nil
}

// idle reports whether there is no request for an element that looks at responses. In the scope of another it may have
// one.
func (im *importer) idle(e *Element, b *block) bool {
	if b.request != nil {
		im.looked[e] = true
		return false
	}
	im.idlers = append(im.idlers, e)
	return true
}

// resultAction is what a user does after a failed sample of its scope.
func (im *importer) resultAction(e *Element, b *block) []*block {
	action := map[string]string{"1": "stop-user", "2": "stop", "3": "stop", "4": "next-iteration"}[e.word("OnError.action")]
	switch e.word("OnError.action") {
	case "5":
		return []*block{guarded(apply("failed", truthKind), []*block{jump("next", true)})}
	case "6":
		return []*block{guarded(apply("failed", truthKind), []*block{breakLoop(im.sampled)})}
	}
	if action == "" {
		return nil
	}
	if e.Parent != nil && isGroup(e.Parent.Class) || e.Parent != nil && e.Parent.Class == "TestPlan" {
		if im.groupBlock.get("on_error") == nil {
			im.groupBlock.set("on_error", action)
		}
		return nil
	}
	if b.request == nil {
		if b.get("assert") == nil {
			return nil // it does not fail
		}
		leave := map[string]*block{"stop-user": jump("stop", "user"), "stop": jump("stop", "run"), "next-iteration": jump("next", "iteration")}[action]
		return []*block{guarded(apply("failed", truthKind), []*block{leave})}
	}
	b.request.onError = action
	return nil
}

// jump is a step that goes elsewhere.
func jump(key string, to any) *block { return &block{pairs: []pair{{key, to}}} }

var loops = []string{"LoopController", "WhileController", "ForeachController", "RunTime"}

// breakLoop is the step that leaves the loop around e: where that is the group's own, the user ends.
func breakLoop(e *Element) *block {
	for e = e.Parent; e != nil && !isGroup(e.Class); e = e.Parent {
		if slices.Contains(loops, e.Class) {
			return jump("break", true)
		}
	}
	return jump("stop", "user")
}

// verdict is what a script says of its sample: the conditions under which it is a failure, whether a failure of its
// status is none, and whether that hangs on a condition.
type verdict struct {
	failed          []*ex
	lifts, liftedIf bool
}

// judge makes assertions of a verdict.
func (im *importer) judge(e *Element, b *block, v *verdict) {
	if v.liftedIf && (b.request != nil || v.failed != nil) {
		im.remark(e, "it makes a failure a success where its condition holds", "assert what makes it one")
	}
	for _, x := range v.failed {
		if b.request == nil && e != im.sampled && x.ofResponse() { // that of a mark is always fine
			if e.Parent == im.sampled {
				im.remark(e, "there is no response to judge: its sampler became a mark", "")
			}
			continue
		}
		x = opposite(x)
		b.assert(x, "")
		if b.request != nil {
			b.request.ofStatus(x)
		}
	}
	if b.request != nil {
		b.request.ignoresStatus = b.request.ignoresStatus || v.lifts
	}
}

// ofResponse reports whether the expression looks at a response.
func (x *ex) ofResponse() bool {
	return x.op == opWord || x.op == opCall && slices.Contains([]string{"json", "header", "headers", "reason", "url", "sent"}, x.s) || slices.ContainsFunc(x.in, (*ex).ofResponse)
}

// ofStatus notes what an assertion says of the status.
func (r *request) ofStatus(x *ex) {
	r.judgesStatus = r.judgesStatus || x.looksAtStatus()
	r.fixesStatus = r.fixesStatus || fixesStatus(x)
}

// looksAtStatus reports whether the expression looks at the response's status.
func (x *ex) looksAtStatus() bool {
	return x.op == opWord && x.s == "status" || slices.ContainsFunc(x.in, (*ex).looksAtStatus)
}

// assert adds a condition to those that the response must meet, or for a mark not to fail.
func (b *block) assert(x *ex, message string) {
	if x.op == "&&" {
		b.assert(x.in[0], message)
		b.assert(x.in[1], message)
		return
	}
	var v any = expression(x.String())
	if message != "" {
		v = inline{{"that", v}, {"message", message}}
	}
	if b.request != nil {
		b.request.assert = append(b.request.assert, v)
		return
	}
	for i, p := range b.pairs {
		if p.key == "assert" {
			b.pairs[i].value = append(p.value.(list), v)
			return
		}
	}
	b.set("assert", list{v})
}

// assertion adds what an assertion demands to the request; one that is a script may have steps behind it as well.
func (im *importer) assertion(e *Element, b *block, sampler *Element) []*block {
	if b.request == nil && isScript(e) && harmless(e) {
		return nil
	}
	if im.idle(e, b) {
		if e.Parent == sampler {
			im.remark(e, "there is no response to judge: its sampler became a mark", "")
		}
		return nil
	}
	switch e.Class {
	case "ResponseAssertion":
		im.responseAssertion(e, b)
	case "DurationAssertion":
		if n, ok := im.amount(e, firstOf(e.word("DurationAssertion.duration"), "0"), ""); ok && n != int64(0) {
			b.assert(binary("<=", word("elapsed", numberKind), im.bound(e.word("DurationAssertion.duration"))), "")
		}
	case "SizeAssertion":
		im.sizeAssertion(e, b)
	case "JSONPathAssertion":
		im.jsonAssertion(e, b, jsonPath(e.word("JSON_PATH")))
	case "JMESPathAssertion":
		path, ok := jmesPath(e.word("JMES_PATH"))
		if !ok || !single(path) {
			im.remark(e, "the JMESPath "+e.word("JMES_PATH"), `assert with json("path")`)
			return nil
		}
		im.jsonAssertion(e, b, path)
	case "MD5HexAssertion":
		b.assert(binary("==", apply("md5", textKind, word("body", textKind)), text(strings.ToLower(e.word("MD5HexAssertion.size")))), "")
	case "XPathAssertion", "XPath2Assertion":
		im.xpathAssertion(e, b)
	case "XMLAssertion":
		b.assert(apply("is_xml", truthKind, word("body", textKind)), "")
	default:
		if isScript(e) {
			return im.judgingScript(e, b)
		}
		why := "there is no such assertion here"
		if e.thirdParty() != "" {
			why = "a third-party assertion"
		}
		im.remark(e, why, "assert in our words (stickbench help conditions)")
	}
	return nil
}

// xpathAssertion is that an expression finds something, or does not: what it finds is extracted, and what one that
// says true or false finds is that.
func (im *importer) xpathAssertion(e *Element, b *block) {
	path := im.text(e, "XPath.xpath")
	if path == "" {
		path = "/" // JMeter's own
	}
	name := im.free("found")
	im.give(name)
	b.extract(name, inline{{"xpath", expression(path)}, {"default", "false"}})
	x := binary("!=", variable(name), text("false"))
	if e.truth("XPath.negate", false) {
		x = opposite(x)
	}
	b.assert(x, "")
}

// judgingScript is a script behind a sample: its verdict goes into the request, what else it does are steps.
func (im *importer) judgingScript(e *Element, b *block) []*block {
	actions, err := im.actions(e)
	if err != nil {
		im.remark(e, "the script: "+err.Error(), writeScript)
		return nil
	}
	var v verdict
	steps := im.steps(e, actions, &v)
	im.judge(e, b, &v)
	return slices.Concat(im.takeBefore(), steps)
}

// bound is a number, or a variable that holds one.
func (im *importer) bound(s string) *ex {
	v := parseValue(s)
	if t, ok := v.text(); ok {
		return number(strings.TrimSpace(t))
	}
	x, err := im.expression(v)
	if err != nil {
		return number("0")
	}
	return x.asNumber()
}

var fields = map[string]*ex{
	"Assertion.response_data": word("body", textKind), "Assertion.response_data_as_document": word("body", textKind), "": word("body", textKind),
	"Assertion.response_code": word("status", numberKind), "Assertion.response_message": apply("reason", textKind),
	"Assertion.response_headers": apply("headers", textKind), "Assertion.request_headers": apply("sent", textKind), "Assertion.sample_label": apply("url", textKind),
}

// The bits of a response assertion's kind.
const (
	typeMatches, typeContains, typeNot, typeEquals, typeSubstring, typeOr = 1, 2, 4, 8, 16, 32
)

// responseAssertion is a list of patterns that a part of the response must meet: all, or one of them.
func (im *importer) responseAssertion(e *Element, b *block) {
	field := fields[e.word("Assertion.test_field")]
	if e.word("Assertion.scope") == "variable" || e.word("Scope.variable") != "" && e.word("Assertion.scope") != "" && e.word("Assertion.scope") != "all" && e.word("Assertion.scope") != "children" {
		name := im.name(e.word("Scope.variable"))
		im.use(name)
		field = variable(name)
	}
	kind, ok := e.number("Assertion.test_type")
	if !ok {
		kind = typeContains
	}
	if e.word("Assertion.test_field") == "Assertion.request_data" && kind&(typeMatches|typeEquals) == 0 {
		field = added(added(added(text(b.request.method+" "), apply("url", textKind)), text("\n\n")), apply("sent_body", textKind))
	}
	if field == nil {
		im.remark(e, "it compares the whole of "+e.word("Assertion.test_field")+", of which a part is in JMeter's own words", "assert what sent_body() contains")
		return
	}
	if e.word("Assertion.test_field") == "Assertion.request_headers" && b.request.field("Connection") == "" {
		b.request.header("Connection", "keep-alive") // which JMeter says in each request, and we need not
	}
	var tests []*ex
	for _, p := range e.list("Asserion.test_strings") {
		x, err := im.test(field, parseValue(p.text), kind)
		if err != nil {
			im.remark(e, err.Error(), "assert in our words (stickbench help conditions)")
			return
		}
		if kind&typeNot != 0 {
			x = opposite(x)
		}
		tests = append(tests, x)
	}
	message := im.text(e, "Assertion.custom_message")
	if kind&typeOr != 0 && len(tests) > 1 {
		any := tests[0]
		for _, x := range tests[1:] {
			any = binary("||", any, x)
		}
		tests = []*ex{any}
	}
	for _, x := range tests {
		b.assert(x, message)
		b.request.ofStatus(x)
	}
	b.request.ignoresStatus = b.request.ignoresStatus || e.truth("Assertion.assume_success", false)
}

// finishAssertions keeps JMeter's rule that a status of 400 or more is a failure, which a condition on the status
// replaces in a plan of ours, or lifts it where an assertion ignores the status.
func (r *request) finishAssertions(b *block) {
	switch {
	case r.ignoresStatus && !r.judgesStatus:
		b.assert(binary(">", word("status", numberKind), number("0")), "")
	case !r.ignoresStatus && r.judgesStatus && !r.fixesStatus:
		rest := r.assert
		r.assert = nil
		b.assert(binary("<", word("status", numberKind), number("400")), "")
		r.assert = append(r.assert, rest...)
	}
}

// fixesStatus reports whether the condition itself lets no status of 400 or more pass.
func fixesStatus(x *ex) bool {
	switch x.op {
	case "||":
		return fixesStatus(x.in[0]) && fixesStatus(x.in[1])
	case "&&":
		return fixesStatus(x.in[0]) || fixesStatus(x.in[1])
	}
	return x.op == "==" && x.in[0].looksAtStatus() && x.in[1].op == opNumber && len(x.in[1].s) == 3 && x.in[1].s < "400"
}

// test is one pattern of a response assertion.
func (im *importer) test(field *ex, v value, kind int64) (*ex, error) {
	pattern, err := im.expression(v)
	if err != nil {
		return nil, err
	}
	if field.kind() == numberKind && pattern.op == opText && isStatus(pattern.s) { // a code of three digits is itself, however it is looked for
		return binary("==", field, number(pattern.s)), nil
	}
	field = field.asText()
	if field.op == opCall && pattern.op == opText { // JMeter ends the lines of headers by LF
		pattern = text(strings.ReplaceAll(pattern.s, "\n", "\r\n"))
	}
	switch {
	case kind&typeEquals != 0:
		return binary("==", field, pattern), nil
	case kind&typeSubstring != 0:
		return binary("contains", field, pattern), nil
	}
	if pattern.op == opText {
		source, why := goPattern(pattern.s)
		if why != nil {
			return nil, fmt.Errorf("the regular expression %s: %v", pattern.s, why)
		}
		if plainText(source) && kind&typeMatches == 0 {
			return binary("contains", field, text(source)), nil
		}
		pattern = text(source)
	}
	if kind&typeMatches != 0 {
		pattern = whole(pattern)
	}
	return binary("matches", field, pattern), nil
}

func isStatus(s string) bool {
	n, ok := parseWhole(s)
	return ok && len(strings.TrimSpace(s)) == 3 && n >= 100
}

// plainText reports whether a regular expression is just text.
func plainText(s string) bool { return !strings.ContainsAny(s, `\.+*?()[]{}|^$`) }

func (im *importer) sizeAssertion(e *Element, b *block) {
	operator := map[string]string{"1": "==", "2": "!=", "3": ">", "4": "<", "5": ">=", "6": "<="}[firstOf(e.word("SizeAssertion.operator"), "1")]
	length := func(x *ex) *ex { return apply("len", numberKind, x) }
	field := map[string]*ex{"": word("bytes", numberKind), "SizeAssertion.response_network_size": word("bytes", numberKind),
		"SizeAssertion.response_data": length(word("body", textKind)), "SizeAssertion.response_headers": length(apply("headers", textKind)),
		"SizeAssertion.response_code": length(word("status", numberKind).asText()), "SizeAssertion.response_message": length(apply("reason", textKind))}[e.word("Assertion.test_field")]
	if field == nil || operator == "" {
		im.remark(e, "it measures "+e.word("Assertion.test_field"), "")
		return
	}
	b.assert(binary(operator, field, im.bound(firstOf(e.word("SizeAssertion.size"), "0"))), "")
}

// jsonAssertion is that a path is there, or has a value.
func (im *importer) jsonAssertion(e *Element, b *block, path string) {
	if strings.Contains(path, "${") {
		im.remark(e, "a path with variables", "extract the value, and assert that")
		return
	}
	found := apply("json", anyKind, text(path))
	x := binary("!=", found, &ex{op: opNull})
	if e.truth("JSONVALIDATION", false) {
		var err error
		if x, err = im.jsonValue(e, found); err != nil {
			im.remark(e, err.Error(), "assert in our words (stickbench help conditions)")
			return
		}
	}
	if e.truth("INVERT", false) {
		x = opposite(x)
	}
	b.assert(x, "")
}

func (im *importer) jsonValue(e *Element, found *ex) (*ex, error) {
	if e.truth("EXPECT_NULL", false) {
		return binary("==", found, &ex{op: opNull}), nil
	}
	expected, err := im.expression(parseValue(e.text("EXPECTED_VALUE")))
	if err != nil {
		return nil, err
	}
	if e.truth("ISREGEX", true) {
		if expected.op == opText && plainText(expected.s) {
			return sameAs(found, expected), nil
		}
		return binary("matches", apply("string", textKind, found), whole(expected)), nil
	}
	return sameAs(found, expected), nil
}

// sameAs compares a member of a JSON document with the text that JMeter has of it.
func sameAs(found, expected *ex) *ex {
	if expected.op == opText {
		switch s := expected.s; {
		case s == "true" || s == "false":
			return binary("==", found, truth(s == "true"))
		case isNumber(s):
			return binary("==", found, number(s))
		}
		return binary("==", found, expected)
	}
	return binary("==", apply("string", textKind, found), expected)
}
