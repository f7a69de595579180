package assert

import "strings"

// Conjuncts are the parts of an expectation that all must hold: source, cut at its outermost && and and. One that cannot
// be cut there is its own only part.
func Conjuncts(source string) []string {
	var parts []string
	rest, depth, quote, begin := source, 0, byte(0), 0
	for i := 0; i < len(source); i++ {
		rest = source[i:]
		switch c := source[i]; {
		case quote != 0:
			if c == '\\' && quote != '`' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case strings.IndexByte("([{", c) >= 0:
			depth++
		case strings.IndexByte(")]}", c) >= 0:
			depth--
		case depth == 0 && strings.HasPrefix(rest, "&&"), depth == 0 && strings.HasPrefix(rest, " and "):
			parts = append(parts, strings.TrimSpace(source[begin:i]))
			i += strings.IndexAny(rest[1:], "& ") + 1
			begin = i + 1
		case depth == 0 && (strings.HasPrefix(rest, "||") || strings.HasPrefix(rest, " or ") || strings.HasPrefix(rest, "?") || strings.HasPrefix(rest, ";")):
			return []string{source} // these bind less than and
		}
	}
	return append(parts, strings.TrimSpace(source[begin:]))
}
