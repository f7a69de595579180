package probe

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"stickbench/internal/format"
	"stickbench/internal/natural"
)

// Plan is a plan to go on with: the target and the session as they were found, and expectations that hold
// if the balancer goes on as it did.
func (r *Report) Plan() string {
	var b strings.Builder
	for _, sentence := range r.Verdict {
		fmt.Fprintf(&b, "# %s\n", format.Clean(sentence))
	}
	for _, f := range r.Findings {
		if f.Severity != Info {
			fmt.Fprintf(&b, "# %s: %s (%s)\n", f.Severity, format.Clean(f.What), format.Clean(f.Evidence))
		}
	}
	base, request := split(r.URL)
	fmt.Fprintf(&b, "\nname   = %s\n", quote("probed "+base))
	expect := r.expectations()
	b.WriteString("expect = [\n")
	for _, e := range expect {
		fmt.Fprintf(&b, "  %s,\n", quote(e))
	}
	fmt.Fprintf(&b, "]\n\n[target]\nurl = %s\n", quote(base))
	r.planWeights(&b)
	r.planSession(&b)
	fmt.Fprintf(&b, "\n[[group]]\nname       = \"users\"\nusers      = 10\nramp_up    = \"1s\"\niterations = 20\n%s", r.planCookies())
	fmt.Fprintf(&b, "\n[[group.step]]\nrequest = %s\nassert  = ['status == 200']\n", quote("GET "+request))
	return b.String()
}

// split is a URL without its path, and the path with its query.
func split(s string) (base, request string) {
	u, err := url.Parse(s)
	if err != nil {
		return s, "/"
	}
	return u.Scheme + "://" + u.Host, u.RequestURI()
}

// expectations are what was found, as a run can judge it.
func (r *Report) expectations() []string {
	all := []string{"errors == 0"}
	if r.Node.From != "" && r.planNode() != "" && r.Sticky.By != "source" && len(r.Nodes) > 0 {
		all = append(all, fmt.Sprintf("nodes == %d", len(r.Nodes)))
	}
	sticks := slices.Contains([]string{"cookie", "source", "connection"}, r.Sticky.By)
	if sticks && r.planNode() != "" {
		all = append(all, "affinity == 1")
	}
	if r.Sessions.Counter != "" && (sticks || r.Sessions.Store == string(storeShared)) {
		all = append(all, "continuity == 1")
	}
	return all
}

// planNode is where a run reads the node from; "" where it cannot: of a cookie's value it takes what is in
// front, not what is behind.
func (r *Report) planNode() string {
	for _, from := range r.Node.Candidates {
		if !strings.HasSuffix(from, " suffix") {
			return from
		}
	}
	return ""
}

func (r *Report) planWeights(b *strings.Builder) {
	if len(r.Place.Weights) == 0 || r.planNode() == "" {
		return
	}
	var parts []string
	for _, node := range slices.SortedFunc(slices.Values(sortedKeys(r.Place.Weights)), natural.Compare) {
		parts = append(parts, fmt.Sprintf("%s = %d", quote(node), r.Place.Weights[node]))
	}
	fmt.Fprintf(b, "weights = { %s }\n", strings.Join(parts, ", "))
	if r.Place.Algorithm == "roundrobin" {
		b.WriteString("algorithm = \"roundrobin\"\n")
	}
}

func (r *Report) planSession(b *strings.Builder) {
	lines := ""
	for _, l := range []struct{ key, from string }{{"node   ", r.planNode()}, {"counter", r.Sessions.Counter}, {"id     ", r.Sessions.ID}} {
		if l.from != "" {
			lines += fmt.Sprintf("%s = %s\n", l.key, quote(l.from))
		}
	}
	if lines != "" {
		b.WriteString("\n[session]\n" + lines)
	}
}

// planCookies keeps users' cookies, where there are sessions to keep.
func (r *Report) planCookies() string {
	if r.Sticky.By == "none" && r.Sessions.Counter == "" {
		return "cookies    = \"clear\" # nothing sticks: each request is a decision\n"
	}
	return "cookies    = \"keep\"\n"
}

// quote writes a TOML string.
func quote(s string) string {
	if !strings.ContainsAny(s, "'\n\r\t\x00") && !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return "'" + s + "'"
	}
	return strconv.QuoteToASCII(s)
}
