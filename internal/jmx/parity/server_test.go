//go:build jmeter

package parity

import (
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// server is the target of the plans. It notes what it receives.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	received []string // requests as the server saw them: their lines, the headers that plans set, and their bodies
}

func newServer(t *testing.T) *server {
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

// properties tell a plan where the server is.
func (s *server) properties() []string {
	u, _ := url.Parse(s.URL)
	return []string{"-Jhost=" + u.Hostname(), "-Jport=" + u.Port()}
}

// took returns what was received since the last time.
func (s *server) took() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.received
	s.received = nil
	return all
}

// noted are the headers whose values plans decide on.
var noted = []string{"Accept", "Authorization", "Content-Type", "Cookie", "X-Group", "X-Own", "X-Plan"}

func (s *server) note(r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	text := r.Method + " " + strings.ReplaceAll(r.URL.RequestURI(), "%20", "+") // which mean the same in a query
	for _, name := range noted {
		v := r.Header.Get(name)
		if v == "" || r.Method == "DELETE" && name == "Content-Type" { // JMeter 2.13 names the type of no body
			continue
		}
		if kind, parameters, err := mime.ParseMediaType(v); err == nil && name == "Content-Type" {
			if boundary := parameters["boundary"]; boundary != "" {
				body = parts(string(body), boundary)
			}
			v = kind
		}
		if name == "Cookie" {
			crumbs := strings.Split(v, "; ")
			slices.Sort(crumbs)
			v = strings.Join(crumbs, "; ")
		}
		text += "\n" + name + ": " + v
	}
	if len(body) > 0 {
		text += "\n\n" + string(body)
	}
	s.mu.Lock()
	s.received = append(s.received, text)
	s.mu.Unlock()
}

// parts are those of a multipart body, without what separates them.
func parts(body, boundary string) []byte {
	var b strings.Builder
	for r := multipart.NewReader(strings.NewReader(body), boundary); ; {
		p, err := r.NextPart()
		if err != nil {
			break
		}
		content, _ := io.ReadAll(p)
		kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
		fmt.Fprintf(&b, "%s %s %s %q\n", p.FormName(), p.FileName(), map[bool]string{true: kind}[p.FileName() != ""], content)
	}
	return []byte(b.String())
}

const itemsHTML = `<html><h1>Items</h1><a href="/one">one</a><a class="special" href="/two">two</a>
<a href="/three">three</a><p>see items.html</p></html>`

const itemsXML = `<?xml version="1.0"?><items><item><price>10</price></item><item><price>20</price></item></items>`

const page = `<html><head><link rel="stylesheet" href="/style.css"></head><body><img src="/a.png"><script src="/b.js"></script></body></html>`

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	s.note(r)
	w.Header().Set("X-Node", "s1")
	w.Header().Set("Content-Type", "text/plain")
	first, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	n, _ := strconv.Atoi(rest)
	switch first {
	case "slow":
		time.Sleep(time.Duration(n) * time.Millisecond)
	case "status":
		w.WriteHeader(n)
		fmt.Fprintf(w, "status %d", n)
		return
	case "redirect":
		where := "/echo/redirected"
		if n > 1 {
			where = fmt.Sprintf("/redirect/%d", n-1)
		}
		w.Header().Set("Location", s.URL+where)
		w.WriteHeader(http.StatusFound)
		return
	case "cookie":
		w.Header().Set("Set-Cookie", "SESSION=abc; Path=/")
	case "private":
		if _, _, ok := r.BasicAuth(); !ok {
			w.Header().Set("WWW-Authenticate", `Basic realm="private"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
	case "items.html", "items.xml", "page.html":
		w.Header().Set("Content-Type", "text/"+strings.TrimPrefix(first, strings.SplitAfter(first, ".")[0]))
		fmt.Fprint(w, map[string]string{"items.html": itemsHTML, "items.xml": itemsXML, "page.html": page}[first])
		return
	case "plain":
		fmt.Fprint(w, "plain")
		return
	case "token":
		fmt.Fprint(w, "token=secret42")
		return
	}
	fmt.Fprint(w, "ok")
}
