package probe

import (
	"math"
	"slices"
	"strings"
)

// cookieValues is how a cookie's values go with nodes and sessions.
type cookieValues string

const (
	cookiePerNode  cookieValues = "one value for each node"
	cookiePart     cookieValues = "a part of the value for each node"
	cookieUnique   cookieValues = "a value of its own for each session"
	cookieConstant cookieValues = "the same value everywhere"
	cookieUnclear  cookieValues = "values without a pattern"
)

// cookieFacts is what the responses say of a cookie.
type cookieFacts struct {
	name    string
	example string
	lines   []setCookie // in the order of their coming
	values  cookieValues
	// separator is what parts the node from the rest of a cookiePart, and behind tells that the node is
	// behind it.
	separator string
	behind    bool
	// application reports whether the application's session goes by it.
	application bool
	// again are the responses of a session that set it once more, out of sent that had it already; renewed
	// are those of them with another value.
	sent, again, renewed int
	twice                bool   // a response had two lines for it
	refused              string // why browsers do not keep it; "" if they do
}

// cookieNames are the cookies that were set, those first that are likely to make sessions stick.
func (v *view) cookieNames() []string {
	seen := map[string]string{}
	for _, e := range v.of(PhaseOrder, PhaseConnections, PhaseSessions) {
		for _, c := range e.setCookies() {
			seen[c.Name] = c.Value
		}
	}
	likely := func(name string) int {
		switch {
		case notSticky().MatchString(name):
			return 3
		case productOf(name, seen[name]) != "":
			return 0
		case sessionCookies().MatchString(name):
			return 2
		}
		return 1
	}
	names := sortedKeys(seen)
	slices.SortStableFunc(names, func(a, b string) int { return likely(a) - likely(b) })
	return names[:min(len(names), mostCookies)]
}

// cookie is what is known of the cookie of that name.
func (v *view) cookie(name string) cookieFacts {
	c := cookieFacts{name: name}
	https := strings.HasPrefix(v.record.URL, "https:")
	var nodes, values []string
	for _, e := range v.of(PhaseOrder, PhaseConnections, PhaseSessions) {
		own := slices.DeleteFunc(e.setCookies(), func(s setCookie) bool { return s.Name != name })
		if len(own) == 0 {
			continue
		}
		last := own[len(own)-1]
		c.lines, c.twice = append(c.lines, own...), c.twice || len(own) > 1
		c.example, c.refused = last.Value, last.refusal(hostOf(v.record.URL), https)
		if node := v.node(e); node != "" && e.Phase != PhaseSessions {
			nodes, values = append(nodes, node), append(values, last.Value)
		}
	}
	c.classify(nodes, values)
	c.watch(v.of(PhaseSessions))
	c.application = v.carries(name) || c.values != cookiePerNode && sessionCookies().MatchString(name)
	return c
}

// classify finds how values go with nodes.
func (c *cookieFacts) classify(nodes, values []string) {
	n, distinct := len(values), len(shares(values))
	part := func(cut func(string) string) bool {
		parts := make([]string, n)
		for i, value := range values {
			parts[i] = cut(value)
		}
		return n > 0 && len(shares(nodes)) > 1 && oneToOne(nodes, parts)
	}
	switch {
	case part(func(s string) string { return s }):
		c.values = cookiePerNode
		return
	case distinct == 1:
		c.values = cookieConstant
		return
	}
	for _, sign := range []string{"~", "|"} {
		if part(func(s string) string { before, _, _ := strings.Cut(s, sign); return before }) {
			c.values, c.separator = cookiePart, sign
			return
		}
	}
	for _, sign := range []string{".", "!", ":"} {
		if part(func(s string) string { return s[strings.LastIndex(s, sign)+1:] }) {
			c.values, c.separator, c.behind = cookiePart, sign, true
			return
		}
	}
	c.values = cookieUnclear
	if n > 0 && distinct*10 >= n*9 {
		c.values = cookieUnique
	}
}

// oneToOne reports whether each of a goes with one of b and the other way round.
func oneToOne(a, b []string) bool {
	there, back := map[string]string{}, map[string]string{}
	for i := range a {
		if known, ok := there[a[i]]; ok && known != b[i] {
			return false
		}
		if known, ok := back[b[i]]; ok && known != a[i] {
			return false
		}
		there[a[i]], back[b[i]] = b[i], a[i]
	}
	return true
}

// watch counts how the cookie is set again in sessions.
func (c *cookieFacts) watch(sessions []*Exchange) {
	for _, e := range sessions {
		sent, ok := e.sent(c.name)
		if !ok || e.failed() {
			continue
		}
		c.sent++
		if value, set := e.issued(c.name); set {
			c.again++
			if value != sent {
				c.renewed++
			}
		}
	}
}

// reissue words how the cookie is set again.
func (c *cookieFacts) reissue() string {
	switch {
	case c.sent == 0:
		return "never sent back"
	case c.again == 0:
		return "set once"
	case c.again < c.sent:
		return "set again now and then"
	case c.renewed == 0:
		return "set by every response, the same value"
	}
	return "set by every response, a new value"
}

// swap gives the cookies that take a session to the node of other, a value of the same cookie.
func (c *cookieFacts) swap(cookies []Pair, other string) []Pair {
	cookies = slices.Clone(cookies)
	for i, own := range cookies {
		if own.Name != c.name {
			continue
		}
		switch {
		case c.values != cookiePart || c.separator == "|": // what follows a bar are dates
			cookies[i].Value = other
		case c.behind:
			node := other[strings.LastIndex(other, c.separator)+1:]
			cookies[i].Value = own.Value[:strings.LastIndex(own.Value, c.separator)+1] + node
		default:
			node, _, _ := strings.Cut(other, c.separator)
			_, rest, _ := strings.Cut(own.Value, c.separator)
			cookies[i].Value = node + c.separator + rest
		}
	}
	return cookies
}

// forged reports whether invented values of the cookie keep to a node each. The chance is that of decisions
// that are placed as those without a cookie are.
func (v *view) forged(name string) consistency {
	c := consistent(v, v.of(PhaseForged), func(e *Exchange) string {
		value, _ := e.sent(name)
		if e.Trial != name {
			return ""
		}
		return value
	})
	pure := 0.0
	for _, node := range sortedKeys(v.shares) {
		pure += math.Pow(v.shares[node], forgedTimes)
	}
	c.chance = math.Pow(pure, float64(c.keys))
	return c
}

// pin is the cookie that makes sessions stick: the likeliest of those that pin alone.
func (v *view) pin() string {
	best := ""
	for _, name := range v.cookieNames() {
		if !v.trials(PhaseCookie, name).all() || v.leaves(name) {
			continue
		}
		c := v.cookie(name)
		if c.values == cookiePerNode || c.values == cookiePart {
			return name
		}
		if best == "" {
			best = name
		}
	}
	return best
}

// leaves reports whether sessions move although they have the same cookie of that name: trials of it that all
// came home did so by chance.
func (v *view) leaves(name string) bool {
	moved, n := 0, 0
	for _, p := range v.pairs() {
		before, had := p[0].sent(name)
		value, has := p[1].sent(name)
		a, b := v.node(p[0]), v.node(p[1])
		if had && has && value == before && a != "" && b != "" {
			n++
			if a != b {
				moved++
			}
		}
	}
	return binomialTail(moved, n, stray) < sure
}
