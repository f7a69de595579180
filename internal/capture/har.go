package capture

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// Largest is the most bytes that a HAR file may have.
const Largest = 128 << 20

// archive is what is read of a HAR file (HTTP Archive 1.2).
type archive struct {
	Log *struct {
		Entries []entry `json:"entries"`
	} `json:"log"`
}

type entry struct {
	Started  time.Time `json:"startedDateTime"`
	Time     float64   `json:"time"` // milliseconds
	Resource string    `json:"_resourceType"`
	Request  struct {
		Method  string   `json:"method"`
		URL     string   `json:"url"`
		Headers []Header `json:"headers"`
		Body    *struct {
			Type   string `json:"mimeType"`
			Text   string `json:"text"`
			Params []struct{ Name, Value string }
		} `json:"postData"`
	} `json:"request"`
	Response struct {
		Status   int      `json:"status"`
		Headers  []Header `json:"headers"`
		Redirect string   `json:"redirectURL"`
		Content  struct {
			Type     string `json:"mimeType"`
			Text     string `json:"text"`
			Encoding string `json:"encoding"`
		} `json:"content"`
	} `json:"response"`
}

// IsHAR reports whether source begins as a HAR file does.
func IsHAR(source []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(source, []byte("\ufeff")), " \t\r\n"), []byte("{"))
}

// HAR makes a plan of a HAR file: of the requests of its first page's host, or of the hosts that are wanted, without
// static resources and preflights, with redirects followed, cookies left to each user's jar, and pauses as they were.
func HAR(source []byte, o Options) (*Plan, error) {
	entries, err := readHAR(source)
	if err != nil {
		return nil, err
	}
	im := &importer{Options: o}
	if err := im.entries(entries); err != nil {
		return nil, err
	}
	if im.Name == "" {
		im.Name = im.requests[0].URL.Host
	}
	return im.plan(), nil
}

func readHAR(source []byte) ([]entry, error) {
	if len(source) > Largest {
		return nil, fmt.Errorf("it is larger than a HAR can be here, %d MiB: record less, or save it without contents", Largest>>20)
	}
	var a archive
	source = bytes.TrimPrefix(source, []byte("\ufeff"))
	if err := json.Unmarshal(source, &a); err != nil {
		return nil, placed(source, err)
	}
	switch {
	case a.Log == nil:
		return nil, errors.New("no HAR: it has no log, as the file of a browser has")
	case len(a.Log.Entries) == 0:
		return nil, errors.New("the HAR has no entries: record with the network tab open, and save it again")
	}
	slices.SortStableFunc(a.Log.Entries, func(x, y entry) int { return x.Started.Compare(y.Started) })
	return a.Log.Entries, nil
}

// placed is an error of JSON with its place.
func placed(source []byte, err error) error {
	source = bytes.TrimRight(source, " \t\r\n")
	offset := int64(len(source))
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var date *time.ParseError
	switch {
	case errors.As(err, &date):
		return fmt.Errorf("invalid date %q: want one such as 2026-07-09T14:03:02.045Z", date.Value)
	case errors.As(err, &syntax) && syntax.Offset < offset:
		offset = syntax.Offset
	case errors.As(err, &kind):
		offset, err = kind.Offset, fmt.Errorf("%s is %s, which it is not in a HAR", strings.TrimPrefix(kind.Field, "."), kind.Value)
	default:
		err = errors.New("the file ends too early: it was cut off; save or copy it again")
	}
	before := source[:min(int64(len(source)), offset)]
	return fmt.Errorf("line %d, column %d: %w", 1+bytes.Count(before, []byte("\n")), len(before)-bytes.LastIndexByte(before, '\n'), err)
}

// static are the kinds of resources that pages bring along, and staticTypes the beginnings of their types.
var (
	static      = []string{"image", "stylesheet", "script", "font", "media", "manifest", "texttrack"}
	staticTypes = []string{"image/", "font/", "audio/", "video/", "text/css", "text/javascript", "application/javascript", "application/x-javascript", "application/font", "application/wasm"}
	staticNames = []string{".css", ".js", ".mjs", ".map", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".avif", ".ico", ".woff", ".woff2", ".ttf", ".otf", ".mp3", ".mp4", ".webm", ".wasm"}
)

