package capture

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stickbench/loadgen"
	"stickbench/plans"
)

const shopHAR = `{"log": {"version": "1.2", "entries": [
 {"startedDateTime": "2026-01-01T10:00:00.000Z", "time": 120, "_resourceType": "document",
  "request": {"method": "GET", "url": "http://shop.example/login", "headers": [
    {"name": ":authority", "value": "shop.example"}, {"name": "Accept-Language", "value": "de"}, {"name": "Cookie", "value": "S=1"}, {"name": "sec-ch-ua", "value": "x"}]},
  "response": {"status": 200, "headers": [{"name": "x-api-key", "value": "k-778899aa"}],
    "content": {"mimeType": "text/html", "encoding": "base64", "text": "PGlucHV0IG5hbWU9ImEiIHZhbHVlPSJ4eHh4Ij4KPGlucHV0IG5hbWU9ImNzcmYiIHZhbHVlPSJ0MGtlbi9hYmMrMTIzIj4="}}},
 {"startedDateTime": "2026-01-01T10:00:00.130Z", "time": 5, "_resourceType": "stylesheet",
  "request": {"method": "GET", "url": "http://shop.example/site.css", "headers": []}, "response": {"status": 200, "content": {"mimeType": "text/css"}}},
 {"startedDateTime": "2026-01-01T10:00:00.140Z", "time": 5,
  "request": {"method": "GET", "url": "https://ads.example/pixel", "headers": []}, "response": {"status": 200, "content": {}}},
 {"startedDateTime": "2026-01-01T10:00:03.420Z", "time": 80, "_resourceType": "document",
  "request": {"method": "POST", "url": "http://shop.example/login", "headers": [{"name": "Accept-Language", "value": "de"}],
    "postData": {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "user", "value": "ada"}, {"name": "csrf", "value": "t0ken/abc+123"}]}},
  "response": {"status": 302, "redirectURL": "/cart", "content": {}}},
 {"startedDateTime": "2026-01-01T10:00:03.510Z", "time": 30, "_resourceType": "document",
  "request": {"method": "GET", "url": "http://shop.example/cart", "headers": [{"name": "Accept-Language", "value": "de"}]},
  "response": {"status": 200, "content": {"mimeType": "application/json", "text": "{\"cart\": {\"id\": 918273, \"items\": [{\"sku\": \"ab-1\"}]}}"}}},
 {"startedDateTime": "2026-01-01T10:00:03.600Z", "time": 20, "_resourceType": "fetch",
  "request": {"method": "PUT", "url": "http://shop.example/cart/918273/items?v=918273", "headers": [{"name": "Accept-Language", "value": "de"}, {"name": "X-Api-Key", "value": "k-778899aa"}],
    "postData": {"mimeType": "application/json", "text": "{\"cart\":918273,\"sku\":\"ab-1\"}"}},
  "response": {"status": 200, "content": {}}},
 {"startedDateTime": "2026-01-01T10:00:04.000Z", "time": 0, "request": {"method": "GET", "url": "http://shop.example/gone", "headers": []}, "response": {"status": 0}},
 {"startedDateTime": "2026-01-01T10:00:04.100Z", "time": 0, "request": {"method": "GET", "url": "data:text/plain,x", "headers": []}, "response": {"status": 200}}
]}}`

