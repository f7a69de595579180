package plans

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"stickbench/internal/lab"
	"stickbench/internal/redact"
	"stickbench/loadgen"
)

// Explain writes what the plan will do, in plain lines: where it runs, what every group does, how many
// requests that makes, what is asserted and expected, and what a report of it cannot judge.
func (p *Plan) Explain(w io.Writer) {
	e := &explanation{w: w}
	fmt.Fprintf(w, "%s\n", p.Load.Name)
	if p.Description != "" {
		fmt.Fprintf(w, "%s\n", strings.TrimSpace(p.Description))
	}
	e.gap()
	p.explainTarget(e)
	e.rows("session", p.sessionWords()...)
	e.rows("vars", p.vars...)
	e.rows("data", p.dataWords()...)
	if p.Load.Serial {
		e.rows("groups", "one after the other")
	}
	for i := range p.Load.Groups {
		p.explainGroup(e, &p.Load.Groups[i])
	}
	e.gap()
	e.rows("requests", p.Requests().String())
	if p.Load.Preconnect {
		e.rows("connects", "each user before the run begins")
	}
	for _, x := range p.Expect {
		e.rows("expects", x.Source())
	}
	for _, x := range p.Stops {
		e.rows("stops", "when "+x.Source())
	}
	if p.Load.KeepTrying {
		e.rows("stops", "not when the target is gone")
	}
	for i := range p.Events {
		e.rows("event", eventWords(&p.Events[i]))
	}
	if notes := p.notes(); len(notes) > 0 {
		e.gap()
		for _, note := range notes {
			e.rows("note", note)
		}
	}
}

func eventWords(e *Event) string {
	words := e.When() + ": " + e.String()
	if e.Name != "" {
		words += fmt.Sprintf(", phase %q", e.Name)
	}
	return words
}

// explanation writes rows: a word, and behind it, aligned, what there is to say.
type explanation struct {
	w    io.Writer
	last string // word, not repeated in the next row
}

func (e *explanation) rows(word string, texts ...string) {
	for _, text := range texts {
		shown := word
		if word == e.last {
			shown = ""
		}
		e.last = word
		lines := strings.Split(strings.TrimSpace(redact.Text(text)), "\n")
		fmt.Fprintf(e.w, "  %-9s %s\n", shown, strings.Join(lines, "\n"+strings.Repeat(" ", 12)))
	}
}

func (e *explanation) gap() {
	fmt.Fprintln(e.w)
	e.last = ""
}

func (p *Plan) explainTarget(e *explanation) {
	if p.Lab == nil {
		words := fmt.Sprintf("%s, timeout %s", redact.URL(p.Load.Target), short(p.Load.Timeout))
		if p.Load.HTTP2 {
			words += ", HTTP/2"
		}
		if p.Load.TLS != nil && p.Load.TLS.InsecureSkipVerify {
			words += ", any certificate"
		}
		e.rows("target", words)
		e.rows("shares", p.shareWords()...)
		if p.HAProxy != nil {
			e.rows("haproxy", fmt.Sprintf("Runtime API %s, backend %s", p.HAProxy.API, p.HAProxy.Backend))
		}
		for _, name := range slices.Sorted(maps.Keys(p.Nodes)) {
			e.rows("nodes", fmt.Sprintf("%s at %s", name, redact.URL(p.Nodes[name])))
		}
		return
	}
	balancer := map[string]string{"embedded": "the embedded balancer", "haproxy": "a real haproxy"}[p.Lab.Balancer]
	sticky := p.Lab.Sticky
	if sticky == "" {
		sticky = "nothing sticks"
	}
	e.rows("lab", fmt.Sprintf("%s, %s, %s", balancer, p.Lab.Algorithm, sticky), "in front of "+nodeWords(p.Lab.Nodes))
}

// shareWords say what shares are expected of the plan's own balancer.
func (p *Plan) shareWords() []string {
	var words []string
	if p.Algorithm != "" {
		words = append(words, p.Algorithm)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Weights)) {
		words = append(words, fmt.Sprintf("%s weight %s", name, plain(p.Weights[name])))
	}
	if words == nil {
		return nil
	}
	return []string{strings.Join(words, ", ")}
}

func nodeWords(nodes []lab.Node) string {
	all := make([]string, len(nodes))
	for i, n := range nodes {
		var traits []string
		if n.Weight != nil {
			traits = append(traits, fmt.Sprintf("weight %d", *n.Weight))
		}
		if n.Delay > 0 {
			traits = append(traits, fmt.Sprintf("delay %s", short(n.Delay)))
		}
		if n.Workers > 1 {
			traits = append(traits, counted(int64(n.Workers), "worker"))
		}
		if n.Stopped {
			traits = append(traits, "stopped")
		}
		all[i] = n.Tag
		if len(traits) > 0 {
			all[i] += " (" + strings.Join(traits, ", ") + ")"
		}
	}
	return strings.Join(all, ", ")
}

func (p *Plan) sessionWords() []string {
	var words []string
	s := p.Load.Session
	for _, x := range []struct {
		name string
		from *loadgen.Extractor
	}{{"node", s.Node}, {"counter", s.Counter}, {"id", s.ID}} {
		if x.from != nil {
			words = append(words, x.name+" from "+x.from.String())
		}
	}
	if words == nil {
		return nil
	}
	return []string{strings.Join(words, ", ")}
}

