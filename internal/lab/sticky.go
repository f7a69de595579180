package lab

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
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
	nocache  bool // insert: Cache-Control: private goes with a cookie, where the answer could be cached
	preserve bool // insert: a cookie of that name from the node wins
	postonly bool // insert: only in responses to POST
	httponly bool
	secure   bool
}

const prefixDelimiter = "~"

// cookieOptions are the directive's options that HAProxy knows, and what they set here. The embedded
// balancer does not do those that set nothing; they take a value if valued.
var cookieOptions = map[string]struct {
	set    func(*sticky)
	valued bool
}{
	"indirect": {set: func(s *sticky) { s.indirect = true }},
	"nocache":  {set: func(s *sticky) { s.nocache = true }},
	"preserve": {set: func(s *sticky) { s.preserve = true }},
	"postonly": {set: func(s *sticky) { s.postonly = true }},
	"httponly": {set: func(s *sticky) { s.httponly = true }},
	"secure":   {set: func(s *sticky) { s.secure = true }},
	"dynamic":  {},
	"domain":   {valued: true},
	"maxidle":  {valued: true},
	"maxlife":  {valued: true},
	"attr":     {valued: true},
}

// parseSticky reads a cookie directive; "" is no stickiness. With embedded it also says what HAProxy
// does and the embedded balancer does not.
func parseSticky(directive string, embedded bool) (s sticky, problems []error) {
	fail := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	words := strings.Fields(directive)
	if len(words) == 0 {
		return sticky{}, nil
	}
	if words[0] != "cookie" {
		fail("it begins with %q; want HAProxy's directive: cookie NAME insert|prefix|rewrite …", words[0])
		return sticky{}, problems
	}
	if len(words) < 2 {
		fail("the cookie has no name; want cookie NAME insert|prefix|rewrite …")
		return sticky{}, problems
	}
	if s.name = words[1]; !validCookieName(s.name) {
		fail("%q cannot be the name of a cookie", s.name)
	}
	for i := 2; i < len(words); i++ {
		word := words[i]
		if mode := stickyMode(word); mode == insert || mode == prefix || mode == rewrite {
			if s.mode != notSticky && s.mode != mode {
				fail("%s and %s do not go together", s.mode, mode)
			}
			s.mode = mode
			continue
		}
		option, known := cookieOptions[word]
		switch {
		case !known:
			fail("unknown option %q%s", word, meant(word, append(keys(cookieOptions), "insert", "prefix", "rewrite")))
		case option.valued && i+1 == len(words):
			fail("%s needs a value", word)
		case option.set == nil && embedded:
			fail(`the embedded balancer does not do %s; balancer = "haproxy" does`, word)
		case option.set != nil:
			option.set(&s)
		}
		if option.valued {
			i++
		}
	}
	return s, append(problems, s.contradictions(embedded)...)
}

// contradictions are the combinations that HAProxy refuses, and those with which nothing sticks.
func (s sticky) contradictions(embedded bool) (problems []error) {
	if s.mode == notSticky && embedded {
		problems = append(problems, fmt.Errorf("without insert, prefix or rewrite nothing sticks"))
	}
	if s.mode == rewrite && s.indirect {
		problems = append(problems, fmt.Errorf("rewrite and indirect do not go together"))
	}
	if s.mode == prefix && s.indirect && embedded {
		problems = append(problems, fmt.Errorf("prefix and indirect do not go together: the node would not see its session"))
	}
	if s.preserve && s.mode != insert && !s.indirect {
		problems = append(problems, fmt.Errorf("preserve needs insert or indirect"))
	}
	return problems
}

// validCookieName tells whether name is a token of RFC 6265, section 4.1.1.
func validCookieName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, c)
	})
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

// toUser makes of the node's response what the user gets. kept tells whether the server is the one
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

// cacheable tells whether a cache may keep the answer, as HAProxy 2.6 was measured to see it: by its
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
