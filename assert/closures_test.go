package assert

import (
	"math/rand/v2"
	"testing"
	"time"
)

// byMachine judges the whole of source by expr's machine.
func byMachine(t testing.TB, source string) func(*Response) (ok bool, problem string) {
	r := &reading[*Response]{language: conditions, source: source, variables: scope.Variables}
	if err := r.read(); err != nil {
		t.Fatal(err)
	}
	program, err := r.program(r.tree.Node)
	if err != nil {
		t.Fatal(err)
	}
	return func(r *Response) (bool, string) {
		r.problem = ""
		ok := runProgram(program, &frame[*Response]{of: r})
		return ok && r.problem == "", r.problem
	}
}

func agree(t *testing.T, source string, c *Condition, machine func(*Response) (bool, string), r *Response) {
	t.Helper()
	want, wantProblem := machine(r)
	if wantProblem == "it needs too much memory" {
		return // a long range, which costs a closure nothing
	}
	got := c.failing(r) == nil
	if gotProblem := r.problem; got != want || (gotProblem != "") != (wantProblem != "") {
		t.Errorf("%s\nclosures: %v %s\n machine: %v %s\n     for: %+v", source, got, gotProblem, want, wantProblem, *r)
	}
}

// TestClosuresAgree holds every condition of the other tests against expr's machine, on many responses.
func TestClosuresAgree(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	sources := append([]string{
		`status % counter == 0`, `int(header("X")) == 1`, `float(color) > 1`, `json("x") < 3`, `json("x") contains node`, `json("x") matches "a"`, `1 >= json("x")`,
		`counter == 1 || status == 200`, `status == 200 || counter == 1`, `status == 200 && counter == 1`, `previous.counter < counter`, `json("x") == "a"`,
		`json("x") == 1.0`, `json("x") != 1`, `json("x") == true`, `status == 200 ? counter == 1 : true`, `not (counter == 1)`, `counter in [1, 2] or node in []`,
		`status in 300..200`, `counter - previous.counter == 1`, `elapsed ** 0.5 < status`, `-counter < previous.counter`, `int(elapsed) % 2 == 0`, `1 / counter > 0.5`,
		`json("x") > "a"`, `int(amount) + 1 == 13`, `len(body) == bytes`, `trim(color) + upper(node) != lower(color)`, `(status > 200) == (counter > 1)`, `(status > 200) != true`,
		`body matches color`, `elapsed in [1, 2.0]`, `status in [200, 200.0]`,
	}, holding...)
	closed := 0
	for _, source := range sources {
		c, machine := compile(t, source), byMachine(t, source)
		for range 200 {
			agree(t, source, c, machine, randomResponse(random))
		}
		agree(t, source, c, machine, responded())
		agree(t, source, c, machine, &Response{})
		for _, p := range c.parts {
			if p.program == nil {
				closed++
			}
		}
	}
	if closed < len(sources)*3/4 {
		t.Errorf("only %d of %d conditions became closures", closed, len(sources))
	}
}

func pick[T any](random *rand.Rand, from ...T) T { return from[random.IntN(len(from))] }

func randomObservation(random *rand.Rand) Observation {
	return Observation{
		Node:       pick(random, "", "s1", "s2", "\xff\n"),
		Session:    pick(random, "", "a", sessionID, "fedcba9876543210"),
		Counter:    int64(random.IntN(4)),
		HasCounter: random.IntN(3) > 0,
	}
}

func randomResponse(random *rand.Rand) *Response {
	text := func() string { return pick(random, "", "a", "s1", "12", "1e3", "red", "[", sessionID, "\x00é\xff") }
	value := func() any {
		return pick[any](random, nil, true, 1.0, 8.5, "a", "s1", []any{}, []any{1.0, "a", nil}, map[string]any{"name": "Ann"})
	}
	r := &Response{
		Status:      pick(random, 0, 200, 201, 304, 503),
		Elapsed:     time.Duration(random.IntN(1e9)),
		Bytes:       int64(random.IntN(500)),
		Body:        []byte(pick(random, "", "a", `{"tag":"s1"}`, "error \xff")),
		Observation: randomObservation(random),
		Lookup: exchange{
			header:   map[string]string{"X": text(), "Content-Type": text()},
			cookie:   map[string]string{"SERVERID": text()},
			variable: map[string]string{"color": text(), "amount": text()},
			json:     map[string]any{"x": value(), "tag": value(), "sessionViews": value(), "list": value(), "user": value(), "ok": value()},
		},
	}
	if random.IntN(3) > 0 {
		r.Previous = randomObservation(random)
	}
	return r
}

