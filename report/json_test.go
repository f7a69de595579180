package report

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWriteJSON(t *testing.T) {
	for name, r := range reports() {
		var b bytes.Buffer
		if err := WriteJSON(&b, r); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var back Results
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
	if err := WriteJSON(&b, reports()["two-users"]); err != nil {
		t.Fatal(err)
	}
	golden(t, "two-users-json", b.Bytes())
}

func TestWriteJSONOfNothing(t *testing.T) {
	var b bytes.Buffer
	if err := WriteJSON(&b, &Results{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"labels": []`, `"nodes": []`, `"errors": []`, `"expectations": []`, `"events": []`, `"warnings": []`, `"affinity": null`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in\n%s", want, b.String())
		}
	}
}

// A figure that is no number cannot be written; the error says so instead of an empty document.
func TestWriteJSONFails(t *testing.T) {
	var b bytes.Buffer
	if err := WriteJSON(&b, &Results{Total: Row{AverageMS: math.NaN()}}); err == nil || b.Len() > 0 {
		t.Errorf("%v, %d bytes", err, b.Len())
	}
}
