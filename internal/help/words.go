package help

import (
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/yuin/goldmark/ast"
)

// style is how a piece of text stands out, in bits.
type style int

const (
	bold style = 1 << iota
	slanted
	code
)

// escapes switch each style on, in the order of its bits.
var escapes = []string{"\x1b[1m", "\x1b[3m", "\x1b[36m"}

const plain = "\x1b[0m"

// piece is text of one style.
type piece struct {
	text  string
	style style
}

// word is what stays on one line: pieces without a blank between them.
type word []piece

func (w word) columns() (n int) {
	for _, p := range w {
		n += columns(p.text)
	}
	return n
}

func columns(s string) int { return runewidth.StringWidth(s) }

// shortCode is how many columns of code are kept on one line, blanks and all.
const shortCode = 40

// writer collects the words of a paragraph or a cell.
type writer struct {
	words []word
	open  bool // the last word may go on
}

// add appends text, which is split at its blanks.
func (w *writer) add(s string, st style) {
	keep := st&code != 0 && columns(s) <= shortCode
	for len(s) > 0 {
		next := strings.TrimLeft(s, " \n")
		if len(next) < len(s) && !keep {
			w.open = false
		}
		end := strings.IndexAny(next, " \n")
		if end < 0 || keep {
			end, next = len(next), s[len(s)-len(next):]
		}
		if end > 0 {
			w.append(piece{next[:end], st})
		}
		s = next[end:]
	}
}

func (w *writer) append(p piece) {
	if !w.open {
		w.words = append(w.words, nil)
	}
	last := &w.words[len(w.words)-1]
	*last = append(*last, p)
	w.open = true
}

// words are the text of a node.
func (p *printer) words(n ast.Node, st style) []word {
	w := &writer{}
	p.inline(w, n, st)
	return w.words
}

func (p *printer) inline(w *writer, parent ast.Node, st style) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			w.add(string(n.Value(p.source)), st)
			if n.SoftLineBreak() || n.HardLineBreak() {
				w.open = false
			}
		case *ast.String:
			w.add(string(n.Value), st)
		case *ast.CodeSpan:
			w.add(p.raw(n), st|code)
		case *ast.Emphasis:
			p.inline(w, n, st|emphasis(n.Level))
		case *ast.AutoLink:
			w.add(string(n.Label(p.source)), st)
		case *ast.Link:
			p.inline(w, n, st)
			if to := string(n.Destination); strings.Contains(to, "://") {
				w.add(" ("+to+")", st)
			}
		case *ast.RawHTML:
		default:
			p.inline(w, n, st)
		}
	}
}

func emphasis(level int) style {
	if level > 1 {
		return bold
	}
	return slanted
}

// raw is the text of code: a bar that stands in a table with a backslash before it stands alone.
func (p *printer) raw(n ast.Node) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			b.Write(c.Value(p.source))
		case *ast.String:
			b.Write(c.Value)
		}
	}
	return strings.ReplaceAll(strings.ReplaceAll(b.String(), "\n", " "), `\|`, "|")
}

// fold puts words into lines of at most width columns; a longer word has a line of its own.
func fold(words []word, width int) (lines [][]word) {
	used := 0
	for _, w := range words {
		n := w.columns()
		if len(lines) == 0 || used+1+n > width {
			lines = append(lines, nil)
			used = -1
		}
		lines[len(lines)-1] = append(lines[len(lines)-1], w)
		used += 1 + n
	}
	return lines
}

// joined is a line of words.
func joined(words []word, color bool) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		for _, p := range w {
			b.WriteString(p.shown(color))
		}
	}
	return b.String()
}

func (p piece) shown(color bool) string {
	if !color || p.style == 0 {
		return p.text
	}
	var b strings.Builder
	for i, e := range escapes {
		if p.style&(1<<i) != 0 {
			b.WriteString(e)
		}
	}
	return b.String() + p.text + plain
}

// lineColumns is how wide a line of words is.
func lineColumns(words []word) int {
	n := max(0, len(words)-1)
	for _, w := range words {
		n += w.columns()
	}
	return n
}
