package live

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"stickbench/report"
	"stickbench/report/html"
)

// A page on a loopback address is for loopback hosts alone, one on another address for those who have its token: whoever
// can reach the port could read the plan, and steer the run.
func TestWebLetsIn(t *testing.T) {
	w := NewWeb(nil)
	w.Begin(func() (*html.Page, error) { return html.NewPage(&report.Results{Plan: "shop"}, html.Facts{}) })
	defer w.Close()
	for _, c := range []struct {
		token, url string
		want       int
	}{
		{"", "http://127.0.0.1:8089/", 200}, {"", "http://localhost:8089/", 200}, {"", "http://[::1]:8089/", 200},
		{"", "http://rebound.example:8089/", 403},
		{"abc", "http://10.0.0.1:8089/?token=abc", 200}, {"abc", "http://10.0.0.1:8089/", 403},
		{"abc", "http://10.0.0.1:8089/?token=ab", 403}, {"abc", "http://127.0.0.1:8089/", 403},
	} {
		w.token = c.token
		out := httptest.NewRecorder()
		w.allowed(w.serve)(out, httptest.NewRequest("GET", c.url, nil))
		if out.Code != c.want || out.Code == 200 != strings.Contains(out.Body.String(), "<h1>shop</h1>") {
			t.Errorf("%s with the token %q: %d, want %d", c.url, c.token, out.Code, c.want)
		}
	}
}

// The run is steered by its own page alone: not by a form, nor by the page of another origin.
func TestWebIsSteeredByItsPage(t *testing.T) {
	w := NewWeb(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { out.WriteHeader(http.StatusTeapot) }))
	for _, c := range []struct {
		url, origin, header string
		want                int
	}{
		{"http://127.0.0.1:8089/steer", "http://127.0.0.1:8089", "page", 418}, {"http://127.0.0.1:8089/steer", "", "page", 418},
		{"http://127.0.0.1:8089/steer", "http://127.0.0.1:8089", "", 403}, {"http://127.0.0.1:8089/steer", "http://evil.example", "page", 403},
		{"http://127.0.0.1:8089/steer", "null", "page", 403}, {"http://127.0.0.1:8089/steer", "http://127.0.0.1:80", "page", 403},
		{"http://rebound.example:8089/steer", "http://rebound.example:8089", "page", 403},
	} {
		r := httptest.NewRequest("POST", c.url, nil)
		r.Header.Set("Origin", c.origin)
		r.Header.Set("X-Stickbench", c.header)
		out := httptest.NewRecorder()
		w.allowed(w.steered)(out, r)
		if out.Code != c.want {
			t.Errorf("%+v: %d", c, out.Code)
		}
	}
}

// Nobody looks at most runs: no page is made for nobody. And who has a page is told what changed, and that is all.
func TestWebSendsChanges(t *testing.T) {
	made := 0
	w := NewWeb(nil)
	page := func(plan string, samples int64) *html.Page {
		p, err := html.NewPage(&report.Results{Plan: plan, Total: report.Row{Label: report.TotalLabel, Samples: samples}}, html.Facts{})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	w.Begin(func() (*html.Page, error) { made++; return page("shop", 1), nil })
	time.Sleep(1200 * time.Millisecond)
	w.Stop()
	if made != 0 {
		t.Errorf("%d pages for nobody", made)
	}
	first, second := page("shop", 1), page("shop", 2)
	if u := first.Since(nil); len(u.Sections) != len(u.Order) || u.Title != "shop" {
		t.Errorf("at first: %+v", u)
	}
	if u := second.Since(first); len(u.Order) != 4 || len(u.Sections) != 2 || u.Sections["summary"] == "" || u.Sections["verdict"] == "" {
		t.Errorf("later: %+v", u)
	}
}
