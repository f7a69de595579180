package jtl

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// orNothing is nil for null without quotes and for the empty text.
func orNothing(text []byte, quoted bool) []byte {
	if len(text) == 0 || !quoted && string(text) == "null" {
		return nil
	}
	return text
}

// parseMillis reads an elapsed time. JMeter writes negative ones if the clock was set back.
func parseMillis(text []byte) (time.Duration, error) {
	n, err := parseInt(text)
	if err != nil {
		return 0, fmt.Errorf("%w of milliseconds", err)
	}
	const most = math.MaxInt64 / int64(time.Millisecond)
	if n > most || n < -most {
		return 0, fmt.Errorf("%q is out of range", text)
	}
	return time.Duration(n) * time.Millisecond, nil
}

// optionalMillis is parseMillis for a column that some tools leave empty.
func optionalMillis(text []byte) (time.Duration, error) {
	if orNothing(text, false) == nil {
		return 0, nil
	}
	return parseMillis(text)
}

// parseAmount reads a whole number from 0 to most; one that is missing is 0.
func parseAmount(text []byte, most int64) (int64, error) {
	if orNothing(text, false) == nil {
		return 0, nil
	}
	n, err := parseInt(text)
	if err == nil && (n < 0 || n > most) {
		err = fmt.Errorf("%q is out of range", text)
	}
	return n, err
}

// parseCount reads a number that is an int in JMeter.
func parseCount(text []byte) (int, error) {
	n, err := parseAmount(text, math.MaxInt32)
	return int(n), err
}

// parseSuccess reads true or false, which JMeter writes in lower case.
func parseSuccess(text []byte) (int8, error) {
	switch {
	case string(text) == "true", bytes.EqualFold(text, []byte("true")):
		return 1, nil
	case bytes.EqualFold(text, []byte("false")):
		return -1, nil
	}
	return 0, fmt.Errorf("%s is neither true nor false: look whether the columns of this line are shifted", excerpt(text))
}

// parseInt reads a decimal number as Java's Long.parseLong does. (Eight digits at a time would take longer: few
// columns have so many.)
func parseInt(text []byte) (int64, error) {
	if n := len(text); n > 0 && n < 19 {
		var v int64
		for _, c := range text {
			if c < '0' || c > '9' {
				v = -1
				break
			}
			v = v*10 + int64(c-'0')
		}
		if v >= 0 {
			return v, nil
		}
	}
	v, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s is not a whole number", excerpt(text))
	}
	return v, nil
}

// excerpt quotes a text for a message.
func excerpt(text []byte) string {
	if len(text) > 40 {
		return strconv.Quote(string(text[:40])) + "…"
	}
	return strconv.Quote(string(text))
}

// interner keeps one copy of the texts that come again and again, such as labels. It is bounded: texts that
// are long or come late are copied each time.
type interner struct {
	texts  map[string]known
	recent [1 << recentBits]known // those met last, found without a hash of all their bytes
	// odd says that a text was met, since this was last false, that loadgen.Sample.Bound may change.
	odd bool
}

// known is a text, and whether it is one that Bound may change.
type known struct {
	text string
	odd  bool
}

// plainLength is the length up to which Bound cuts no text.
const plainLength = 128

const (
	internTexts  = 1 << 16
	internLength = 256
	recentBits   = 10
)

// text is b as a string.
func (m *interner) text(b []byte) string {
	n := len(b)
	if n == 0 {
		return ""
	}
	recent := &m.recent[recentSlot(b)]
	if recent.text == string(b) {
		m.odd = m.odd || recent.odd
		return recent.text
	}
	k, ok := m.texts[string(b)]
	if !ok {
		k = known{string(b), n > plainLength || !utf8.Valid(b)}
		if n <= internLength && len(m.texts) < internTexts {
			m.texts[k.text] = k
		}
	}
	if n <= internLength {
		*recent = k
	}
	m.odd = m.odd || k.odd
	return k.text
}

// recentSlot is the place of a text in recent: by its end, in which labels, threads and URLs differ, and its length.
func recentSlot(b []byte) uint64 {
	n := len(b)
	end := uint64(b[0]) | uint64(b[n/2])<<8 | uint64(b[n-1])<<16
	if n >= 8 {
		end = binary.LittleEndian.Uint64(b[n-8:])
	}
	return (end + uint64(n)) * 0x9e3779b97f4a7c15 >> (64 - recentBits) // the golden ratio: Fibonacci hashing
}
