package assert

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConjuncts(t *testing.T) {
	for source, want := range map[string][]string{
		`errors == 0`: {`errors == 0`},
		`errors == 0 && p95("GET /a && b") < 250ms and affinity == 1`: {`errors == 0`, `p95("GET /a && b") < 250ms`, `affinity == 1`},
		`all(["s1"], share(#) > 0 && share(#) < 1) && nodes == 2`:     {`all(["s1"], share(#) > 0 && share(#) < 1)`, `nodes == 2`},
		`a == 1 && b == 2 or c`:      {`a == 1 && b == 2 or c`},
		`p95('it\'s and') < 1 && x`:  {`p95('it\'s and') < 1`, `x`},
		`(a && b)`:                   {`(a && b)`},
		`let x = errors; x && x < 1`: {`let x = errors; x && x < 1`},
	} {
		if got := Conjuncts(source); !cmp.Equal(got, want) {
			t.Errorf("%s: %q", source, got)
		}
	}
}
