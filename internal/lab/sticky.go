package lab

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"stickbench/internal/nearest"
)

// A stickyMode is what the balancer does with its cookie.
type stickyMode string

const (
	notSticky stickyMode = ""
	insert    stickyMode = "insert"
	prefix    stickyMode = "prefix"
	rewrite   stickyMode = "rewrite"
)

// sticky is HAProxy's cookie directive (configuration manual, section 4.2, "cookie"), with each
// server's tag as its cookie value:
//
//	mode      the user gets                                          the node gets
//	insert    SERVERID=s1; path=/   when it is not what came         SERVERID=s1, nothing with indirect
//	prefix    NODESESSID=s1~<value>   where the node set <value>     NODESESSID=<value>
//	rewrite   NODESESSID=s1           where the node set any value   NODESESSID=s1
//
// Under rewrite the node's own value is lost, so each request begins a new session on its node.
type sticky struct {
	mode     stickyMode
	name     string
	indirect bool // insert: the node does not see the cookie
	nocache  bool // insert: Cache-Control: private goes with a cookie, where the response could be cached
	preserve bool // insert: a cookie of that name from the node wins
	postonly bool // insert: only in responses to POST
	httponly bool
	secure   bool
}

const prefixDelimiter = "~"

// A cookieOption is one word of the directive: what it sets here, and what value follows it, if any. The
// embedded balancer does not do options that set nothing.
type cookieOption struct {
	set   func(*sticky)
	value func(string) error
}

// cookieOptions are those that HAProxy knows, beside the modes. dynamic makes the cookie's value of a key
// that no laboratory has.
var cookieOptions = map[string]cookieOption{
	"indirect": {set: func(s *sticky) { s.indirect = true }},
	"nocache":  {set: func(s *sticky) { s.nocache = true }},
	"preserve": {set: func(s *sticky) { s.preserve = true }},
	"postonly": {set: func(s *sticky) { s.postonly = true }},
	"httponly": {set: func(s *sticky) { s.httponly = true }},
	"secure":   {set: func(s *sticky) { s.secure = true }},
	"dynamic":  {},
	"domain":   {value: func(string) error { return nil }},
	"maxidle":  {value: checkTime},
	"maxlife":  {value: checkTime},
	"attr":     {value: checkAttribute},
}

// checkTime wants a time as HAProxy writes it: a whole number of seconds, or one with a unit
// (Configuration Manual, section 2.5 "Time format").
func checkTime(text string) error {
	number := strings.TrimRight(text, "usmhd")
	seconds, known := map[string]float64{"": 1, "us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86400}[text[len(number):]]
	n, err := strconv.ParseUint(number, 10, 63)
	switch {
	case err != nil || !known:
		return fmt.Errorf(`invalid time %q: want a whole number with a unit, such as "30m"`, text)
	case float64(n)*seconds > math.MaxInt32:
		return fmt.Errorf("invalid time %q: want at most %d s", text, math.MaxInt32)
	}
	return nil
}

func checkAttribute(text string) error {
	if strings.ContainsRune(text, ';') {
		return fmt.Errorf(`invalid attribute %q: want one without ";", such as "SameSite=Lax"`, text)
	}
	return nil
}

// stickyExample is a directive as most plans have it.
const stickyExample = `such as "cookie SERVERID insert indirect nocache"`

// parseSticky reads a cookie directive; "" is no stickiness. With embedded it also says what HAProxy
// does and the embedded balancer does not.
func parseSticky(directive string, embedded bool) (s sticky, problems []error) {
	fail := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	words := strings.Fields(directive)
	switch {
	case len(words) == 0:
		return s, nil
	case strings.ContainsFunc(directive, unicode.IsControl): // it goes into HAProxy's configuration
		fail("invalid directive %q: want one line, %s", directive, stickyExample)
		return s, problems
	case words[0] != "cookie":
		fail("invalid directive %q: want HAProxy's cookie directive, %s", words[0], stickyExample)
		return s, problems
	case len(words) == 1, modeOf(words[1]) != notSticky:
		fail("the cookie has no name: want a directive %s", stickyExample)
		return s, problems
	}
	if s.name = words[1]; !validCookieName(s.name) {
		fail("invalid cookie name %q: want letters, digits and signs without blanks, as in RFC 6265", s.name)
	}
	for i := 2; i < len(words); i++ {
		word := words[i]
		if mode := modeOf(word); mode != notSticky {
			if s.mode != notSticky && s.mode != mode {
				fail("%s and %s exclude each other", s.mode, mode)
			}
			s.mode = mode
			continue
		}
		option, known := cookieOptions[word]
		if !known {
			fail("invalid option %q: %s", word, nearest.Hint(word, cookieWords()))
			continue
		}
		if option.value != nil {
			i++
		}
		switch {
		case i == len(words):
			fail("%s needs a value", word)
		case option.set != nil:
			option.set(&s)
		case embedded:
			fail(`the embedded balancer does not do %s: balancer = "haproxy" does`, word)
		case option.value != nil:
			if err := option.value(words[i]); err != nil {
				fail("%s: %w", word, err)
			}
		}
	}
	return s, append(problems, s.contradictions(embedded)...)
}

// modeOf is the mode of that name; notSticky for any other word.
func modeOf(word string) stickyMode {
	switch mode := stickyMode(word); mode {
	case insert, prefix, rewrite:
		return mode
	}
	return notSticky
}

// cookieWords are all that may follow the cookie's name.
func cookieWords() []string {
	words := slices.AppendSeq([]string{string(insert), string(prefix), string(rewrite)}, maps.Keys(cookieOptions))
	slices.Sort(words)
	return words
}

// contradictions are the combinations that HAProxy refuses, and those with which nothing sticks.
func (s sticky) contradictions(embedded bool) (problems []error) {
	if s.mode == notSticky && embedded {
		problems = append(problems, errors.New("needs one of insert, prefix and rewrite: without them nothing sticks"))
	}
	if s.mode == rewrite && s.indirect {
		problems = append(problems, errors.New("rewrite and indirect exclude each other"))
	}
	if s.mode == prefix && s.indirect && embedded {
		problems = append(problems, errors.New("prefix and indirect exclude each other: the node would not see its session"))
	}
	if s.preserve && s.mode != insert && !s.indirect {
		problems = append(problems, errors.New("preserve needs insert or indirect"))
	}
	return problems
}

// validCookieName reports whether name is a token of RFC 6265, section 4.1.1.
func validCookieName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, c)
	})
}

