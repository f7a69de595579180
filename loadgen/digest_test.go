package loadgen

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/icholy/digest"
)

// A server that asks for a password by the Digest scheme gets it within the sample, and from then on unasked, with the
// cookie that came with its question, until it asks anew; behind a redirect as well, and never at another host.
func TestDigest(t *testing.T) {
	var asked, answered, nonces, last atomic.Int64
	fresh := func() string { return fmt.Sprint("n", nonces.Load()) }
	question := func(w http.ResponseWriter, stale bool) {
		asked.Add(1)
		last.Store(0)
		nonces.Add(1)
		http.SetCookie(w, &http.Cookie{Name: "node", Value: fresh(), Path: "/"})
		c := digest.Challenge{Realm: "here", Nonce: fresh(), Algorithm: "SHA-256", QOP: []string{"auth"}, Opaque: "o", Stale: stale}
		w.Header().Add("WWW-Authenticate", `Basic realm="here"`)
		w.Header().Add("WWW-Authenticate", c.String())
		w.WriteHeader(http.StatusUnauthorized)
	}
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("another host got the answer")
		}
		question(w, false)
	}))
	defer other.Close()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, err := digest.ParseCredentials(r.Header.Get("Authorization"))
		if err != nil || got.Nonce != fresh() {
			question(w, err == nil)
			return
		}
		want, err := digest.Digest(&digest.Challenge{Realm: "here", Nonce: got.Nonce, Algorithm: "SHA-256", QOP: []string{"auth"}, Opaque: "o"},
			digest.Options{Method: r.Method, URI: r.RequestURI, Count: got.Nc, Username: "ada", Password: "pw 1", Cnonce: got.Cnonce})
		if c, _ := r.Cookie("node"); err != nil || want.Response != got.Response || c == nil || c.Value != got.Nonce || int64(got.Nc) == last.Load() {
			question(w, false)
			return
		}
		last.Store(int64(got.Nc))
		answered.Add(1)
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/there", http.StatusFound)
		case "/away":
			http.Redirect(w, r, other.URL, http.StatusFound)
		case "/old":
			nonces.Add(1)
		}
	}))
	defer srv.Close()
	with := func(password string, paths ...string) (steps []Step) {
		for _, path := range paths {
			s := get(t, path)
			s.Request.Redirects = 3
			s.Request.Digest = &Digest{User: Literal("ada"), Password: template(t, password)}
			steps = append(steps, s)
		}
		return steps
	}
	for _, tt := range []struct {
		steps           []Step
		failed          string // kinds, of the last sample
		asked, answered int64
	}{
		{with("pw ${iteration}", "/a?q=1", "/b", "/moved"), "", 1, 4},
		{with("pw 1", "/old", "/b"), "", 2, 2},
		{with("wrong", "/a", "/b"), "401 Unauthorized", 4, 0},
		{with("pw 1", "/away"), "401 Unauthorized", 2, 1},
	} {
		asked.Store(0)
		answered.Store(0)
		nonces.Add(1)
		samples, account := runPlan(t, one(srv.URL, 1, Session{}, tt.steps...))
		s := samples[len(samples)-1]
		if s.Failure != tt.failed || asked.Load() != tt.asked || answered.Load() != tt.answered || account.Started != int64(len(tt.steps)) {
			t.Errorf("%v: %d asked, %d answered, %q; %+v", tt, asked.Load(), answered.Load(), s.Failure, account)
		}
		if first := samples[0]; first.Sent < 200 || strings.Contains(fmt.Sprint(samples), "pw 1") {
			t.Errorf("%+v", first)
		}
	}
}
