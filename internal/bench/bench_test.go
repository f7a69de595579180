package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The test's own program is the server of its tests.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		main()
	}
	os.Exit(m.Run())
}

// newRig has a server of ours and stickbench, and no cores of their own.
func newRig(t *testing.T) *rig {
	t.Helper()
	b := &rig{dir: t.TempDir(), paths: map[*tool]string{}, progress: io.Discard}
	path, err := b.locate(t.Context(), stickbench, &options{})
	if err != nil {
		t.Fatal(err)
	}
	b.paths[stickbench] = path
	if b.server, err = startServer(t.Context(), "", b.dir, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.server.stop(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// Every row of stickbench runs, without failures, and the server agrees on the number of requests.
func TestSmoke(t *testing.T) {
	b := newRig(t)
	l := load{Address: b.server.address, Connections: 3, Duration: 150 * time.Millisecond}
	rows, err := b.measure(t.Context(), contenders[:3], l, 1)
	if err != nil || len(rows) != 3 || len(b.warnings) > 0 {
		t.Fatalf("%d rows, %v, %v", len(rows), err, b.warnings)
	}
	for _, r := range rows {
		if r.Requests == 0 || r.CPUMicros <= 0 || r.PerSecond <= 0 || r.PeakBytes < 1<<20 || r.P99MS == nil {
			t.Errorf("%+v", r)
		}
	}
	l.RampUp, l.Think = 30*time.Millisecond, 40*time.Millisecond
	m, err := b.once(t.Context(), contenders[0], l)
	if err != nil || m.Requests < 3 || m.Requests > 30 {
		t.Errorf("with think time: %+v, %v", m, err)
	}
	left, err := filepath.Glob(filepath.Join(b.dir, "run-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A tool that fails costs its own row only, and is named.
func TestFailingTool(t *testing.T) {
	b := newRig(t)
	b.paths[wrk] = filepath.Join(b.dir, "no-such-program")
	l := load{Address: b.server.address, Connections: 1, Duration: 50 * time.Millisecond}
	rows, err := b.measure(t.Context(), contenders[2:4], l, 1)
	if err != nil || len(rows) != 1 || len(b.warnings) != 1 || !strings.HasPrefix(b.warnings[0], "wrk, run 1: ") {
		t.Errorf("%v, %v, %v", rows, err, b.warnings)
	}
}

// The counter goes up by one with every request of a connection, whose first answer alone sets the cookie.
func TestServe(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go serve(l)
	s := &server{address: l.Addr().String(), client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	before, err := s.requests()
	if err != nil || before != 1 {
		t.Fatalf("%d requests before any, %v", before, err)
	}
	c := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	defer c.CloseIdleConnections()
	for i, want := range []string{`"sessionViews":1,"id":"` + sessionID + `2"`, `"sessionViews":2,"id":"` + sessionID + `2"`} {
		r, err := c.Get("http://" + s.address + "/")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if !strings.Contains(string(body), want) || len(r.Cookies()) != 1-i {
			t.Errorf("answer %d: %s, %d cookies", i+1, body, len(r.Cookies()))
		}
	}
	if after, err := s.requests(); err != nil || after != before+3 {
		t.Errorf("%d requests after %d and two, %v", after, before, err)
	}
}

// A child that does not end is ended, with what it started, and says what it complained of.
func TestChildLimit(t *testing.T) {
	c := child{args: []string{"sh", "-c", "echo stuck >&2; sleep 100; true"}, limit: 200 * time.Millisecond}
	_, _, err := c.run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "sh: did not end within 200ms: …stuck") {
		t.Errorf("%v", err)
	}
}

func TestOptions(t *testing.T) {
	o, err := parseOptions([]string{"--only", "wrk,k6", "--memory", "20,10", "--runs", "5"}, io.Discard)
	if err != nil || !o.wants(wrk) || o.wants(stickbench) || o.Runs != 5 || len(o.Memory) != 2 || o.Memory[0] != 10 {
		t.Errorf("%+v, %v", o, err)
	}
	if o, err = parseOptions([]string{"--memory", "0"}, io.Discard); err != nil || o.Memory != nil || !o.wants(stickbench) || o.wants(jmeter) {
		t.Errorf("%+v, %v", o, err)
	}
	for _, wrong := range []string{"--only siege", "--memory x", "--duration 1500ms", "--runs 0", "--connections 0", "--server apache", "stray"} {
		var complaint bytes.Buffer
		if code := run(context.Background(), strings.Fields(wrong), nil, io.Discard, &complaint); code != exitUsage || complaint.Len() == 0 {
			t.Errorf("%s: exit code %d, %s", wrong, code, &complaint)
		}
	}
}
