package fold_test

import (
	"fmt"
	"time"

	"stickbench/assert"
	"stickbench/loadgen"
	"stickbench/report"
	"stickbench/report/fold"
)

// A session that moves from one node to the other and begins anew there is lost.
func ExampleBuilder() {
	affinity, err := assert.Known{}.CompileExpectation("affinity == 1")
	if err != nil {
		fmt.Println(err)
		return
	}
	b := fold.NewBuilder()
	for i, node := range []string{"s1", "s1", "s1", "s2"} {
		s := loadgen.Sample{Start: int64(i) * 100_000, Elapsed: 10 * time.Millisecond, Fine: true, Label: "GET /", Status: 200, Kind: loadgen.OK, User: 1}
		s.Node, s.Counter, s.HasCounter = node, int64(i+1), true
		if node == "s2" {
			s.Counter = 1
		}
		b.Add(&s)
	}
	results := b.Freeze(report.Run{Plan: "four requests", Expectations: []*assert.Expectation{affinity}})
	fmt.Println(results.Verdict, results.Affinity.Moves, "move,", results.Affinity.Lost, "lost")
	// Output:
	// fail 1 move, 1 lost
}
