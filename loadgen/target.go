package loadgen

import (
	"encoding/base64"
	"errors"
	"fmt"
	neturl "net/url"
	"strings"

	"github.com/nlnwa/whatwg-url/url"

	"stickbench/internal/redact"
	"stickbench/loadgen/internal/wire"
)

// target is where one request goes: an http or https URL as browsers read it (WHATWG URL Standard), with its host,
// port and path in their one form, so that they can be compared.
type target struct {
	origin    wire.Origin
	authority string // of the Host field: the host, and the port unless it is the scheme's own
	path      string // the request target: path and query
	pathname  string // the path alone
	key       string // scheme, host and path, for the jar
	shown     string // the URL without credentials, session ids among them, and fragment
	basic     string // of an Authorization field, from the URL's user and password; or ""
}

// urls reads URLs. net/url was rejected: it refuses "/sale-50%-off", which browsers follow, and leaves hosts such as
// "münchen.test" and "127.1" as they are.
var urls = url.NewParser()

// parseTarget reads an absolute http or https URL. The error shows nothing of it, as it may be a credential.
func parseTarget(s string) (*target, error) {
	u, err := urls.Parse(s)
	if err != nil {
		return nil, invalidURL(err)
	}
	return newTarget(u)
}

// invalidURL says what is wrong with a URL and shows nothing of it.
func invalidURL(err error) error {
	switch text := err.Error(); {
	case strings.Contains(text, "port"):
		return errors.New("invalid URL: want a port from 0 to 65535")
	case strings.Contains(text, "IPv"):
		return errors.New("invalid URL: its host is no IP address (one with a zone, as fe80::1%eth0, is none in a URL)")
	case strings.Contains(text, "ASCII"), strings.Contains(text, "code point"):
		return errors.New("invalid URL: its host cannot be a name")
	}
	return errors.New("invalid URL: want http:// or https:// and a host")
}

func newTarget(u *url.Url) (*target, error) {
	if u.Scheme() != "http" && u.Scheme() != "https" || u.Hostname() == "" {
		return nil, errors.New("invalid URL: want http:// or https:// and a host")
	}
	t := &target{authority: u.Host()}
	t.origin = wire.Origin{Secure: u.Scheme() == "https", Host: strings.Trim(u.Hostname(), "[]"), Port: u.Port()}
	if t.origin.Port == "" {
		t.origin.Port = map[bool]string{false: "80", true: "443"}[t.origin.Secure]
	}
	if u.Username() != "" || u.Password() != "" {
		t.basic = "Basic " + base64.StdEncoding.EncodeToString([]byte(decoded(u.Username())+":"+decoded(u.Password())))
	}
	return t.to(requestTarget(u)), nil
}

// requestTarget is path and query of u, the "?" of an empty query too.
func requestTarget(u *url.Url) string {
	_, rest, _ := strings.Cut(u.Href(true), "://")
	return rest[strings.IndexByte(rest, '/'):]
}

// to is the target of the same origin with that path and query, which are as the standard has them.
func (t *target) to(path string) *target {
	n := *t
	n.path = path
	n.pathname, _, _ = strings.Cut(path, "?")
	n.key = n.base() + n.pathname
	n.shown = withoutParameters(redact.URL(n.base() + path))
	return &n
}

// base is scheme and authority.
func (t *target) base() string {
	if t.origin.Secure {
		return "https://" + t.authority
	}
	return "http://" + t.authority
}

// sibling is the target behind the path and query of t's origin, nil if it takes the standard's parser to tell.
// Almost always it does not, and costs a twentieth.
func (t *target) sibling(path string) *target {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.Contains(path, "/.") {
		return nil
	}
	for i := range len(path) {
		c := path[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"#<>?`{}\\^'", c) >= 0 && c != '?' || c == '%' && strings.HasPrefix(path[i+1:], "2") {
			return nil // "%2e" is a dot
		}
	}
	return t.to(path)
}

// follow is where a redirect from t to location leads.
func (t *target) follow(location string) (*target, error) {
	if n := t.sibling(location); n != nil {
		return n, nil
	}
	u, err := urls.ParseRef(t.base()+t.path, location)
	if err != nil {
		return nil, invalidURL(err)
	}
	n, err := newTarget(u)
	if err == nil && n.origin == t.origin && n.basic == "" {
		n.basic = t.basic // as browsers do, the same origin gets the password again
	}
	return n, err
}

func decoded(s string) string {
	if d, err := neturl.PathUnescape(s); err == nil {
		return d
	}
	return s
}

// asciiHost is a host as it goes over the wire: in lower case, and names beyond ASCII in Punycode (RFC 5891).
func asciiHost(host string) (string, error) {
	u, err := urls.Parse("http://" + host + "/")
	if err != nil || u.Host() != u.Hostname() || u.Username() != "" || u.Pathname() != "/" || u.Search() != "" || u.Hash() != "" {
		return "", fmt.Errorf("invalid host %q", host)
	}
	return strings.Trim(u.Hostname(), "[]"), nil
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

// ParseURL reports why s cannot be requested: it must be an absolute http or https URL with a host.
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
