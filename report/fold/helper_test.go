package fold

import (
	"stickbench/loadgen"
	"stickbench/report"
)

// fold is the results of samples of which nothing else is known.
func fold(samples []*loadgen.Sample, run report.Run) *report.Results {
	b := NewBuilder()
	for _, s := range samples {
		b.Add(s)
	}
	return b.Freeze(run)
}

// testRow is a row with JMeter's figures.
type testRow struct {
	rowFold
	jmeter calculator
}

func (f *testRow) freeze(label string) report.Row { return f.jmeter.row(label, &f.rowFold) }

// addSample measures s and folds it in.
func addSample(f *testRow, s *loadgen.Sample) {
	var m measurement
	m.measure(s, 0, report.DefaultApdex)
	f.addSample(s, &m)
	f.jmeter.add(&m)
}