// usual are the conditions of the laboratory's plans; one judgement per request and condition.
var usual = []string{`status == 200`, `node in ["s1", "s2"]`, `increments()`}

func TestPassingConditionsDoNotAllocate(t *testing.T) {
	for _, source := range append(usual,
		`elapsed < 250`, `body contains "hello"`, `header("Content-Type") startsWith "application/"`, `status == 200 && counter == previous.counter + 1`,
		`json("tag") == "s1"`, `json("sessionViews") >= 8`, `node == "s2" || int(amount) == 12`, `status in 200..299`, `cookie("SERVERID") == node`,
		`len(body) > 3`, // `matches` is left out: regexp's pool drops its machines under the race detector
	) {
		c, r := compile(t, source), responded()
		if n := testing.AllocsPerRun(100, func() {
			if c.Check(r) != nil {
				t.Fatal(source)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", source, n)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	for _, source := range usual {
		c, r := compile(b, source), responded()
		b.Run(source, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if c.Check(r) != nil {
					b.Fatal(source)
				}
			}
		})
	}
}

// BenchmarkMachine is what closures save.
func BenchmarkMachine(b *testing.B) {
	for _, source := range usual {
		reading := &reading[*Response]{language: conditions, source: source}
		if err := reading.read(); err != nil {
			b.Fatal(err)
		}
		program, err := reading.program(reading.tree.Node)
		if err != nil {
			b.Fatal(err)
		}
		r := responded()
		b.Run(source, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !runProgram(program, &frame[*Response]{of: r}) {
					b.Fatal(source)
				}
			}
		})
	}
}

// FuzzCompile: whatever compiles can be judged, by closures as by expr's machine.
func FuzzCompile(f *testing.F) {
	for _, source := range holding {
		f.Add(source, uint64(1))
	}
	for _, test := range badConditions {
		f.Add(test.source, uint64(2))
	}
	f.Fuzz(func(t *testing.T, source string, seed uint64) {
		if len(source) > 200 {
			return // longer ones only take longer
		}
		c, err := scope.Compile(source)
		if err != nil {
			checkSyntaxError(t, source, err)
			return
		}
		machine, random := byMachine(t, source), rand.New(rand.NewPCG(seed, seed))
		for range 10 {
			r := randomResponse(random)
			agree(t, source, c, machine, r)
			if f := c.Check(r); f != nil && f.Message == "" {
				t.Error("a failure without a message")
			}
		}
	})
}

// Ids beyond 2^53 are whole numbers of which a float64 knows only some: two ids passed for one.
func TestLargeIntegers(t *testing.T) {
	r := responded(with(func(e *exchange) { e.json["id"] = 2733382000000000049; e.json["x"] = 3.5 }))
	for source, want := range map[string]bool{
		`json("id") == 2733382000000000049`: true, `json("id") == 2733382000000000048`: false, `json("id") != 2733382000000000048`: true,
		`json("id") > 2733382000000000048`: true, `json("id") >= 2733382000000000050`: false, `2733382000000000048 < json("id")`: true,
		`2733382000000000049 <= json("id")`: true, `2733382000000000050 > json("id")`: true, `json("id") < 2733382000000000050`: true,
		`string(json("id")) == "2733382000000000049"`: true, `json("id") in [2733382000000000048, 1]`: false,
		`json("x") > 3`: true, `4 > json("x")`: true, `json("x") <= 3`: false, `json("x") >= 3`: true,
	} {
		c := compile(t, source)
		agree(t, source, c, byMachine(t, source), r)
		if ok, err := c.Holds(r); ok != want || err != nil {
			t.Errorf("%s: %v, %v", source, ok, err)
		}
	}
	if f := compile(t, `json("id") == 1`).Check(r); f == nil || f.Message != `json("id") == 1: json("id") 2733382000000000049` {
		t.Errorf("%+v", f)
	}
}