func (p *Plan) explainGroup(e *explanation, g *loadgen.Group) {
	e.gap()
	e.rows("group", fmt.Sprintf("%s: %s, %s, %s", g.Name, startWords(g), limitWords(g), cookieWords(g)+connectionWords(g)))
	switch g.Phase {
	case loadgen.Setup:
		e.rows("", "before the other groups, whose users then have the variables of its users")
	case loadgen.Teardown:
		e.rows("", "after the other groups, even if those were stopped")
	}
	if g.OnError != loadgen.Continue {
		e.rows("", "after a failed request: "+map[loadgen.ErrorAction]string{
			loadgen.NextIteration: "the next iteration", loadgen.StopUser: "the user stops", loadgen.StopRun: "the run stops"}[g.OnError])
	}
	for i := range g.Steps {
		e.rows("", stepWords(fmt.Sprintf("%d.", i+1), &g.Steps[i]))
	}
}

func startWords(g *loadgen.Group) string {
	if g.Arrivals != nil {
		return arrivalWords(g)
	}
	words := counted(int64(g.Users), "user")
	switch {
	case g.Stages != nil:
		words = UserStageWords(g.Stages)
	case g.Users > 1 && g.RampUp > 0:
		words += fmt.Sprintf(", one every %s", short(round(g.RampUp/time.Duration(g.Users))))
	case g.Users > 1:
		words += " at once"
	}
	if g.StartDelay > 0 {
		words += fmt.Sprintf(" from %s on", short(g.StartDelay))
	}
	return words
}

// UserStageWords say how many users there are, and when.
func UserStageWords(stages []loadgen.UserStage) string {
	words := make([]string, len(stages))
	level := 0
	for i, s := range stages {
		switch {
		case s.To == level:
			words[i] = fmt.Sprintf("%s for %s", counted(int64(level), "user"), short(s.For))
		case s.For == 0:
			words[i] = fmt.Sprintf("%s at once", counted(int64(s.To), "user"))
		default:
			words[i] = fmt.Sprintf("%d to %s within %s", level, counted(int64(s.To), "user"), short(s.For))
		}
		level = s.To
	}
	return strings.Join(words, ", then ")
}

// short is a duration as one writes it: 1m instead of Go's 1m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// round leaves three digits or so of a duration.
func round(d time.Duration) time.Duration {
	unit := time.Nanosecond
	for d/unit >= 10_000 {
		unit *= 10
	}
	return d.Round(unit)
}

func limitWords(g *loadgen.Group) string {
	if g.Arrivals != nil {
		return totalWords(g)
	}
	iterations := counted(int64(g.Iterations), "iteration")
	if g.Users > 1 {
		iterations += " each"
	}
	switch {
	case g.Stages != nil && g.Iterations == 0:
		return "in all " + short(g.StagesEnd())
	case g.Duration == 0 && g.Iterations == 0:
		return "until the run is stopped"
	case g.Duration == 0:
		return iterations
	case g.Iterations == 0:
		return fmt.Sprintf("for %s", short(g.Duration))
	}
	return fmt.Sprintf("%s, %s at most", iterations, short(g.Duration))
}

func cookieWords(g *loadgen.Group) string {
	switch g.Cookies {
	case loadgen.ClearCookies:
		return "cookies cleared at each iteration"
	case loadgen.NoCookies:
		return "no cookies"
	}
	return "cookies kept"
}

func requestWords(r *loadgen.Request) string {
	words := r.Method + " " + r.URL.String()
	if !strings.HasPrefix(words, r.Label) {
		words = r.Label + ": " + words
	}
	if r.Resources != nil {
		words += fmt.Sprintf(", with what the page embeds, %d at a time", r.Resources.Parallel)
	}
	if r.Timeout > 0 {
		words += fmt.Sprintf(", timeout %s", short(r.Timeout))
	}
	if r.ConnectTimeout > 0 {
		words += fmt.Sprintf(", to connect %s", short(r.ConnectTimeout))
	}
	switch r.Redirects {
	case DefaultRedirects:
	case 0:
		words += ", redirects not followed"
	default:
		words += ", " + counted(int64(r.Redirects), "redirect") + " followed at most"
	}
	return words
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func counted(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Count is how many of something a run will have.
type Count struct {
	N int64 // that many, or at most that many
	// Most says that fewer are possible: a group ends with its duration, or steps have a condition.
	Most bool
	// Open says that nothing but time ends some groups: the number is not known beforehand, and N is
	// that of the others.
	Open bool
	// About says that it is a matter of chance: arrivals at random.
	About bool
	// Pages says that pages are loaded with what they embed, which is not in N: only the responses tell it.
	Pages bool
}

// String is the number with what is known of it.
func (c Count) String() string {
	embedded := ""
	if c.Pages {
		embedded = ", and what the pages embed"
	}
	switch {
	case c.Open:
		return "as many as the time allows" + embedded
	case c.About:
		return fmt.Sprintf("about %d%s", c.N, embedded)
	case c.Most:
		return fmt.Sprintf("at most %d%s", c.N, embedded)
	}
	return fmt.Sprint(c.N) + embedded
}

// add and product stop at the largest number.
func add(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

func product(a, b int64) int64 {
	if b > 0 && a > math.MaxInt64/b {
		return math.MaxInt64
	}
	return a * b
}
