package loadgen

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
)

// target is where one request goes.
type target struct {
	url    *url.URL
	origin origin
	path   string // the request target: path and query
	key    string // scheme, host and path, for the jar
	shown  string // the URL without credentials and fragment
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
		return nil, fmt.Errorf("%q is not an http or https URL", u.Redacted())
	}
	t := &target{url: u, path: u.RequestURI()}
	t.origin = origin{https: u.Scheme == "https", host: u.Hostname(), port: u.Port()}
	if t.origin.port == "" {
		t.origin.port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	if u.User != nil {
		password, _ := u.User.Password()
		t.basic = "Basic " + base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password))
	}
	shown := *u
	shown.User, shown.Fragment, shown.RawFragment = nil, "", ""
	t.shown = shown.String()
	t.key = u.Scheme + "://" + u.Host + u.EscapedPath()
	return t, nil
}

// ParseURL says whether s can be requested: an absolute http or https URL with a host.
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
