package loadgen

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"
)

// cookie is a cookie as RFC 6265bis §5.7 stores it, which is what browsers do: any octets but controls and ";" in
// names and values, dates in any form. net/http's parser takes only what servers ought to send, and dropped sessions
// that browsers keep; so a jar on it was rejected.
type cookie struct {
	name, value  string
	domain, path string // lower case; without the leading dot
	hostOnly     bool
	secure       bool
	end          time.Time // zero for the end of the session
	session      bool      // without an end
}

// What a cookie may have, as in browsers (RFC 6265bis §5.6 and §5.5).
const (
	mostCookie    = 4096 // bytes of name and value
	mostAttribute = 1024
	mostAge       = 400 * 24 * time.Hour
)

// parseCookie reads the value of a Set-Cookie field of a response from t (RFC 6265bis §5.6 and §5.7). Its error says
// why browsers would not keep the cookie, and never shows the value. One that would delete what it may not set is nil.
func parseCookie(t *target, line string, now time.Time) (*cookie, error) {
	pair, attributes, _ := strings.Cut(line, ";")
	name, value, named := strings.Cut(pair, "=")
	if !named {
		name, value = "", pair
	}
	c := &cookie{name: trimBlank(name), value: trimBlank(value), session: true}
	switch {
	case hasControl(line):
		return nil, c.refused("a control character is in it")
	case c.name == "" && c.value == "":
		return nil, errors.New("an empty cookie was not kept")
	case len(c.name)+len(c.value) > mostCookie:
		return nil, c.refused(fmt.Sprintf("it has more than %d bytes", mostCookie))
	}
	said := c.attributes(attributes, now)
	err := c.place(t, said.domain)
	if err == nil {
		err = c.promised(said)
	}
	if err != nil && c.ended(now) { // it deletes nothing, and need not be told
		return nil, nil
	}
	return c, err
}

// said is what attributes say that is not kept.
type said struct {
	domain, sameSite    string // in lower case
	pathed, partitioned bool   // Path was there, Partitioned was
}

// attributes reads what follows the first ";". Of attributes of one name the last one counts; what is unknown or
// makes no sense is passed over.
func (c *cookie) attributes(list string, now time.Time) (a said) {
	dated, aged := time.Time{}, false
	for more := list != ""; more; {
		var item string
		item, list, more = strings.Cut(list, ";")
		name, value, _ := strings.Cut(item, "=")
		if name, value = trimBlank(name), trimBlank(value); len(value) > mostAttribute {
			continue
		}
		switch strings.ToLower(name) {
		case "expires":
			if d, ok := cookieDate(value); ok {
				dated = d
			}
		case "max-age":
			if age, ok := maxAge(value); ok {
				c.end, c.session, aged = now.Add(age), false, true
			}
		case "domain":
			a.domain = strings.ToLower(strings.TrimPrefix(value, "."))
		case "path":
			c.path, a.pathed = value, true
		case "secure":
			c.secure = true
		case "samesite":
			a.sameSite = strings.ToLower(value)
		case "partitioned":
			a.partitioned = true
		}
	}
	if !aged && !dated.IsZero() {
		// On the monotonic clock from here on: a step of the system's clock ends no cookie.
		c.end, c.session = now.Add(min(dated.Sub(now.Round(0)), mostAge)), false
	}
	return a
}

// maxAge reads digits behind an optional "-"; what is 0 or less has ended.
func maxAge(s string) (time.Duration, bool) {
	digits, negative := strings.CutPrefix(s, "-")
	if digits == "" && negative || s == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	seconds, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		seconds = math.MaxInt64 // the latest time that can be represented
	}
	if negative || seconds == 0 {
		return -1, true
	}
	return time.Duration(min(seconds, int64(mostAge/time.Second))) * time.Second, true
}

// place sets where the cookie goes: the host or domain, and the path.
func (c *cookie) place(t *target, domain string) error {
	host := t.origin.Host
	if !strings.HasPrefix(c.path, "/") {
		c.path = defaultPath(t.pathname)
	}
	c.domain, c.hostOnly = host, true
	if c.secure && !t.trustworthy() {
		return c.refused("it is marked Secure and came over http")
	}
	if domain == "" {
		return nil
	}
	ascii, err := asciiHost(bracketed(domain)) // "example.com:80" is none
	switch {
	case ascii == host:
		c.hostOnly = isPublicSuffix(host) || isAddress(host)
		return nil
	case err != nil || !domainMatch(host, ascii):
		return c.refused(fmt.Sprintf("its domain %s is not one that %s may set", short(domain), host))
	case isPublicSuffix(ascii):
		return c.refused(fmt.Sprintf("its domain %s is a public suffix", short(domain)))
	}
	c.domain, c.hostOnly = ascii, false
	return nil
}

// promised refuses what a name or an attribute promises and the cookie does not keep (RFC 6265bis §4.1.3 and §5.7).
func (c *cookie) promised(a said) error {
	promise := strings.ToLower(cmp.Or(c.name, c.value))
	secure, host := strings.HasPrefix(promise, "__secure-"), strings.HasPrefix(promise, "__host-")
	switch {
	case (secure || host) && c.name == "":
		return c.refused("it has no name, and its value begins as names of secure cookies do")
	case (secure || host) && !c.secure:
		return c.refused("its name is for cookies marked Secure")
	case host && (!c.hostOnly || !a.pathed || c.path != "/"):
		return c.refused("its name is for cookies of one host, with Path=/ and without Domain")
	case a.sameSite == "none" && !c.secure:
		return c.refused("SameSite=None is for cookies marked Secure")
	case a.partitioned && !c.secure:
		return c.refused("Partitioned is for cookies marked Secure")
	}
	return nil
}

