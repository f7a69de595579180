package assert

import (
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What messages show of a response. They are written to recordings and reports that are handed
// around, so they hold no bearer credential: no cookie, no session id, no value in which a session id
// occurs, and no string whose name says that it is a secret.

// shortest is the length in bytes from which a session id is looked for in other values; shorter ones
// occur by chance.
const shortest = 8

// longest is how many characters of a string are shown.
const longest = 60

// secrets are parts of names whose values are not shown.
var secrets = []string{"cookie", "session", "token", "secret", "passw", "authoriz", "csrf", "xsrf", "jwt", "credential", "apikey", "api_key", "api-key"}

func secretName(name string) bool {
	name = strings.ToLower(name)
	for _, s := range secrets {
		if strings.Contains(name, s) {
			return true
		}
	}
	return false
}

// holdsID reports whether a session id occurs in s, percent-encoded or not.
func holdsID(r *Response, s string) bool {
	decoded, err := url.PathUnescape(s)
	for _, id := range []string{r.Session, r.Previous.Session} {
		if len(id) >= shortest && (strings.Contains(s, id) || err == nil && strings.Contains(decoded, id)) {
			return true
		}
	}
	return false
}

// partOfID reports whether s is itself part of a session id, such as the id in a signed one.
func partOfID(r *Response, s string) bool {
	return len(s) >= shortest && (strings.Contains(r.Session, s) || strings.Contains(r.Previous.Session, s))
}

// named is a string of that name: quoted, cut, or only its size.
func named(r *Response, name, s string) string {
	switch {
	case s == "":
		return `""`
	case secretName(name):
		return setTo(s)
	case holdsID(r, s) || partOfID(r, s):
		return "(hidden)"
	}
	return quote(s)
}

func setTo(s string) string {
	if s == "" {
		return "not set"
	}
	return fmt.Sprintf("set, %d characters", utf8.RuneCountInString(s))
}

// quote is s in quotation marks, cut, with control characters escaped.
func quote(s string) string {
	short := cut(s)
	if len(short) < len(s) {
		return strconv.Quote(short + "…")
	}
	return strconv.Quote(short)
}

// plain is a node's name without quotation marks.
func plain(r *Response, s string) string {
	if holdsID(r, s) {
		return "(hidden)"
	}
	q := quote(s)
	return q[1 : len(q)-1]
}

func cut(s string) string {
	n := 0
	for i := range s {
		if n == longest {
			return s[:i]
		}
		n++
	}
	return s
}

func showBody(r *Response, _ []string) string { return fmt.Sprintf("of %d bytes", len(r.Body)) }

func showHeader(r *Response, args []string) string { return named(r, args[0], header(r, args)) }
func showCookie(r *Response, args []string) string { return setTo(cookie(r, args)) }

func showVariable(r *Response, args []string) string {
	return named(r, args[0], variableValue(r, args))
}

func showList(r *Response, args []string) string {
	return fmt.Sprintf("a list of %d", len(listValue(r, args)))
}

func showNode(r *Response, _ []string) string         { return nodeName(r, r.Node) }
func showPreviousNode(r *Response, _ []string) string { return nodeName(r, r.Previous.Node) }

func nodeName(r *Response, node string) string {
	if holdsID(r, node) {
		return "(hidden)"
	}
	return quote(node)
}

func showCounter(r *Response, _ []string) string         { return count(r.Observation) }
func showPreviousCounter(r *Response, _ []string) string { return count(r.Previous) }

func count(o Observation) string {
	if !o.HasCounter {
		return "(none)"
	}
	return strconv.FormatInt(o.Counter, 10)
}

func showSession(r *Response, _ []string) string {
	switch {
	case r.Session == "":
		return "(none)"
	case r.Previous.Session == "":
		return "(none before)"
	case r.Session == r.Previous.Session:
		return "(same as before)"
	}
	return "(another than before)"
}

func showPreviousSession(r *Response, _ []string) string {
	switch {
	case r.Previous.Session == "":
		return "(none)"
	case r.Session == r.Previous.Session:
		return "(same as now)"
	}
	return "(another than now)"
}

func showJSON(r *Response, args []string) string {
	switch v := jsonValue(r, args).(type) {
	case nil:
		return "null"
	case string:
		return named(r, args[0], v)
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		return fmt.Sprintf("a list of %d", len(v))
	case map[string]any:
		return fmt.Sprintf("an object of %d", len(v))
	default:
		return named(r, args[0], fmt.Sprint(v))
	}
}

// showValue is any value of a word that has no way of its own to be shown.
func showValue(v any) string {
	switch v := v.(type) {
	case float64:
		return number(v)
	case string:
		return quote(v)
	}
	return fmt.Sprint(v)
}

// number is v with about 4 significant digits and at least one decimal where there are any; what is
// not whole is never shown as if it were, since 0.99996 fails where 1 does not.
func number(v float64) string {
	if v == math.Trunc(v) || math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	digits := max(1, 3-int(math.Floor(math.Log10(math.Abs(v)))))
	for ; digits < 20; digits++ {
		s := strings.TrimRight(strconv.FormatFloat(v, 'f', digits, 64), "0")
		if !strings.HasSuffix(s, ".") {
			return s
		}
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
