package live

import (
	"errors"
	"io"
	"os"
	"regexp"
	"sync"
	"syscall"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"

	"stickbench/internal/format"
)

// Output is standard output or standard error, on its way to a terminal: what servers, balancers, proxies and
// files of others say comes out as text and nothing else, whoever prints it.
//
//	                        standard output          standard error
//	control characters      escaped on a terminal    escaped
//	colours of ours         pass                     escaped: messages have none
//	line ends, tabs         pass                     pass
//
// Standard output that is no terminal has the bytes as they are: they may be HTML, or a plan. The views of a
// run draw on the file itself, from data that they have cleaned.
type Output struct {
	file      *os.File
	raw, ours bool // pass all; pass colours

	mu   sync.Mutex
	rest []byte // of a character or a colour that is not whole yet
	err  error  // the first
}

// Stdout and Stderr are the outputs of the process.
func Stdout() *Output {
	return &Output{file: os.Stdout, raw: !term.IsTerminal(int(os.Stdout.Fd())), ours: true} // of a size or of none
}

// Stderr is Output for messages.
func Stderr() *Output { return &Output{file: os.Stderr} }

// Write prints p. It reports the first error that any Write had. A pipe whose reader has gone, as head goes once it
// has its lines, is none: what is written beside standard output, and the exit code, are as they would have been.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := p
	if !o.raw {
		text = append(o.rest, p...)
		whole := len(text) - unfinished(text)
		text, o.rest = clean(text[:whole], o.ours), append([]byte(nil), text[whole:]...)
	}
	if _, err := o.file.Write(text); err != nil && o.err == nil && !errors.Is(err, syscall.EPIPE) {
		o.err = err
	}
	if o.err != nil {
		return 0, o.err
	}
	return len(p), nil
}

// Err is the first error that a Write had.
func (o *Output) Err() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// fileOf is the file behind w; nil if there is none.
func fileOf(w io.Writer) *os.File {
	switch w := w.(type) {
	case *os.File:
		return w
	case *Output:
		return w.file
	}
	return nil
}

var (
	colour = regexp.MustCompile(`^\x1b\[[0-9;]*m`)
	begun  = regexp.MustCompile(`\x1b(?:\[[0-9;]{0,16})?$`)
)

// unfinished is how many bytes at the end of text are the beginning of a character or of a colour.
func unfinished(text []byte) int {
	if at := begun.FindIndex(text); at != nil {
		return len(text) - at[0]
	}
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if b := text[len(text)-n]; utf8.RuneStart(b) {
			if b >= utf8.RuneSelf && !utf8.FullRune(text[len(text)-n:]) {
				return n
			}
			break
		}
	}
	return 0
}

// clean is text with everything escaped that is none.
func clean(text []byte, ours bool) []byte {
	made := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == '\n', r == '\t', unicode.Is(unicode.Zs, r):
		case r == '\x1b' && ours && colour.Match(text):
			size = len(colour.Find(text))
		default:
			made = append(made, format.Clean(string(text[:size]))...)
			text = text[size:]
			continue
		}
		made = append(made, text[:size]...)
		text = text[size:]
	}
	return made
}
