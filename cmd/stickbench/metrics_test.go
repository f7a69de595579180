package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"stickbench/loadgen"
	"stickbench/report"
)

// freePort sets a variable to a port of 127.0.0.1 on which nothing listens: freeport NAME.
func freePort(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: freeport NAME")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	_, port, err := net.SplitHostPort(l.Addr().String())
	ts.Check(err)
	ts.Check(l.Close())
	ts.Setenv(args[0], port)
}

// fetch asks for an address until what it answers matches, and keeps that: fetch URL FILE REGEXP.
func fetch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: fetch URL FILE REGEXP")
	}
	want, err := regexp.Compile(args[2])
	ts.Check(err)
	eventually(ts, args[0], func() bool {
		r, err := http.Get(args[0])
		if err != nil {
			return false
		}
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		if err != nil || r.StatusCode != http.StatusOK || !want.Match(body) {
			return false
		}
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), body, 0o666))
		return true
	})
}

func TestMeter(t *testing.T) {
	m := newMeter()
	add := func(label, node string, elapsed time.Duration, kind loadgen.Kind) {
		m.add(&loadgen.Sample{Label: label, Node: node, Elapsed: elapsed, Kind: kind, Received: 300, Sent: 100})
	}
	add("GET /", "s2", 500*time.Microsecond, loadgen.OK)
	add("GET /", "s2", 750*time.Microsecond, loadgen.KindAssertion)
	add("GET /", "s10", 40*time.Second, loadgen.OK)
	add("GET /", "", time.Millisecond, loadgen.KindRefused)
	m.add(&loadgen.Sample{Label: "S1 reached", Mark: true})
	var b bytes.Buffer
	if err := report.WriteFamilies(&b, m.families()); err != nil {
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
	m := newMeter()
	for i := range 1000 {
		m.add(&loadgen.Sample{Label: "GET /", Node: string(rune('一' + i))})
	}
	if other := m.cells[meterKey{"GET /", otherNodes}]; len(m.cells) != maxLiveNodes+1 || other.requests != 900 {
		t.Errorf("%d cells, %+v", len(m.cells), other)
	}
}

func TestMetricsAddresses(t *testing.T) {
	for address, ok := range map[string]bool{
		"": true, "127.0.0.1:0": true, "127.1.2.3:9464": true, "[::1]:9464": true, "localhost:80": true,
		":9464": false, "0.0.0.0:9464": false, "[::]:9464": false, "192.168.42.42:9464": false, "example.com:80": false,
		"9464": false, "127.0.0.1": false, "[::ffff:10.0.0.1]:80": false,
	} {
		if err := checkMetricsAddress(address); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// A page of another origin whose name was made to mean 127.0.0.1 must not read the metrics.
func TestMetricsRefuseOtherHosts(t *testing.T) {
	runner, err := loadgen.New(onePlan(t), &recording{})
	if err != nil {
		t.Fatal(err)
	}
	m := &metricsServer{plan: "p", meter: newMeter(), runner: runner}
	for host, want := range map[string]int{"evil.example:9464": 403, "evil.example": 403, "127.0.0.1:9464": 200, "[::1]:9464": 200, "[::1]": 200, "localhost": 200} {
		w := httptest.NewRecorder()
		m.serve(w, &http.Request{Host: host})
		if body := w.Body.String(); w.Code != want || want == 200 && !strings.Contains(body, `stickbench_users{group="first"} 1`) {
			t.Errorf("%s: %d\n%s", host, w.Code, body)
		}
	}
}
