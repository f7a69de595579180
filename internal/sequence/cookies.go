package sequence

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// A pair is one cookie of a Cookie field.
type pair struct{ name, value string }

// pairs reads a Cookie field (RFC 6265 §4.2).
func pairs(field string) (all []pair) {
	for part := range strings.SplitSeq(field, ";") {
		if name, value, ok := strings.Cut(strings.TrimSpace(part), "="); ok {
			all = append(all, pair{name, value})
		}
	}
	return all
}

func find(all []pair, name string) (value string, ok bool) {
	i := slices.IndexFunc(all, func(p pair) bool { return p.name == name })
	if i < 0 {
		return "", false
	}
	return all[i].value, true
}

// A setting is one Set-Cookie line.
type setting struct {
	pair
	deletes bool
	path    string // "" if the line says none
}

// settings reads Set-Cookie lines (RFC 6265 §5.2); one that cannot be read keeps its name.
func settings(lines []string, now time.Time) []setting {
	all := make([]setting, len(lines))
	for i, line := range lines {
		first, _, _ := strings.Cut(line, ";")
		name, value, _ := strings.Cut(first, "=")
		all[i].pair = pair{strings.TrimSpace(name), strings.TrimSpace(value)}
		if c, err := http.ParseSetCookie(line); err == nil {
			ended := c.MaxAge == 0 && !c.Expires.IsZero() && !c.Expires.After(now)
			all[i].deletes, all[i].path = c.MaxAge < 0 || ended, c.Path
		}
	}
	return all
}

func findSetting(all []setting, name string) (setting, bool) {
	i := slices.IndexFunc(all, func(s setting) bool { return s.name == name })
	if i < 0 {
		return setting{}, false
	}
	return all[i], true
}

// cookieLine is a Cookie field as shown; none if it is empty.
func (c *credentials) cookieLine(all []pair) []string {
	if len(all) == 0 {
		return nil
	}
	shown := make([]string, len(all))
	for i, p := range all {
		shown[i] = c.cookie(p)
	}
	return []string{"Cookie " + strings.Join(shown, "; ")}
}

func (c *credentials) cookie(p pair) string { return p.name + "=" + c.short(p.value) }

// setLine is a Set-Cookie line as shown, with verb for who set it.
func (c *credentials) setLine(verb string, s setting) string {
	if s.deletes {
		return verb + " " + s.name + ", expired"
	}
	return verb + " " + c.cookie(s.pair)
}

// forwarded is the Cookie field as a node received it, and what the balancer did to the one that was sent.
func (c *credentials) forwarded(sent, received []pair) []string {
	lines := c.cookieLine(received)
	for _, p := range received {
		before, ok := find(sent, p.name)
		switch {
		case !ok:
			lines = append(lines, "added "+p.name)
		case before == p.value:
		case c.mark(before, p.value) != "":
			lines = append(lines, "stripped "+c.mark(before, p.value)+" from "+p.name)
		default:
			lines = append(lines, "rewrote "+c.cookie(p)+", was "+c.short(before))
		}
	}
	for _, p := range sent {
		if _, ok := find(received, p.name); !ok {
			lines = append(lines, "removed "+c.cookie(p))
		}
	}
	return lines
}

// mark is what stands in front of value in marked, if that is a node's name and a sign, such as "s1~".
func (c *credentials) mark(marked, value string) string {
	mark, ok := strings.CutSuffix(marked, value)
	if !ok || mark == "" || !slices.Contains(c.nodes, mark[:len(mark)-1]) {
		return ""
	}
	return mark
}

// returned is the cookies that the browser got, with what the balancer made of those that the node set.
func (c *credentials) returned(fromNode, toBrowser []setting) (lines []string) {
	for _, s := range toBrowser {
		own, ok := findSetting(fromNode, s.name)
		switch {
		case !ok:
			lines = append(lines, c.setLine("inserted", s))
		case own.value == s.value:
			lines = append(lines, c.setLine("Set-Cookie", s))
		case c.mark(s.value, own.value) != "":
			lines = append(lines, c.setLine("prefixed", s))
		default:
			lines = append(lines, c.setLine("rewrote", s)+", was "+c.short(own.value))
		}
	}
	for _, s := range fromNode {
		if _, ok := findSetting(toBrowser, s.name); !ok {
			lines = append(lines, c.setLine("removed", s))
		}
	}
	return lines
}

// set is the Set-Cookie lines of a response, one a line.
func (c *credentials) set(all []setting) (lines []string) {
	for _, s := range all {
		lines = append(lines, c.setLine("Set-Cookie", s))
	}
	return lines
}

// kept is what the browser's jar made of the cookies that came: which it sends next, in place of which.
func (c *credentials) kept(sent []pair, came []setting, held []pair) (lines []string) {
	var keeps []string
	for i, s := range came {
		if later, _ := findSetting(came[i+1:], s.name); later.name != "" {
			continue // the last line of a name counts
		}
		before, had := find(sent, s.name)
		now, has := find(held, s.name)
		switch {
		case has && now == s.value && had && before != now:
			lines = append(lines, "replaced "+s.name+"="+c.short(before)+" by "+c.short(now))
		case has && now == s.value:
			keeps = append(keeps, c.cookie(s.pair))
		case s.deletes && had && !has:
			lines = append(lines, "deleted "+s.name)
		case s.deletes:
		case s.path != "":
			lines = append(lines, "does not send "+s.name+" here (Path="+s.path+")")
		default:
			lines = append(lines, "refused "+s.name)
		}
	}
	if len(keeps) > 0 {
		lines = append(lines, "keeps "+strings.Join(keeps, "; "))
	}
	return lines
}
