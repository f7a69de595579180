package assert

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

type badSource struct {
	source string
	want   string // "line:column: message"
}

var badConditions = []badSource{
	{``, "1:1: the expression is empty"},
	{`stauts == 200`, "1:1: unknown `stauts`: did you mean `status`?"},
	{`status == 200 && nod == "s1"`, "1:18: unknown `nod`: did you mean `node`?"},
	{`node == s1`, "1:9: unknown `s1` (a string needs quotation marks)"},
	{`colour == "red"`, "1:1: unknown `colour`: did you mean `color`?"},
	{`status`, "1:1: a condition must be true or false, this is a whole number"},
	{`json("ok")`, "1:1: a condition must be true or false, this is a value of any kind (compare it with something)"},
	{`node + "x"`, "1:1: a condition must be true or false, this is a string"},
	{`status = 200`, "1:8: unexpected `=`: did you mean `==`?"},
	{`status == 200 AND true`, "1:15: unexpected `AND`: did you mean `and`?"},
	{`status == 200 & true`, "1:15: unexpected `&`: did you mean `&&`?"},
	{`status ==`, "1:9: the expression ends too early"},
	{`status == )`, "1:11: unexpected `)`"},
	{`node == "s1`, "1:12: a quotation mark is missing: the string does not end"},
	{`status == "200"`, "1:8: `==` does not go with a whole number (status) and a string (\"200\")"},
	{`status contains "2"`, "1:8: `contains` does not go with a whole number (status) and a string (\"2\")"},
	{`node < 1`, "1:6: `<` does not go with a string (node) and a whole number (1)"},
	{`header("X") + 1 == "x"`, "1:13: `+` does not go with a string (header(\"X\")) and a whole number (1)"},
	{`color + 1 == "x"`, "1:7: `+` does not go with a string (color) and a whole number (1)"},
	{`status and true`, "1:8: `and` does not go with a whole number (status) and true or false (true)"},
	{`not status`, "1:1: `not` does not go with a whole number (status)"},
	{`-node == 1`, "1:1: `-` does not go with a string (node)"},
	{`node in [1, 2]`, "1:6: `in` does not go with a string (node) and a list"},
	{`node in "s1"`, "1:6: `in` does not go with a string (node) and a string (\"s1\")"},
	{`body matches "["`, "1:6: not a regular expression: missing closing ]: `[`"},
	{`status ? true : false`, "1:1: what is before `?` must be true or false, this is a whole number (status)"},
	{`incrments()`, "1:1: unknown function `incrments`: did you mean `increments`?"},
	{`lowr(node) == "x"`, "1:1: unknown function `lowr`: did you mean `lower`?"},
	{`frobnicate(1)`, "1:1: unknown function `frobnicate`; known are base64(), cookie(), failed(), header(), headers(), hmac(), is_xml(), json(), line(), md5(), now(), random(), random_text(), reason(), sent(), sent_body(), sha1(), sha256(), sha512(), unbase64(), url(), urldecode(), urlencode(), uuid(), var() and those of the expr language"},
	{`color("x")`, "1:1: `color` is a variable, not a function"},
	{`header == "x"`, "1:1: `header` takes 1 argument, not 0: header(\"Content-Type\")"},
	{`header() == "x"`, "1:1: `header` takes 1 argument, not 0: header(\"Content-Type\")"},
	{`cookie("a", "b") == "x"`, "1:1: `cookie` takes 1 argument, not 2: cookie(\"SERVERID\")"},
	{`json(1) == "x"`, "1:6: `json` needs a string: json(\"user.name\")"},
	{`header(status) == "x"`, "1:8: `header` needs a string, not a whole number (status): header(\"Content-Type\")"},
	{`increments(1)`, "1:1: `increments` takes no arguments"},
	{`status(1) == 2`, "1:1: `status` takes no arguments"},
	{`lower(node, node) == "x"`, "1:1: `lower` does not take 2 arguments"},
	{`lower() == "x"`, "1:1: `lower` does not take 0 arguments"},
	{`lower(status) == "x"`, "1:7: `lower` does not go with a whole number (status)"},
	{`len(status) == 1`, "1:1: `len` does not go with a whole number (status)"},
	{`lower == "x"`, "1:1: `lower` is a function: it needs its arguments in parentheses"},
	{`now() == nil && date("x") == 1`, "1:17: `date` is not available: there are no dates"},
	{`repeat(node, 3) == "x"`, "1:1: `repeat` is not available: it may use up all memory"},
	{`previous.nod == "s1"`, "1:10: unknown `previous.nod`: did you mean `node`?"},
	{`previous == nil`, "1:1: `previous` is not a value: its parts are `previous.node`, `previous.counter`, `previous.session`"},
	{`previous[node] == "x"`, "1:9: `previous` has only node, counter, session"},
	{`node.lower() == "s1"`, "1:6: a value has no functions of its own: write f(x), not x.f()"},
	{`$env == nil`, "1:1: unknown `$env`"},
	{`let status = 1; status == 1`, "1:5: `status` already means something: `let` needs another name"},
	{`affinity == 1`, "1:1: `affinity` is a word of expectations (expect), not of a condition"},
	{`p95("GET /") < 1`, "1:1: `p95` is a word of expectations (expect), not of a condition"},
	{"status == 200 &&\n  nöde == \"s1\"", "2:3: unknown `nöde`: did you mean `node`?"},
	{"node == \"é\" && x.y == 1", "1:16: unknown `x`"},
	{strings.Repeat("(", 20000), "1:1: the expression is longer than 10000 bytes"},
	{strings.Repeat("1+", 2000) + "1 == 1", ": the expression is too large"},
}

