package draft

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Escape is text in which no variable is meant, as plans write it: "${" begins one there.
func Escape(s string) string { return strings.ReplaceAll(s, "${", "$${") }

// key is bare where it can be.
func key(s string) string {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool {
		return !(r == '_' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z')
	}) {
		return basic(s)
	}
	return s
}

// text is a string in the quotes that read best: single ones around double ones and backslashes, three on lines
// of their own around lines.
func text(s string) string {
	switch {
	case strings.Contains(strings.TrimSuffix(s, "\n"), "\n") && plain(s, "\n\t") && !strings.Contains(s, "'''") && !strings.HasSuffix(s, "'"):
		return "'''\n" + s + "'''"
	case strings.ContainsAny(s, `"\`):
		return literal(s)
	}
	return basic(s)
}

// literal is a string in single quotes, in which TOML knows no escapes, or else in others.
func literal(s string) string {
	switch {
	case !plain(s, "\t"):
		return basic(s)
	case !strings.Contains(s, "'"):
		return "'" + s + "'"
	case !strings.Contains(s, "'''") && !strings.HasSuffix(s, "'"):
		return "'''" + s + "'''"
	}
	return basic(s)
}

// plain reports whether s holds no control characters, but for those that are allowed, and no broken UTF-8.
func plain(s, allowed string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return control(r) && !strings.ContainsRune(allowed, r) })
}

func control(r rune) bool { return r < ' ' || r == 0x7f }

// basic is a string in double quotes. Broken UTF-8, which TOML has no way to write, becomes U+FFFD.
func basic(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case control(r):
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// printable is a line without what TOML allows in no comment.
func printable(line string) string {
	return strings.Map(func(r rune) rune {
		if control(r) && r != '\t' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(line, "\uFFFD"))
}
