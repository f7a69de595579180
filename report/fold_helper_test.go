package report

import "stickbench/loadgen"

// fold is the results of samples of which nothing else is known.
func fold(samples []*loadgen.Sample, run Run) *Results {
	b := NewBuilder()
	for _, s := range samples {
		b.Add(s)
	}
	return b.Freeze(run)
}

// addSample measures s and folds it in.
func addSample(f *rowFold, s *loadgen.Sample) {
	m := measure(s, DefaultApdex)
	f.addSample(s, &m)
}