func (e *entry) static(name string) bool {
	if e.Resource != "" && e.Resource != "other" {
		return slices.Contains(static, e.Resource)
	}
	return slices.ContainsFunc(staticTypes, func(t string) bool { return strings.HasPrefix(e.Response.Content.Type, t) }) ||
		slices.Contains(staticNames, strings.ToLower(path.Ext(name)))
}

// leastThink is the shortest pause that is kept: shorter ones are the browser's own work.
const leastThink = 500 * time.Millisecond

// entries keeps those that make the plan.
func (im *importer) entries(all []entry) error {
	left := map[string]int{} // entries left out, by why
	followed := map[string]bool{}
	var ended time.Time
	for i := range all {
		e := &all[i]
		r, why, err := im.entry(e)
		if err != nil {
			return fmt.Errorf("entry %d: %w", i+1, err)
		}
		if why != "" {
			left[why]++
			continue
		}
		if pause := e.Started.Sub(ended); !ended.IsZero() && pause >= leastThink {
			r.Think = pause.Round(100 * time.Millisecond)
		}
		ended = later(ended, e.end())
		if r.Method == "GET" && followed[r.URL.String()] {
			delete(followed, r.URL.String())
			im.requests[len(im.requests)-1].response = r.response // what came in the end
		} else {
			im.requests = append(im.requests, r)
		}
		if target := e.redirect(r); target != "" {
			followed[target] = true
		}
	}
	for _, why := range slices.Sorted(maps.Keys(left)) {
		im.note("left out: %d of %d entries, %s", left[why], len(all), why)
	}
	if len(im.requests) == 0 {
		return fmt.Errorf("none of its %d entries is kept: %s", len(all), strings.Join(slices.Sorted(maps.Keys(left)), "; "))
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (e *entry) end() time.Time {
	return e.Started.Add(time.Duration(max(0, e.Time) * float64(time.Millisecond)))
}

// redirect is the URL to which a response sends the browser; "" for none.
func (e *entry) redirect(r *Request) string {
	if e.Response.Status < 300 || e.Response.Status > 399 || e.Response.Redirect == "" {
		return ""
	}
	to, err := r.URL.Parse(e.Response.Redirect)
	if err != nil {
		return ""
	}
	to.Fragment = ""
	return to.String()
}

// entry is the request of an entry, or why it is left out.
func (im *importer) entry(e *entry) (r *Request, why string, err error) {
	scheme, _, _ := strings.Cut(e.Request.URL, ":")
	switch scheme {
	case "http", "https":
	case "":
		return nil, "", errors.New("its request has no url")
	default:
		return nil, "as they are " + scheme + ":", nil
	}
	u, err := absolute(e.Request.URL)
	if err != nil {
		return nil, "", err
	}
	if len(im.Hosts) == 0 {
		im.Hosts = []string{u.Host} // of the first page
	}
	switch {
	case !slices.ContainsFunc(im.Hosts, func(h string) bool { return strings.EqualFold(h, u.Host) || strings.EqualFold(h, u.Hostname()) }):
		return nil, "which go to " + u.Host + ": --host keeps them", nil
	case e.Request.Method == "OPTIONS" && headerOf(e.Request.Headers, "Access-Control-Request-Method") != "":
		return nil, "as they ask for leave to cross origins (CORS)", nil
	case e.Response.Status == 0:
		return nil, "as they got no response", nil
	case !im.Static && e.static(u.Path):
		return nil, "as they are static: --static keeps them", nil
	}
	r = &Request{Method: strings.ToUpper(e.Request.Method), URL: u, Headers: e.Request.Headers, Redirects: FollowRedirects, response: e.response()}
	if b := e.Request.Body; b != nil {
		text := b.Text
		if text == "" && len(b.Params) > 0 {
			text = encoded(b.Params)
		}
		r.Body = &text
		if b.Type != "" && !hasHeader(r.Headers, "Content-Type") {
			r.Headers = append(slices.Clone(r.Headers), Header{"Content-Type", b.Type})
		}
	}
	return r, "", nil
}

// response is what came back, as far as the archive has it.
func (e *entry) response() *response {
	body := e.Response.Content.Text
	if e.Response.Content.Encoding == "base64" {
		b, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, strings.NewReader(body)))
		if body = string(b); err != nil {
			body = ""
		}
	}
	return &response{status: e.Response.Status, headers: e.Response.Headers, body: body}
}

func sortedMembers(m map[string]any) iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}
