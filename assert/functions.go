package assert

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"net/url"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
)

func init() {
	conditions.functions = map[string]*word[*Response]{}
	for _, w := range valueFunctions {
		conditions.functions[w.name] = w
	}
}

// The kinds of functions, the environment first.
var (
	toText     = reflect.TypeFor[func(any) string]()
	textToText = reflect.TypeFor[func(any, string) string]()
	pairToText = reflect.TypeFor[func(any, string, string) string]()
)

// valueFunctions make the texts of requests. Those that draw at random draw from the user's own stream, which
// is a function of the plan's seed, the user and the iteration.
var valueFunctions = []*word[*Response]{
	{name: "random", example: "random(1, 100)", types: []reflect.Type{reflect.TypeFor[func(any, int, int) int]()}, do: random},
	{name: "random_text", example: `random_text(8, "abc")`, types: []reflect.Type{
		reflect.TypeFor[func(any, int) string](), reflect.TypeFor[func(any, int, string) string]()}, do: randomText},
	{name: "uuid", example: "uuid()", types: []reflect.Type{toText}, do: uuid},
	{name: "now", example: `now("yyyy-MM-dd", "-24h")`, types: []reflect.Type{
		reflect.TypeFor[func(any) int](), textToText, pairToText}, do: now, check: checkNow},
	{name: "line", example: `line("names.txt")`, types: []reflect.Type{textToText}, do: line, check: checkLine},

	{name: "urlencode", example: "urlencode(x)", types: []reflect.Type{textToText}, do: converter(func(s string) (string, error) { return url.QueryEscape(s), nil })},
	{name: "urldecode", example: "urldecode(x)", types: []reflect.Type{textToText}, do: converter(url.QueryUnescape)},
	{name: "base64", example: "base64(x)", types: []reflect.Type{textToText}, do: converter(func(s string) (string, error) { return base64.StdEncoding.EncodeToString([]byte(s)), nil })},
	{name: "unbase64", example: "unbase64(x)", types: []reflect.Type{textToText}, do: converter(unbase64)},
	{name: "md5", example: "md5(x)", types: []reflect.Type{textToText}, do: digest("md5")},
	{name: "sha1", example: "sha1(x)", types: []reflect.Type{textToText}, do: digest("sha1")},
	{name: "sha256", example: "sha256(x)", types: []reflect.Type{textToText}, do: digest("sha256")},
	{name: "sha512", example: "sha512(x)", types: []reflect.Type{textToText}, do: digest("sha512")},
	{name: "hmac", example: `hmac("sha256", key, x)`, types: []reflect.Type{reflect.TypeFor[func(any, string, string, string) string]()}, do: keyed, check: checkKeyed},

	{name: "is_xml", example: "is_xml(body)", types: []reflect.Type{reflect.TypeFor[func(any, string) bool]()}, do: isXML},

	{name: "var", example: `var("name_" + user)`, types: []reflect.Type{textToText}, do: variableCalled},
	{name: "headers", example: "headers()", types: []reflect.Type{toText}, do: lookedUp(func(l Lookup) any { return l.Headers() })},
	{name: "sent", example: "sent()", types: []reflect.Type{toText}, do: lookedUp(func(l Lookup) any { head, _ := l.Sent(); return head })},
	{name: "sent_body", example: "sent_body()", types: []reflect.Type{toText}, do: lookedUp(func(l Lookup) any { _, body := l.Sent(); return body })},
	{name: "reason", example: "reason()", types: []reflect.Type{toText}, do: lookedUp(func(l Lookup) any { return l.Reason() })},
	{name: "url", example: "url()", types: []reflect.Type{toText}, do: lookedUp(func(l Lookup) any { return l.URL() })},
	{name: "failed", example: "failed()", types: []reflect.Type{reflect.TypeFor[func(any) bool]()}, do: lookedUp(func(l Lookup) any { return l.Failed() })},
}

