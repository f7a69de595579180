//go:build !race

// One goroutine computes much here: the race detector finds nothing, and makes it ten times as dear.

package loadgen

import (
	"strings"
	"testing"

	"stickbench/loadgen/internal/wire"
)

// A few kilobytes that decode to gigabytes are read to the limit of all bodies.
func TestDecodeBomb(t *testing.T) {
	zeros := make([]byte, wire.MaxBody+1<<20)
	for _, coding := range []string{"gzip", "deflate", "bare", "br", "zstd"} {
		got, err := decode(nil, coded(t, zeros, coding), strings.Replace(coding, "bare", "deflate", 1))
		if err == nil || !strings.Contains(err.Error(), "larger than 16 MB") || len(got) != wire.MaxBody {
			t.Errorf("%s: %d bytes, %v", coding, len(got), err)
		}
	}
}
