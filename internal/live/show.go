package live

import (
	"io"
	"os"
	"runtime"
	"sync"

	"golang.org/x/term"
)

// The modes of Show.
const (
	Auto = "auto" // bars on a terminal, else a line per group every ten seconds
	JSON = "json" // a line of JSON every second
	None = "none"
)

// Display shows how far a run is.
type Display struct {
	done chan struct{}
	wait sync.WaitGroup
}

// Show shows the run on out, and on notices what are lines, until Stop.
func Show(out io.Writer, notices *Notices, w *Watch, mode string) *Display {
	w.Model.Begin(w.Began)
	d := &Display{done: make(chan struct{})}
	drawn := Bars(out)
	if f := fileOf(out); f != nil {
		out = f
	}
	switch {
	case mode == None:
	case mode == JSON:
		d.wait.Go(func() { jsonLines(notices, w, d.done) })
	case drawn:
		d.wait.Go(func() { bars(out, notices, w, d.done) })
	default:
		d.wait.Go(func() { lines(notices, w, d.done) })
	}
	return d
}

// Bars reports whether Auto draws bars on out.
func Bars(out io.Writer) bool {
	_, isTerminal := Terminal(out)
	return isTerminal && Capable()
}

// Stop shows the run's last state, and returns when nothing more is written.
func (d *Display) Stop() {
	close(d.done)
	d.wait.Wait()
}

// Terminal reports whether w is a terminal, and how many columns it has. One without a size, as pipes of
// some CI systems pretend to be, shows nothing and counts as none.
func Terminal(w io.Writer) (columns int, ok bool) {
	f := fileOf(w)
	if f == nil || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	columns, rows, err := term.GetSize(int(f.Fd()))
	return columns, err == nil && columns > 0 && rows > 0
}

// Capable reports whether the terminal takes more than lines of text: cursor movements and colours. One whose
// TERM is dumb or empty does not, but on Windows, which has no TERM.
func Capable() bool {
	switch os.Getenv("TERM") {
	case "dumb":
		return false
	case "":
		return runtime.GOOS == "windows"
	}
	return true
}

// size is the size of the terminal; ok is false of what is none.
func size(out io.Writer) (columns, lines int, ok bool) {
	f, isFile := out.(*os.File)
	if !isFile {
		return 0, 0, false
	}
	columns, lines, err := term.GetSize(int(f.Fd()))
	return columns, lines, err == nil && columns > 0 && lines > 0
}

// Notices is where messages to the user go while a run lasts: to stderr, above the bars where there are
// some.
type Notices struct {
	mu       sync.Mutex
	out      io.Writer
	terminal io.Writer // on which bars are drawn; nil if there are none
	release  func()    // leaves the terminal's input as it was; nil if it is
}

// ReleaseTerminal shows the cursor that bars have hidden, and leaves the terminal's input as it was: what comes next may
// end the process at any moment.
func (n *Notices) ReleaseTerminal() {
	n.cursor(showCursor)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.release != nil {
		n.release()
	}
}

// cursor shows or hides the cursor, where bars are drawn.
func (n *Notices) cursor(sequence string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.terminal != nil {
		io.WriteString(n.terminal, sequence)
	}
}

// releases says how the terminal's input is left as it was.
func (n *Notices) releases(how func()) {
	n.mu.Lock()
	n.release = how
	n.mu.Unlock()
}

// NewNotices makes notices that go to out.
func NewNotices(out io.Writer) *Notices { return &Notices{out: out} }

// to sends notices to out from now on, while bars are drawn on the terminal, nil for none.
func (n *Notices) to(out, terminal io.Writer) {
	n.mu.Lock()
	n.out, n.terminal = out, terminal
	n.mu.Unlock()
}

func (n *Notices) Write(b []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, err := n.out.Write(clean(b, false)); err != nil {
		return 0, err
	}
	return len(b), nil
}
