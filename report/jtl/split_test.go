package jtl

import (
	"strings"
	"testing"
)

// Splitting eight bytes at a time finds the same fields as a search for each, also next to bytes that differ from the
// delimiter in one bit, and wherever a row ends within eight bytes.
func TestSplitPlain(t *testing.T) {
	for _, delimiter := range []string{",", ";", "\t", "\x80", "-"} {
		for _, row := range []string{"", "a", ",", ",,,,,,,,,,,,,,,,,", "1,2,3,4,5,6,7,8,9", "-,-,+,.,\x2c\xac,\x00,\x80,\xff", "a;b\tc-d,e", strings.Repeat("ab,", 9), strings.Repeat("x", 23) + ",", strings.Repeat("\x80;", 11)} {
			c := &csvReader{delimiter: []byte(delimiter), text: []byte(row)}
			if err := c.split(); err != nil {
				t.Fatal(err)
			}
			var got []string
			for i := range c.fields {
				got = append(got, string(c.at(i)))
			}
			if want := strings.Split(row, delimiter); strings.Join(got, "|") != strings.Join(want, "|") || len(got) != len(want) {
				t.Errorf("%q by %q: got %q, want %q", row, delimiter, got, want)
			}
		}
	}
}
