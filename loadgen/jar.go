package loadgen

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"stickbench/loadgen/internal/wire"
)

// jar is one user's cookies: the standard library's jar (RFC 6265), and in front of it the field values
// it gave before. Asking the jar costs as much as the rest of a request, and its response changes only when
// a cookie is set or expires.
type jar struct {
	cookies  *cookiejar.Jar
	filled   bool                 // a cookie was set since clear
	given    map[string]given     // by target.key
	latest   *target              // whom the jar answered last, nil for nobody …
	response given                // … and what
	ends     map[string]time.Time // of each cookie that expires, by its identity
	next     time.Time            // the earliest of them: no given value outlives it; zero for none
	stack    wire.ColdStack
}

// given is what the jar answered for one target.
type given struct {
	field   string // of the header, "" for no cookies
	cookies []*http.Cookie
}

// maxGiven bounds the values kept: plans with a URL per user or item would grow them without end.
const maxGiven = 64

func (j *jar) clear() {
	j.filled = false
	j.cookies, _ = cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List}) // never an error
	j.forget()
	clear(j.ends)
	j.next = time.Time{}
}

func (j *jar) forget() {
	if j.given == nil || len(j.given) >= maxGiven {
		j.given = make(map[string]given, 1)
	}
	clear(j.given)
	j.latest = nil
}

// at is what is sent to t now.
func (j *jar) at(t *target) given {
	if !j.filled {
		return given{}
	}
	if !j.next.IsZero() {
		j.expire(time.Now())
	}
	if j.latest == t {
		return j.response
	}
	g, ok := j.given[t.key]
	if !ok {
		g = j.ask(t)
	}
	j.latest, j.response = t, g
	return g
}

// expire forgets the cookies that have ended by now.
func (j *jar) expire(now time.Time) {
	if now.Before(j.next) {
		return
	}
	j.forget()
	maps.DeleteFunc(j.ends, func(_ string, end time.Time) bool { return !end.After(now) })
	j.soonest()
}

// ask asks the library's jar and keeps its response.
func (j *jar) ask(t *target) (g given) {
	if len(j.given) >= maxGiven {
		j.forget()
	}
	j.stack.Do(func() { g.cookies = j.cookies.Cookies(t.url) })
	var field strings.Builder
	for i, c := range g.cookies {
		if i > 0 {
			field.WriteString("; ")
		}
		field.WriteString(c.Name + "=")
		if c.Quoted {
			field.WriteString(`"` + c.Value + `"`)
		} else {
			field.WriteString(c.Value)
		}
	}
	g.field = field.String()
	j.given[t.key] = g
	return g
}

// value is the value of the cookie called name that would be sent to t.
func (j *jar) value(t *target, name string) (string, bool) {
	for _, c := range j.at(t).cookies {
		if c.Name == name {
			return c.Value, true
		}
	}
	return "", false
}

// set takes over one Set-Cookie line of a response from t. Its error says why the cookie was not kept;
// it never shows the value.
func (j *jar) set(t *target, line string) (err error) {
	j.stack.Do(func() { err = j.take(t, line) })
	return err
}

func (j *jar) take(t *target, line string) error {
	c, err := http.ParseSetCookie(line)
	if err != nil {
		name, _, _ := strings.Cut(line, "=")
		return fmt.Errorf("cookie %q was not kept: %w", strings.TrimSpace(name), err)
	}
	j.forget()
	j.filled = true
	j.cookies.SetCookies(t.url, []*http.Cookie{c})
	now := time.Now() // no earlier than the library's, or it would be asked while it still has the cookie
	if j.ending(identity(t, c), expiry(c, now), now) {
		return nil
	}
	if c.Secure && t.url.Scheme != "https" && !loopback(t.url.Hostname()) {
		return fmt.Errorf("cookie %q is marked Secure and never goes back over http", c.Name)
	}
	if c.Domain != "" && !j.holds(t, c) {
		return fmt.Errorf("cookie %q was not kept: its domain %q is not one that %s may set", c.Name, c.Domain, t.url.Hostname())
	}
	return nil
}

// ending notes when the cookie of that identity ends and reports whether that is already past, which is how
// cookies are deleted.
func (j *jar) ending(key string, end, now time.Time) (deleted bool) {
	delete(j.ends, key)
	deleted = !end.IsZero() && !end.After(now)
	if !end.IsZero() && !deleted {
		if j.ends == nil {
			j.ends = make(map[string]time.Time)
		}
		j.ends[key] = end
	}
	j.soonest()
	return deleted
}

// identity tells cookies apart as the jar does: by name, domain and path, which are the host's and the
// directory of t where the cookie names none (RFC 6265 §5.3 and §5.1.4).
func identity(t *target, c *http.Cookie) string {
	domain, path := strings.TrimPrefix(c.Domain, "."), c.Path
	if domain == "" {
		domain = t.url.Hostname()
	}
	if !strings.HasPrefix(path, "/") {
		path = t.url.Path[:max(0, strings.LastIndexByte(t.url.Path, '/'))]
	}
	if path == "" {
		path = "/"
	}
	return c.Name + ";" + strings.ToLower(domain) + ";" + path
}

func (j *jar) soonest() {
	j.next = time.Time{}
	for _, end := range j.ends {
		if j.next.IsZero() || end.Before(j.next) {
			j.next = end
		}
	}
}

// holds reports whether the jar would send c back to its own path.
func (j *jar) holds(t *target, c *http.Cookie) bool {
	u := *t.url
	if strings.HasPrefix(c.Path, "/") {
		u.Path = c.Path
	}
	for _, held := range j.cookies.Cookies(&u) {
		if held.Name == c.Name {
			return true
		}
	}
	return false
}

// expiry is when c ends: zero for the end of the session (RFC 6265 §5.3, Max-Age before Expires).
func expiry(c *http.Cookie, now time.Time) time.Time {
	switch {
	case c.MaxAge < 0:
		return now
	case c.MaxAge > 0:
		return now.Add(time.Duration(c.MaxAge) * time.Second)
	}
	return c.Expires
}

func loopback(host string) bool {
	return host == "localhost" || host == "::1" || strings.HasPrefix(host, "127.")
}
