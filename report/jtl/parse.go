package jtl

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// orNothing is nil for null without quotes and for the empty text.
func orNothing(text []byte, quoted bool) []byte {
	if len(text) == 0 || !quoted && string(text) == "null" {
		return nil
	}
	return text
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

// parseInt reads a decimal number as Java's Long.parseLong does.
func parseInt(text []byte) (int64, error) {
	if n := len(text); n > 0 && n <= 18 && n == digitRun(text) {
		v := int64(0)
		for _, c := range text {
			v = v*10 + int64(c-'0')
		}
		return v, nil
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
	texts  map[string]*known
	recent [1 << recentBits]*known // those met last, found without a hash of all their bytes
}

// known is a text; odds is 1 if it is one that loadgen.Sample.Bound may change, else 0.
type known struct {
	text string
	odds int
}

// nothing is the empty text.
var nothing = new(known)

// plainLength is the length up to which Bound cuts no text.
const plainLength = 128

const (
	internTexts  = 1 << 16
	internLength = 256
	recentBits   = 10
)

func newInterner() *interner {
	m := &interner{texts: map[string]*known{}}
	for i := range m.recent {
		m.recent[i] = nothing
	}
	return m
}

// text is b as a string.
func (m *interner) text(b []byte) *known {
	if len(b) == 0 {
		return nothing
	}
	slot := recentSlot(b)
	k := m.recent[slot]
	if k.text == string(b) {
		return k
	}
	k = m.texts[string(b)]
	if k == nil {
		k = &known{text: string(b)}
		if len(b) > plainLength || !utf8.Valid(b) {
			k.odds = 1
		}
		if len(b) <= internLength && len(m.texts) < internTexts {
			m.texts[k.text] = k
		}
	}
	if len(b) <= internLength {
		m.recent[slot] = k
	}
	return k
}

// recentSlot is the place of a text in recent: by its end, in which labels, threads and URLs differ, and its length.
func recentSlot(b []byte) uint64 {
	n := len(b)
	var end uint64
	if n >= 8 {
		end = binary.LittleEndian.Uint64(b[n-8:])
	} else {
		end = uint64(b[0]) | uint64(b[n/2])<<8 | uint64(b[n-1])<<16
	}
	return (end + uint64(n)) * 0x9e3779b97f4a7c15 >> (64 - recentBits) // the golden ratio: Fibonacci hashing
}
