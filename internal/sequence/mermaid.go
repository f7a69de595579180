package sequence

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// mermaidArrows are Mermaid's words for arrows.
var mermaidArrows = map[Kind]string{Request: "->>", Reply: "-->>", Lost: "-x"}

// mermaidInferred is the arrow of what nobody saw: dotted, with an open head.
const mermaidInferred = "--)"

// WriteMermaid writes d as a sequenceDiagram of Mermaid. Each exchange is a shaded block whose first arrow
// bears its number. The error is w's.
func WriteMermaid(w io.Writer, d *Diagram) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "sequenceDiagram")
	if d.Title != "" {
		fmt.Fprintf(out, "    title %s\n", mermaidText(d.Title))
	}
	for i, l := range d.Lifelines {
		word := "participant"
		if l.Role == Browser {
			word = "actor"
		}
		fmt.Fprintf(out, "    %s %s as %s\n", word, mermaidName(i), mermaidText(l.Name))
	}
	for _, b := range d.Blocks {
		writeMermaidBlock(out, b)
	}
	return out.Flush()
}

func writeMermaidBlock(out io.Writer, b Block) {
	fmt.Fprintln(out, "    rect rgba(128, 128, 128, 0.12)")
	for i, s := range b.Steps {
		text := mermaidLines(s.Lines)
		if i == 0 {
			text = fmt.Sprintf("%d · %s", b.Number, text)
		}
		fmt.Fprintf(out, "        %s: %s\n", mermaidStep(s), text)
	}
	fmt.Fprintln(out, "    end")
}

func mermaidStep(s Step) string {
	arrow := mermaidArrows[s.Kind]
	switch {
	case s.Kind == Note:
		return "Note over " + mermaidName(s.From)
	case s.Inferred:
		arrow = mermaidInferred
	}
	return mermaidName(s.From) + arrow + mermaidName(s.To)
}

// mermaidName is a participant's own name in the source: one that no keyword of Mermaid's begins with.
func mermaidName(lifeline int) string { return fmt.Sprintf("p%d", lifeline+1) }

func mermaidLines(lines []string) string {
	escaped := make([]string, len(lines))
	for i, l := range lines {
		escaped[i] = mermaidText(l)
	}
	return strings.Join(escaped, "<br/>")
}

// mermaidEscapes are the signs that do not stand for themselves in Mermaid's texts: "#" and ";" end them
// (its lexer's rules TXT and restOfLine), "%%" begins a comment or a directive, "$$" a formula, and a text
// is HTML in the end. "#NUMBER;" and "#NAME;" are its own way to write a sign.
var mermaidEscapes = strings.NewReplacer(
	"#", "#35;", ";", "#59;", "<", "#lt;", ">", "#gt;", "&", "#amp;", `"`, "#quot;",
	"%%", "#37;#37;", "$$", "#36;#36;", "\r", " ", "\n", " ")

// mermaidStyle is where Mermaid takes the last ";" off a line, and with it the end of an escape (its
// encodeEntities, which takes these words for its flowcharts' statements).
var mermaidStyle = regexp.MustCompile(`style|classDef`)

// mermaidText is text as it stands in a message, a note or a name.
func mermaidText(text string) string {
	text = mermaidEscapes.Replace(text)
	if !strings.Contains(text, "#") {
		return text
	}
	return mermaidStyle.ReplaceAllStringFunc(text, func(word string) string {
		return fmt.Sprintf("#%d;%s", word[0], word[1:])
	})
}
