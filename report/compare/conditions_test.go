package compare

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

func TestConditions(t *testing.T) {
	// p95 rose by 30 %, errors by some 3 points, throughput is the same.
	for _, x := range []struct {
		text string
		met  bool
	}{
		{"p95 > 5%", true},
		{"p95 > 50%", false},
		{`p95("GET /") > 1ms`, true},
		{`p95("GET /", "s1") > 0.001s`, true},
		{`p95("", "s2") >= 500us`, true},
		{`avg("TOTAL") > 10%`, true},
		{"throughput < -10%", false},
		{"throughput <= -1000/s", false},
		{"error_rate > 0.5pp", true},
		{"error_rate > 50pp", false},
		{"p95 < 0%", false},
		{"p95 worse", true},
		{"affinity worse", false},
		{"affinity < -0.1pp", false},
	} {
		f, err := ParseFailCondition(x.text)
		if err != nil {
			t.Errorf("%s: %v", x.text, err)
			continue
		}
		r := shopComparison(t, f)
		if judged := r.Conditions[0]; judged.Met != x.met || r.Regression != x.met || judged.NotJudged {
			t.Errorf("%s: %v (%s), want %v", x.text, judged.Met, judged.Actual, x.met)
		}
	}
}

func TestBadConditions(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "is no condition",
		"p95":                      "is no condition",
		"p95 > 5":                  "is no condition",
		"p95 > 5 parsecs":          "is no condition",
		"p42 > 5%":                 "there is no metric p42",
		"error_rate > 5%":          "percentage points",
		"p95 > 5pp":                "expected %, us, ms or s",
		"throughput < 1ms":         "expected % or /s",
		"affinity > 1ms":           "expected pp",
		`affinity("GET /") worse`:  "of the whole run",
		`p95("\q") > 5%`:           "is no string",
		"p95 > 1.2.3%":             "invalid number",
		"p95 > 5% and p99 > 5%":    "is no condition",
		`p95("GET /", s1) > 5%`:    "is no condition",
		`p95("GET /", "s1" > 5%`:   "is no condition",
		`throughput("") < -10% \n`: "is no condition",
	} {
		if _, err := ParseFailCondition(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	for _, text := range []string{`p95("nowhere") > 5%`, `p95("", "s9") > 5%`} {
		f, err := ParseFailCondition(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.find(shopComparison(t)); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

func TestMargins(t *testing.T) {
	for text, want := range map[string]Margin{
		"5%":              DefaultMargin,
		"2.5%, 1ms":       {0.025, 1, DefaultMargin.Share},
		"10%,500us,0.5pp": {0.1, 0.5, 0.005},
	} {
		if got, err := ParseMargin(text); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "5", "-5%", "5%,", "5 apples"} {
		if _, err := ParseMargin(text); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}

func FuzzFailCondition(f *testing.F) {
	for _, seed := range []string{"p95 > 5%", `p95("GET /", "s1") <= -0.1ms`, "affinity worse", `p95("\"") > 5%`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseFailCondition(text)
		if err != nil {
			return
		}
		if again, err := ParseFailCondition(c.Text); err != nil || again.threshold != c.threshold {
			t.Errorf("%q reads as %q, which reads otherwise: %v", text, c.Text, err)
		}
	})
}

// FuzzMargin: what is taken for a margin is one, of finite parts that are not negative.
func FuzzMargin(f *testing.F) {
	for _, s := range []string{"5%", "5%,0.1ms", "0.1pp, 3 us,10%", "1e3%", "999999999999999999999999999999999s", "-1%", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseMargin(s)
		if err != nil {
			if !strings.Contains(err.Error(), strconv.Quote(s)) {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		for _, x := range []float64{m.Relative, m.MS, m.Share} {
			if !(x >= 0 && x <= math.MaxFloat64) {
				t.Errorf("%q: %+v", s, m)
			}
		}
	})
}
