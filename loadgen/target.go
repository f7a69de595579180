package loadgen

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"

	"stickbench/internal/redact"
	"stickbench/loadgen/internal/wire"
)

// target is where one request goes.
type target struct {
	url    *url.URL
	origin wire.Origin
	path   string // the request target: path and query
	key    string // scheme, host and path, for the jar
	shown  string // the URL without credentials, session ids among them, and fragment
	basic  string // of an Authorization field, from the URL's user and password; or ""
}

// parseTarget reads an absolute http or https URL.
func parseTarget(s string) (*target, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, err
	}
	return newTarget(u)
}

func newTarget(u *url.URL) (*target, error) {
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, fmt.Errorf("invalid URL %q: want http:// or https:// and a host", redact.URL(u.String()))
	}
	u.RawQuery = escapedQuery(u.RawQuery)
	t := &target{url: u, path: u.RequestURI()}
	t.origin = wire.Origin{Secure: u.Scheme == "https", Host: u.Hostname(), Port: u.Port()}
	if t.origin.Port == "" {
		t.origin.Port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	if u.User != nil {
		password, _ := u.User.Password()
		t.basic = "Basic " + base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password))
	}
	shown := *u
	shown.User, shown.Fragment, shown.RawFragment = nil, "", ""
	t.shown = withoutParameters(redact.URL(shown.String()))
	t.key = u.Scheme + "://" + u.Host + u.EscapedPath()
	return t, nil
}

// escapedQuery is query with what may not stand in a request line percent-encoded, as browsers do (WHATWG
// URL, query percent-encode set). Of paths, net/url does the same.
func escapedQuery(query string) string {
	var b []byte
	for i := range len(query) {
		c := query[i]
		plain := c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>'
		if !plain && b == nil {
			b = append(make([]byte, 0, len(query)+8), query[:i]...)
		}
		switch {
		case !plain:
			b = fmt.Appendf(b, "%%%02X", c)
		case b != nil:
			b = append(b, c)
		}
	}
	if b == nil {
		return query
	}
	return string(b)
}

// withoutParameters is a URL with the values of its path's parameters left out: servlet containers put
// session ids there where a browser takes no cookies (";jsessionid=…").
func withoutParameters(shown string) string {
	path, query, asked := strings.Cut(shown, "?")
	segments := strings.Split(path, ";")
	if len(segments) == 1 {
		return shown
	}
	for i, s := range segments[1:] {
		name, value, named := strings.Cut(s, "=")
		if !named {
			continue
		}
		s = name + "=***"
		if end := strings.IndexByte(value, '/'); end >= 0 {
			s += value[end:]
		}
		segments[i+1] = s
	}
	path = strings.Join(segments, ";")
	if asked {
		path += "?" + query
	}
	return path
}

// ParseURL reports whether s can be requested: an absolute http or https URL with a host.
func ParseURL(s string) error {
	_, err := parseTarget(s)
	return err
}

// Absolute is text's URL: a path goes behind base, as with a request of a plan behind its target.
func Absolute(base, text string) string {
	if strings.HasPrefix(text, "/") {
		return strings.TrimSuffix(base, "/") + text
	}
	return text
}