// foreignLetters reads bytes of a coding that has ASCII in it, its other letters as an x: what they are has no part in
// whether XML is well-formed.
type foreignLetters struct{ in io.Reader }

func (l foreignLetters) Read(p []byte) (int, error) {
	n, err := l.in.Read(p)
	for i, b := range p[:n] {
		if b >= utf8.RuneSelf {
			p[i] = 'x'
		}
	}
	return n, err
}

// isXML reports whether a text is a well-formed XML document: elements within one.
func isXML(_ *Response, args []any) (any, error) {
	s, ok := args[0].(string)
	if !ok {
		return nil, errKind
	}
	d := xml.NewDecoder(strings.NewReader(s))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return foreignLetters{in}, nil }
	depth, roots := 0, 0
	for {
		token, err := d.Token()
		switch token := token.(type) {
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			depth++
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth == 0 && len(bytes.TrimSpace(token)) > 0 {
				return false, nil
			}
		}
		if err != nil {
			return err == io.EOF && roots == 1, nil
		}
	}
}

// variableCalled is the value of the variable of a name that is worked out, "" if it has none.
func variableCalled(r *Response, args []any) (any, error) {
	name, ok := args[0].(string)
	switch {
	case r.Lookup == nil:
		return nil, errNoUser
	case !ok:
		return nil, errKind
	}
	return r.Lookup.Variable(name), nil
}

var (
	errKind   = errors.New("an argument is of another kind than it must be")
	errNoUser = errors.New("there is no user yet")
)

// lookedUp is a function without arguments of what the user's last exchange was.
func lookedUp(get func(Lookup) any) func(*Response, []any) (any, error) {
	return func(r *Response, _ []any) (any, error) {
		if r.Lookup == nil {
			return nil, errNoUser
		}
		return get(r.Lookup), nil
	}
}

// stream is the user's random numbers.
func stream(r *Response) (*rand.Rand, error) {
	if r.Lookup == nil {
		return nil, errNoUser
	}
	return r.Lookup.Random(), nil
}

// random is a whole number from the first to the second, both included.
func random(r *Response, args []any) (any, error) {
	low, isLow := args[0].(int)
	high, isHigh := args[1].(int)
	switch rng, err := stream(r); {
	case err != nil:
		return nil, err
	case !isLow || !isHigh:
		return nil, errKind
	case high < low:
		return nil, fmt.Errorf("no number is at least %d and at most %d", low, high)
	case high-low < 0 || high-low+1 <= 0: // more than an int holds
		return nil, errors.New("the range is too large")
	default:
		return low + rng.IntN(high-low+1), nil
	}
}

const (
	lettersAndDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	// longestText bounds what random_text makes: a slip of the keyboard may not use up all memory.
	longestText = 1 << 20
)

// randomText is so many characters, drawn from letters and digits or from those of the second argument.
func randomText(r *Response, args []any) (any, error) {
	n, isNumber := args[0].(int)
	from := []rune(lettersAndDigits)
	if len(args) > 1 {
		s, isText := args[1].(string)
		from, isNumber = []rune(s), isNumber && isText
	}
	rng, err := stream(r)
	switch {
	case err != nil:
		return nil, err
	case !isNumber:
		return nil, errKind
	case n < 0 || n > longestText:
		return nil, fmt.Errorf("%d characters: want 0 to %d", n, longestText)
	case len(from) == 0:
		return nil, errors.New("no characters to draw from")
	}
	text := make([]rune, n)
	for i := range text {
		text[i] = from[rng.IntN(len(from))]
	}
	return string(text), nil
}

// uuid is a random one (RFC 9562, version 4).
func uuid(r *Response, _ []any) (any, error) {
	rng, err := stream(r)
	if err != nil {
		return nil, err
	}
	high, low := rng.Uint64(), rng.Uint64()
	high = high&^0xf000 | 0x4000
	low = low&^(3<<62) | 2<<62
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", high>>32, high>>16&0xffff, high&0xffff, low>>48, low&(1<<48-1)), nil
}

