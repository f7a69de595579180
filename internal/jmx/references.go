package jmx

import "strings"

// The bounds of what references add: converters write one for a list of headers, and nothing may grow without end.
const (
	mostReferred = 1000      // elements below the target of one
	mostResolved = 1_000_000 // elements below the targets of all
)

// resolve replaces the elements that say reference="../../a[2]/b", as XStream writes an object that it has written
// before, by what they refer to. A target that refers itself is left alone, so that none can contain itself.
func resolve(root *markup) {
	budget := mostResolved
	var walk func(m *markup, above []*markup)
	walk = func(m *markup, above []*markup) {
		if path := m.attr("reference"); path != "" && len(m.children) == 0 {
			if target := referred(m, above, path); target != nil {
				n := plainSize(target)
				if budget -= n; n <= mostReferred && budget >= 0 {
					m.text, m.children = target.text, target.children
				}
			}
			return
		}
		for _, child := range m.children {
			walk(child, append(above, m))
		}
	}
	walk(root, nil)
}

// referred is the element at a path that begins at m, below the elements above it; nil for none.
func referred(m *markup, above []*markup, path string) *markup {
	for _, part := range strings.Split(path, "/") {
		if part == ".." {
			if len(above) == 0 {
				return nil
			}
			m, above = above[len(above)-1], above[:len(above)-1]
			continue
		}
		child := m.child(part)
		if child == nil {
			return nil
		}
		m, above = child, append(above[:len(above):len(above)], m)
	}
	return m
}

// child is the one that a part of a path names: "tag", or "tag[2]" for the second of the tag.
func (m *markup) child(part string) *markup {
	tag, index, _ := strings.Cut(strings.TrimSuffix(part, "]"), "[")
	n, ok := parseWhole(index)
	if !ok {
		n = 1
	}
	for _, child := range m.children {
		if child.tag == tag {
			if n--; n == 0 {
				return child
			}
		}
	}
	return nil
}

// plainSize is how many elements m holds, with itself; more than mostReferred where it holds a reference.
func plainSize(m *markup) int {
	n := 1
	if m.attr("reference") != "" {
		return mostReferred + 1
	}
	for _, child := range m.children {
		if n += plainSize(child); n > mostReferred {
			break
		}
	}
	return n
}
