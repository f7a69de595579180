package lab

import "strings"

// cookieNamed is the value of the first cookie of that name in a request's Cookie headers
// (RFC 6265, section 5.4). It does not unquote.
func cookieNamed(headers []string, name string) (value string, ok bool) {
	for _, header := range headers {
		for part := range strings.SplitSeq(header, ";") {
			key, value, found := strings.Cut(strings.Trim(part, " \t"), "=")
			if found && key == name {
				return value, true
			}
		}
	}
	return "", false
}
