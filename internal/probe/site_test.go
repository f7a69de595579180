//go:build linux

package probe_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A site is the web application behind the balancers: every page names its node and counts the views of
// the session, which goes by the cookie NODESESSID.
type site struct {
	name    string
	store   *views
	broken  bool          // every page is a 500
	cookie  string        // set by every response as well, as an application does that has the balancer's name for its own
	unnamed bool          // pages do not name the node
	text    bool          // pages are HTML
	pages   *atomic.Int64 // asked for, of all sites but /slow
	stores  bool          // begins no session: the page is the same for all
}

// views are a store of sessions.
type views struct {
	sync.Mutex
	of map[string]int
}

func newViews() *views { return &views{of: map[string]int{}} }

// visit counts a view of the session, a new one where the id is not known.
func (v *views) visit(id string) (string, int) {
	v.Lock()
	defer v.Unlock()
	if _, known := v.of[id]; !known {
		id = rand.Text()
	}
	v.of[id]++
	return id, v.of[id]
}

// The page /slow lasts until so many others were asked for, however fast the machine is, and a little longer,
// so that their responses are there before its own.
const (
	slowOthers = 30
	slowMost   = 8 * time.Second
)

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/slow" {
		for begin, end := s.pages.Load(), time.Now().Add(slowMost); s.pages.Load() < begin+slowOthers && time.Now().Before(end); {
			time.Sleep(5 * time.Millisecond)
		}
		time.Sleep(50 * time.Millisecond)
	} else {
		s.pages.Add(1)
	}
	if s.cookie != "" {
		w.Header().Add("Set-Cookie", s.cookie)
	}
	page := map[string]any{"hello": "world", "host": "web", "pid": 7}
	if !s.unnamed {
		page["node"] = s.name
		w.Header().Set("X-Backend", s.name)
	}
	if !s.stores {
		had, _ := r.Cookie("NODESESSID")
		if had == nil {
			had = &http.Cookie{}
		}
		id, n := s.store.visit(had.Value)
		if id != had.Value {
			w.Header().Add("Set-Cookie", "NODESESSID="+id+"; Path=/; HttpOnly")
		}
		page["views"], page["id"] = n, id
	}
	switch {
	case s.broken:
		w.WriteHeader(http.StatusInternalServerError)
	case r.URL.Path == "/moved":
		w.Header().Set("Location", "/")
		w.WriteHeader(http.StatusFound)
	}
	if s.text {
		fmt.Fprintf(w, "<html><body>\n<p>Request %s</p>\n<p>Served by %s</p>\n<p>Views: %v</p>\n", rand.Text(), s.name, page["views"])
		return
	}
	json.NewEncoder(w).Encode(page)
}

// serve starts sites on addresses of their own until the test ends.
func serve(t *testing.T, sites []*site) (addresses []string) {
	pages := new(atomic.Int64)
	for i, s := range sites {
		s.pages = pages
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.63.%d:0", 11+i))
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewUnstartedServer(s)
		server.Listener.Close()
		server.Listener = listener
		server.Start()
		t.Cleanup(server.Close)
		addresses = append(addresses, listener.Addr().String())
	}
	return addresses
}

// sites are n of them, each with sessions of its own.
func sites(n int) (all []*site) {
	for i := range n {
		all = append(all, &site{name: fmt.Sprintf("s%d", i+1), store: newViews()})
	}
	return all
}
