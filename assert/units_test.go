package assert

import (
	"testing"
	"time"
)

// Numbers with units are what they say: times are milliseconds, percentages are shares.
func TestUnits(t *testing.T) {
	r := &Response{Status: 200, Elapsed: 250 * time.Millisecond, Bytes: 123}
	for source, want := range map[string]bool{
		`elapsed == 250ms`:                  true,
		`elapsed < 250ms`:                   false,
		`250ms <= elapsed and elapsed < 1s`: true,
		`elapsed<0.2501s`:                   true,
		`elapsed > 1m30s || elapsed < 1h`:   true,
		`elapsed == 250_000µs`:              true,
		`elapsed == 250000us`:               true,
		`elapsed in [1s, 0.25s]`:            true,
		`elapsed > -1ms`:                    true,
		`bytes % 10 == 3`:                   true,
		`bytes %10 == 3 and 123% 10 == 3`:   true,
		`123%(10) == 3`:                     true,
		`5% < 0.06 and 5% in [0.05]`:        true,
		`elapsed * 1% == 2.5`:               true,
		`lower("250ms 5%") == '250ms 5%'`:   true,
		"\"5%\" == `5%` and 5% == 0.05":     true,
	} {
		c, err := Scope{}.Compile(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if holds, err := c.Holds(r); holds != want || err != nil {
			t.Errorf("%s: %v, %v", source, holds, err)
		}
	}
}

func TestBadUnits(t *testing.T) {
	for source, want := range map[string]string{
		`errors < 1%`:                          "1:10: `errors` is no share: 1% cannot be compared with it",
		`p95("GET /") < 1%`:                    "1:16: `p95` is no share: 1% cannot be compared with it",
		`error_rate < 250ms`:                   "1:14: `error_rate` is no time: 250ms cannot be compared with it",
		`"ü" == "ü" and 5s > samples`:          "1:16: `samples` is no time: 5s cannot be compared with it",
		`during("start").errors == 1%`:         "1:27: `errors` is no share: 1% cannot be compared with it",
		`p95() < 99999999999h`:                 "1:9: 99999999999h is too much",
		`p95() < 250msec`:                      "1:12: invalid number \"250m\": units are ns, µs, ms, s, m, h and %",
		`p95() < 5d`:                           "1:10: invalid number \"5d\": units are ns, µs, ms, s, m, h and %",
		`p95("GET /") < 250ms and p96() < 1`:   "1:26: unknown function `p96`: did you mean `p90`?",
		`p95("a") < 1500µs and errors == "no"`: "1:30: `==` does not go with a whole number (errors) and a string (\"no\")",
	} {
		_, err := Known{}.CompileExpectation(source)
		if err == nil || err.Error() != want {
			t.Errorf("%s:\n%v, want\n%s", source, err, want)
		}
	}
}

func TestExpectationsWithUnits(t *testing.T) {
	c, err := Known{}.CompileExpectation(`error_rate < 1% and p95() < 0.25s and during("start").p95() < 1s`)
	if err != nil || c.Source() != `error_rate < 1% and p95() < 0.25s and during("start").p95() < 1s` {
		t.Fatal(c, err)
	}
}