func TestHAR(t *testing.T) {
	p, err := HAR([]byte(shopHAR), Options{File: "shop.har"})
	if err != nil {
		t.Fatal(err)
	}
	const want = `# Imported from shop.har. One user makes the requests once: raise users, and set iterations or duration.
name = "shop.example"

[target]
url = "http://shop.example"
headers = { Accept-Language = "de" }

[[group]]
users = 1
iterations = 1

# csrf was "t0ken/…" in this response, and is sent in "POST /login".
# Api_Key was "k-7788…" in this response, and is sent in "PUT /cart/918273/items".
[[group.step]]
request = "GET /login"
extract = { csrf = 'regex:csrf" value="([^"]+)', Api_Key = "header:x-api-key" }

[[group.step]]
think = "3.3s"

# ${csrf} is sent in its form's csrf.
# id was "918273" in this response, and is sent in "PUT /cart/918273/items".
[[group.step]]
request = "POST /login"
form = { user = "ada", csrf = "${csrf}" }
extract = { id = "json:cart.id" }

# ${id} is sent in its path.
# ${Api_Key} is sent in its header X-Api-Key.
[[group.step]]
request = "PUT /cart/${id}/items?v=${id}"
name = "PUT /cart/918273/items"
headers = { X-Api-Key = "${Api_Key}", Content-Type = "application/json" }
body = '{"cart":${id},"sku":"ab-1"}'
`
	if diff := cmp.Diff(want, p.TOML); diff != "" {
		t.Error(diff)
	}
	if _, err := plans.Read("shop.har", []byte(p.TOML), plans.Override{}); err != nil {
		t.Error(err)
	}
	wantNotes := []string{
		"left out: 1 of 8 entries, as they are data:",
		"left out: 1 of 8 entries, as they are static: --static keeps them",
		"left out: 1 of 8 entries, as they got no response",
		"left out: 1 of 8 entries, which go to ads.example: --host keeps them",
	}
	if diff := cmp.Diff(wantNotes, p.Notes[:4]); diff != "" {
		t.Error(diff)
	}
	p, err = HAR([]byte(shopHAR), Options{Static: true, Hosts: []string{"ads.example", "shop.example"}})
	if err != nil || !strings.Contains(p.TOML, `request = "GET /site.css"`) || !strings.Contains(p.TOML, `request = "GET https://ads.example/pixel"`) {
		t.Error(err, p)
	}
}

func TestBadHAR(t *testing.T) {
	for source, want := range map[string]string{
		shopHAR[:700]:                "line 5, column 1: the file ends too early: it was cut off; save or copy it again",
		`{"log": {"entries": [}]}`:   "line 1, column 23: invalid character '}' looking for beginning of value",
		`{"log": {"entries": 3}}`:    "line 1, column 22: log.entries is number, which it is not in a HAR",
		`{}`:                         "no HAR: it has no log, as the file of a browser has",
		`{"log": {"entries": []}}`:   "the HAR has no entries: record with the network tab open, and save it again",
		`{"log": {"entries": [{}]}}`: "entry 1: its request has no url",
		`{"log": {"entries": [{"request": {"url": "http:///x"}}]}}`:                                   "entry 1: invalid URL http:///x: it has no host",
		`{"log": {"entries": [{"request": {"url": "http://h/x.png"}, "response": {"status": 200}}]}}`: "none of its 1 entries is kept: as they are static: --static keeps them",
	} {
		_, err := HAR([]byte(source), Options{})
		if err == nil {
			t.Errorf("%.40s: no error", source)
			continue
		}
		got := err.Error()
		if strings.HasSuffix(want, "save or copy it again") { // the place is the end of what there is
			_, got, _ = strings.Cut(got, ": ")
			_, want, _ = strings.Cut(want, ": ")
		}
		if got != want {
			t.Errorf("%.40s:\n%s, want\n%s", source, got, want)
		}
	}
	if _, err := HAR(make([]byte, Largest+1), Options{}); err == nil || !strings.Contains(err.Error(), "128 MiB") {
		t.Error(err)
	}
}

// A session that was recorded from an application with tokens and ids runs as a plan, for users of their own.
func TestRecordedSessionRuns(t *testing.T) {
	s := httptest.NewServer(&tokenShop{tokens: map[string]string{}})
	defer s.Close()
	har := record(t, s.URL)
	p, err := HAR(har, Options{})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := plans.Read("har", []byte(strings.Replace(p.TOML, "users = 1", "users = 3", 1)), plans.Override{})
	if err != nil {
		t.Fatalf("%v\n%s", err, p.TOML)
	}
	sink := &failures{}
	runner, err := loadgen.New(&plan.Load, sink)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := runner.Run(t.Context(), context.Background()); err != nil {
		t.Fatal(err)
	}
	if sink.samples != 9 || sink.all != "" {
		t.Errorf("%d samples\n%s\n%s", sink.samples, sink.all, p.TOML)
	}
}

