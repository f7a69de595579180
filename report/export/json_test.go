package export

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stickbench/internal/sampletest"
	"stickbench/report"
	"stickbench/report/reporttest"
)

func TestWriteJSON(t *testing.T) {
	for name, r := range reporttest.Runs() {
		var b bytes.Buffer
		if err := WriteJSON(&b, r); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var back report.Results
		if err := json.Unmarshal(b.Bytes(), &back); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var again bytes.Buffer
		if err := WriteJSON(&again, &back); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(document(t, b.Bytes()), document(t, again.Bytes())); diff != "" {
			t.Errorf("%s is not what was written (-want +got):\n%s", name, diff)
		}
		for _, key := range []string{"labels", "nodes", "errors", "expectations", "events", "warnings"} {
			if strings.Contains(b.String(), `"`+key+`": null`) {
				t.Errorf("%s: %s is null", name, key)
			}
		}
	}
}

func document(t *testing.T, text []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// Scripts rely on these keys.
func TestWriteJSONContract(t *testing.T) {
	var b bytes.Buffer
	if err := WriteJSON(&b, reporttest.Runs()["two-users"]); err != nil {
		t.Fatal(err)
	}
	sampletest.Golden(t, "two-users-json", b.Bytes())
}

func TestWriteJSONOfNothing(t *testing.T) {
	var b bytes.Buffer
	if err := WriteJSON(&b, &report.Results{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"labels": []`, `"nodes": []`, `"errors": []`, `"expectations": []`, `"events": []`, `"warnings": []`, `"affinity": null`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in\n%s", want, b.String())
		}
	}
}

// What only a run of arrivals has, under the keys that scripts know.
func TestWriteJSONOfArrivals(t *testing.T) {
	var b bytes.Buffer
	if err := WriteJSON(&b, reporttest.Runs()["open"]); err != nil {
		t.Fatal(err)
	}
	got := document(t, b.Bytes()).(map[string]any)
	response := got["labels"].([]any)[0].(map[string]any)["response"].(map[string]any)
	for _, key := range []string{"average_ms", "p50_ms", "p90_ms", "p95_ms", "p99_ms", "max_ms"} {
		if _, ok := response[key].(float64); !ok {
			t.Errorf("response.%s is missing in %v", key, response)
		}
		delete(response, key)
	}
	want := map[string]any{
		"model": "open", "response": map[string]any{"samples": 10000.0},
		"arrivals": map[string]any{"planned": 10003.0, "started": 10000.0, "late": 92.0, "dropped": 3.0},
		"generator": map[string]any{
			"wall_ms": 6021.5, "cpu_ms": 3010.75, "processors": 2.0, "load": 0.25, "gc_pauses": 3.0, "gc_paused_ms": 0.4, "worst_pause_ms": 0.2,
			"wakes": 9000.0, "late_wakes": 1.0, "worst_wake_ms": 12.5, "stalls": 0.0, "stalled_ms": 0.0, "freezes": 0.0, "frozen_ms": 0.0,
		},
	}
	if diff := cmp.Diff(want, map[string]any{"model": got["model"], "response": response, "arrivals": got["arrivals"], "generator": got["generator"]}); diff != "" {
		t.Error(diff)
	}
	if _, ok := got["labels"].([]any)[1].(map[string]any)["response"]; ok {
		t.Error("requests after the first have a response time from an intended start")
	}
}

// A figure that is no number cannot be written; the error says so instead of an empty document.
func TestWriteJSONFails(t *testing.T) {
	var b bytes.Buffer
	if err := WriteJSON(&b, &report.Results{Total: report.Row{AverageMS: math.NaN()}}); err == nil || b.Len() > 0 {
		t.Errorf("%v, %d bytes", err, b.Len())
	}
}
