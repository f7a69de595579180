package loadgen

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// jar is one user's cookies, and the field values that were made of them: they change only when a cookie is set or
// ends.
type jar struct {
	cookies []*cookie        // in the order of their creation
	given   map[string]given // by target.key
	latest  *target          // whom the jar was asked for last, nil for nobody …
	answer  given            // … and what it said
	next    time.Time        // when the first of the cookies ends: no given value outlives it; zero for never
}

// given is what goes to one target.
type given struct {
	field   string // of the header, "" for no cookies
	cookies []*cookie
}

const (
	// maxGiven bounds the values kept: plans with a URL per user or item would grow them without end.
	maxGiven = 64
	// mostOfDomain is how many cookies a domain may have before the oldest ones go, down to keptOfDomain, and
	// mostOfJar how many there are of all: Chromium's limits.
	mostOfDomain, keptOfDomain = 180, 150
	mostOfJar, keptOfJar       = 3300, 3000
)

func (j *jar) clear() {
	j.cookies, j.next = nil, time.Time{}
	j.forget()
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
	if len(j.cookies) == 0 {
		return given{}
	}
	if !j.next.IsZero() {
		j.expire(time.Now())
	}
	if j.latest == t {
		return j.answer
	}
	g, ok := j.given[t.key]
	if !ok {
		g = j.ask(t)
	}
	j.latest, j.answer = t, g
	return g
}

// expire drops the cookies that have ended by now.
func (j *jar) expire(now time.Time) {
	if now.Before(j.next) {
		return
	}
	j.forget()
	j.drop(func(c *cookie) bool { return c.ended(now) })
}

// drop drops cookies and works out when the next one ends.
func (j *jar) drop(gone func(*cookie) bool) {
	j.cookies = slices.DeleteFunc(j.cookies, gone)
	j.next = time.Time{}
	for _, c := range j.cookies {
		if !c.session && (j.next.IsZero() || c.end.Before(j.next)) {
			j.next = c.end
		}
	}
}

// ask works out what goes to t, and keeps it.
func (j *jar) ask(t *target) (g given) {
	if len(j.given) >= maxGiven {
		j.forget()
	}
	for _, c := range j.cookies {
		if c.goesTo(t) {
			g.cookies = append(g.cookies, c)
		}
	}
	byPath(g.cookies)
	g.field = g.without(nil)
	j.given[t.key] = g
	return g
}

// without is the field's value without the cookies of those names.
func (g *given) without(names []string) string {
	var field strings.Builder
	for _, c := range g.cookies {
		if slices.Contains(names, c.name) {
			continue
		}
		if field.Len() > 0 {
			field.WriteString("; ")
		}
		if c.name != "" {
			field.WriteString(c.name + "=")
		}
		field.WriteString(c.value)
	}
	return field.String()
}

// value is the value of the cookie called name that would be sent to t.
func (j *jar) value(t *target, name string) (string, bool) {
	for _, c := range j.at(t).cookies {
		if c.name == name {
			return c.value, true
		}
	}
	return "", false
}

// set takes over one Set-Cookie line of a response from t. Its error says why the cookie was not kept, or what went
// for it; it never shows a value.
func (j *jar) set(t *target, line string) error {
	now := time.Now()
	c, err := parseCookie(t, line, now)
	if err != nil || c == nil {
		return err
	}
	if !t.trustworthy() && j.shadows(c) {
		return c.refused("there is one marked Secure of that name, which http may not replace")
	}
	ended := c.ended(now)
	i := slices.IndexFunc(j.cookies, c.same)
	switch {
	case i < 0 && ended:
		return nil
	case i >= 0 && !ended && c.session && *j.cookies[i] == *c:
		return nil // as with every response of many applications
	}
	j.forget()
	switch {
	case ended:
		j.drop(c.same)
	case i >= 0:
		j.cookies[i] = c
		j.drop(func(*cookie) bool { return false })
	default:
		j.cookies = append(j.cookies, c)
		if !c.session && (j.next.IsZero() || c.end.Before(j.next)) {
			j.next = c.end
		}
		return j.evict(c.domain)
	}
	return nil
}

// shadows reports whether a cookie from http would take the place of a Secure one (RFC 6265bis §5.7 step 9).
func (j *jar) shadows(c *cookie) bool {
	return slices.ContainsFunc(j.cookies, func(held *cookie) bool {
		return held.secure && held.name == c.name && (domainMatch(held.domain, c.domain) || domainMatch(c.domain, held.domain)) &&
			pathMatch(c.path, held.path)
	})
}

// evict drops the oldest cookies where there are too many, as browsers do, and says so.
func (j *jar) evict(domain string) error {
	of := func(c *cookie) bool { return c.domain == domain }
	if n := count(j.cookies, of); n > mostOfDomain {
		j.oldest(n-keptOfDomain, of)
		return fmt.Errorf("%s set more than %d cookies: the oldest were dropped, as browsers do", domain, mostOfDomain)
	}
	if n := len(j.cookies); n > mostOfJar {
		j.oldest(n-keptOfJar, func(*cookie) bool { return true })
		return fmt.Errorf("a user got more than %d cookies: the oldest were dropped, as browsers do", mostOfJar)
	}
	return nil
}

// oldest drops the first n cookies that are of a kind.
func (j *jar) oldest(n int, of func(*cookie) bool) {
	j.drop(func(c *cookie) bool {
		gone := n > 0 && of(c)
		if gone {
			n--
		}
		return gone
	})
}

func count(cookies []*cookie, of func(*cookie) bool) (n int) {
	for _, c := range cookies {
		if of(c) {
			n++
		}
	}
	return n
}
