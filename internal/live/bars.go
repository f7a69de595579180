package live

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

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
	c := &console{out: out, size: func() (columns, lines int, ok bool) { return size(out) }}
	p := mpb.New(mpb.WithConsoleWriter(c), mpb.WithRefreshRate(lookEvery), mpb.WithAutoRefresh())
	notices.to(p, out)
	defer func() {
		notices.to(out, nil)
		c.close()
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
	_, lines, ok := size(out)
	if !ok {
		lines = 24
	}
	groups := w.look(now)
	v := view{next: w.next(now, groups), waiting: waiting(groups, w), machines: w.machines()}
	if w.Line != nil {
		v.line = w.Line()
	}
	v.past, v.first = w.Model.past()
	if nodesToo {
		v.nodes, v.until = w.Model.nodesNow(now, nodeRows(lines-spareLines-min(len(groups), maxBars)))
	}
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

// colours reports whether the user wants any (https://no-color.org).
func colours() paint { return paint(os.Getenv("NO_COLOR") == "" && Capable()) }
