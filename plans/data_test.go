package plans

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"stickbench/loadgen"
)

// TestDataLines: a file's lines stay in its text, and are what encoding/csv makes of all of it.
func TestDataLines(t *testing.T) {
	for _, text := range []string{
		"a,b\n1,2\n", "a,b\r\n1,2\r\n\r\n\n3,\"4,\r\n5\"\"\"\r\n", "\n\na,b\n\n\"\n\",\"x\"\n,\n6,7,8", "a,b\n1,2\r", "a,b\n\"\",\"\"\n é,ü ",
	} {
		r := csv.NewReader(strings.NewReader(text))
		r.FieldsPerRecord = -1
		want, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var d loadgen.Data
		if err := (dataFormat{comma: ',', quoted: true}).take(&d, text); err != nil {
			t.Fatal(err)
		}
		got := [][]string{d.Columns}
		for i := range d.Lines.Bounds {
			got = append(got, d.Lines.Append(nil, i))
		}
		if !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
