package text

import (
	"bytes"
	"io"

	"stickbench/report/view"
)

// WriteLimit writes what a search for a limit found, and a table of its steps.
func WriteLimit(w io.Writer, said string, steps *view.Table, opt Options) error {
	p := &page{width: max(opt.Width, minWidth), color: opt.Color}
	p.hang(bold, "LIMIT", said)
	p.section("")
	printTable(steps, p)
	_, err := io.Copy(w, bytes.NewReader(p.text.Bytes()))
	return err
}
