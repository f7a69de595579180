package assert

import (
	"fmt"
	"strconv"
	"time"
)

// lastedSpans are the times in which a for(…) was true of the run.
func (l *runFigures) lastedSpans(number string) []Span {
	i, _ := strconv.Atoi(number)
	if spans, ok := l.spans[i]; ok || l.figures.Windows() == nil {
		return spans
	}
	var spans []Span
	var held Span // from the first second that held to the end of the last one
	end := func() {
		if held.To-held.From >= l.lastings[i].length {
			spans = append(spans, held)
		}
		held = Span{}
	}
	for to := time.Second; to <= l.figures.Windows().Lasted(); to += time.Second {
		switch holds, known := l.second(i, to); {
		case holds && held.To == 0:
			held = Span{to - time.Second, to}
		case holds:
			held.To = to
		case known:
			end()
		}
	}
	end()
	if l.spans == nil {
		l.spans = map[int][]Span{}
	}
	l.spans[i] = spans
	return spans
}

// second reports whether the condition of a for(…) holds in the second that ends then, and whether that is known.
func (l *runFigures) second(i int, to time.Duration) (holds, known bool) {
	of := &runFigures{figures: l.figures, at: to}
	holds = runProgram(l.lastings[i].program, &frame[*runFigures]{of: of})
	return holds, of.problem == ""
}

// lasted reports whether a for(…) is true: of the whole run, or where something is judged while the run goes on, of
// the time that has just passed.
func (l *runFigures) lasted(number string) bool {
	if !l.now {
		return len(l.lastedSpans(number)) > 0
	}
	i, _ := strconv.Atoi(number)
	length := l.lastings[i].length
	last := time.Duration(0) // the end of the latest second that held
	for to := l.at.Truncate(time.Second); to > 0 && to > l.at-4*length; to -= time.Second {
		switch holds, known := l.second(i, to); {
		case holds && last == 0:
			last = to
			fallthrough
		case holds:
			if last-to+time.Second >= length {
				return true
			}
		case known:
			return false
		}
	}
	return false
}

func (l *runFigures) showLasted(number string) string {
	if l.now {
		return "lasted"
	}
	spans := l.lastedSpans(number)
	if len(spans) == 0 {
		return "never lasted so long"
	}
	return "lasted " + (spans[0].To - spans[0].From).String() + " from " + spans[0].From.String() + more(len(spans)-1)
}

func more(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", and %d times more", n)
}

// judgeWindows judges an expectation for every window of the run; one in which a figure is not defined counts for
// neither side.
func (e *Expectation) judgeWindows(f Figures) Verdict {
	v := Verdict{Text: e.source}
	windows := f.Windows()
	step := e.windows[0].Step
	for i := range e.windows {
		step = min(step, e.windows[i].Step)
	}
	judged, broken := 0, 0
	problem, first := "no window has ended", time.Duration(0)
	for to := step; windows != nil && to <= windows.Lasted(); to += step {
		l := e.figures(f)
		l.at = to
		holds := runProgram(e.program, &frame[*runFigures]{of: l})
		if l.problem != "" {
			problem = l.problem
			continue
		}
		judged++
		if holds {
			continue
		}
		if broken == 0 {
			first = to
		}
		broken++
		from := to - e.longest()
		if last := len(v.Broke) - 1; last >= 0 && from <= v.Broke[last].To {
			v.Broke[last].To = to
		} else {
			v.Broke = append(v.Broke, Span{from, to})
		}
	}
	switch {
	case judged == 0:
		v.Actual = problem
	case broken == 0:
		v.OK, v.Actual = true, fmt.Sprintf("in all %d windows", judged)
	default:
		l := e.figures(f)
		l.at = first
		v.Actual = fmt.Sprintf("%s from %v to %v; broken in %d of %d windows", actual(l, e.uses), first-e.longest(), first, broken, judged)
	}
	return v
}

// longest is the length of the longest windows, which begins where a broken one did.
func (e *Expectation) longest() (d time.Duration) {
	for i := range e.windows {
		d = max(d, e.windows[i].Length)
	}
	return d
}

// Reached reports whether what the expectation says is true of a run that has lasted so long and goes on, and
// what was seen: how a condition to stop is judged. What is not defined yet is not true.
func (e *Expectation) Reached(f Figures, now time.Duration) (ok bool, seen string) {
	l := e.figures(f)
	l.at, l.now = now, true
	if !runProgram(e.program, &frame[*runFigures]{of: l}) || l.problem != "" {
		return false, ""
	}
	return true, actual(l, e.uses)
}

// OfRun reports whether the expectation has words of the whole run.
func (e *Expectation) OfRun() bool {
	for _, u := range e.uses {
		if u.word.prefix != withinWord && u.word != lastingTruth {
			return true
		}
	}
	return len(e.uses) == 0
}

// Windows are the figures of windows that the expectation needs, which must be known before the run.
func (e *Expectation) Windows() []Window {
	return append(e.windows[:len(e.windows):len(e.windows)], e.seconds...)
}

// figures are the run's, for the judging of e.
func (e *Expectation) figures(f Figures) *runFigures {
	return &runFigures{figures: f, lastings: e.lastings}
}
