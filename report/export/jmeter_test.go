package export

import (
	"errors"
	"math"
	"strings"
	"testing"

	"stickbench/internal/sampletest"
	"stickbench/report"
)

func TestJavaRates(t *testing.T) {
	for perSecond, want := range map[float64]string{
		0: ".0/hour", 0.0166: "59.8/hour", 0.0167: "1.0/min", 0.9999: "60.0/min", 1: "1.0/sec", 0.5: "30.0/min",
		1.15: "1.1/sec", 1.25: "1.2/sec", 1.35: "1.4/sec", 132.3: "132.3/sec", 0.4: "24.0/min", 0.0001: ".4/hour",
		99.95: "100.0/sec", 1e6: "1000000.0/sec",
	} {
		if got := javaRate(perSecond); got != want {
			t.Errorf("%v/s is %q, want %q", perSecond, got, want)
		}
	}
}

func TestJavaNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{javaBare(0, 1), ".0"},
		{javaBare(0.4, 1), ".4"},
		{javaBare(0.96, 1), "1.0"},
		{javaBare(372.14, 1), "372.1"},
		{javaBare(0.25, 1), ".2"},
		{javaBare(0.35, 1), ".3"}, // 0.35 is a little less as a double
		{javaBare(0.5, 5), ".50000"},
		{javaBare(10.125, 2), "10.12"},
		{javaFixed(0.125, 2), "0.12"},
		{javaFixed(0.135, 2), "0.14"}, // a little more
		{javaFixed(2.4588411904797756, 2), "2.46"},
		{javaFixed(0, 2), "0.00"},
		{javaFixed(1234567.5, 0), "1234568"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// The first row and its units are those of a screenshot of JMeter 5 that shows the laboratory's own plan.
func sampleResults() *report.Results {
	return &report.Results{
		Labels: []report.Row{
			{Label: "GET /", JMeter: report.JMeterRow{Count: 2000, Average: 9, Max: 4999, StdDev: 125.85, Throughput: 132.3, ReceivedKBps: 48.08, SentKBps: 30.22, AvgBytes: 372.1}},
			{Label: "S1 reached", JMeter: report.JMeterRow{Count: 2, Throughput: 0.4}},
			{Label: "größer, \"hier\"\n", JMeter: report.JMeterRow{Count: 3, Errors: 1, Average: 7, Min: 7, Max: 8, ErrorRate: 1.0 / 3, Throughput: 0.5}},
		},
		Total: report.Row{Label: "TOTAL", JMeter: report.JMeterRow{Count: 2005, Errors: 1, Average: 9, Max: 4999, StdDev: 125.1, ErrorRate: 1.0 / 2005, Throughput: 1.15, AvgBytes: 0.04}},
	}
}

func TestJMeterTable(t *testing.T) {
	const want = `Label             # Samples  Average  Min   Max  Std. Dev.  Error %  Throughput  Received KB/sec  Sent KB/sec  Avg. Bytes
GET /                  2000        9    0  4999     125.85    0.00%   132.3/sec            48.08        30.22       372.1
S1 reached                2        0    0     0       0.00    0.00%    24.0/min             0.00         0.00          .0
größer, "hier"\n          3        7    7     8       0.00   33.33%    30.0/min             0.00         0.00          .0
TOTAL                  2005        9    0  4999     125.10    0.05%     1.1/sec             0.00         0.00          .0
`
	var b strings.Builder
	if err := SummaryReport.Write(&b, sampleResults()); err != nil || b.String() != want {
		t.Errorf("%v\n%s\nwant\n%s", err, b.String(), want)
	}
}

func TestJMeterCSV(t *testing.T) {
	const want = `Label,# Samples,Average,Min,Max,Std. Dev.,Error %,Throughput,Received KB/sec,Sent KB/sec,Avg. Bytes
GET /,2000,9,0,4999,125.85,0.000%,132.30000,48.08,30.22,372.1
S1 reached,2,0,0,0,0.00,0.000%,.40000,0.00,0.00,.0
"größer, ""hier""
",3,7,7,8,0.00,33.333%,.50000,0.00,0.00,.0
TOTAL,2005,9,0,4999,125.10,0.050%,1.15000,0.00,0.00,.0
`
	var b strings.Builder
	if err := SummaryReport.WriteCSV(&b, sampleResults()); err != nil || b.String() != want {
		t.Errorf("%v\n%s\nwant\n%s", err, b.String(), want)
	}
}

func TestJMeterTableOfNothing(t *testing.T) {
	var b strings.Builder
	if err := SummaryReport.Write(&b, &report.Results{Total: report.Row{Label: "TOTAL"}}); err != nil {
		t.Fatal(err)
	}
	_, total, _ := strings.Cut(b.String(), "\n")
	if got := strings.Join(strings.Fields(total), " "); got != "TOTAL 0 0 #N/A #N/A 0.00 0.00% .0/hour 0.00 0.00 .0" {
		t.Error(got)
	}
}

func TestJMeterTableReportsErrors(t *testing.T) {
	r := sampleResults()
	r.Total.JMeter.StdDev = math.MaxFloat64
	for _, write := range []func() error{
		func() error { return SummaryReport.Write(&sampletest.BrokenWriter{}, r) },
		func() error { return SummaryReport.WriteCSV(&sampletest.BrokenWriter{}, r) },
	} {
		if err := write(); !errors.Is(err, sampletest.ErrBroken) {
			t.Error(err)
		}
	}
}
