package plans

import (
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// positions knows where the keys and values of a TOML document stand, by their paths: "lab.node[1].tag".
type positions struct {
	source string
	lines  []int // offsets at which they begin
	places map[string]place
	// tooDeep is where values or keys are nested deeper than deepest, -1 if nowhere.
	tooDeep int
}

// place is where one key and its value stand, as offsets into the source. The elements of an array have
// no key of their own: there both are the value's.
type place struct {
	key, value int
	text       text // of a value that is a string
}

// childPath is the path of a key in the table at path. A key that is not a bare one is quoted.
func childPath(path, key string) string {
	key = bareOrQuoted(key)
	if path == "" {
		return key
	}
	return path + "." + key
}

// bareOrQuoted is a key as it stands in TOML.
func bareOrQuoted(key string) string {
	if key == "" || strings.ContainsFunc(key, func(r rune) bool { return !bareKey(r) }) {
		return strconv.Quote(key)
	}
	return key
}

func bareKey(r rune) bool {
	return r == '_' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// elementPath is the path of an element of the array at path.
func elementPath(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// lineColumn is the offset as a line and a column, both from 1, the column in characters.
func (p *positions) lineColumn(offset int) (line, column int) {
	offset = min(offset, len(p.source))
	line = sort.SearchInts(p.lines, offset+1)
	return line, 1 + utf8.RuneCountInString(p.source[p.lines[line-1]:offset])
}

// keyOf is the path of the key whose value stands at an offset, "" if there is none.
func (p *positions) keyOf(value int) string {
	for path, at := range p.places {
		if at.value == value && at.key < value {
			return path
		}
	}
	return ""
}

// lineStarts are the offsets at which lines begin.
func lineStarts(source string) []int {
	starts := []int{0}
	for i := range len(source) {
		if source[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// deepest is how deep values and keys may be nested. The decoder's time grows with the square of it.
const deepest = 100

// scan finds the places in a TOML document. In one that is not TOML it finds those before the first
// error, and perhaps wrong ones behind it.
func scan(source string) *positions {
	s := &scanner{source: source, places: map[string]place{}, length: map[string]int{}, tooDeep: -1}
	table := ""
	for s.blank(); s.at < len(source); s.blank() {
		from := s.at
		if source[s.at] == '[' {
			table = s.header()
		} else {
			s.pair(table)
		}
		if s.at == from {
			break
		}
	}
	return &positions{source: source, lines: lineStarts(source), places: s.places, tooDeep: s.tooDeep}
}

// scanner reads TOML for its places only (https://toml.io/en/v1.0.0, and 1.1's inline tables of
// several lines).
type scanner struct {
	source string
	at     int
	places map[string]place
	length map[string]int // of the arrays of tables, so far

	depth, tooDeep int
}

// deeper notes a level of nesting and reports whether there may be one more; if not, the scan ends.
func (s *scanner) deeper(levels int) bool {
	s.depth += levels
	if s.depth <= deepest {
		return true
	}
	if s.tooDeep < 0 {
		s.tooDeep = s.at
	}
	s.at = len(s.source)
	return false
}

// blank skips white space, line ends and comments.
func (s *scanner) blank() {
	for s.at < len(s.source) {
		switch s.source[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		case '#':
			s.skipTo("\n")
		default:
			return
		}
	}
}

func (s *scanner) skipTo(chars string) {
	if i := strings.IndexAny(s.source[s.at:], chars); i >= 0 {
		s.at += i
	} else {
		s.at = len(s.source)
	}
}

func (s *scanner) space() { s.skipWhile(" \t") }

func (s *scanner) skipWhile(chars string) {
	for s.at < len(s.source) && strings.IndexByte(chars, s.source[s.at]) >= 0 {
		s.at++
	}
}

// accept skips what comes next if it is that.
func (s *scanner) accept(next string) bool {
	ok := strings.HasPrefix(s.source[s.at:], next)
	if ok {
		s.at += len(next)
	}
	return ok
}

// header reads [table] or [[table]] and returns the path of the table that the next pairs are in.
func (s *scanner) header() string {
	array := s.accept("[[")
	if !array {
		s.accept("[")
	}
	path := ""
	names := s.key()
	for i, n := range names {
		path = childPath(path, n.name)
		s.found(path, n.at)
		if last := i == len(names)-1; last && array {
			s.length[path]++
		}
		if length := s.length[path]; length > 0 {
			path = elementPath(path, length-1)
			s.found(path, n.at)
		}
	}
	s.skipTo("\n")
	return path
}

// found notes a key where it is first seen.
func (s *scanner) found(path string, at int) {
	if _, ok := s.places[path]; !ok {
		s.places[path] = place{key: at, value: at}
	}
}

// keyName is one part of a dotted key.
type keyName struct {
	name string
	at   int
}

func (s *scanner) key() []keyName {
	var names []keyName
	for {
		s.space()
		n := keyName{at: s.at}
		if s.at < len(s.source) && (s.source[s.at] == '"' || s.source[s.at] == '\'') {
			n.name = s.text().String()
		} else {
			s.skipTo(" \t\r\n.=]\"'#")
			n.name = s.source[n.at:s.at]
		}
		names = append(names, n)
		s.space()
		if !s.accept(".") {
			return names
		}
		if len(names) > deepest {
			s.deeper(len(names))
			return names
		}
	}
}

// pair reads key = value in the table at path.
func (s *scanner) pair(path string) {
	for _, n := range s.key() {
		path = childPath(path, n.name)
		s.found(path, n.at)
	}
	s.space()
	if s.accept("=") {
		s.space()
		s.value(path)
	}
}

func (s *scanner) value(path string) {
	if s.at == len(s.source) {
		return
	}
	s.found(path, s.at)
	p := s.places[path]
	p.value = s.at
	switch s.source[s.at] {
	case '"', '\'':
		p.text = s.text()
	case '[':
		s.array(path)
	case '{':
		s.inlineTable(path)
	default:
		s.skipTo(",]}#\r\n")
	}
	s.places[path] = p
}

func (s *scanner) array(path string) {
	s.list("]", func(i int) { s.value(elementPath(path, i)) })
}

func (s *scanner) inlineTable(path string) {
	s.list("}", func(int) { s.pair(path) })
}

// list reads elements with commas between them, behind one opening bracket, up to end.
func (s *scanner) list(end string, element func(i int)) {
	if !s.deeper(1) {
		return
	}
	defer func() { s.depth-- }()
	s.at++
	for i := 0; ; i++ {
		s.blank()
		from := s.at
		if s.accept(end) {
			return
		}
		element(i)
		s.blank()
		s.accept(",")
		if s.at == from {
			return
		}
	}
}

// sorted are the keys of a map, in the order of the alphabet.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
