package cluster

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"stickbench/loadgen"
)

// Leftover is what an agent kept of a run whose coordinator was gone.
type Leftover struct {
	Run, Agent string
	// Ledger is the agent's own account; nil if it was not kept.
	Ledger *Ledger
	// First are the samples of the agent before those that are kept.
	First   uint64
	Samples []loadgen.Sample
}

// ReadLeftover reads an agent's file. What is cut at its end is left out.
func ReadLeftover(name string) (*Leftover, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	l, err := readLeftover(bufio.NewReader(f))
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return l, err
}

var errLeftover = errors.New("not the file of an agent that lost its coordinator")

func readLeftover(in *bufio.Reader) (*Leftover, error) {
	first, err := frame(in)
	var head leftover
	if err != nil || json.Unmarshal(first, &head) != nil || head.Run == "" {
		return nil, errLeftover
	}
	l := &Leftover{Run: head.Run, Agent: head.Member.Name, Ledger: head.Member.Ledger}
	for empty := true; ; {
		wire, err := frame(in)
		if err != nil {
			return l, nil
		}
		b, err := parseBatch(wire)
		switch {
		case err != nil:
			return nil, err
		case empty:
			l.First, empty = b.first, false
		case b.first != l.First+uint64(len(l.Samples)):
			return nil, fmt.Errorf("samples %d to %d of the agent were not kept", l.First+uint64(len(l.Samples)), b.first)
		}
		samples, err := b.samples()
		if err != nil {
			return nil, err
		}
		l.Samples = append(l.Samples, samples...)
	}
}

// frame reads a part of a file.
func frame(in *bufio.Reader) ([]byte, error) {
	n, err := binary.ReadUvarint(in)
	if err != nil || n > mostRaw {
		return nil, errors.Join(err, errLeftover)
	}
	var part bytes.Buffer
	if k, err := io.CopyN(&part, in, int64(n)); err != nil || k < int64(n) {
		return nil, io.ErrUnexpectedEOF
	}
	return part.Bytes(), nil
}

// Rest are the samples of agents that are not among those recorded, in order of completion. recorded counts those of an
// agent that are: they are its first ones. The error names an agent with a gap between the two.
func Rest(kept []*Leftover, recorded func(agent string) uint64) (rest []loadgen.Sample, err error) {
	for _, l := range kept {
		n := recorded(l.Agent)
		if n < l.First {
			return nil, fmt.Errorf("agent %s: samples %d to %d are neither in the folder nor in the file", l.Agent, n, l.First)
		}
		rest = append(rest, l.Samples[min(n-l.First, uint64(len(l.Samples))):]...)
	}
	slices.SortStableFunc(rest, func(a, b loadgen.Sample) int { return cmp.Compare(end(&a), end(&b)) })
	return rest, nil
}

// Owner returns what tells the place of the agent, among those of the weights, that runs a user of that number.
func Owner(plan *loadgen.Plan, weights []int) func(user int) int {
	o := ownersOf(plan, weights)
	return func(user int) int { return o.agent(user, plan.GroupOf(user)) }
}
