package probe

import (
	"fmt"
	"slices"
	"strings"
)

// judgeCookies says what each cookie is like, and what is wrong with it.
func (r *reporter) judgeCookies() {
	for _, name := range r.cookieNames() {
		c := r.view.cookie(name)
		r.kind(&c)
		r.faults(&c)
		if name == r.Sticky.Name {
			r.secrets(&c)
		}
	}
}

// kind says what the cookie is, with the three tests that show it.
func (r *reporter) kind(c *cookieFacts) {
	t := r.trials(PhaseCookie, c.name)
	f := Finding{About: "cookie", Evidence: fmt.Sprintf("%s; %s", c.values, c.reissue())}
	if t.n > 0 && c.name != r.Sticky.Name { // whose trials are said with what sticks
		f.Evidence += fmt.Sprintf("; alone it came home %d of %d times", t.hits, t.n)
	}
	if fresh := r.trials(PhaseFresh, c.name); fresh.n > 0 {
		f.Evidence += fmt.Sprintf("; values that were never sent came home %d of %d times", fresh.hits, fresh.n)
	}
	if forged := r.forged(c.name); forged.keys > 0 {
		f.Evidence += "; invented values " + map[bool]string{true: "keep to a node each", false: "do not keep to a node"}[forged.steady]
	}
	f.What = c.name + " does not pin"
	switch {
	case t.n == 0 && !r.told():
		f.What = c.name + " was not tried: all came to one node"
	case t.n == 0:
		f.What = c.name + " was not tried"
	case t.all():
		f.What = c.name + ": " + r.kindOf(c)
	case productOf(c.name, c.example) != "" && !sessionCookies().MatchString(c.name):
		f.What += ", though its name is that of " + productOf(c.name, c.example)
		f.Severity = Warning
		if c.values == cookieConstant || c.values == cookieUnique {
			f.Evidence += "; perhaps something else sets a cookie of this name"
		}
	case c.application:
		f.What += "; it is the application's session"
	}
	r.find(f)
}

// kindOf words the mode of a cookie that pins.
func (r *reporter) kindOf(c *cookieFacts) string {
	mode, _ := r.mode(c)
	words := map[string]string{
		"insert":  "the balancer inserts it (insert)",
		"prefix":  "the balancer puts the node in front of the application's value (prefix)",
		"rewrite": "the balancer replaces the application's value (rewrite)",
		"suffix":  "the node is behind the application's value (as jvmRoute)",
		"hash":    "the balancer takes a hash of it",
		"table":   "the balancer looks it up in a table, or it holds the node encrypted",
		"unknown": "by a hash of it, or by a table",
	}[mode]
	if product := productOf(c.name, c.example); product != "" {
		words += ", as " + product + " does"
	}
	return words
}

// faults are what a browser, a cache or a clock makes of the cookie.
func (r *reporter) faults(c *cookieFacts) {
	if len(c.lines) == 0 {
		return
	}
	line, https := c.lines[0], strings.HasPrefix(r.record.URL, "https:")
	fault := func(severity Severity, what, evidence string) {
		r.find(Finding{About: "cookie", Severity: severity, What: c.name + ": " + what, Evidence: evidence})
	}
	if c.refused != "" {
		fault(Severe, "browsers do not keep it", c.refused)
	}
	if https && !line.Secure {
		fault(Warning, "not marked Secure", "Set-Cookie: "+c.name+"=…; "+line.attributes)
	}
	if !line.HTTPOnly {
		fault(Info, "not marked HttpOnly: scripts can read it", "Set-Cookie: "+c.name+"=…; "+line.attributes)
	}
	if line.Path != "" && line.Path != "/" {
		fault(Warning, "it goes back only below "+line.Path, "Path="+line.Path)
	}
	if line.shortYear {
		fault(Warning, "Expires has a year of two digits, which some clients ignore", line.attributes)
	}
	if c.twice {
		fault(Warning, "set twice by one response: browsers keep the last", "two Set-Cookie lines of that name")
	}
	if line.HasMaxAge || !line.Expires.IsZero() {
		fault(Info, "it outlives the browser's session", line.attributes)
	}
	if n := r.cacheable(c.name); n > 0 {
		fault(Warning, "set on responses that a cache may keep: all its clients would get one value", fmt.Sprintf("%s without Cache-Control: private or no-store", plural(n, "response")))
	}
}

// cacheable counts the responses that set the cookie and may be kept by a shared cache: those with a
// lifetime of their own (RFC 9111, section 3), and no word that forbids it.
func (r *reporter) cacheable(name string) (n int) {
	for _, e := range r.exchanges {
		if _, ok := e.issued(name); !ok {
			continue
		}
		control := strings.ToLower(strings.Join(e.field("Cache-Control"), ","))
		forbidden := strings.Contains(control, "private") || strings.Contains(control, "no-store") || strings.Contains(control, "no-cache")
		lasting := strings.Contains(control, "max-age=") || strings.Contains(control, "public") || len(e.field("Expires")) > 0
		if lasting && !forbidden {
			n++
		}
	}
	return n
}

// secrets are what the pinning cookie gives away.
func (r *reporter) secrets(c *cookieFacts) {
	values := []string{c.example}
	if c.separator != "" {
		values = append(values, strings.Split(c.example, c.separator)...)
	}
	for _, value := range values {
		if a, ok := decodeAddress(value); ok {
			r.find(Finding{About: "cookie", Severity: Warning, What: c.name + " gives away a node's address", Evidence: masked(a)})
			break
		}
	}
	if slices.Contains([]string{"insert", "prefix", "rewrite", "suffix"}, r.Sticky.Mode) {
		r.find(Finding{About: "cookie", What: "a client can choose its node by the value of " + c.name, Evidence: "values of other sessions are taken"})
	}
}
