package loadgen

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unsafe"

	"github.com/andybalholm/cascadia"
	"github.com/antchfx/xpath"
	"github.com/theory/jsonpath"
	"github.com/tidwall/gjson"
	"golang.org/x/net/html"
	"golang.org/x/net/http/httpguts"
)

// Extractor finds values in a response: "json:<path>", "regex:<expression with one group>",
// "css:<selector>@<attribute>", "xpath:<expression>" and "boundary:<left>…<right>" in the body, "header:<name>" in the
// response's fields, "cookie:<name>" in the user's jar once the response's cookies are in it.
type Extractor struct {
	source string
	kind   *extraction
	arg    string
	re     *regexp.Regexp
	path   *jsonpath.Path
	css    cascadia.Sel
	xpath  *xpath.Expr
	// attribute is that of the elements that css finds, "" for their text; left and right are the boundaries.
	attribute, left, right string
}

// extractable is a response to extract from. Values found share its memory.
type extractable interface {
	bodyText() string
	// jsonField is the value of a field of the body's JSON object, as JSON, "" for none; known reports whether
	// that was worked out.
	jsonField(name string) (value string, known bool)
	headerValue(name string) (string, bool)
	headerValues(name string) []string
	cookieValue(name string) (string, bool)
	// page is the body as HTML, nil if it cannot be read so, and xml whether it says that it is XML.
	page() *html.Node
	xml() bool
}

// extraction is a kind of extractor.
type extraction struct {
	// prepare reads the argument.
	prepare func(x *Extractor) error
	// first finds the first value, and all finds them all, in a text that is the response's body, or another one
	// where in is nil. Those without all have one value.
	first func(x *Extractor, in extractable) (string, bool)
	all   func(x *Extractor, in extractable, text string) []string
}

var extractions = map[string]*extraction{
	"json":     {prepare: (*Extractor).prepareJSON, first: (*Extractor).json, all: (*Extractor).allJSON},
	"regex":    {prepare: (*Extractor).prepareRegex, first: (*Extractor).regex, all: (*Extractor).allRegex},
	"header":   {first: (*Extractor).header, all: (*Extractor).allHeader},
	"cookie":   {first: (*Extractor).cookie},
	"css":      {prepare: (*Extractor).prepareCSS, all: (*Extractor).allCSS},
	"xpath":    {prepare: (*Extractor).prepareXPath, all: (*Extractor).allXPath},
	"boundary": {prepare: (*Extractor).prepareBoundary, all: (*Extractor).allBoundary},
}

// ExtractorKinds are the kinds of extractors.
var ExtractorKinds = []string{"json", "regex", "header", "cookie", "css", "xpath", "boundary"}

// ParseExtractor reads an extractor as a plan words it in short.
func ParseExtractor(s string) (*Extractor, error) {
	kind, arg, _ := strings.Cut(s, ":")
	x, err := NewExtractor(kind, arg)
	if err == nil {
		err = x.OneGroup()
	}
	if err != nil {
		return nil, fmt.Errorf("invalid extractor %q: %w", s, err)
	}
	return x, nil
}

// NewExtractor makes an extractor of a kind. A regular expression may have any number of groups.
func NewExtractor(kind, arg string) (*Extractor, error) {
	x := &Extractor{source: kind + ":" + arg, kind: extractions[kind], arg: arg}
	switch {
	case x.kind == nil:
		return nil, errors.New("want json:<path>, regex:<expression with one group>, css:<selector>, xpath:<expression>, boundary:<left>…<right>, header:<name> or cookie:<name>")
	case arg == "":
		return nil, errors.New("nothing after the colon")
	case kind == "header" && !httpguts.ValidHeaderFieldName(arg):
		return nil, fmt.Errorf("%s is no name of a header", short(arg))
	case x.kind.prepare == nil:
		return x, nil
	}
	return x, x.kind.prepare(x)
}

// OneGroup says what is wrong with a regular expression that does not have one group.
func (x *Extractor) OneGroup() error {
	if x.re != nil && x.re.NumSubexp() != 1 {
		return fmt.Errorf("%d groups, want one: ( ) around what is wanted, (?: ) around the rest", x.re.NumSubexp())
	}
	return nil
}

// String is the extractor as the plan words it.
func (x *Extractor) String() string { return x.source }

// find returns the first value and whether there is one. It shares the response's memory: keep a clone.
func (x *Extractor) find(in extractable) (string, bool) {
	if x.kind.first != nil {
		return x.kind.first(x, in)
	}
	all := x.kind.all(x, in, in.bodyText())
	if len(all) == 0 {
		return "", false
	}
	return all[0], true
}

func (x *Extractor) prepareRegex() (err error) {
	x.re, err = regexp.Compile(x.arg)
	return err
}

func (x *Extractor) regex(in extractable) (string, bool) {
	body := in.bodyText()
	m := x.re.FindStringSubmatchIndex(body)
	if len(m) < 4 || m[2] < 0 {
		return "", false
	}
	return body[m[2]:m[3]], true
}

