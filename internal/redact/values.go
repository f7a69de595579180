package redact

import (
	"net/url"
	"regexp"
	"strings"
)

// Values are values that are nobody's business, such as those of the environment. The zero value has none.
type Values struct{ any *regexp.Regexp }

// leastPart is the length, in bytes, from which a value is found within other words, too: shorter ones stand there by
// chance.
const leastPart = 4

// NewValues are those values, whether written as they are or as a URL has them.
func NewValues(values []string) Values {
	var all []string
	for _, value := range values {
		for _, form := range []string{value, url.QueryEscape(value), url.PathEscape(value)} {
			if form != "" {
				all = append(all, pattern(form))
			}
		}
	}
	if len(all) == 0 {
		return Values{}
	}
	return Values{regexp.MustCompile("(?i)" + strings.Join(all, "|"))}
}

// pattern matches a value, a short one only where it stands alone.
func pattern(value string) string {
	p := regexp.QuoteMeta(value)
	if len(value) >= leastPart {
		return p
	}
	if word(value[0]) {
		p = `\b` + p
	}
	if word(value[len(value)-1]) {
		p += `\b`
	}
	return p
}

// word reports whether b is one of those between which regular expressions see no end of a word.
func word(b byte) bool {
	return b == '_' || '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}

// In reports whether one of the values stands in s, in any case of letters.
func (v Values) In(s string) bool { return v.any != nil && v.any.MatchString(s) }

// Hide is s with a mask in place of the values.
func (v Values) Hide(s string) string {
	if v.any == nil {
		return s
	}
	return v.any.ReplaceAllLiteralString(s, Mask)
}