func (c *cookie) refused(why string) error {
	if c.name == "" {
		return errors.New("a cookie without a name was not kept: " + why)
	}
	return fmt.Errorf("cookie %s was not kept: %s", short(c.name), why)
}

// ended reports whether the cookie has ended by now; setting it so is how cookies are deleted.
func (c *cookie) ended(now time.Time) bool { return !c.session && !c.end.After(now) }

// same reports whether a and b are one cookie, of which the later one takes the earlier one's place.
func (c *cookie) same(b *cookie) bool {
	return c.name == b.name && c.domain == b.domain && c.path == b.path && c.hostOnly == b.hostOnly
}

// goesTo reports whether the cookie is sent to t (RFC 6265bis §5.8.3).
func (c *cookie) goesTo(t *target) bool {
	host := t.origin.Host
	return (c.domain == host || !c.hostOnly && domainMatch(host, c.domain)) &&
		(!c.secure || t.trustworthy()) && pathMatch(t.pathname, c.path)
}

// trustworthy reports whether Secure cookies go to t: over https, and to the machine itself, as in browsers.
func (t *target) trustworthy() bool {
	host := t.origin.Host
	return t.origin.Secure || host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "::1" ||
		strings.HasPrefix(host, "127.") && isAddress(host)
}

// domainMatch is RFC 6265bis §5.1.3.
func domainMatch(host, domain string) bool {
	return host == domain || strings.HasSuffix(host, domain) && host[len(host)-len(domain)-1] == '.' && !isAddress(host)
}

// pathMatch is RFC 6265bis §5.1.4.
func pathMatch(path, prefix string) bool {
	if path == "" {
		path = "/"
	}
	return path == prefix || strings.HasPrefix(path, prefix) && (strings.HasSuffix(prefix, "/") || path[len(prefix)] == '/')
}

func defaultPath(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 && path[0] == '/' {
		return path[:i]
	}
	return "/"
}

func isAddress(host string) bool { _, err := netip.ParseAddr(host); return err == nil }

// isPublicSuffix reports whether anybody may register names below domain: com, co.uk.
func isPublicSuffix(domain string) bool {
	suffix, _ := publicsuffix.PublicSuffix(domain)
	return suffix == domain
}

func trimBlank(s string) string { return strings.Trim(s, " \t") }

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// short is what a server sent, quoted, short enough for a message.
func short(s string) string {
	const most = 60
	if len(s) > most {
		return strconv.Quote(s[:most] + "…")
	}
	return strconv.Quote(s)
}

// cookieDate reads a date as browsers do (RFC 6265bis §5.1.1): day, month, year and time in any order, whatever
// stands between them.
func cookieDate(s string) (time.Time, bool) {
	var hour, minute, second, day, month, year int
	var timed, dayed, monthed, yeared bool
	for _, token := range strings.FieldsFunc(s, isDateDelimiter) {
		switch {
		case !timed && clockTime(token, &hour, &minute, &second):
			timed = true
		case !dayed && leadingDigits(token, 1, 2, &day):
			dayed = true
		case !monthed && monthName(token, &month):
			monthed = true
		case !yeared && leadingDigits(token, 2, 4, &year):
			yeared = true
		}
	}
	switch {
	case year >= 70 && year <= 99:
		year += 1900
	case year >= 0 && year <= 69:
		year += 2000
	}
	if !timed || !dayed || !monthed || !yeared || year < 1601 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	date := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	return date, date.Day() == day // there is no 30 February
}

func isDateDelimiter(r rune) bool {
	return r == '\t' || ' ' <= r && r <= '/' || ';' <= r && r <= '@' || '[' <= r && r <= '`' || '{' <= r && r <= '~'
}

// clockTime reads h:m:s, each of one or two digits; what follows another character plays no part.
func clockTime(s string, hour, minute, second *int) bool {
	parts := strings.SplitN(s, ":", 3)
	return len(parts) == 3 && allDigits(parts[0]) && allDigits(parts[1]) &&
		leadingDigits(parts[0], 1, 2, hour) && leadingDigits(parts[1], 1, 2, minute) && leadingDigits(parts[2], 1, 2, second)
}

// leadingDigits reads the digits at the start of s, at least and at most so many.
func leadingDigits(s string, least, most int, value *int) bool {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	if n < least || n > most {
		return false
	}
	*value, _ = strconv.Atoi(s[:n])
	return true
}

func allDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

func monthName(s string, month *int) bool {
	const names = "janfebmaraprmayjunjulaugsepoctnovdec"
	if len(s) < 3 {
		return false
	}
	i := strings.Index(names, strings.ToLower(s[:3]))
	if i < 0 || i%3 != 0 {
		return false
	}
	*month = i/3 + 1
	return true
}

// byPath is the order in which cookies are sent: longer paths first (RFC 6265bis §5.8.3), in the order of their
// creation otherwise.
func byPath(cookies []*cookie) {
	slices.SortStableFunc(cookies, func(a, b *cookie) int { return cmp.Compare(len(b.path), len(a.path)) })
}
