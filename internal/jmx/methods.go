package jmx

import (
	"slices"
	"strings"
)

// An object of a script that is no value of a plan, but whose methods may give one: op is opObject, s its
// class, in what it was made of.
const opObject = "object"

func object(class string, in ...*ex) *ex { return &ex{op: opObject, s: class, in: in} }

// plain is an expression as a value: an object becomes the value that it stands for.
func (x *ex) plain(p *parser) *ex {
	if x.op != opObject {
		return x
	}
	switch x.s {
	case "json":
		return apply("json", anyKind, x.in[0])
	case "Date", "Instant":
		return apply("now", numberKind)
	case "UUID":
		return apply("uuid", textKind)
	case "responseCode":
		return word("status", numberKind)
	}
	p.fail("an object: %s", x.s)
	return nil
}

// The objects that JMeter gives to its scripts.
var given = map[string]*ex{
	"vars": object("vars"), "props": object("props"), "log": object("log"), "OUT": object("log"),
	"prev": object("result"), "SampleResult": object("result"), "AssertionResult": object("assertion"),
	"ctx": object("ctx"), "sampler": object("sampler"), "System": object("System"), "Math": object("Math"),
	"Integer": object("Integer"), "Long": object("Integer"), "Double": object("Integer"), "Float": object("Integer"),
	"Number": object("Integer"), "BigDecimal": object("Integer"), "String": object("String"), "Boolean": object("Boolean"),
	"UUID": object("UUIDs"), "Thread": object("Thread"), "ThreadLocalRandom": object("ThreadLocalRandom"),
	"RandomStringUtils": object("RandomStringUtils"), "RandomUtils": object("RandomUtils"), "StringUtils": object("StringUtils"), "Instant": object("Instants"),
	"LocalDateTime": object("LocalDates"), "LocalDate": object("LocalDates"), "DateTimeFormatter": object("DateTimeFormatter"),
	"Calendar": object("Calendars"), "URLEncoder": object("URLEncoder"), "DigestUtils": object("DigestUtils"), "Base64": object("Base64"),
	"JSON": object("JSON"), "JMeterUtils": object("props"),
	"ResponseCode": object("responseCode"), "ResponseMessage": apply("reason", textKind),
	"ResponseHeaders": apply("headers", textKind), "SampleLabel": object("SampleLabel"), "IsSuccess": negated(apply("failed", truthKind)),
	"ResponseData": object("bytes"),
}

// named is what a name at the beginning of an operand means.
func (p *parser) named(name string) *ex {
	switch {
	case p.locals[name] != nil:
		return p.locals[name]
	case name == "true" || name == "false":
		return truth(name == "true")
	case name == "null" || name == "undefined":
		return &ex{op: opNull}
	case name == "new":
		return p.created()
	case given[name] != nil:
		return given[name]
	case slices.Contains([]string{"parseInt", "parseFloat", "Number"}, name) && p.is("("):
		return p.one(p.callArguments()).asNumber()
	case name == "args" || name == "bsh":
		return object(name)
	case name == "Parameters":
		var all []string
		for _, v := range p.args {
			s, ok := v.text()
			if !ok {
				p.fail("Parameters")
			}
			all = append(all, s)
		}
		return text(strings.Join(all, " "))
	}
	p.packages(name)
	if last := p.tokens[p.at-1].text; given[last] != nil {
		return given[last]
	}
	p.fail("%s", name)
	return nil
}

// packages goes over the rest of a class's full name, such as java.util.UUID.
func (p *parser) packages(name string) {
	for slices.Contains([]string{"java", "org", "groovy", "javax", "util", "text", "lang", "commons", "apache", "lang3", "time", "json", "concurrent", "net", "jmeter", "codec", "digest"}, name) && p.is(".") {
		p.at++
		name = p.name()
	}
}

// created is new Class(arguments).
func (p *parser) created() *ex {
	class := p.name()
	p.packages(class)
	class = p.tokens[p.at-1].text
	for p.is("<") { // type arguments
		for !p.skip(">") {
			p.at++
			if p.now().sort == 0 {
				p.fail("new %s", class)
			}
		}
	}
	if !p.is("(") {
		p.fail("new %s", class)
	}
	args := p.callArguments()
	switch class {
	case "Random", "SecureRandom":
		return object("Random")
	case "Date", "JsonSlurper":
		if len(args) == 0 {
			return object(class)
		}
	case "SimpleDateFormat":
		if len(args) > 0 {
			return object(class, args[0])
		}
	case "String", "Integer", "Long":
		if len(args) > 0 && args[0].op == opObject && args[0].s == "bytes" {
			return word("body", textKind)
		}
		if len(args) == 1 {
			return args[0]
		}
	}
	p.fail("new %s", class)
	return nil
}