func (x *Extractor) allRegex(_ extractable, text string) []string {
	var all []string
	for _, m := range x.re.FindAllStringSubmatchIndex(text, mostValues) {
		if len(m) >= 4 && m[2] >= 0 {
			all = append(all, text[m[2]:m[3]])
		}
	}
	return all
}

// expanded are all matches of a regular expression, put into a template in which $1 stands for the first group.
func (x *Extractor) expanded(text, template string) []string {
	var all []string
	for _, m := range x.re.FindAllStringSubmatchIndex(text, mostValues) {
		all = append(all, string(x.re.ExpandString(nil, template, text, m)))
	}
	return all
}

// mostValues is how many values of a response are kept at most.
const mostValues = 100_000

// prepareJSON reads a path: one that begins with $ is that of RFC 9535, others are gjson's.
func (x *Extractor) prepareJSON() (err error) {
	if strings.HasPrefix(x.arg, "$") {
		x.path, err = jsonpath.Parse(x.arg)
	}
	return err
}

func (x *Extractor) json(in extractable) (string, bool) {
	if x.path != nil {
		all := x.allJSON(in, in.bodyText())
		if len(all) == 0 {
			return "", false
		}
		return all[0], true
	}
	if value, known := in.jsonField(x.arg); known {
		return scalar(value)
	}
	r := found(in.bodyText(), x.arg)
	return literal(r), r.Exists() && r.Type != gjson.Null
}

// allJSON is the elements of the list that is found, or what is found.
func (x *Extractor) allJSON(_ extractable, text string) []string {
	if x.path != nil {
		doc, err := document(text)
		if err != nil {
			return nil
		}
		var all []string
		for _, v := range x.path.Select(doc) {
			if v != nil {
				all = append(all, jsonText(v))
			}
		}
		return all
	}
	r := found(text, x.arg)
	if !r.IsArray() {
		if r.Exists() && r.Type != gjson.Null {
			return []string{literal(r)}
		}
		return nil
	}
	var all []string
	for _, e := range r.Array() {
		all = append(all, literal(e))
	}
	return all
}

// jsonText is a value of a document as gjson writes it.
func jsonText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, _ := json.Marshal(v) // it came from JSON
	return string(b)
}

func (x *Extractor) header(in extractable) (string, bool) { return in.headerValue(x.arg) }
func (x *Extractor) allHeader(in extractable, _ string) []string {
	if in == nil {
		return nil
	}
	return in.headerValues(x.arg)
}
func (x *Extractor) cookie(in extractable) (string, bool) { return in.cookieValue(x.arg) }

// prepareBoundary reads the texts to the left and to the right of what is wanted.
func (x *Extractor) prepareBoundary() error {
	left, right, found := strings.Cut(x.arg, "…")
	if !found || left == "" && right == "" {
		return errors.New("want what stands left and right of the value, such as boundary:token=…&")
	}
	x.left, x.right = left, right
	return nil
}

func (x *Extractor) allBoundary(_ extractable, text string) []string {
	var all []string
	for len(all) < mostValues {
		_, after, found := strings.Cut(text, x.left)
		if !found {
			return all
		}
		value, rest, found := strings.Cut(after, x.right)
		if x.right == "" {
			value, rest, found = after, "", true
		}
		if !found {
			return all
		}
		all = append(all, value)
		if text = rest; text == "" {
			return all
		}
	}
	return all
}

// cookieNode is the node in the value of a stickiness cookie: HAProxy puts it before "~" with `prefix`
// and before "|" and a date with `maxidle` and `maxlife` (configuration manual, keyword cookie), Apache behind a "."
// (mod_proxy_balancer, ROUTEID). Of a value with something before the dot, such as Tomcat's JSESSIONID, the
// whole is taken: names of nodes have dots too.
func cookieNode(value string) string {
	if i := strings.IndexAny(value, "~|"); i >= 0 && (value[i] == '~' || isDate(value[i+1:])) {
		return value[:i]
	}
	return strings.TrimPrefix(value, ".")
}

// isDate reports whether s begins with a date of HAProxy's cookies, and ends with it or goes on with "|": five
// characters in Base64.
func isDate(s string) bool {
	date, _, _ := strings.Cut(s, "|")
	return len(date) == 5 && !strings.ContainsFunc(date, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '+' || r == '/')
	})
}

// counterValue reads a counter; a value that is no whole number is none.
func counterValue(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// text is b as a string without a copy: it changes with b.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// fromCookie reports whether the value comes from the user's jar, not from the response itself.
func (x *Extractor) fromCookie() bool { return strings.HasPrefix(x.source, "cookie:") }

// jsonFieldName is the name that the extractor looks for in the body's JSON object; "" if it looks for
// anything else.
func (x *Extractor) jsonFieldName() string {
	if x == nil || !strings.HasPrefix(x.source, "json:") || !plainName(x.arg) {
		return ""
	}
	return x.arg
}
