package compare

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var marginShape = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)\s*(%|us|µs|ms|s|pp)$`)

// ParseMargin reads a margin: up to three parts behind commas, in any order, of which those left out are
// DefaultMargin's: "5%" of times and throughput, "0.1ms" (or us, s) that times are granted at least, and
// "0.1pp" percentage points for shares.
func ParseMargin(text string) (Margin, error) {
	m := DefaultMargin
	for part := range strings.SplitSeq(text, ",") {
		words := marginShape.FindStringSubmatch(strings.TrimSpace(part))
		if words == nil {
			return m, fmt.Errorf(`invalid margin %q: write it like "5%%", "5%%,0.5ms" or "5%%,0.5ms,0.2pp"`, text)
		}
		x, err := strconv.ParseFloat(words[1], 64)
		if err != nil {
			return m, fmt.Errorf("%q: %w", text, err)
		}
		switch unit := words[2]; unit {
		case "%":
			m.Relative = x / 100
		case "pp":
			m.Share = x * unitPoints
		default:
			m.MS = x * units[unit].scale
		}
	}
	return m, nil
}
