package help

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// Options of a terminal.
type Options struct {
	Width int  // columns; lines of code are as long as they are
	Color bool // headings and code stand out by escape sequences
}

// indent is how far text stands in under its heading.
const indent = 2

// Render writes a topic as text: headings at the margin and what is under them two columns in, as manual pages
// have it. Comments are left out.
func Render(w io.Writer, t Topic, o Options) error {
	source := []byte(t.Source)
	p := &printer{source: source, color: o.Color}
	p.blocks(goldmark.New(goldmark.WithExtensions(extension.Table)).Parser().Parse(text.NewReader(source)), indent, o.Width)
	_, err := w.Write(p.out.Bytes())
	return err
}

// printer writes blocks one below the other, with an empty line between them.
type printer struct {
	source []byte
	color  bool
	out    bytes.Buffer
}

// blocks writes what is in a node, each line margin columns in and no wider than width.
func (p *printer) blocks(parent ast.Node, margin, width int) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		if _, comment := n.(*ast.HTMLBlock); comment {
			continue
		}
		if n.PreviousSibling() != nil && p.out.Len() > 0 && !tight(n) {
			p.out.WriteByte('\n')
		}
		p.block(n, margin, width)
	}
}

// tight reports whether a block follows the one before it without an empty line: items of a list whose author
// wrote none between them.
func tight(n ast.Node) bool {
	list, ok := n.Parent().(*ast.List)
	if !ok {
		_, ok = n.PreviousSibling().(*ast.TextBlock)
		return ok
	}
	return list.IsTight
}

func (p *printer) block(n ast.Node, margin, width int) {
	switch n := n.(type) {
	case *ast.Heading:
		p.lines(fold(p.words(n, bold), width), 0)
	case *ast.Paragraph, *ast.TextBlock:
		p.lines(fold(p.words(n, 0), width-margin), margin)
	case *ast.FencedCodeBlock, *ast.CodeBlock:
		p.code(n, margin+2)
	case *ast.List:
		p.list(n, margin, width)
	case *east.Table:
		p.table(n, margin, width)
	default:
		p.blocks(n, margin+2, width) // a quotation
	}
}

// code writes a block as it is.
func (p *printer) code(n ast.Node, margin int) {
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		p.line(strings.TrimRight(string(line.Value(p.source)), "\n"), margin)
	}
}

// list writes each item with its bullet or number in front.
func (p *printer) list(list *ast.List, margin, width int) {
	number := list.Start
	for item := list.FirstChild(); item != nil; item = item.NextSibling() {
		bullet := "• "
		if list.IsOrdered() {
			bullet = fmt.Sprintf("%d. ", number)
			number++
		}
		if item.PreviousSibling() != nil && !list.IsTight {
			p.out.WriteByte('\n')
		}
		inner := printer{source: p.source, color: p.color}
		in := margin + columns(bullet)
		inner.blocks(item, in, width)
		p.out.WriteString(strings.Repeat(" ", margin) + bullet)
		p.out.WriteString(strings.TrimPrefix(inner.out.String(), strings.Repeat(" ", in)))
	}
}

func (p *printer) lines(lines [][]word, margin int) {
	for _, l := range lines {
		p.line(joined(l, p.color), margin)
	}
}

func (p *printer) line(s string, margin int) {
	if s != "" {
		p.out.WriteString(strings.Repeat(" ", margin) + s)
	}
	p.out.WriteByte('\n')
}
