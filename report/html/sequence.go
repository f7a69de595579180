package html

import (
	"unicode/utf8"

	"stickbench/internal/format"
	"stickbench/internal/sequence"
)

// The measures of a sequence diagram, in units of the image: about pixels.
const (
	signWidth  = 6.7 // of a letter of 11 px of a fixed pitch font, a little more than most have
	lineHeight = 15
	arrowSpace = 10
	blockSpace = 14
	headHeight = 30
	leastLane  = 90
	mostLane   = 380
	noteIndent = 8
	mostSigns  = 110 // of a line
)

// diagramView is a sequence diagram as the template draws it.
type diagramView struct {
	Title         string
	Width, Height int
	Lanes         []laneView
	Blocks        []blockView
	Steps         []stepView
}

// laneView is a participant: the middle of its box, and the left edge and width of that.
type laneView struct {
	Name        string
	X, Left, W  int
	Top, Bottom int
	Class       string
}

// blockView is the ground of an exchange.
type blockView struct{ Y, Height, Number, NumberY int }

// stepView is an arrow or a note.
type stepView struct {
	Kind         string // class
	X1, X2, Y    int
	Arrow, Right bool
	Lost         bool
	Head         string // the path of its tip
	Lines        []lineView
}

type lineView struct {
	X, Y int
	Text string
}

// newDiagramView lays out d: the lanes as far from each other as the longest line between neighbours needs.
func newDiagramView(d *sequence.Diagram) *diagramView {
	if d == nil || len(d.Blocks) == 0 {
		return nil
	}
	v := &diagramView{Title: format.Clean(d.Title)}
	v.lanes(d)
	y := headHeight + blockSpace
	for _, b := range d.Blocks {
		top := y
		y += arrowSpace / 2
		for _, s := range b.Steps {
			y = v.step(&s, y)
		}
		v.Blocks = append(v.Blocks, blockView{top, y - top, b.Number, top + lineHeight})
		y += blockSpace
	}
	v.Height = y + 4
	for i := range v.Lanes {
		v.Lanes[i].Top, v.Lanes[i].Bottom = headHeight, y
	}
	return v
}

// lanes places the lifelines.
func (v *diagramView) lanes(d *sequence.Diagram) {
	gaps := laneGaps(d)
	x := 30 + half(d.Lifelines[0].Name)
	for i, l := range d.Lifelines {
		w := 2 * half(l.Name)
		v.Lanes = append(v.Lanes, laneView{Name: format.Clean(l.Name), X: x, Left: x - w/2, W: w, Class: string(l.Role)})
		if i < len(gaps) {
			x += gaps[i]
		}
	}
	v.Width = max(x+half(d.Lifelines[len(d.Lifelines)-1].Name), v.textsEnd(d)) + 10
}

// half is half the width of a lifeline's box.
func half(name string) int { return int(signWidth*float64(utf8.RuneCountInString(name)))/2 + 10 }

// textsEnd is how far the widest text reaches.
func (v *diagramView) textsEnd(d *sequence.Diagram) (end int) {
	for _, b := range d.Blocks {
		for _, s := range b.Steps {
			end = max(end, v.Lanes[min(s.From, s.To)].X+noteIndent+textWidth(s.Lines))
		}
	}
	return end
}

// laneGaps are the distances between neighbours. An arrow over several lanes has room enough as a rule.
func laneGaps(d *sequence.Diagram) []int {
	gaps := make([]int, len(d.Lifelines)-1)
	for i := range gaps {
		gaps[i] = max(leastLane, half(d.Lifelines[i].Name)+half(d.Lifelines[i+1].Name)+10)
	}
	for _, b := range d.Blocks {
		for _, s := range b.Steps {
			left, right := min(s.From, s.To), max(s.From, s.To)
			if left == right && right < len(gaps) {
				right++
			}
			widenGaps(gaps[left:right], textWidth(s.Lines)+24)
		}
	}
	return gaps
}

// widenGaps makes gaps that are together too narrow wider, all alike, but none beyond mostLane.
func widenGaps(gaps []int, need int) {
	have := 0
	for _, g := range gaps {
		have += g
	}
	for i := range gaps {
		if more := need - have; more > 0 {
			gaps[i] = max(gaps[i], min(mostLane, gaps[i]+more/len(gaps)))
		}
	}
}

func textWidth(lines []string) (width int) {
	for _, l := range lines {
		width = max(width, int(signWidth*float64(utf8.RuneCountInString(stepText(l)))))
	}
	return width
}

// stepText is a line of a step, without its middle where it is too long.
func stepText(l string) string { return format.Cut(format.Clean(l), mostSigns) }

// step places a step below y and returns where it ends.
func (v *diagramView) step(s *sequence.Step, y int) int {
	from, to := v.Lanes[s.From].X, v.Lanes[s.To].X
	made := stepView{Kind: string(s.Kind), X1: from, X2: to, Arrow: s.From != s.To, Right: to > from, Lost: s.Kind == sequence.Lost}
	if s.Inferred {
		made.Kind += " inferred"
	}
	x := min(from, to) + noteIndent
	for i, l := range s.Lines {
		y += lineHeight
		made.Lines = append(made.Lines, lineView{x, y, stepText(l)})
		if i == 0 && made.Arrow {
			y += arrowSpace / 2
			made.Y = y
			made.Head = tip(to, y, to > from, made.Lost)
		}
	}
	v.Steps = append(v.Steps, made)
	return y + arrowSpace
}

// tip is the head of an arrow that ends at x, or the cross of one that was lost before.
func tip(x, y int, right, lost bool) string {
	back := -7
	if !right {
		back = 7
	}
	var p path
	if lost {
		p.to(x+back, y-5)
		p.to(x+2*back, y+5)
		p.lift()
		p.to(x+2*back, y-5)
		p.to(x+back, y+5)
		return p.text.String()
	}
	p.to(x+back, y-4)
	p.to(x, y)
	p.to(x+back, y+4)
	return p.text.String()
}
