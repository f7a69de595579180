package loadgen

import (
	"testing"
	"time"
)

// FuzzExtractor: no path and no body hangs a user or brings it down.
func FuzzExtractor(f *testing.F) {
	for _, x := range []string{"json:a.b", "json:#.a", "json:@this", "regex:a(.*)b", "css:p > a@href", "xpath://a[1]", "boundary:a…b", "header:X", "cookie:c"} {
		f.Add(x, `{"a":[{"b":1}]}`)
		f.Add(x, "<p><a href=x>y</a>")
	}
	f.Fuzz(func(t *testing.T, source, body string) {
		x, err := ParseExtractor(source)
		if err != nil {
			return
		}
		u := &user{body: []byte(body), runner: &Runner{plan: &Plan{}}, script: &script{}}
		began := time.Now()
		x.find(u)
		if x.readsBody() {
			jsonValue(body, source)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
	})
}
