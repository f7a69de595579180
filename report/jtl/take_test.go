package jtl

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A row gives the same sample with quotes, by which its fields are read one by one and nothing is kept of them, as without:
// whatever was in the row before, wherever fields end within eight bytes, and next to bytes that differ from the
// delimiter in one bit.
func TestRowsWithAndWithoutQuotes(t *testing.T) {
	const head = `timeStamp|elapsed|label|responseCode|responseMessage|threadName|success|bytes|extra|IdleTime|URL|Latency|elapsed_us|node|session|counter|kind` + "\n"
	random := rand.New(rand.NewPCG(1, 13))
	texts := []string{"", "a", "null", "GET /", "sevenby", "eightbyt", "nine byte", "-.\x2c\xac\x00\x80\xff", "sixteen bytes it", "more than sixteen", "s1.7", strings.Repeat("long ", 30)}
	numbers := []string{"", "null", "0", "7", "100", "9999999", "10000000", "123456789", "123456789012"}
	for _, delimiter := range []string{",", ";", "\t"} {
		var bare, quoted strings.Builder
		header := strings.ReplaceAll(head, "|", delimiter)
		bare.WriteString(header)
		quoted.WriteString(header)
		for range 400 {
			text := func() string { return strings.ReplaceAll(texts[random.IntN(len(texts))], delimiter, "") }
			number := func() string { return numbers[random.IntN(len(numbers))] }
			counter := number()
			if random.IntN(3) == 0 {
				counter = "-5"
			}
			row := []string{fmt.Sprint(random.Int64N(1e13)), numbers[2+random.IntN(5)], text(), []string{"200", "404", "", "Non HTTP response code: x"}[random.IntN(4)], text(), text(),
				[]string{"true", "false", "TRUE"}[random.IntN(3)], number(), text(), number(), text(), number(), number(), text(), text(), counter, []string{"null", "mark", "timeout"}[random.IntN(3)]}
			bare.WriteString(strings.Join(row, delimiter) + "\n")
			for i, field := range row {
				if field != "null" { // in quotes it is a text
					row[i] = `"` + field + `"`
				}
			}
			quoted.WriteString(strings.Join(row, delimiter) + "\n")
		}
		want, _, err := readAll(strings.NewReader(quoted.String()))
		if err != nil || len(want) != 400 {
			t.Fatalf("%d samples: %v", len(want), err)
		}
		got, _, err := readAll(strings.NewReader(bare.String()))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("by %q (-quoted +bare):\n%s", delimiter, diff)
		}
	}
}
