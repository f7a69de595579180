//go:build !race

// One goroutine computes much here: the race detector finds nothing, and makes it ten times as dear.

package assert

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// Expectations that would take all memory or hours, in the plan of a folder that somebody else made and one only
// wants reported.
var bombs = []string{
	`len(replace(join(map(1..90000, "a"), ""), "a", join(map(1..90000, "b"), ""))) > 0`,
	`len(replace(join(map(1..90000, "a"), ""), "", join(map(1..90000, "b"), ""))) > 0`,
	`len(reduce(1..34, #acc + #acc, "a")) > 0`,
	`len(reduce(1..300000, #acc + "aaaaaaaaaaaaaaaaaaaa", "")) > 0`,
	`len(toJSON(reduce(1..24, [#acc, #acc], [1]))) > 0`,
	`len(string(reduce(1..24, [#acc, #acc], [1]))) > 0`,
	`len(toJSON(reduce(1..24, ({"a": #acc, "b": #acc}), {"c": 1}))) > 0`,
	`len(flatten(reduce(1..24, [#acc, #acc], [1]))) > 0`,
	`let s = join(map(1..90000, "a"), ""); len(join(map(1..90000, s), s)) > 0`,
	`let s = join(map(1..90000, "a"), ""); len(map(1..90000, upper(s))) > 0`,
	`let l = map(1..90000, "abc"); len(reduce(1..90000, concat(#acc, l), [])) > 0`,
	`let s = reduce(1..20, #acc + #acc, "a?"); "b" matches s`,
	`let r = 1..1000; all(r, all(r, all(r, all(r, # > 0))))`,
	`let r = 1..1000; count(r, count(r, count(r, true) > 0) > 0) > 0`,
	`len(toBase64(reduce(1..34, upper(#acc + #acc), "a"))) > 0`,
}

func TestExpectationsHaveBounds(t *testing.T) {
	for _, source := range bombs {
		e, err := Known{}.CompileExpectation(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		v := e.Judge(run{})
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		t.Logf("%v, %d MB: %s", took.Round(time.Millisecond), (after.TotalAlloc-before.TotalAlloc)>>20, source)
		if v.OK || !strings.Contains(v.Actual, "it needs too much memory") {
			t.Errorf("%s: %+v", source, v)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<30 {
			t.Errorf("%s: %d MB were taken", source, n>>20)
		}
		if took > time.Minute {
			t.Errorf("%s: took %v", source, took)
		}
	}
}

// What people write has room enough, and its types stay.
func TestExpectationsHaveRoom(t *testing.T) {
	for _, source := range []string{
		`all(["s1", "s2"], share(#) > 0.2)`,
		`sum(map(["s1", "s2"], decisions(#))) == 0`,
		`len(filter(1..1000, # % 2 == 0)) == 500`,
		`reduce(1..1000, #acc + #) == 500500`,
		`join(["a", "b"], "-") == "a-b" and join(["a", "b"]) == "ab"`,
		`replace("aXbXc", "X", "--") == "a--b--c" and replace("aXbXc", "X", "", 1) == "abXc"`,
		`len(concat([1, 2], ["a"])) == 3`,
		`"a" + "b" == "ab" and [1, 2][0] + 1 == 2`,
		`{"a": 1 + 1.5}.a > 2`,
		`let p = "^s[0-9]$"; any(["s1", "x"], # matches p)`,
		`first(sortBy(["b", "a"], #)) == "a"`,
		`split("a,b", ",")[1] == "b" && upper("a") + lower("B") == "Ab"`,
		`fromJSON(toJSON([1, "a", {"b": nil}]))[1] == "a"`,
		`mean(map(1..3, # * 2)) == 4 && max(map(1..3, #)) == 3`,
		`find([1, 2, 3], # > 1) == 2 and len(string([1])) == 3`,
	} {
		e, err := Known{}.CompileExpectation(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if v := e.Judge(run{"share s1": 0.5, "share s2": 0.5}); !v.OK {
			t.Errorf("%s: %+v", source, v)
		}
	}
}

// A body of some megabytes can be looked at as a whole.
func TestConditionsHaveRoom(t *testing.T) {
	c, err := Scope{}.Compile(`len(split(lower(body) + "!", "a")) > 5000000`)
	if err != nil {
		t.Fatal(err)
	}
	if f := c.Check(&Response{Status: 200, Body: []byte(strings.Repeat("A", 5<<20))}); f == nil || !strings.Contains(f.Message, "too much memory") {
		t.Errorf("80 MB of a body of 5: %v", f)
	}
	c, err = Scope{}.Compile(`len(filter(split(lower(body) + "!", "\n"), # != "")) == 1`)
	if err != nil {
		t.Fatal(err)
	}
	if f := c.Check(&Response{Status: 200, Body: []byte(strings.Repeat("A", 5<<20))}); f != nil {
		t.Errorf("%v", f.Message)
	}
}
