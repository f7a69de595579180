package jtl

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"stickbench/loadgen"
)

// Samples come in the order of the file, across all batches; an error of who takes them ends the reading soon, also of
// a file that has no end.
func TestReadAhead(t *testing.T) {
	var file strings.Builder
	const rows = 10*batchSamples + 7
	for i := range rows {
		fmt.Fprintf(&file, "%d,61,GET /,200,OK,Thread Group 1-1,text,true,566,60\n", 1795398094000+i)
	}
	next := int64(1795398094000)
	info, err := new(Reading).Read(strings.NewReader(file.String()), func(s *loadgen.Sample) error {
		if s.StartMillis() != next {
			return fmt.Errorf("%d, want %d", s.StartMillis(), next)
		}
		next++
		return nil
	})
	if err != nil || info.Samples != rows || next != 1795398094000+rows {
		t.Errorf("%d of %d samples: %v", info.Samples, rows, err)
	}
	enough, taken := errors.New("enough"), 0
	_, err = new(Reading).Read(endless(row10+"\n"), func(*loadgen.Sample) error {
		if taken++; taken == 2*batchSamples {
			return enough
		}
		return nil
	})
	if err != enough || taken != 2*batchSamples {
		t.Errorf("%d samples taken: %v", taken, err)
	}
}

// endless is a file of the same row for ever.
type endless string

func (e endless) Read(p []byte) (n int, err error) {
	for len(p)-n >= len(e) {
		n += copy(p[n:], e)
	}
	return n, nil
}
