package export

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"stickbench/internal/sampletest"
	"stickbench/report/compare"
	"stickbench/report/reporttest"
)

func TestComparisonJSON(t *testing.T) {
	var text bytes.Buffer
	c := reporttest.Comparison(t)
	if err := WriteComparisonJSON(&text, c); err != nil {
		t.Fatal(err)
	}
	sampletest.Golden(t, "compare-json", rounded(text.Bytes()))
	var back compare.Comparison
	if err := json.Unmarshal(text.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := WriteComparisonJSON(&again, &back); err != nil || again.String() != text.String() {
		t.Errorf("the document does not come back as it was (%v)", err)
	}
	text.Reset()
	if err := WriteComparisonJSON(&text, &compare.Comparison{}); err != nil || strings.Contains(text.String(), `"labels": null`) {
		t.Errorf("empty lists are [] (%v)", err)
	}
}

// rounded is a document with at most six digits behind the point: the last ones differ between machines.
func rounded(document []byte) []byte {
	return regexp.MustCompile(`(\.\d{6})\d+`).ReplaceAll(document, []byte("$1"))
}