// cookieNamed is the value of the first cookie of that name in a request's Cookie headers
// (RFC 6265, section 5.4). It does not unquote.
func cookieNamed(headers []string, name string) (value string, ok bool) {
	for _, header := range headers {
		for part := range strings.SplitSeq(header, ";") {
			key, value, found := strings.Cut(strings.Trim(part, " \t"), "=")
			if found && key == name {
				return value, true
			}
		}
	}
	return "", false
}

// fromUser reads the cookie in a request and makes of the request what the node gets. wanted is the
// server that the cookie names, "" if there is none.
func (s *sticky) fromUser(h http.Header) (wanted string) {
	if s.mode == notSticky {
		return ""
	}
	value, ok := cookieNamed(h["Cookie"], s.name)
	if !ok {
		return ""
	}
	switch {
	case s.mode == prefix:
		server, own, delimited := strings.Cut(value, prefixDelimiter)
		if !delimited {
			return ""
		}
		editCookies(h, s.name, func(string) (string, bool) { return own, true })
		return strings.TrimPrefix(server, `"`)
	case s.mode == insert && s.indirect:
		editCookies(h, s.name, func(string) (string, bool) { return "", false })
	}
	return value
}

// editCookies puts what edit says in place of the cookies of that name, or leaves them out.
func editCookies(h http.Header, name string, edit func(value string) (string, bool)) {
	var kept []string
	for _, header := range h["Cookie"] {
		var pairs []string
		for pair := range strings.SplitSeq(header, ";") {
			pair = strings.Trim(pair, " \t")
			key, value, _ := strings.Cut(pair, "=")
			if key == name {
				edited, keep := edit(value)
				if !keep {
					continue
				}
				pair = name + "=" + edited
			}
			pairs = append(pairs, pair)
		}
		if len(pairs) > 0 {
			kept = append(kept, strings.Join(pairs, "; "))
		}
	}
	if len(kept) == 0 {
		delete(h, "Cookie")
		return
	}
	h["Cookie"] = kept
}

// toUser makes of the node's response what the user gets. kept reports whether the server is the one
// that the user's cookie named.
func (s *sticky) toUser(res *http.Response, server string, kept bool) {
	if s.mode == notSticky {
		return
	}
	h, fromNode := res.Header, false
	cookies := slices.DeleteFunc(h["Set-Cookie"], func(c string) bool {
		named := setCookieName(c) == s.name
		fromNode = fromNode || named
		return named && s.mode == insert && !s.preserve
	})
	for i, c := range cookies {
		if s.mode != insert && setCookieName(c) == s.name {
			cookies[i] = s.mark(c, server)
		}
	}
	if s.mode == insert && !kept && !(fromNode && s.preserve) && (!s.postonly || res.Request.Method == http.MethodPost) {
		cookies = append(cookies, s.inserted(server))
		if s.nocache && cacheable(res) {
			h["Cache-Control"] = append(h["Cache-Control"], "private")
		}
	}
	if len(cookies) == 0 {
		delete(h, "Set-Cookie")
		return
	}
	h["Set-Cookie"] = cookies
}

// cacheable reports whether a cache may keep the response, as HAProxy 2.6 was measured to see it: by its
// method, by its status (RFC 9110, section 15.1), and by its having a validator or an expiry.
func cacheable(res *http.Response) bool {
	switch res.Request.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return false
	}
	switch res.StatusCode {
	case 200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501:
	default:
		return false
	}
	for _, name := range []string{"Etag", "Last-Modified", "Expires"} {
		if len(res.Header[name]) > 0 {
			return true
		}
	}
	return slices.ContainsFunc(res.Header["Cache-Control"], func(v string) bool { return strings.Contains(v, "max-age=") })
}

// mark puts the server into a Set-Cookie of the node.
func (s *sticky) mark(setCookie, server string) string {
	pair, attributes, more := strings.Cut(setCookie, ";")
	name, value, _ := strings.Cut(pair, "=")
	marked := name + "=" + server
	if s.mode == prefix {
		marked += prefixDelimiter + value
	}
	if more {
		marked += ";" + attributes
	}
	return marked
}

func (s *sticky) inserted(server string) string {
	c := s.name + "=" + server + "; path=/"
	if s.httponly {
		c += "; HttpOnly"
	}
	if s.secure {
		c += "; Secure"
	}
	return c
}

func setCookieName(setCookie string) string {
	pair, _, _ := strings.Cut(setCookie, ";")
	name, _, _ := strings.Cut(pair, "=")
	return strings.TrimSpace(name)
}
