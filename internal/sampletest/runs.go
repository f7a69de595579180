package sampletest

import (
	"fmt"
	"time"

	"stickbench/loadgen"
)

// Foreign are the samples of another tool: whole milliseconds, no nodes.
func Foreign() []*loadgen.Sample {
	s := Stream{Seed: 5, Users: 3, Rounds: 400, Nodes: []string{"s1"}, Labels: []string{"GET /", "GET /static/app.js"}, Fail: 0.01, Pace: 15 * time.Millisecond}
	samples := s.Samples()
	for _, s := range samples {
		s.Fine, s.User, s.Life, s.Iteration = false, 0, 0, 0
		s.Node, s.Session, s.Counter, s.HasCounter = "", "", 0, false
		s.Elapsed = s.Elapsed.Round(time.Millisecond)
	}
	return samples
}

// Crowded is a run with twelve nodes.
func Crowded(labels int) Stream {
	s := Stream{Seed: 4, Users: 36, Rounds: 3, Sticky: true, Pace: 300 * time.Microsecond}
	for i := range 12 {
		s.Nodes = append(s.Nodes, fmt.Sprintf("app-%d.example.internal:8080", i+1))
	}
	for i := range labels {
		s.Labels = append(s.Labels, fmt.Sprintf("GET /catalogue/%03d", i+1))
	}
	return s
}
