package assert_test

import (
	"fmt"

	"stickbench/assert"
)

// A condition that does not hold says what it saw.
func ExampleScope_Compile() {
	condition, err := assert.Scope{}.Compile(`status == 200 && node in ["s1", "s2"]`)
	if err != nil {
		fmt.Println(err)
		return
	}
	good := &assert.Response{Status: 200, Observation: assert.Observation{Node: "s1"}}
	bad := &assert.Response{Status: 200, Observation: assert.Observation{Node: "s3"}}
	fmt.Println(condition.Check(good) == nil)
	fmt.Println(condition.Check(bad).Message)
	// Output:
	// true
	// status == 200 && node in ["s1", "s2"]: node "s3"
}

// What is wrong with an expression is told before the run.
func ExampleKnown_CompileExpectation() {
	known := assert.Known{Labels: []string{"GET /cart"}}
	_, err := known.CompileExpectation(`p95("GET /chart") < 250ms`)
	fmt.Println(err)
	// Output:
	// 1:5: no label "GET /chart": did you mean "GET /cart"?
}
