package assert

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// timeLetters are the letters of Java's SimpleDateFormat, as plans moved from JMeter have them, in Go's layout.
var timeLetters = map[string]string{
	"yyyy": "2006", "yy": "06", "MMMM": "January", "MMM": "Jan", "MM": "01", "M": "1", "dd": "02", "d": "2", "DDD": "002",
	"HH": "15", "hh": "03", "h": "3", "mm": "04", "m": "4", "ss": "05", "s": "5", "a": "PM", "EEEE": "Monday", "EEE": "Mon", "E": "Mon",
	"z": "MST", "Z": "-0700", "X": "Z07", "XX": "Z0700", "XXX": "Z07:00",
}

// formatTime writes t by a pattern of letters as in "yyyy-MM-dd'T'HH:mm:ss.SSS", or in seconds ("unix") or
// milliseconds ("unix_ms") since 1970. Letters that mean nothing stand in single quotes.
func formatTime(t time.Time, pattern string) (string, error) {
	switch pattern {
	case "unix":
		return strconv.FormatInt(t.Unix(), 10), nil
	case "unix_ms":
		return strconv.FormatInt(t.UnixMilli(), 10), nil
	}
	var b strings.Builder
	for rest := pattern; rest != ""; {
		c, size := utf8.DecodeRuneInString(rest)
		switch {
		case c == '\'':
			text, after, closed := strings.Cut(rest[1:], "'")
			if !closed {
				return "", fmt.Errorf("invalid time pattern %q: a quote is missing", pattern)
			}
			b.WriteString(text)
			if text == "" || strings.HasPrefix(after, "'") { // two quotes are one
				b.WriteByte('\'')
			}
			rest = after
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
			run := rest[:len(rest)-len(strings.TrimLeft(rest, string(c)))]
			rest = rest[len(run):]
			text, ok := timePart(t, run)
			if !ok {
				return "", fmt.Errorf("invalid time pattern %q: %q means nothing; want letters as in \"yyyy-MM-dd'T'HH:mm:ss.SSS\", \"unix\" or \"unix_ms\"", pattern, run)
			}
			b.WriteString(text)
		default:
			b.WriteString(rest[:size])
			rest = rest[size:]
		}
	}
	return b.String(), nil
}

func timePart(t time.Time, letters string) (string, bool) {
	switch letters {
	case "H":
		return strconv.Itoa(t.Hour()), true
	case "S", "SS", "SSS":
		return fmt.Sprintf("%0*d", len(letters), t.Nanosecond()/1e6), true
	}
	layout, ok := timeLetters[letters]
	return t.Format(layout), ok
}
