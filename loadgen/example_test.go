package loadgen_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"stickbench/loadgen"
)

// kinds counts samples by their kind.
type kinds map[loadgen.Kind]int

func (k kinds) Record(s *loadgen.Sample) error {
	k[s.Kind]++
	return nil
}
func (kinds) Flush() error { return nil }
func (kinds) Close() error { return nil }

// Two users send ten requests each, and a sink of one's own is given the samples.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }))
	defer server.Close()
	plan := &loadgen.Plan{Target: server.URL, Timeout: 30 * time.Second, Groups: []loadgen.Group{{
		Name: "shoppers", Users: 2, Iterations: 10,
		Steps: []loadgen.Step{{Request: &loadgen.Request{Label: "GET /", Method: "GET", URL: loadgen.Literal("/")}}},
	}}}
	seen := kinds{}
	runner, err := loadgen.New(plan, seen)
	if err != nil {
		fmt.Println(err)
		return
	}
	// The first context ends what would begin, the second what is in flight.
	account, err := runner.Run(context.Background(), context.Background())
	fmt.Println(account.Started, "started,", account.OK, "ok,", seen[loadgen.OK], "recorded,", account.Connections, "connections,", err)
	// Output:
	// 20 started, 20 ok, 20 recorded, 2 connections, <nil>
}