type failures struct {
	samples int
	all     string
}

func (f *failures) Record(s *loadgen.Sample) error {
	if f.samples++; s.Failed() {
		f.all += fmt.Sprintf("%s: %s\n", s.Label, s.Failure)
	}
	return nil
}
func (f *failures) Flush() error { return nil }
func (f *failures) Close() error { return nil }

// tokenShop hands out a token with a page, takes it in a form, and an order's number with what comes then.
type tokenShop struct {
	mu     sync.Mutex
	tokens map[string]string // by session
}

func (a *tokenShop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	session := ""
	if c, err := r.Cookie("sid"); err == nil {
		session = c.Value
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /start":
		session = rand.Text()
		a.tokens[session] = rand.Text()
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: session})
		fmt.Fprintf(w, "<form><input type=hidden name='csrf' value='%s'></form>", a.tokens[session])
	case "POST /order":
		if r.FormValue("csrf") != a.tokens[session] || session == "" {
			http.Error(w, "wrong token", http.StatusForbidden)
			return
		}
		http.Redirect(w, r, "/orders/"+a.tokens[session][:12], http.StatusSeeOther)
	case "GET /orders/" + a.tokens[session][:min(len(a.tokens[session]), 12)]:
		fmt.Fprintf(w, `{"order": {"number": "%s-7"}}`, a.tokens[session][:8])
	case "PUT /pay":
		var body struct{ Order string }
		if json.NewDecoder(r.Body).Decode(&body); body.Order != a.tokens[session][:8]+"-7" {
			http.Error(w, "no such order", http.StatusNotFound)
		}
	default:
		http.NotFound(w, r)
	}
}

// record makes the session as a browser does, and its HAR.
func record(t *testing.T, base string) []byte {
	t.Helper()
	var entries []map[string]any
	jar, _ := cookiejar.New(nil)
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	do := func(method, path, contentType, body string) string {
		r, err := http.NewRequest(method, base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request := map[string]any{"method": method, "url": base + path, "headers": []Header{}}
		if body != "" {
			r.Header.Set("Content-Type", contentType)
			request["postData"] = map[string]string{"mimeType": contentType, "text": body}
		}
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		if resp.StatusCode >= 400 {
			t.Fatalf("%s %s: %s", method, path, resp.Status)
		}
		entries = append(entries, map[string]any{
			"startedDateTime": start.Add(time.Duration(len(entries)) * 10 * time.Millisecond), "time": 5, "request": request,
			"response": map[string]any{"status": resp.StatusCode, "redirectURL": resp.Header.Get("Location"), "content": map[string]string{"text": string(text)}},
		})
		if to := resp.Header.Get("Location"); to != "" {
			return to
		}
		return string(text)
	}
	page := do("GET", "/start", "", "")
	_, rest, _ := strings.Cut(page, "value='")
	token, _, _ := strings.Cut(rest, "'")
	to := do("POST", "/order", formType, "item=7&csrf="+url.QueryEscape(token))
	order := do("GET", to, "", "")
	var answer struct{ Order struct{ Number string } }
	if err := json.Unmarshal([]byte(order), &answer); err != nil {
		t.Fatal(err)
	}
	do("PUT", "/pay", "application/json", `{"order": "`+answer.Order.Number+`"}`)
	har, err := json.Marshal(map[string]any{"log": map[string]any{"entries": entries}})
	if err != nil {
		t.Fatal(err)
	}
	return har
}

func FuzzHAR(f *testing.F) {
	f.Add([]byte(shopHAR))
	f.Fuzz(func(t *testing.T, source []byte) {
		p, err := HAR(source, Options{})
		if err != nil {
			return
		}
		if _, err := plans.Read("f", []byte(p.TOML), plans.Override{}); err != nil && (strings.Contains(err.Error(), "not TOML") || strings.Contains(err.Error(), "unknown variable")) {
			t.Fatalf("%v\n%s", err, p.TOML)
		}
	})
}
