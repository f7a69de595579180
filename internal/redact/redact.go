// Package redact takes secrets out of what is shown and written: of all that a run leaves behind, only its
// plan.toml holds them.
//
//	http://ada:pw@shop/a?token=9f3c…&page=2   →   http://shop/a?token=***&page=2
//	{"password": "x", "user": "ada"}          →   {"password": "***", "user": "ada"}
//
// What is a secret is told by its name; a name that may as well mean something harmless (key, code, …) counts
// where the value is long enough to be a secret.
package redact

import (
	"net/url"
	"regexp"
	"strings"
)

// Mask stands where a secret was.
const Mask = "***"

// secretNames are parts of the names of secrets, and vagueNames whole names that may be one's; both in lower
// case and without separators.
var (
	secretNames = []string{"password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "accesskey", "privatekey",
		"authorization", "credential", "cookie", "jwt", "sessionid", "bearer"}
	vagueNames = map[string]bool{"key": true, "code": true, "auth": true, "sig": true, "signature": true, "sid": true, "pass": true, "pw": true}
)

// leastSecret is the length, in bytes, from which the value of a vague name counts as a secret.
const leastSecret = 8

var separators = strings.NewReplacer("-", "", "_", "", ".", "", " ", "")

// Secret reports whether a field of that name holds a secret: a header, a form's field, a key of JSON, a
// parameter of a query.
func Secret(name string) bool {
	name = separators.Replace(strings.ToLower(name))
	for _, part := range secretNames {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// Value is what may be shown of the value of a field of that name. A reference to a variable is no secret.
func Value(name, value string) string {
	vague := vagueNames[separators.Replace(strings.ToLower(name))] && len(value) >= leastSecret
	if value == "" || strings.HasPrefix(value, "${") && strings.HasSuffix(value, "}") || !vague && !Secret(name) {
		return value
	}
	return Mask
}

// URL is a URL as it may be shown: without user and password, and without the secrets of its query. It need
// not be a valid one.
func URL(s string) string {
	before, rest, whole := strings.Cut(s, "://")
	if whole {
		// The last @ before the path: an unescaped one may stand in a password.
		end := strings.IndexAny(rest, "/?#")
		if end < 0 {
			end = len(rest)
		}
		if at := strings.LastIndexByte(rest[:end], '@'); at >= 0 {
			rest = rest[at+1:]
		} else if at := strings.LastIndexByte(rest, '@'); at >= 0 && !parses(s) { // a password with a slash
			rest = rest[at+1:]
		}
		s = before + "://" + rest
	} else if at := strings.LastIndexByte(s, '@'); at >= 0 && !strings.HasPrefix(s, "/") && strings.Contains(s[:at], ":") {
		s = s[at+1:]
	}
	path, query, asked := strings.Cut(s, "?")
	if !asked {
		return s
	}
	query, fragment, cut := strings.Cut(query, "#")
	if query = Query(query); cut {
		query += "#" + fragment
	}
	return path + "?" + query
}

func parses(s string) bool {
	_, err := url.Parse(s)
	return err == nil
}

// Query is name=value&name=value without its secrets.
func Query(query string) string {
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if ok {
			pairs[i] = name + "=" + Value(unescaped(name), value)
		}
	}
	return strings.Join(pairs, "&")
}

// AllValues is a URL with no value of its query: where a response made it, any may be a secret.
func AllValues(s string) string {
	path, query, asked := strings.Cut(s, "?")
	if !asked {
		return s
	}
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		if name, value, ok := strings.Cut(pair, "="); ok && value != "" {
			pairs[i] = name + "=" + Mask
		}
	}
	return path + "?" + strings.Join(pairs, "&")
}

func unescaped(name string) string {
	if plain, err := url.QueryUnescape(name); err == nil {
		return plain
	}
	return name
}

var (
	urls = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s"'<>\\]+`)
	// pairs are name="value" and "name": "value", with either quotes.
	pairs = regexp.MustCompile(`(["']?)([A-Za-z_][\w.-]*)(["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"|'[^']*')`)
	// fields are name=value of a query or a form.
	fields = regexp.MustCompile(`([?&\s"'])([\w.%-]+)=([^&\s"'#]+)`)
	// bearers are what follows the scheme of an Authorization field (RFC 9110, section 11.4).
	bearers = regexp.MustCompile(`(?i)\b(Bearer|Basic|Digest)\s+[\w.~+/=-]{6,}`)
)

// Text is text of any kind without the secrets that can be told in it: in URLs, in fields of forms and JSON,
// and behind the schemes of Authorization.
func Text(s string) string {
	s = urls.ReplaceAllStringFunc(s, URL)
	s = bearers.ReplaceAllString(s, "$1 "+Mask)
	s = pairs.ReplaceAllStringFunc(s, func(pair string) string {
		m := pairs.FindStringSubmatch(pair)
		quote, value := m[4][:1], m[4][1:len(m[4])-1]
		shown := Value(m[2], value)
		if shown == value { // a secret may stand within: json = '{"password": …}'
			shown = Text(value)
		}
		return m[1] + m[2] + m[3] + quote + shown + quote
	})
	return fields.ReplaceAllStringFunc(s, func(field string) string {
		m := fields.FindStringSubmatch(field)
		return m[1] + m[2] + "=" + Value(unescaped(m[2]), m[3])
	})
}
