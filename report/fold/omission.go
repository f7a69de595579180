package fold

import (
	"fmt"

	"stickbench/internal/format"
	"stickbench/internal/hist"
	"stickbench/report"
)

// omissionSteps is how many requests at most are added for one bucket of slow responses; beyond it each stands for
// several.
const omissionSteps = 1000

// omissionWarning says what coordinated omission hides in a closed run whose users pause. A user who waits for a slow
// response does not send what it would have sent meanwhile, and what is not sent is not slow. The correction is that of
// HdrHistogram (G. Tene): where a user sends a request every t, a response that took d stands for others of d − t,
// d − 2t and so on. Nothing is said unless that at least doubles the 95th or the 99th percentile.
func omissionWarning(r *report.Results, requests *times) string {
	if r.Model != report.ClosedModel || r.PlannedUsers == 0 || requests.total() == 0 {
		return ""
	}
	taken, scale, unit := requests.histogram()
	before := taken.Percentiles(scale, 0.5, 0.95, 0.99)
	cycle := r.PlannedUsers * r.DurationMS * 1000 / unit / requests.total()
	if cycle < 2*max(1, before[0]) { // hardly a pause: the users are the load
		return ""
	}
	var missing int64
	corrected := &hist.Histogram{}
	corrected.Merge(taken)
	taken.Walk(scale, func(d, n int64) bool {
		unsent := d / cycle
		together := 1 + max(0, unsent-1)/omissionSteps
		steps, each := unsent/together, n*together
		for step := range steps {
			corrected.Add(d-(step+1)*d/(steps+1), each, scale)
		}
		missing += each * steps
		return true
	})
	after := corrected.Percentiles(scale, 0.5, 0.95, 0.99)
	name, i := "p99", 2
	if float64(after[1])*float64(before[2]) > float64(after[2])*float64(before[1]) { // the one that grows more
		name, i = "p95", 1
	}
	if after[i] < 2*before[i] {
		return ""
	}
	what := "slow responses"
	if r.Generator != nil && r.Generator.Freezes > 0 {
		what = "a generator that stood still, or for slow responses,"
	}
	ms := func(v int64) string { return format.Millis(float64(v*unit) / 1000) }
	return fmt.Sprintf("users who waited for %s sent nothing meanwhile: some %s that were due are in none of these times, and with them %s would be about %s ms, not %s ms (coordinated omission; a group with arrivals sends them)",
		what, format.Plural(missing, "request"), name, ms(after[i]), ms(before[i]))
}
