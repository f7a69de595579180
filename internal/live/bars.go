package live

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/vbauerster/cupwriter"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

const (
	// Bars are drawn anew ten times a second. The nodes' figures change twice a second, so that they can
	// be read.
	lookEvery  = 100 * time.Millisecond
	looksALook = int(slotTime / lookEvery)
	// spareColumns are left of a terminal's width, so that no line wraps where the terminal echoes a Ctrl-C.
	spareColumns = 4
	// spareLines are left of a terminal's height: what does not fit on it cannot be erased.
	spareLines = 2
	maxBars    = 8
)

// screen is what is drawn: mpb asks for it from its own goroutines.
type screen struct {
	mu     sync.Mutex
	groups []status
	view   view
	height int // of the terminal
	paint  paint
}

// bars draws a bar for each group, and beneath them what the nodes do and what happens, until done is
// closed. The bars stay, what is beneath them goes: the report has it. What is noticed meanwhile appears
// above them.
func bars(out io.Writer, notices *Notices, w *Watch, done <-chan struct{}) {
	c := &console{Writer: cupwriter.New(out, true)}
	p := mpb.New(mpb.WithConsoleWriter(c), mpb.WithRefreshRate(lookEvery), mpb.WithAutoRefresh())
	notices.to(above{p})
	defer func() {
		notices.to(out)
		out.Write(c.unseen())
	}()
	s := &screen{paint: colours()}
	s.look(w, out, true)
	drawn := make([]*mpb.Bar, min(len(s.groups), maxBars))
	for i := range drawn {
		options := []mpb.BarOption{mpb.BarFillerTrim()}
		if i == len(drawn)-1 {
			options = append(options, mpb.BarBtmExtender(mpb.BarFillerFunc(s.beneath)))
		}
		drawn[i] = p.New(whole, bar{s, i}, options...)
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-done:
			s.look(w, out, true)
			for _, b := range drawn {
				b.SetCurrent(whole) // mpb waits for its bars to be complete; what they show is ours
			}
			p.Wait()
			return
		case <-tick.C:
			s.look(w, out, n%looksALook == 0)
		}
	}
}

// whole is what mpb counts to; it is reached when the run ends.
const whole = 1000

// look takes what is to be drawn from now on.
func (s *screen) look(w *Watch, out io.Writer, nodesToo bool) {
	now := time.Now()
	groups, v := w.look(now), view{past: w.Model.past()}
	v.next = w.next(now, groups)
	if nodesToo {
		v.nodes, v.until = w.Model.nodesNow(now, maxNodeRows)
	}
	lines := height(out)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !nodesToo {
		v.nodes, v.until = s.view.nodes, s.view.until
	}
	s.groups, s.view, s.height = groups, v, lines
}

// bar is the bar of a group.
type bar struct {
	*screen
	group int
}

// Build is for mpb, which makes a bar from what can build its filler.
func (b bar) Build() mpb.BarFiller { return b }

func (b bar) Fill(out io.Writer, stat decor.Statistics) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	line := groupBars(b.groups[:min(len(b.groups), maxBars)], stat.AvailableWidth-spareColumns)[b.group]
	if b.group == 0 {
		line = "\r" + line // the cursor is behind what the terminal has echoed
	}
	_, err := io.WriteString(out, line)
	return err
}

// beneath draws what is beneath the bars.
func (s *screen) beneath(out io.Writer, stat decor.Statistics) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	columns, lines := stat.AvailableWidth-spareColumns, s.height-spareLines-min(len(s.groups), maxBars)
	if n := len(s.groups) - maxBars; n > 0 {
		fmt.Fprintln(out, fit(fmt.Sprintf("… and %d more groups", n), columns))
		lines--
	}
	if stat.Completed {
		return nil
	}
	for _, line := range append([]string{""}, s.view.block(columns, lines-1, s.paint)...) {
		fmt.Fprintln(out, line)
	}
	return nil
}

// console goes up by as many lines as were drawn. mpb takes each part of a bar for one line at most, and what is
// beneath the bars has as many as it needs.
type console struct {
	*cupwriter.Writer
	lines int // drawn since the last Flush
}

// ReadFrom takes what mpb draws; lines to stay above it come by Write.
func (c *console) ReadFrom(r io.Reader) (int64, error) {
	before := c.Len()
	n, err := c.Writer.ReadFrom(r)
	c.lines += bytes.Count(c.Bytes()[before:], []byte("\n"))
	return n, err
}

func (c *console) Flush(int) error {
	n := c.lines
	c.lines = 0
	return c.Writer.Flush(n)
}

// unseen are the lines that came after the last Flush and would not be seen, without the move up before them.
func (c *console) unseen() []byte {
	_, lines, _ := bytes.Cut(c.Bytes(), []byte("\x1b[J"))
	return lines
}

// above writes lines above the bars. The cursor may be behind the "^C" that the terminal has echoed: mpb goes
// up, not back, so that the line would begin with two letters of a bar.
type above struct{ bars *mpb.Progress }

func (a above) Write(line []byte) (int, error) {
	n, err := a.bars.Write(append([]byte("\r\x1b[K"), line...))
	return max(0, n-len("\r\x1b[K")), err
}

// colours reports whether the user wants any (https://no-color.org).
func colours() paint { return paint(os.Getenv("NO_COLOR") == "" && Capable()) }
