package view

import (
	"encoding/json"
	"math"
	"strconv"

	"stickbench/report"
)

// Chart describes a chart: values and what they mean, not how they are drawn. The still picture of a page and the
// script that takes its place are drawn from it, and so are the same.
type Chart struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Summary string `json:"summary"` // what it shows, for those who cannot see it
	Note    string `json:"-"`       // beneath it
	Height  int    `json:"height"`  // of the picture, in pixels
	X       Axis   `json:"x"`
	Y       Axis   `json:"y"`
	// At are places on X: of n values n points, or n+1 edges of steps, each with one value.
	At     Values   `json:"at"`
	Series []Series `json:"series"`
	Marks  []Mark   `json:"marks,omitempty"` // by place
	// Bands says that each series has a band of its own, one below the other, all on one scale.
	Bands bool `json:"bands,omitempty"`
}

// Axis is what an axis measures. Unit is "ms", "%", "/s", "time" (milliseconds since the start), "nines" (1 for 90% of
// the requests, 2 for 99% …) or any noun in the plural.
type Axis struct {
	Unit string `json:"unit"`
	Log  bool   `json:"log,omitempty"` // logarithmic; else from 0
	// Tight ends a logarithmic axis at the values themselves instead of at round ones.
	Tight bool `json:"tight,omitempty"`
	// Least is the least distance of two ticks.
	Least float64 `json:"least,omitempty"`
	// To, unless 0, is about where the axis ends; what lies beyond is marked as cut.
	To float64 `json:"to,omitempty"`
}

// The kinds of series.
const (
	Line  = "line"  // through points, or the middles of steps
	Area  = "area"  // a line, and what lies under it
	Stack = "stack" // areas, each upon the one before
	Bars  = "bars"  // one upon the other
	Heat  = "heat"  // a row of fields between Low and High, the darker the more
	Shade = "shade" // all between Low and High on the horizontal axis
)

// Series is one value for each point or step. Class is its style: what it means has a name in the legend, and lines differ
// in their dashes as well as in their colours.
type Series struct {
	Name   string  `json:"name,omitempty"`
	Kind   string  `json:"kind"`
	Class  string  `json:"class"`
	Low    float64 `json:"low,omitempty"`
	High   float64 `json:"high,omitempty"`
	Values Values  `json:"values"`
}

// Mark is a moment or a value that is marked with a letter.
type Mark struct {
	At     float64 `json:"at"`
	Letter string  `json:"letter,omitempty"`
	Title  string  `json:"title"`
	Class  string  `json:"class,omitempty"`
}

// Values are numbers, NaN for none.
type Values []float64

// short rounds all values to five significant digits, which is more than a picture shows.
func short(list []Chart) []Chart {
	for _, c := range list {
		for _, s := range c.Series {
			for i, v := range s.Values {
				s.Values[i] = five(v)
			}
		}
		for i, v := range c.At {
			if v != math.Trunc(v) {
				c.At[i] = five(v)
			}
		}
	}
	return list
}

// five keeps five digits of a number, and all of a whole one.
func five(x float64) float64 {
	if x == math.Trunc(x) || math.IsNaN(x) || math.IsInf(x, 0) {
		return x
	}
	y, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 5, 64), 64)
	return y
}

// MarshalJSON writes null for what is no number, and equal steps as {"step": s, "n": edges, "end": the last one}.
func (v Values) MarshalJSON() ([]byte, error) {
	if step, ok := v.regular(); ok {
		return json.Marshal(map[string]float64{"step": step, "n": float64(len(v)), "end": v[len(v)-1]})
	}
	b := []byte{'['}
	for i, x := range v {
		if i > 0 {
			b = append(b, ',')
		}
		if math.IsNaN(x) || math.IsInf(x, 0) {
			b = append(b, "null"...)
			continue
		}
		b = strconv.AppendFloat(b, x, 'g', -1, 64)
	}
	return append(b, ']'), nil
}

// regular are steps from 0 that are equal, but for the last one, which may be shorter.
func (v Values) regular() (step float64, ok bool) {
	last := len(v) - 1
	if last < 2 || v[0] != 0 || v[1] <= 0 {
		return 0, false
	}
	step = v[1]
	for i := 2; i < last; i++ {
		if v[i] != step*float64(i) {
			return 0, false
		}
	}
	return step, v[last] > v[last-1] && v[last] <= step*float64(last)
}

// Stepped reports whether the values are of steps, not of points.
func (c *Chart) Stepped() bool {
	return len(c.Series) > 0 && len(c.At) == len(c.Series[0].Values)+1
}

// Ends are the least and the largest value of all series, and +Inf and 0 of none.
func (c *Chart) Ends() (least, most float64) {
	least = math.Inf(1)
	for _, s := range c.Series {
		for _, v := range s.Values {
			if !math.IsNaN(v) {
				least, most = min(least, v), max(most, v)
			}
		}
	}
	return least, most
}

// far is from which ratio on values are drawn on a logarithmic axis: the small ones could not be seen otherwise.
const far = 50

// times makes the vertical axis one of response times: logarithmic where they lie far from each other.
func (c *Chart) times() {
	least, most := c.Ends()
	c.Y = Axis{Unit: "ms", Least: 0.001, Log: least > 0 && most/least > far}
	if c.Y.Log {
		c.Note = joined("Logarithmic scale.", c.Note)
	}
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}

// EventLetter is the letter of an event, a blank from the 53rd on.
func EventLetter(i int) rune {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if i >= len(letters) {
		return ' '
	}
	return rune(letters[i])
}

// MaxMarks bounds the events that are marked: there are so many letters.
const MaxMarks = 52

// marks are the events, as far as they have letters.
func marks(events []report.Event) (list []Mark) {
	for i := range min(len(events), MaxMarks) {
		e := &events[i]
		letter := string(EventLetter(i))
		m := Mark{At: float64(e.AtMS), Letter: letter, Title: letter + " · " + Moment(e.AtMS) + " · " + EventText(e)}
		if e.Observed {
			m.Class = "seen"
		}
		list = append(list, m)
	}
	return list
}
