package fold

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stickbench/loadgen"
	"stickbench/report"
)

func failed(user int, label string, kind loadgen.Kind, status int, failure string) *loadgen.Sample {
	return &loadgen.Sample{User: user, Label: label, Kind: kind, Status: status, Failure: failure}
}

func TestErrors(t *testing.T) {
	f := newErrorFold()
	for _, s := range []*loadgen.Sample{
		{Label: "GET /"},
		failed(1, "GET /", loadgen.KindTimeout, 0, "no response within 1s"),
		failed(1, "GET /", loadgen.KindAssertion, 200, "increments(): counter 1 after 7: s1 → s2, new session"),
		failed(2, "GET /", loadgen.KindAssertion, 200, "increments(): counter 1 after 9: s2 → s1, new session"),
		failed(2, "GET /", loadgen.KindAssertion, 200, "status == 200: status is 503"),
		failed(2, "GET /b", loadgen.KindAssertion, 200, "increments(): counter 1 after 9: s2 → s1, new session"),
		// Another tool's assertions are told apart by their text without numbers, and by status.
		failed(0, "GET /", loadgen.KindAssertion, 200, "The operation lasted too long: It took 1,214 ms"),
		failed(0, "GET /", loadgen.KindAssertion, 200, "The operation lasted too long: It took 981 ms"),
		failed(0, "GET /", loadgen.KindAssertion, 200, "The operation lasted too long: It took 5 ms"),
		failed(0, "GET /", loadgen.KindAssertion, 500, "The operation lasted too long: It took 5 ms"),
		// Without a text, the status and its phrase are the sort.
		{Label: "GET /", Kind: loadgen.KindStatus, Status: 503, Reason: "Service Unavailable"},
		{Label: "GET /", Kind: loadgen.KindStatus, Status: 502},
		// A row that stands for many.
		{Label: "GET /", Kind: loadgen.KindOther, Failure: "x", Count: 10, Errors: 4},
		{Label: "GET /", Count: 10},
	} {
		f.add(s)
	}
	want := []report.Error{
		{Label: "GET /", Kind: "other", Message: "x", Count: 4},
		{Label: "GET /", Kind: "assertion", Message: "The operation lasted too long: It took 1,214 ms", Count: 3},
		{Label: "GET /", Kind: "assertion", Message: "increments(): counter 1 after 7: s1 → s2, new session", Count: 2},
		{Label: "GET /", Kind: "timeout", Message: "no response within 1s", Count: 1},
		{Label: "GET /", Kind: "assertion", Message: "status == 200: status is 503", Count: 1},
		{Label: "GET /b", Kind: "assertion", Message: "increments(): counter 1 after 9: s2 → s1, new session", Count: 1},
		{Label: "GET /", Kind: "assertion", Message: "The operation lasted too long: It took 5 ms", Count: 1},
		{Label: "GET /", Kind: "status", Message: "503 Service Unavailable", Count: 1},
		{Label: "GET /", Kind: "status", Message: "502", Count: 1},
	}
	if diff := cmp.Diff(want, f.freeze()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Messages that all differ must not fill the memory, nor be forgotten.
func TestErrorsAreBounded(t *testing.T) {
	f := newErrorFold()
	for i := range 3 * maxDistinctErrors {
		f.add(failed(1, "GET /", loadgen.KindOther, 0, fmt.Sprintf("request %d", i)))
	}
	rows := f.freeze()
	var sum int64
	for _, e := range rows {
		sum += e.Count
	}
	if len(rows) != maxDistinctErrors+1 || sum != 3*maxDistinctErrors {
		t.Errorf("%d rows with %d errors", len(rows), sum)
	}
	if last := rows[maxDistinctErrors]; last.Label != "" || last.Count != 2*maxDistinctErrors {
		t.Errorf("last row: %+v", last)
	}
}