// callArguments are those between parentheses.
func (p *parser) callArguments() []*ex {
	p.need("(")
	return p.list(")")
}

// list are expressions up to the token that ends them.
func (p *parser) list(end string) []*ex {
	var all []*ex
	p.skipLines()
	for !p.skip(end) {
		all = append(all, p.expression(0))
		p.skipLines()
		if !p.is(end) {
			p.need(",")
			p.skipLines()
		}
	}
	return all
}

func (p *parser) one(args []*ex) *ex {
	if len(args) == 0 {
		p.fail("a call without its argument")
	}
	return args[0].plain(p)
}

// member is x.name, with the arguments that follow if any do.
func (p *parser) member(x *ex, name string) *ex {
	line := p.now().line
	var args []*ex
	call := p.is("(")
	if call {
		args = p.callArguments()
	}
	if y := p.methodOf(x, name, args, call); y != nil {
		return y
	}
	owner := x.s
	if x.op != opObject {
		owner = "text"
	}
	panic(&scriptError{owner + "." + name + map[bool]string{true: "()"}[call], line})
}

func (p *parser) methodOf(x *ex, name string, args []*ex, call bool) *ex {
	switch {
	case x.op == opList:
		return p.listMethod(x, name, args)
	case x.op != opObject:
		return p.valueMethod(x.plain(p), name, args)
	}
	switch x.s {
	case "vars":
		return p.variables(name, args, call)
	case "props":
		switch name {
		case "get", "getProperty", "getPropDefault", "getOrDefault":
			return p.propertyOf(args)
		}
	case "result":
		return result(name)
	case "ctx":
		switch name {
		case "getPreviousResult", "previousResult":
			return object("result")
		case "getThreadNum", "threadNum":
			return binary("-", apply("int", numberKind, variable("user")), number("1"))
		case "getThreadGroup", "threadGroup":
			return object("threadGroup")
		case "getVariables":
			return object("vars")
		}
	case "threadGroup":
		if name == "getName" || name == "name" {
			return variable("group")
		}
	case "bytes":
		return word("body", textKind)
	case "json":
		return p.jsonMember(x, name, args, call)
	case "responseCode":
		return p.valueMethod(x.plain(p), name, args)
	default:
		if y := p.library(x, name, args); y != nil {
			return y
		}
		if x.s == "UUID" {
			return p.valueMethod(x.plain(p), name, args)
		}
	}
	return nil
}

// propertyOf is the property that the arguments of a call name, with its default if they have one.
func (p *parser) propertyOf(args []*ex) *ex {
	switch len(args) {
	case 1:
		x := p.property(p.literal(args[0]), nil)
		if p.asked == nil {
			p.asked = map[*ex]string{}
		}
		p.asked[x] = args[0].s
		return x
	case 2:
		return p.property(p.literal(args[0]), value{{literal: p.literal(args[1].plain(p).asText())}})
	}
	return nil
}

func (p *parser) literal(x *ex) string {
	if x.op != opText {
		p.fail("a name that is computed")
	}
	return x.s
}

func (p *parser) variables(name string, args []*ex, call bool) *ex {
	switch {
	case call && name == "getIteration":
		return apply("int", numberKind, variable("iteration"))
	case call && (name == "get" || name == "getObject") && len(args) == 1:
		return p.variable(p.literal(args[0]))
	case !call:
		return p.variable(name)
	}
	return nil
}

// result are the methods of a SampleResult that conditions have words for.
func result(name string) *ex {
	switch name {
	case "getResponseCode", "responseCode":
		return object("responseCode")
	case "getResponseMessage", "responseMessage":
		return apply("reason", textKind)
	case "getResponseDataAsString", "responseDataAsString":
		return word("body", textKind)
	case "getResponseData", "responseData":
		return object("bytes")
	case "getResponseHeaders", "responseHeaders":
		return apply("headers", textKind)
	case "isSuccessful", "successful", "isSuccess":
		return negated(apply("failed", truthKind))
	case "getTime", "time":
		return word("elapsed", numberKind)
	case "getBytesAsLong", "getBytes", "bytes":
		return word("bytes", numberKind)
	case "getUrlAsString", "urlAsString":
		return apply("url", textKind)
	}
	return nil
}

