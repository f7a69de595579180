package loadgen

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unsafe"

	"github.com/tidwall/gjson"
)

// Extractor finds one value in a response: "json:<gjson path>" and "regex:<expression with one group>"
// in the body, "header:<name>" in the response's fields, "cookie:<name>" in the user's jar once the
// response's cookies are in it.
type Extractor struct {
	source string
	from   func(x *Extractor, in extractable) (string, bool)
	arg    string
	re     *regexp.Regexp
}

// extractable is a response to extract from. Values found share its memory.
type extractable interface {
	bodyText() string
	// jsonField is the value of a field of the body's JSON object, as JSON, "" for none; known reports whether
	// that was worked out.
	jsonField(name string) (value string, known bool)
	headerValue(name string) (string, bool)
	cookieValue(name string) (string, bool)
}

var extractions = map[string]func(*Extractor, extractable) (string, bool){
	"json":   (*Extractor).json,
	"regex":  (*Extractor).regex,
	"header": (*Extractor).header,
	"cookie": (*Extractor).cookie,
}

// ParseExtractor reads an extractor as a plan words it.
func ParseExtractor(s string) (*Extractor, error) {
	kind, arg, _ := strings.Cut(s, ":")
	x := &Extractor{source: s, from: extractions[kind], arg: arg}
	switch {
	case x.from == nil:
		return nil, fmt.Errorf("invalid extractor %q: want json:<path>, header:<name>, cookie:<name> or regex:<expression with one group>", s)
	case arg == "":
		return nil, fmt.Errorf("invalid extractor %q: nothing after the colon", s)
	case kind == "regex":
		re, err := regexp.Compile(arg)
		if err != nil {
			return nil, fmt.Errorf("invalid extractor %q: %w", s, err)
		}
		if re.NumSubexp() != 1 {
			return nil, fmt.Errorf("invalid extractor %q: %d groups, want one: ( ) around what is wanted, (?: ) around the rest", s, re.NumSubexp())
		}
		x.re = re
	}
	return x, nil
}

// String is the extractor as the plan words it.
func (x *Extractor) String() string { return x.source }

// find returns the value and whether there is one. It shares the response's memory: keep a clone.
func (x *Extractor) find(in extractable) (string, bool) { return x.from(x, in) }

func (x *Extractor) json(in extractable) (string, bool) {
	if value, known := in.jsonField(x.arg); known {
		return scalar(value)
	}
	r := gjson.Get(in.bodyText(), x.arg)
	return r.String(), r.Exists() && r.Type != gjson.Null
}

func (x *Extractor) regex(in extractable) (string, bool) {
	body := in.bodyText()
	m := x.re.FindStringSubmatchIndex(body)
	if m == nil || m[2] < 0 {
		return "", false
	}
	return body[m[2]:m[3]], true
}

func (x *Extractor) header(in extractable) (string, bool) { return in.headerValue(x.arg) }
func (x *Extractor) cookie(in extractable) (string, bool) { return in.cookieValue(x.arg) }

// cookieNode is the node in the value of a stickiness cookie: HAProxy puts it before "~" with `prefix`
// and before "|" with `maxidle` and `maxlife` (configuration manual, keyword cookie), Apache behind a "."
// (mod_proxy_balancer, ROUTEID). Of a value with something before the dot, such as Tomcat's JSESSIONID, the
// whole is taken: names of nodes have dots too.
func cookieNode(value string) string {
	if i := strings.IndexAny(value, "~|"); i >= 0 {
		return value[:i]
	}
	return strings.TrimPrefix(value, ".")
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
