package sampletest

import (
	"strings"

	"stickbench/loadgen"
)

// Responses makes samples of one user from words: "s1:3:a" is a response of node s1 with counter 3 in
// session a; parts may be missing, "-" is a response that says nothing, "mark" a mark, and "clear"
// empties the jar.
func Responses(user int, script string) []*loadgen.Sample {
	life := 1
	var samples []*loadgen.Sample
	for _, word := range strings.Fields(script) {
		s := &loadgen.Sample{User: user, Life: life, Label: "GET /", Status: 200, Fine: true}
		parts := append(strings.Split(word, ":"), "", "")
		switch word {
		case "clear":
			life++
			continue
		case "mark":
			s.Mark, s.Node = true, "s9"
		case "-":
			s.Status, s.Kind = 503, loadgen.KindStatus
		default:
			s.Node, s.Session = parts[0], parts[2]
			for _, digit := range parts[1] {
				s.Counter, s.HasCounter = s.Counter*10+int64(digit-'0'), true
			}
		}
		samples = append(samples, s)
	}
	return samples
}
