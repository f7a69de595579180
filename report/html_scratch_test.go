package report

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestScratch(t *testing.T) {
	dir := os.Getenv("SCRATCH")
	if dir == "" {
		t.Skip()
	}
	for name, r := range reports() {
		var b bytes.Buffer
		if err := WriteHTML(&b, r, HTMLFacts{Version: "dev", PlanSource: "name = \"x\"\n"}); err != nil {
			t.Fatal(err)
		}
		os.WriteFile(filepath.Join(dir, name+".html"), b.Bytes(), 0o666)
		t.Log(name, b.Len())
	}
}
