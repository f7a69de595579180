package probe

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// setCookie is a Set-Cookie line as browsers read it (RFC 6265, section 5.2), which takes more than Go's
// own parser does: values with blanks, commas and quotes, and years of two digits.
type setCookie struct {
	Name, Value      string
	Path, Domain     string // "" where the line has none, or none that counts
	Expires          time.Time
	MaxAge           int  // seconds; counts where HasMaxAge
	HasMaxAge        bool // goes before Expires
	Secure, HTTPOnly bool
	SameSite         string // lower case; "" without one
	// attributes are the line's own words behind the value, in their order and spelling.
	attributes string
	shortYear  bool // Expires has a year of two digits, which not every client reads
}

// parseSetCookie reads one line; ok is false where a browser ignores it.
func parseSetCookie(line string) (c setCookie, ok bool) {
	pair, attributes, _ := strings.Cut(line, ";")
	name, value, ok := strings.Cut(pair, "=")
	c.Name, c.Value = strings.TrimSpace(name), strings.TrimSpace(value)
	c.attributes = strings.TrimSpace(attributes)
	if !ok || c.Name == "" {
		return c, false
	}
	for attribute := range strings.SplitSeq(attributes, ";") {
		key, value, _ := strings.Cut(attribute, "=")
		c.take(strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value))
	}
	return c, true
}

func (c *setCookie) take(key, value string) {
	switch key {
	case "path":
		c.Path = ""
		if strings.HasPrefix(value, "/") {
			c.Path = value
		}
	case "domain":
		c.Domain = strings.ToLower(strings.TrimPrefix(value, "."))
	case "expires":
		c.Expires, c.shortYear = cookieDate(value)
	case "max-age":
		if n, err := strconv.Atoi(value); err == nil {
			c.MaxAge, c.HasMaxAge = n, true
		}
	case "secure":
		c.Secure = true
	case "httponly":
		c.HTTPOnly = true
	case "samesite":
		c.SameSite = strings.ToLower(value)
	}
}

// dateLayouts are the spellings of Expires in use, once "-" is a blank.
var dateLayouts = []string{"Mon, 02 Jan 2006 15:04:05 MST", "Monday, 02 Jan 06 15:04:05 MST", "Mon, 02 Jan 06 15:04:05 MST", "Mon Jan _2 15:04:05 2006"}

// cookieDate reads a date; the zero time is one that cannot be read, which browsers ignore.
func cookieDate(s string) (t time.Time, short bool) {
	s = strings.ReplaceAll(s, "-", " ")
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, !strings.Contains(layout, "2006")
		}
	}
	return time.Time{}, false
}

// deletes reports whether the line deletes its cookie, as seen at now.
func (c *setCookie) deletes(now time.Time) bool {
	if c.HasMaxAge {
		return c.MaxAge <= 0
	}
	return !c.Expires.IsZero() && !c.Expires.After(now)
}

// refusal says why a browser does not keep the cookie that a response from the host gave; "" if it does.
// Browsers make an exception for Secure at localhost, which is not made here: what is probed on a loopback
// address is to be served elsewhere.
func (c *setCookie) refusal(host string, https bool) string {
	switch {
	case c.Secure && !https:
		return "it is marked Secure and the URL is plain http"
	case c.SameSite == "none" && !c.Secure:
		return "SameSite=None needs Secure"
	case c.Domain != "" && c.Domain != host && !strings.HasSuffix(host, "."+c.Domain):
		return "its Domain " + c.Domain + " is not one that " + host + " may set"
	case strings.HasPrefix(c.Name, "__Host-") && (!c.Secure || c.Domain != "" || c.Path != "/"):
		return "the name __Host- needs Secure, Path=/ and no Domain"
	case strings.HasPrefix(c.Name, "__Secure-") && !c.Secure:
		return "the name __Secure- needs Secure"
	}
	return ""
}

// covers reports whether a cookie set at from goes back to the path (RFC 6265, section 5.1.4).
func (c *setCookie) covers(path, from string) bool {
	own := c.Path
	if own == "" {
		own = from[:max(0, strings.LastIndexByte(from, '/'))]
	}
	if own == "" || own == path {
		return true
	}
	return strings.HasPrefix(path, own) && (strings.HasSuffix(own, "/") || path[len(own)] == '/')
}

// setCookies are the Set-Cookie lines of a response that browsers read.
func (e *Exchange) setCookies() (all []setCookie) {
	for _, line := range e.field("Set-Cookie") {
		if c, ok := parseSetCookie(line); ok {
			all = append(all, c)
		}
	}
	return all
}

// issued is the value that the response gives the cookie of that name: the last line's.
func (e *Exchange) issued(name string) (string, bool) {
	all := e.setCookies()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Name == name {
			return all[i].Value, true
		}
	}
	return "", false
}

// jar is what a browser keeps for one host: cookies in the order of their coming.
type jar []setCookie

// take applies the response to e.
func (j *jar) take(e *Exchange, host string, https bool, now time.Time) {
	path, _, _ := strings.Cut(e.Path, "?")
	for _, c := range e.setCookies() {
		if c.refusal(host, https) != "" {
			continue
		}
		if c.Path == "" {
			c.Path = path[:max(1, strings.LastIndexByte(path, '/'))]
		}
		same := func(d setCookie) bool { return c.Name == d.Name && c.Domain == d.Domain && c.Path == d.Path }
		i := slices.IndexFunc(*j, same)
		switch {
		case c.deletes(now):
			*j = slices.DeleteFunc(*j, same)
		case i >= 0:
			(*j)[i] = c
		default:
			*j = append(*j, c)
		}
	}
}

// cookies are those that go to the path, those with longer paths first.
func (j jar) cookies(path string) (sent []Pair) {
	path, _, _ = strings.Cut(path, "?")
	byPath := slices.Clone(j)
	slices.SortStableFunc(byPath, func(a, b setCookie) int { return len(b.Path) - len(a.Path) })
	for _, c := range byPath {
		if c.covers(path, path) {
			sent = append(sent, Pair{c.Name, c.Value})
		}
	}
	return sent
}