// jsonMember follows a path into a parsed document.
func (p *parser) jsonMember(x *ex, name string, args []*ex, call bool) *ex {
	if call {
		switch {
		case name == "toString":
			return apply("string", textKind, x.plain(p))
		case name == "get" && len(args) == 1 && (args[0].op == opText || args[0].op == opNumber):
			return p.jsonMember(x, args[0].s, nil, false)
		case name == "size":
			return apply("len", numberKind, x.plain(p))
		case name == "isEmpty":
			return opposite(x.plain(p).truthy())
		}
		return nil
	}
	escaped := strings.NewReplacer(".", `\.`, "*", `\*`, "?", `\?`, "#", `\#`).Replace(name)
	if path := x.in[0].s; path != "" {
		escaped = path + "." + escaped
	}
	return object("json", text(escaped))
}

func (p *parser) element(x, i *ex) *ex {
	switch {
	case x.op == opObject && x.s == "json" && (i.op == opText || i.op == opNumber):
		return p.jsonMember(x, i.s, nil, false)
	case x.op == opObject && x.s == "vars" && i.op == opText:
		return p.variable(i.s)
	case x.op == opObject && x.s == "props" && i.op == opText:
		return p.propertyOf([]*ex{i})
	case x.op == opObject && x.s == "args" && i.op == opNumber:
		return p.argument(i.s)
	}
	if y := p.listMethod(x, "get", []*ex{i}); y != nil {
		return y
	}
	p.fail("an element of a list")
	return nil
}

// listMethod are the methods of a list that the script writes out.
func (p *parser) listMethod(x *ex, name string, args []*ex) *ex {
	if x.op != opList || len(x.in) == 0 {
		return nil
	}
	switch name {
	case "size", "length":
		return number(itoa(int64(len(x.in))))
	case "get", "getAt":
		if len(args) == 1 {
			return &ex{op: opIndex, in: []*ex{x, args[0].plain(p).asNumber()}}
		}
	case "contains", "includes":
		if len(args) == 1 {
			return binary("in", args[0].plain(p), x)
		}
	}
	return nil
}

// argument is one of the script's parameters.
func (p *parser) argument(index string) *ex {
	i := int(index[0] - '0')
	if len(index) != 1 || i >= len(p.args) {
		p.fail("args[%s]", index)
	}
	return p.stringOf(p.args[i])
}

// valueMethod are the methods of strings and numbers.
func (p *parser) valueMethod(x *ex, name string, args []*ex) *ex {
	t := x.asText()
	switch name {
	case "toInteger", "toLong", "intValue", "longValue", "toDouble", "toFloat", "toBigDecimal":
		return x.asNumber()
	case "encodeBase64":
		return apply("base64", textKind, t)
	case "toString", "strip", "intern", "getBytes", "bytes":
		return t
	case "trim":
		return apply("trim", textKind, t)
	case "isInteger", "isLong", "isNumber":
		return binary("matches", t, text("^-?[0-9]+$"))
	case "isEmpty", "isBlank":
		return binary("==", t, text(""))
	case "length", "size":
		return apply("len", numberKind, t)
	case "substring":
		if n := len(args); n == 1 || n == 2 {
			x := &ex{op: opSlice, in: []*ex{t}}
			for _, a := range args {
				x.in = append(x.in, a.plain(p).asNumber())
			}
			return x
		}
	case "toUpperCase":
		return apply("upper", textKind, t)
	case "toLowerCase":
		return apply("lower", textKind, t)
	case "equals", "contentEquals", "compareTo", "equalsIgnoreCase", "contains", "startsWith", "endsWith", "matches",
		"indexOf", "concat", "includes", "plus", "replace", "test":
		if len(args) > 0 {
			return p.stringMethod(x, name, args)
		}
	}
	return nil
}

func (p *parser) stringMethod(x *ex, name string, args []*ex) *ex {
	t, other := x.asText(), args[0].plain(p)
	switch name {
	case "equals", "contentEquals":
		return compared("==", x, other)
	case "equalsIgnoreCase":
		return binary("==", lowered(t), lowered(other.asText()))
	case "contains", "includes":
		return binary("contains", t, other.asText())
	case "startsWith", "endsWith":
		return binary(name, t, other.asText())
	case "matches":
		return binary("matches", t, whole(other.asText()))
	case "test": // JavaScript's regular expression
		return binary("matches", other.asText(), t)
	case "indexOf":
		return apply("indexOf", numberKind, t, other.asText())
	case "concat", "plus":
		return added(t, other)
	case "replace":
		if len(args) == 2 {
			return apply("replace", textKind, t, other.asText(), args[1].plain(p).asText())
		}
	}
	return nil
}

func lowered(x *ex) *ex {
	if x.op == opText {
		return text(strings.ToLower(x.s))
	}
	return apply("lower", textKind, x)
}
