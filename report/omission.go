package report

import (
	"fmt"

	"stickbench/internal/format"
	"stickbench/internal/hist"
)

// omissionSteps is how many requests at most are added for one bucket of slow responses; beyond it each stands for
// several.
const omissionSteps = 1000

// omissionWarning says what coordinated omission hides in a closed run whose users pause. A user who waits for a slow
// response does not send what it would have sent meanwhile, and what is not sent is not slow. The correction is that of
// HdrHistogram (G. Tene): where a user sends a request every t, a response that took d stands for others of d − t,
// d − 2t and so on. Nothing is said unless that at least doubles the 99th percentile.
func (f *latencyFold) omissionWarning(r *Results, duration int64) string {
	if r.Model != ClosedModel || r.PlannedUsers == 0 || f.requests == 0 {
		return ""
	}
	times, scale, unit := f.all.histogram()
	before := times.Percentiles(scale, 0.5, 0.99)
	cycle := r.PlannedUsers * duration * 1000 / unit / f.requests
	if cycle < 2*max(1, before[0]) { // hardly a pause: the users are the load
		return ""
	}
	var missing int64
	corrected := &hist.Histogram{}
	corrected.Merge(times)
	times.Walk(scale, func(d, n int64) bool {
		for all, step := d/cycle, int64(1); step <= min(all, omissionSteps); step++ {
			added := n * max(1, all/omissionSteps)
			corrected.Add(d-step*d/(min(all, omissionSteps)+1), added, scale)
			missing += added
		}
		return true
	})
	after := corrected.Percentiles(scale, 0.99)[0]
	if after < 2*before[1] {
		return ""
	}
	ms := func(v int64) string { return format.Millis(float64(v*unit) / 1000) }
	return fmt.Sprintf("users who waited for slow responses sent nothing meanwhile: some %s that were due are in none of these times, and with them p99 would be about %s ms, not %s ms (coordinated omission; a group with arrivals sends them)",
		format.Plural(missing, "request"), ms(after), ms(before[1]))
}
