package sequence

import (
	"fmt"
	"slices"
	"strings"
)

// shownLength is how many characters of a cookie's value are shown.
const shownLength = 6

// A credentials shortens cookie values and remembers them: the same value is always shown alike, and two
// that begin alike are told apart by a number behind the second.
//
//	s1                            s1          as long as shownLength at most, or a node's name
//	s%3AkJ3dF9aQz….vQ2…           kJ3dF9…     the id of a signed session (express-session)
//	s1~s%3AkJ3dF9aQz….vQ2…        s1~kJ3dF9…  behind a node's name (HAProxy's prefix, maxidle, maxlife)
//	eyJhbGci… and eyJhbGjx…       eyJhbG… and eyJhbG…(2)
type credentials struct {
	nodes []string          // names that are no secret
	shown map[string]string // of a value, without what is around it
	count map[string]int    // of values by what is shown of them
}

func newCredentials(nodes []string) *credentials {
	return &credentials{nodes: nodes, shown: map[string]string{}, count: map[string]int{}}
}

// short is what is shown of a cookie's value.
func (c *credentials) short(value string) string {
	value = strings.Trim(value, `"`)
	if i := strings.IndexAny(value, "~|"); i >= 0 && slices.Contains(c.nodes, value[:i]) {
		return value[:i+1] + c.short(value[i+1:])
	}
	id := sessionID(value)
	if len(id) <= shownLength || slices.Contains(c.nodes, id) {
		return id
	}
	if s, ok := c.shown[id]; ok {
		return s
	}
	s := id[:shownLength] + "…"
	c.count[s]++
	if n := c.count[s]; n > 1 {
		s += fmt.Sprintf("(%d)", n)
	}
	c.shown[id] = s
	return s
}

// sessionID is the id in a signed value of express-session, and any other value itself.
func sessionID(value string) string {
	for _, signed := range []string{"s%3A", "s%3a", "s:"} {
		if rest, ok := strings.CutPrefix(value, signed); ok {
			id, _, _ := strings.Cut(rest, ".")
			return id
		}
	}
	return value
}

// redact shortens the values that were shown before wherever they stand in a text, the longest first: one
// may be part of another.
func (c *credentials) redact(text string) string {
	ids := make([]string, 0, len(c.shown))
	for id := range c.shown {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	for _, id := range ids {
		text = strings.ReplaceAll(text, id, c.shown[id])
	}
	return text
}

// longestValue is the longest value of a parameter that a path shows in full: ids in URLs are longer.
const longestValue = 15

// path is a request's path with the values of long parameters shortened: they may be session ids too
// (";jsessionid=…", "?token=…").
func (c *credentials) path(path string) string {
	var b strings.Builder
	for path != "" {
		i := strings.IndexAny(path, ";?&") + 1
		if i == 0 {
			i = len(path)
		}
		parameter, sign := path[:i], ""
		if strings.ContainsAny(parameter[i-1:], ";?&") {
			parameter, sign = path[:i-1], path[i-1:i]
		}
		name, value, ok := strings.Cut(parameter, "=")
		if ok && len(value) > longestValue {
			parameter = name + "=" + c.short(value)
		}
		b.WriteString(parameter + sign)
		path = path[i:]
	}
	return b.String()
}
