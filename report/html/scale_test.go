package html

import (
	"math"
	"strings"
	"testing"
)

// names are the texts of an axis.
func names(s scale) string {
	var list []string
	for _, t := range s.ticks {
		list = append(list, t.text)
	}
	return strings.Join(list, " ")
}

func TestScales(t *testing.T) {
	for _, c := range []struct {
		name, want string
		scale      scale
	}{
		{"nothing", "0 1", fromZero(0, 0.1, 4)},
		{"whole", "0 100 200 300", fromZero(261, 0.1, 4)},
		{"small", "0 0.002 0.004 0.006 0.008", fromZero(0.007, 0.001, 4)},
		{"no finer than errors are", "0 1", fromZero(0.5, 1, 3)},
		{"large", "0 20 000 40 000 60 000", fromZero(51_000, 1, 4)},
		{"times of one size", "0 5 10 15 20", fromZero(20, 0.001, 4)},
		{"times of many sizes", "0.2 0.5 1 2 5 10 20 50", logarithmic(0.3, 43, true)},
		{"decades", "0.01 0.1 1 10 100 1000 10000", logarithmic(0.01, 10_000, true)},
		{"between", "5 10 20", logarithmic(4, 25, false)},
		{"seconds", "0 s 10 s 20 s 30 s 40 s 50 s 60 s 70 s", clock(0, 75_000)},
		{"short", "0 s 0.5 s 1.0 s 1.5 s 2.0 s", clock(0, 2000)},
		{"minutes", "0:00 10:00 20:00 30:00 40:00 50:00 60:00", clock(0, 3_600_000)},
		{"a day", "0:00:00 4:00:00 8:00:00 12:00:00 16:00:00 20:00:00 24:00:00", clock(0, 86_400_000)},
	} {
		if got := names(c.scale); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestScalePlaces(t *testing.T) {
	s := logarithmic(0.1, 10, true)
	for v, want := range map[float64]float64{0.1: 0, 1: 0.5, 10: 1, 0: 0, 99: 1} {
		if got := s.at(v); math.Abs(got-want) > 1e-9 {
			t.Errorf("%g is at %g, want %g", v, got, want)
		}
	}
}

func TestLine(t *testing.T) {
	nothing := math.NaN()
	for _, c := range []struct {
		places []place
		want   string
	}{
		{nil, ""},
		{[]place{{0, 0}, {0.5, 1}, {1, 0.5}}, "M0 500l1000-500 1000 250"},
		{[]place{{0, 0}, {0.25, nothing}, {0.5, 1}, {0.75, nothing}}, "M0 500h0M1000 0h0"},
	} {
		if got := line(c.places); got != c.want {
			t.Errorf("%v: %q, want %q", c.places, got, c.want)
		}
	}
	for _, c := range []struct {
		places, base []place
		want         string
	}{
		{[]place{{0, 0.5}, {1, 0.5}}, nil, "M0 250h2000v250h-2000z"},
		{[]place{{0, 0.5}, {0.5, nothing}, {0.5, 1}, {1, 1}}, nil, "M0 250v250zM1000 0h1000v500h-1000z"},
		{[]place{{0, 0.5}, {1, 0.5}}, []place{{0, 0.2}, {1, 0.3}}, "M0 250h2000v100l-2000 50z"},
	} {
		if got := area(c.places, c.base, 0, plotHeight); got != c.want {
			t.Errorf("%v: %q, want %q", c.places, got, c.want)
		}
	}
}

// Letters that have no room in any row are left out, not set over others.
func TestStagger(t *testing.T) {
	marks := make([]plotMark, 6)
	for i := range marks {
		marks[i] = plotMark{At: float64(i), Letter: string(rune('a' + i))}
	}
	stagger(marks)
	var got strings.Builder
	for _, m := range marks {
		got.WriteString(m.Letter + string(rune('0'+m.Row)))
	}
	if got.String() != "a0b1c20e0f1" {
		t.Errorf("%s", got.String())
	}
}
