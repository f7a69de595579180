package export

import (
	"encoding/json"
	"fmt"
	"io"

	"stickbench/report"
)

// dashboardRow is a transaction in the statistics.json of JMeter's HTML dashboard.
type dashboardRow struct {
	Transaction string  `json:"transaction"`
	Count       int64   `json:"sampleCount"`
	Errors      int64   `json:"errorCount"`
	ErrorPct    float64 `json:"errorPct"`
	Mean        float64 `json:"meanResTime"`
	Median      float64 `json:"medianResTime"`
	Min         float64 `json:"minResTime"`
	Max         float64 `json:"maxResTime"`
	Pct90       float64 `json:"pct1ResTime"`
	Pct95       float64 `json:"pct2ResTime"`
	Pct99       float64 `json:"pct3ResTime"`
	Throughput  float64 `json:"throughput"`
	Received    float64 `json:"receivedKBytesPerSec"`
	Sent        float64 `json:"sentKBytesPerSec"`
}

// WriteDashboard writes what JMeter's HTML dashboard has in its statistics.json, with the dashboard's own
// percentiles, which are not those of the Aggregate Report. Errors are those of w.
func WriteDashboard(w io.Writer, r *report.Results) error {
	rows := map[string]dashboardRow{"Total": newDashboardRow("Total", &r.Total.JMeter)}
	for i := range r.Labels {
		rows[r.Labels[i].Label] = newDashboardRow(r.Labels[i].Label, &r.Labels[i].JMeter)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(rows); err != nil {
		return fmt.Errorf("write the dashboard's statistics: %w", err)
	}
	return nil
}

func newDashboardRow(label string, j *report.JMeterRow) dashboardRow {
	p := j.Dashboard
	return dashboardRow{
		Transaction: label, Count: j.Count, Errors: j.Errors, ErrorPct: 100 * j.ErrorRate, Mean: j.Mean,
		Median: p[0], Min: float64(j.Min), Max: float64(j.Max), Pct90: p[1], Pct95: p[2], Pct99: p[3],
		Throughput: j.Throughput, Received: j.ReceivedKBps, Sent: j.SentKBps,
	}
}