// now is the time in milliseconds since 1970, or as the first argument writes it, moved by the second.
func now(_ *Response, args []any) (any, error) {
	t := time.Now().UTC()
	if len(args) == 0 {
		return int(t.UnixMilli()), nil
	}
	pattern, isText := args[0].(string)
	if len(args) > 1 {
		offset, ok := args[1].(string)
		d, err := time.ParseDuration(offset)
		if err != nil {
			return nil, fmt.Errorf("invalid duration %q: want one such as \"-24h\"", offset)
		}
		t, isText = t.Add(d), isText && ok
	}
	if !isText {
		return nil, errKind
	}
	return formatTime(t, pattern)
}

func checkNow(args []ast.Node, _ func(string) error) (at int, err error) {
	if pattern, ok := literalText(args, 0); ok {
		if _, err := formatTime(time.Unix(0, 0), pattern); err != nil {
			return 0, err
		}
	}
	if offset, ok := literalText(args, 1); ok {
		if _, err := time.ParseDuration(offset); err != nil {
			return 1, fmt.Errorf("invalid duration %q: want one such as \"-24h\"", offset)
		}
	}
	return 0, nil
}

func literalText(args []ast.Node, i int) (string, bool) {
	if i >= len(args) {
		return "", false
	}
	n, ok := args[i].(*ast.StringNode)
	if !ok {
		return "", false
	}
	return n.Value, true
}

// line is a line of a file.
func line(r *Response, args []any) (any, error) {
	file, ok := args[0].(string)
	switch {
	case r.Lookup == nil:
		return nil, errNoUser
	case !ok:
		return nil, errKind
	}
	return r.Lookup.Line(file)
}

func checkLine(args []ast.Node, file func(string) error) (at int, err error) {
	name, ok := literalText(args, 0)
	switch {
	case len(args) == 0:
		return 0, nil // which the type checker finds
	case !ok:
		return 0, errors.New("the file's name stands in quotes: a plan says beforehand which files it reads")
	case file == nil:
		return 0, errors.New("there are no files here")
	}
	return 0, file(name)
}

func converter(convert func(string) (string, error)) func(*Response, []any) (any, error) {
	return func(_ *Response, args []any) (any, error) {
		s, ok := args[0].(string)
		if !ok {
			return nil, errKind
		}
		return convert(s)
	}
}

// unbase64 takes all usual forms: RFC 4648 §4 and §5, padded or not.
func unbase64(s string) (string, error) {
	encoding := base64.RawStdEncoding
	if strings.ContainsAny(s, "-_") {
		encoding = base64.RawURLEncoding
	}
	b, err := encoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil {
		return "", errors.New("not base64")
	}
	return string(b), nil
}

var hashes = map[string]func() hash.Hash{"md5": md5.New, "sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}

// digest is the hash of a text, in hexadecimal digits.
func digest(name string) func(*Response, []any) (any, error) {
	return converter(func(s string) (string, error) {
		h := hashes[name]()
		h.Write([]byte(s))
		return hex.EncodeToString(h.Sum(nil)), nil
	})
}

// keyed is the HMAC of a text (RFC 2104), in hexadecimal digits.
func keyed(_ *Response, args []any) (any, error) {
	name, isName := args[0].(string)
	key, isKey := args[1].(string)
	text, isText := args[2].(string)
	switch {
	case !isName || !isKey || !isText:
		return nil, errKind
	case hashes[name] == nil:
		return nil, errUnknownHash(name)
	}
	h := hmac.New(hashes[name], []byte(key))
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil)), nil
}

func checkKeyed(args []ast.Node, _ func(string) error) (at int, err error) {
	if name, ok := literalText(args, 0); ok && hashes[name] == nil {
		return 0, errUnknownHash(name)
	}
	return 0, nil
}

func errUnknownHash(name string) error {
	return fmt.Errorf("unknown hash %q: want md5, sha1, sha256 or sha512", name)
}
