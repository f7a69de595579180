package jmx

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"stickbench/internal/lazy"
)

// extractor is a post-processor that sets one variable.
type extractor struct {
	name     string // JMeter's
	kind     string // regex, json, boundary, css, xpath
	what     any
	extra    pair // css's attribute
	match    any  // nil for the first
	template string
	fallback string
	keeps    bool // the variable stays as it was where nothing matches
	from     string
	beyond   string // why it has no counterpart
}

var sources = map[string]string{"": "", "false": "", "body": "", "true": "headers", "headers": "headers", "request_headers": "sent",
	"URL": "url", "url": "url", "code": "status", "message": "reason", "unescaped": "", "as_document": ""}

// extractors are the variables that a post-processor sets, one each.
func (im *importer) extractors(e *Element) []extractor {
	switch e.Class {
	case "RegexExtractor":
		return []extractor{{name: e.word("RegexExtractor.refname"), kind: "regex", what: expression(e.text("RegexExtractor.regex")),
			match: matchOf(e.word("RegexExtractor.match_number"), "random"), template: e.word("RegexExtractor.template"),
			fallback: e.text("RegexExtractor.default"), keeps: e.text("RegexExtractor.default") == "" && !e.truth("RegexExtractor.default_empty_value", false),
			from: sources[e.word("RegexExtractor.useHeaders")]}}
	case "BoundaryExtractor":
		return []extractor{{name: e.word("BoundaryExtractor.refname"), kind: "boundary", what: list{expression(e.text("BoundaryExtractor.lboundary")), expression(e.text("BoundaryExtractor.rboundary"))},
			match: matchOf(e.word("BoundaryExtractor.match_number"), "random"), fallback: e.text("BoundaryExtractor.default"),
			keeps: e.text("BoundaryExtractor.default") == "" && !e.truth("BoundaryExtractor.default_empty_value", false), from: sources[e.word("BoundaryExtractor.useHeaders")]}}
	case "HtmlExtractor":
		x := extractor{name: e.word("HtmlExtractor.refname"), kind: "css", what: expression(e.text("HtmlExtractor.expr")),
			match: matchOf(e.word("HtmlExtractor.match_number"), "random"), fallback: e.text("HtmlExtractor.default"),
			keeps: e.text("HtmlExtractor.default") == "" && !e.truth("HtmlExtractor.default_empty_value", false)}
		if a := e.word("HtmlExtractor.attribute"); a != "" {
			x.extra = pair{"attribute", a}
		}
		return []extractor{x}
	case "XPathExtractor", "XPath2Extractor":
		p := e.Class + "."
		x := extractor{name: firstOf(e.word(p+"refname"), e.word("XPathExtractor.refname")), kind: "xpath",
			what:  expression(firstOf(e.word(p+"xpathQuery"), e.word("XPathExtractor.xpathQuery"))),
			match: matchOf(firstOf(e.word(p+"matchNumber"), "0"), "random"), fallback: firstOf(e.word(p+"default"), e.word("XPathExtractor.default"))}
		if e.word(p+"matchNumber") == "" { // before 3.2 there was none: the first
			x.match = nil
		}
		return []extractor{x}
	case "JMESPathExtractor":
		x := extractor{name: e.word("JMESExtractor.referenceName"), kind: "json",
			match: matchOf(e.word("JMESExtractor.matchNumber"), "random"), fallback: e.text("JMESExtractor.defaultValue")}
		path, ok := jmesPath(e.word("JMESExtractor.jmesPathExpr"))
		if x.what = path; !ok {
			x.beyond = "the JMESPath " + e.word("JMESExtractor.jmesPathExpr")
		}
		if ok && single(path) && x.match == "random" {
			x.match = nil
		}
		return []extractor{x}
	case "JSONPathExtractor":
		return []extractor{{name: e.word("VAR"), kind: "json", what: jsonPath(e.word("JSONPATH")), fallback: e.text("DEFAULT")}}
	case "JSONPostProcessor":
		return jsonExtractors(e)
	}
	return nil
}

// jsonExtractors are those of a JSON extractor, whose fields hold several, apart by semicolons.
func jsonExtractors(e *Element) []extractor {
	split := func(name string) []string {
		var all []string
		for _, w := range strings.Split(e.text(name), ";") {
			all = append(all, strings.TrimSpace(w))
		}
		return all
	}
	names, paths := split("JSONPostProcessor.referenceNames"), split("JSONPostProcessor.jsonPathExprs")
	matches, defaults := split("JSONPostProcessor.match_numbers"), split("JSONPostProcessor.defaultValues")
	var all []extractor
	for i, name := range names {
		if name == "" || i >= len(paths) {
			continue
		}
		x := extractor{name: name, kind: "json", what: jsonPath(paths[i])}
		if i < len(matches) {
			x.match = matchOf(matches[i], "random")
		} else {
			x.match = "random"
		}
		if i < len(defaults) {
			x.fallback = defaults[i]
		}
		if single(paths[i]) && x.match == "random" { // of one match the first
			x.match = nil
		}
		all = append(all, x)
	}
	return all
}

// matchOf is JMeter's number of a match: 0 and empty are random, −1 all.
func matchOf(s, otherwise string) any {
	switch n, ok := parseWhole(s); {
	case s == "" || ok && n == 0:
		return otherwise
	case ok && n == 1:
		return nil
	case ok && n < 0:
		return "all"
	case ok:
		return n
	}
	return nil
}

// single reports whether a path can match only once: no wildcard, no filter, nothing recursive.
func single(path string) bool {
	return !strings.ContainsAny(path, "*?:,") && !strings.Contains(path, "..")
}

