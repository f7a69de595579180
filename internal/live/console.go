package live

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"

	"stickbench/internal/format"
)

// console draws frames for mpb, each over the one before it, line by line: nothing is erased that is not written
// anew at once, so that no frame ends up in what the terminal keeps of earlier output, and none is seen in halves.
//
//	begin synchronized update ─ cursor up to the frame's first line ─ line, erase to its end ─ … ─ erase below ─ end
//
// Lines that are to stay are written above the frame.
type console struct {
	out  io.Writer
	size func() (columns, lines int, ok bool)

	above, frame bytes.Buffer // since the last Flush
	drawn        []int        // the widths of the lines of the last frame
	hidden       bool         // the cursor
}

// Sequences of DEC's private modes. A terminal that does not know one ignores it.
const (
	beginUpdate = "\x1b[?2026h"
	endUpdate   = "\x1b[?2026l"
	hideCursor  = "\x1b[?25l"
	showCursor  = "\x1b[?25h"
	eraseLine   = "\x1b[K" // from the cursor on
	eraseBelow  = "\x1b[J"
)

func (c *console) IsTerminal() bool { return true }

func (c *console) GetTermSize() (columns, lines int, err error) {
	columns, lines, ok := c.size()
	if !ok {
		return 80, 24, nil
	}
	return columns, lines, nil
}

// Write takes lines that are to stay.
func (c *console) Write(lines []byte) (int, error) { return c.above.Write(lines) }

// ReadFrom takes lines of the frame.
func (c *console) ReadFrom(r io.Reader) (int64, error) { return c.frame.ReadFrom(r) }

// Flush draws the frame. mpb counts its lines, but not those beneath its bars.
func (c *console) Flush(int) error {
	var b strings.Builder
	b.WriteString(beginUpdate)
	if !c.hidden {
		b.WriteString(hideCursor)
		c.hidden = true
	}
	b.WriteByte('\r') // the cursor may be behind what the terminal has echoed
	if up := c.rows(); up > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", up)
	}
	frame := linesOf(c.frame.String())
	for _, line := range append(linesOf(c.above.String()), frame...) {
		b.WriteString(line + eraseLine + "\n")
	}
	b.WriteString(eraseBelow + endUpdate)
	c.drawn = c.drawn[:0]
	for _, line := range frame {
		c.drawn = append(c.drawn, format.Cells.StringWidth(sequences.ReplaceAllString(line, "")))
	}
	c.above.Reset()
	c.frame.Reset()
	_, err := io.WriteString(c.out, b.String())
	return err
}

var sequences = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]")

// linesOf are the lines of a text, without the carriage returns before them.
func linesOf(text string) (all []string) {
	for line := range strings.Lines(text) {
		all = append(all, strings.TrimLeft(strings.TrimSuffix(line, "\n"), "\r"))
	}
	return all
}

// rows are those that the last frame takes: its lines are broken where the terminal has become narrower.
func (c *console) rows() (n int) {
	columns, _, ok := c.size()
	for _, width := range c.drawn {
		n++
		if ok && columns > 0 && width > columns {
			n += (width - 1) / columns
		}
	}
	return n
}

// close shows the cursor again, below the last frame and the lines that came after it.
func (c *console) close() {
	text := c.above.String()
	if c.hidden {
		text += showCursor
	}
	io.WriteString(c.out, text)
}
