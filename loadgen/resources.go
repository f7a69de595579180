package loadgen

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"stickbench/loadgen/internal/wire"
)

// Resources are what a page embeds, as browsers load it: images, scripts, style sheets, frames, sound and film. Each
// is a request of its own, with a row of its own.
type Resources struct {
	// Match and Except are what their URLs must match, and must not; nil for all, and for none.
	Match, Except *regexp.Regexp
	// Parallel is how many are under way at the same time.
	Parallel int
}

// mostResources bounds what one page may embed, and the requests for resources that a user keeps ready.
const mostResources = 1000

// embedded are the attributes that name what a page embeds, by element.
var embedded = map[string]string{
	"img": "src", "script": "src", "iframe": "src", "frame": "src", "embed": "src", "audio": "src", "video": "src", "source": "src",
	"track": "src", "object": "data", "body": "background", "link": "href", "input": "src",
}

// resourceReferences are the references to what a page embeds, in their order, and its base, "" for its own URL.
func resourceReferences(page *html.Node) (references []string, base string) {
	for n := range page.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "base" && base == "" {
			base = attribute(n, "href")
		}
		reference := strings.TrimSpace(attribute(n, embedded[n.Data]))
		if reference == "" || strings.HasPrefix(reference, "data:") || !loads(n) || slices.Contains(references, reference) {
			continue
		}
		if references = append(references, reference); len(references) == mostResources {
			break
		}
	}
	return references, base
}

// loads reports whether a browser loads what an element names.
func loads(n *html.Node) bool {
	switch n.Data {
	case "link":
		rel := strings.Fields(strings.ToLower(attribute(n, "rel")))
		return slices.Contains(rel, "stylesheet") || slices.Contains(rel, "icon") || slices.Contains(rel, "preload")
	case "input":
		return strings.EqualFold(attribute(n, "type"), "image")
	}
	return true
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}

// resourcesOf are the requests for what the page of the last response embeds.
func (u *user) resourcesOf(r *request) []*request {
	if u.target == nil || !strings.Contains(u.response.Field("Content-Type"), "html") {
		return nil
	}
	page := u.page()
	if page == nil {
		return nil
	}
	references, base := resourceReferences(page)
	from := u.target
	if base != "" {
		if t, err := from.follow(base); err == nil {
			from = t
		}
	}
	var all []*request
	for _, reference := range references {
		t, err := from.follow(reference)
		if err != nil || !r.Resources.wants(t.shown) {
			continue
		}
		all = append(all, u.resource(r, t))
	}
	return all
}

func (r *Resources) wants(url string) bool {
	return (r.Match == nil || r.Match.MatchString(url)) && (r.Except == nil || !r.Except.MatchString(url))
}

// resource is the request for one of them, the same for each user at each visit.
func (u *user) resource(r *request, t *target) *request {
	key := resourceKey{r, t.base() + t.path, t.origin != u.home}
	if known := u.resources[key]; known != nil {
		return known
	}
	made := u.runner.prepareResource(u.script, r, t, key.foreign)
	if u.resources == nil || len(u.resources) >= mostResources {
		u.resources = map[resourceKey]*request{}
	}
	u.resources[key] = made
	return made
}

// resourceKey tells resources apart.
type resourceKey struct {
	page    *request
	url     string
	foreign bool // it is of another origin than the page was asked of
}

// prepareResource makes a request for what a page embeds, with the page's own headers; to another origin go those
// that would go there with a redirect.
func (r *Runner) prepareResource(s *script, page *request, t *target, foreign bool) *request {
	path, _, _ := strings.Cut(t.path, "?")
	if t.origin != page.originOr(t.origin) {
		path = t.base() + path
	}
	req := &Request{
		Label: page.Label + " › " + path, Method: http.MethodGet, Redirects: page.Redirects, Timeout: page.Timeout, ConnectTimeout: page.ConnectTimeout,
		URL: Literal(t.base() + t.path), RedirectHeaders: page.RedirectHeaders,
	}
	if !foreign {
		req.Digest = page.Digest
	} else if names := page.stays(); len(names) > 0 {
		r.warn(fmt.Sprintf("%s: what it embeds was asked of %s without %s: redirect_headers says what goes along", page.Label, t.base(), strings.Join(names, ", ")))
	}
	for _, f := range page.Header {
		if foreign && !page.travels(f.Name) {
			continue
		}
		if !slices.ContainsFunc([]string{"Content-Type", "Content-Encoding", "Accept"}, func(name string) bool { return strings.EqualFold(f.Name, name) }) {
			req.Header = append(req.Header, f)
		}
	}
	made, err := prepare(r.plan, s.group, req, nil, s.readsBodies)
	if err != nil { // its URL was read a moment ago
		made = &request{Request: req, timeout: page.timeout, fixed: t}
	}
	return made
}

// originOr is where a request goes, or else what is given, where that depends on variables.
func (r *request) originOr(other wire.Origin) wire.Origin {
	if r.fixed != nil {
		return r.fixed.origin
	}
	return other
}

// loadResources gets what the page that has come embeds, and reports whether the user goes on. What conditions see
// is still the page.
func (u *user) loadResources(r *request) bool {
	var all []*request
	u.at(r.Label, r.timeout, func() { all = u.resourcesOf(r) })
	return len(all) == 0 || u.atOnce(all, r.Resources.Parallel)
}