var plainPath = lazy.Regexp(`^\$?\.?([A-Za-z_][\w-]*(?:\[\d+\])*(?:\.[A-Za-z_][\w-]*(?:\[\d+\])*)*)$`)
var pathIndex = lazy.Regexp(`\[(\d+)\]`)
var oldMember = lazy.Regexp(`\.\[`)

// jsonPath is a JSONPath as ours: members and numbers by dots, and whatever more it says as JSONPath.
func jsonPath(path string) string {
	if m := plainPath().FindStringSubmatch(path); m != nil {
		return pathIndex().ReplaceAllString(m[1], ".$1")
	}
	if !strings.HasPrefix(path, "$") {
		path = "$." + path
		if strings.HasPrefix(path, "$..") {
			path = "$" + path[2:]
		}
	}
	path = oldMember().ReplaceAllString(path, "[") // Jayway reads $.[0] as $[0]
	return jaywayFilter().ReplaceAllString(path, "[?$1]")
}

// jaywayFilter is a filter in parentheses, which RFC 9535 needs not.
var jaywayFilter = lazy.Regexp(`\[\?\((.*?)\)\]`)

var memberPath = lazy.Regexp(`^[A-Za-z_]\w*(?:\[[\d*]*\])*(?:\.[A-Za-z_]\w*(?:\[[\d*]*\])*)*$`)

// jmesPath is a JMESPath as ours; false for one that does more than follow members and elements.
func jmesPath(path string) (string, bool) {
	return jsonPath(strings.ReplaceAll(path, "[]", "[*]")), memberPath().MatchString(path)
}

// groups is how many groups of a regular expression the template names.
func (x *extractor) groups() int {
	if x.kind != "regex" {
		return 0
	}
	re, err := regexp.Compile(string(x.what.(expression)))
	if err != nil {
		return 0
	}
	return re.NumSubexp() + 1
}

// extract writes the extractors that apply to a request.
func (im *importer) extract(e *Element, b *block, sc *scope) {
	for _, x := range im.extractors(e) {
		if x.name == "" {
			im.remark(e, "it names no variable", "")
			continue
		}
		if e.word("Sample.scope") == "variable" {
			x.from = "${" + im.name(e.word("Scope.variable")) + "}"
			im.use(im.name(e.word("Scope.variable")))
		}
		if why := im.resolve(&x); why != "" {
			im.remark(e, why, "extract it in our words (stickbench help plans)")
			continue
		}
		if !b.extract(im.define(x.name), x.toml()) {
			im.remark(e, "another extractor of its request sets "+x.name+", too, whose value stands where this one finds nothing", "give it a variable of its own")
			continue
		}
		im.groupVariables(b, x)
	}
}

// resolve puts our variables into what the extractor looks for, and says what of it has no counterpart.
func (im *importer) resolve(x *extractor) string {
	if x.beyond != "" {
		return x.beyond
	}
	texts := func(s expression) expression { return expression(im.template(parseValue(string(s)))) }
	switch what := x.what.(type) {
	case expression:
		if what == "" {
			return "it looks for nothing"
		}
		x.what = texts(what)
		if x.kind == "regex" && !strings.Contains(string(what), "${") {
			if _, err := regexp.Compile(string(what)); err != nil {
				return fmt.Sprintf("the regular expression %s: %v", what, err)
			}
		}
	case list:
		x.what = list{texts(what[0].(expression)), texts(what[1].(expression))}
	case string:
		if what == "" || what == "$." {
			return "it looks for nothing"
		}
		x.what = im.template(parseValue(what))
		if strings.Contains(what, "| ") || strings.Contains(what, "@.length") {
			return "the path " + what
		}
	}
	x.fallback = im.template(parseValue(x.fallback))
	return ""
}

// toml is the extractor as a plan words it: in short where that says all.
func (x *extractor) toml() inline {
	v := inline{{x.kind, x.what}}
	if x.extra.key != "" {
		v = append(v, x.extra)
	}
	if x.match != nil {
		v = append(v, pair{"match", x.match})
	}
	if t := templateWords(firstOf(x.template, "$1$")); x.kind == "regex" && (t != "$1" || x.groups() != 2) {
		v = append(v, pair{"template", t})
	}
	if x.from != "" {
		v = append(v, pair{"from", x.from})
	}
	if x.keeps || x.match == "all" {
		v = append(v, pair{"optional", true})
	} else {
		v = append(v, pair{"default", x.fallback})
	}
	return v
}

var group = lazy.Regexp(`\$(\d+)\$`)

// templateWords are JMeter's $1$ as ours.
func templateWords(s string) string {
	if isNumber(s) {
		return "$" + s
	}
	return group().ReplaceAllString(s, "$$$1")
}

// groupVariables are name_g1 and so on, where the plan uses them: the same expression with one group each.
func (im *importer) groupVariables(b *block, x extractor) {
	for i := range x.groups() {
		name := x.name + "_g" + itoa(int64(i))
		if !im.mentioned[name] {
			continue
		}
		y := x
		y.template = "$" + itoa(int64(i)) + "$"
		b.extract(im.define(name), y.toml())
	}
}

// extract adds a variable to those that the block's request sets, in the place of one of that name. It reports false
// where the value of that one would last if nothing matched: a request has one way to each variable.
func (b *block) extract(name string, v inline) bool {
	all := b.request.extracts
	i := slices.IndexFunc(all, func(p pair) bool { return p.key == name })
	switch {
	case i < 0:
		b.request.extracts = append(all, pair{name, v})
	case v[len(v)-1].key == "optional" && !reflect.DeepEqual(all[i].value, v):
		return false
	default:
		all[i].value = v
	}
	return true
}
