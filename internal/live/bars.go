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
	p := mpb.New(mpb.WithOutput(out), mpb.WithRefreshRate(lookEvery), mpb.WithAutoRefresh())
	notices.to(above{p})
	defer notices.to(out)
	s := &screen{paint: colours()}
	s.look(w, out, true)
	drawn := make([]*mpb.Bar, min(len(s.groups), maxBars))
	for i := range drawn {
		options := []mpb.BarOption{mpb.BarFillerTrim()}
		if i == len(drawn)-1 {
			options = append(options, mpb.BarExtender(mpb.BarFillerFunc(s.beneath), false))
		}
		drawn[i] = p.MustAdd(whole, s.bar(i), options...)
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

// bar draws the bar of group i.
func (s *screen) bar(i int) mpb.BarFiller {
	return mpb.BarFillerFunc(func(out io.Writer, stat decor.Statistics) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		line := groupBars(s.groups[:min(len(s.groups), maxBars)], stat.AvailableWidth-spareColumns)[i]
		if i == 0 {
			line = "\r" + line // the cursor is behind what the terminal has echoed
		}
		_, err := io.WriteString(out, line)
		return err
	})
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

// above writes lines above the bars. The cursor may be behind the "^C" that the terminal has echoed: mpb goes
// up, not back, so that the line would begin with two letters of a bar.
type above struct{ bars *mpb.Progress }

func (a above) Write(line []byte) (int, error) {
	n, err := a.bars.Write(append([]byte("\r\x1b[K"), line...))
	return max(0, n-len("\r\x1b[K")), err
}

// colours reports whether the user wants any (https://no-color.org).
func colours() paint { return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" }