// In a chain of comparisons the tree holds operands twice; nested 60 deep, that makes 2⁶⁰ of them, more
// than any memory holds.
func TestNestedComparisons(t *testing.T) {
	_, err := scope.Compile(strings.Repeat("1 < (", 60) + "1" + strings.Repeat(") < 2", 60))
	if err == nil || !strings.Contains(err.Error(), "too large") {
		t.Error(err)
	}
}

func TestBadConditions(t *testing.T) {
	for _, test := range badConditions {
		_, err := scope.Compile(test.source)
		if err == nil {
			t.Errorf("%s compiles", test.source)
			continue
		}
		checkSyntaxError(t, test.source, err)
		if !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.80s\n got %v\nwant %s", test.source, err, test.want)
		}
	}
}

// A plan is somebody else's text: however deep it is nested, reading it ends.
func TestDeepNesting(t *testing.T) {
	for _, source := range []string{
		strings.Repeat("(", 4000) + "true" + strings.Repeat(")", 4000),
		strings.Repeat("[", 9000), strings.Repeat("not ", 2000) + "true", strings.Repeat("-", 9000) + "1 == 1", strings.Repeat("true?", 1500) + "1",
		strings.Repeat("all([1], ", 300) + "true" + strings.Repeat(")", 300), strings.Repeat("header(", 900) + strings.Repeat(")", 900),
	} {
		if c, err := scope.Compile(source); err == nil {
			c.Check(responded())
		} else {
			checkSyntaxError(t, source, err)
		}
	}
}

// checkSyntaxError holds an error to what SyntaxError promises.
func checkSyntaxError(t *testing.T, source string, err error) {
	t.Helper()
	var e *SyntaxError
	if !errors.As(err, &e) {
		t.Fatalf("%q: %T", source, err)
	}
	lines := strings.Split(source, "\n")
	switch {
	case e.Source != source:
		t.Errorf("Source is %q, not %q", e.Source, source)
	case e.Message == "" || strings.ContainsAny(e.Message, "\n") || strings.Contains(e.Message, "@"+"status"):
		t.Errorf("%q: message %q", source, e.Message)
	case e.Line < 1 || e.Line > len(lines):
		t.Errorf("%q: line %d", source, e.Line)
	case e.Column < 1 || e.Column > utf8.RuneCountInString(lines[e.Line-1])+1:
		t.Errorf("%q: column %d", source, e.Column)
	}
}
