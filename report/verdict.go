package report

import (
	"fmt"
	"slices"
	"time"

	"stickbench/assert"
	"stickbench/loadgen"
)

// Judge gives the verdict: on the run's expectations, unless its machine was the limit, or it did not finish.
func (r *Results) Judge(run Run) {
	r.judge(run.Expectations)
	r.distrust()
	r.stop(run.Stopped, run.Reason)
}

// judge judges the expectations.
func (r *Results) judge(expectations []*assert.Expectation) {
	if len(expectations) == 0 {
		return
	}
	r.Verdict = "pass"
	for _, e := range expectations {
		v := e.Judge(r)
		made := Expectation{Text: v.Text, OK: v.OK, Actual: v.Actual}
		for i, s := range v.Broke[:min(len(v.Broke), mostBroken)] {
			at := Broke{FromMS: s.From.Milliseconds(), ToMS: s.To.Milliseconds()}
			made.Broke = append(made.Broke, at)
			r.mark(at, v.Text, len(v.Broke)-1-i)
		}
		r.Expectations = append(r.Expectations, made)
		if !v.OK {
			r.Verdict = "fail"
		}
	}
}

// mostBroken bounds the times in which one expectation was broken, of those that are listed.
const mostBroken = 10

// mark puts a time in which an expectation was broken among the events; left are those that come after it.
func (r *Results) mark(at Broke, text string, left int) {
	e := Event{AtMS: at.FromMS, Text: fmt.Sprintf("broken until %v: %s", time.Duration(at.ToMS)*time.Millisecond, text), Observed: true, Broken: true}
	if left > 0 && len(r.Events) >= mostBroken {
		e.Text += fmt.Sprintf(" (and %d times more)", left)
	}
	later := slices.IndexFunc(r.Events, func(o Event) bool { return o.AtMS > e.AtMS })
	if later < 0 {
		later = len(r.Events)
	}
	r.Events = slices.Insert(slices.Clone(r.Events), later, e)
}

// distrust takes back the verdict of a run that met limits of the machine that made the load: it says nothing of
// the target.
func (r *Results) distrust() {
	if r.Local() > 0 {
		r.Verdict = NotTrustworthy
	}
}

// Local is how many samples failed at limits of the machine that made the load.
func (r *Results) Local() (n int64) {
	for _, e := range r.Errors {
		if e.Kind == string(loadgen.KindLocal) {
			n += e.Count
		}
	}
	return n
}

// stop takes back the verdict of a run that did not finish: what it measured is not what its plan asked
// for. The expectations stay judged.
func (r *Results) stop(why, reason string) {
	switch r.Stopped, r.StopReason = why, reason; why {
	case "":
	case StoppedEarly:
		r.Verdict = "fail"
	case "interrupted":
		r.Verdict = "interrupted"
	default:
		r.Verdict = "incomplete"
	}
}
