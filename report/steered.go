package report

// Steered is what was done to a run by hand, while it lasted.
type Steered struct {
	Times    int      `json:"times"`               // what was done, notes apart
	By       []string `json:"by"`                  // who did it, by what (Event.By), by first appearance
	PausedMS int64    `json:"paused_ms,omitempty"` // for how long the run was paused, in all
}

// throughput is that of a row of the run, per second, without the time for which the run was paused.
func (r *Results) throughput(row *Row) float64 {
	if r.Steered == nil || r.Steered.PausedMS >= r.DurationMS {
		return row.Throughput
	}
	return row.Throughput * float64(r.DurationMS) / float64(r.DurationMS-r.Steered.PausedMS)
}
