package live

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"stickbench/loadgen"
	"stickbench/report/export"
)

func TestMeter(t *testing.T) {
	m := NewMeter()
	add := func(label, node string, elapsed time.Duration, kind loadgen.Kind) {
		m.Record(&loadgen.Sample{Label: label, Node: node, Elapsed: elapsed, Kind: kind, Received: 300, Sent: 100})
	}
	add("GET /", "s2", 500*time.Microsecond, loadgen.OK)
	add("GET /", "s2", 750*time.Microsecond, loadgen.KindAssertion)
	add("GET /", "s10", 40*time.Second, loadgen.OK)
	add("GET /", "", time.Millisecond, loadgen.KindRefused)
	m.Record(&loadgen.Sample{Label: "S1 reached", Mark: true})
	var b bytes.Buffer
	if err := export.WriteFamilies(&b, m.families()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`stickbench_requests_total{label="GET /",node="s2"} 2`,
		`stickbench_requests_total{label="GET /"} 1`,
		`stickbench_errors_total{label="GET /",node="s2",kind="assertion"} 1`,
		`stickbench_errors_total{label="GET /",kind="connect_refused"} 1`,
		`stickbench_received_bytes_total{label="GET /",node="s2"} 600`,
		`stickbench_sent_bytes_total{label="GET /",node="s10"} 100`,
		`stickbench_response_seconds_bucket{label="GET /",node="s2",le="0.0005"} 1`,
		`stickbench_response_seconds_bucket{label="GET /",node="s2",le="0.001"} 2`,
		`stickbench_response_seconds_bucket{label="GET /",node="s10",le="30"} 0`,
		`stickbench_response_seconds_bucket{label="GET /",node="s10",le="+Inf"} 1`,
		`stickbench_response_seconds_sum{label="GET /",node="s2"} 0.00125`,
		`stickbench_response_seconds_count{label="GET /",node="s2"} 2`,
		`stickbench_marks_total{label="S1 reached"} 1`,
	} {
		if !strings.Contains(b.String(), want+"\n") {
			t.Errorf("no %s in\n%s", want, b.String())
		}
	}
	if strings.Index(b.String(), `node="s2"`) > strings.Index(b.String(), `node="s10"`) {
		t.Error("s10 before s2")
	}
}

func TestMeterIsBounded(t *testing.T) {
	m := NewMeter()
	for i := range 1000 {
		m.Record(&loadgen.Sample{Label: "GET /", Node: string(rune('一' + i))})
	}
	if other := m.cells[meterKey{"GET /", otherNodes}]; len(m.cells) != maxNodes+1 || other.requests != 900 {
		t.Errorf("%d cells, %+v", len(m.cells), other)
	}
}

// A page of another origin whose name was made to mean 127.0.0.1 must not read the metrics.
func TestMetricsRefuseOtherHosts(t *testing.T) {
	m := &Server{Plan: "p", Meter: NewMeter(), Progress: oneGroup}
	for host, want := range map[string]int{"evil.example:9464": 403, "evil.example": 403, "127.0.0.1:9464": 200, "[::1]:9464": 200, "[::1]": 200, "localhost": 200} {
		w := httptest.NewRecorder()
		m.serve(w, &http.Request{Host: host})
		if body := w.Body.String(); w.Code != want || want == 200 && !strings.Contains(body, `stickbench_users{group="first"} 1`) {
			t.Errorf("%s: %d\n%s", host, w.Code, body)
		}
	}
}
