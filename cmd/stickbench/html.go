package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"stickbench/internal/bounded"
	"stickbench/internal/sequence"
	"stickbench/loadgen"
	"stickbench/plans"
	"stickbench/report"
	"stickbench/report/html"
)

// reportFile is the report to be looked at, in a run's folder.
const reportFile = "report.html"

// writeHTML writes the report of a run into its folder.
func (f *folder) writeHTML(r *record, first *firstExchanges) error {
	facts := f.htmlFacts(r)
	facts.Diagram = first.diagram()
	var page bytes.Buffer
	if err := html.Write(&page, r.Results, facts); err != nil {
		return err
	}
	return f.write(reportFile, page.Bytes(), fileMode)
}

// reportHTML prints that report again, or makes one of any recording.
func (a *app) reportHTML(path string, out io.Writer) error {
	results, facts, err := a.reportOf(path)
	if err != nil {
		return err
	}
	if err := html.Write(out, results, facts); err != nil {
		return cannotRun("the report could not be printed: %w", err)
	}
	return nil
}

// reportOf are the results of any recording, and what the page says of where they come from.
func (a *app) reportOf(path string) (*report.Results, html.Facts, error) {
	facts := html.Facts{Version: version()}
	recording, err := a.recorded(path)
	if err != nil {
		return nil, facts, err
	}
	b, first := newBuilder(recording.apdex), &firstExchanges{}
	results, err := recording.fold(b, func(s *loadgen.Sample) { b.Add(s); first.Record(s) })
	if err != nil {
		return nil, facts, err
	}
	if f := (&folder{path}); path != "-" && f.holdsRun() {
		r, err := f.readRecord()
		if err != nil {
			return nil, facts, err
		}
		facts = f.htmlFacts(r)
	}
	facts.Diagram = first.diagram()
	return results, facts, nil
}

// holdsRun reports whether there is such a folder.
func (f *folder) holdsRun() bool {
	info, err := os.Stat(f.dir)
	return err == nil && info.IsDir()
}

// htmlFacts are what ran where. A plan that cannot be read is left out: the report stands without it.
func (f *folder) htmlFacts(r *record) html.Facts {
	source, _ := bounded.File(f.path(planFile), plans.Largest)
	return r.htmlFacts(source)
}

// htmlFacts are what ran where, of a plan with that source.
func (r *record) htmlFacts(source []byte) html.Facts {
	facts := html.Facts{
		Version: r.Version, PlanFile: r.PlanFile, PlanSource: plans.Redacted(source), Seed: &r.Seed, Target: r.Target, Start: r.Start,
		Host: fmt.Sprintf("%s/%s, %d CPUs, %s", r.Host.OS, r.Host.Arch, r.Host.CPUs, r.Host.Go),
		More: []html.Fact{
			{Name: "Options", Value: overrideText(r.Override)}, {Name: "Node is read from", Value: r.NodeSource},
			{Name: "Algorithm", Value: r.Algorithm}, {Name: "Weights", Value: weightsText(r.Weights)},
			{Name: "Ended because", Value: r.Stopped},
		},
	}
	if r.End != nil {
		facts.End = *r.End
	}
	return facts
}

// overrideText is what the command line changed of the plan.
func overrideText(o plans.Override) string {
	var said []string
	for name, n := range map[string]*int{"--users": o.Users, "--iterations": o.Iterations} {
		if n != nil {
			said = append(said, name+" "+strconv.Itoa(*n))
		}
	}
	for name, d := range map[string]*time.Duration{"--duration": o.Duration, "--ramp-up": o.RampUp} {
		if d != nil {
			said = append(said, name+" "+d.String())
		}
	}
	for name, s := range map[string]*string{"--target": o.Target, "--balancer": o.Balancer} {
		if s != nil {
			said = append(said, name+" "+*s)
		}
	}
	slices.Sort(said)
	return strings.Join(said, " ")
}

func weightsText(weights map[string]float64) string {
	var said []string
	for _, node := range slices.Sorted(maps.Keys(weights)) {
		said = append(said, node+" "+strconv.FormatFloat(weights[node], 'g', 6, 64))
	}
	return strings.Join(said, ", ")
}

const (
	// drawnUsers is how many users' first exchanges the report draws, drawnEach how many of each.
	drawnUsers = 3
	drawnEach  = 3
)

// firstExchanges draws the first samples of the first users. Samples hold no cookies, and what happened behind
// the balancer is what the responses say: `stickbench trace` sees more. The zero value is ready.
type firstExchanges struct {
	users map[int]*drawnUser
	all   sequence.Builder
}

// drawnUser is how many samples of a user were drawn, and the session that the last one was of.
type drawnUser struct {
	samples int
	session string
}

// Record takes a sample (loadgen.Sink).
func (f *firstExchanges) Record(s *loadgen.Sample) error {
	if s.IsRequest() && s.User != 0 && f.all.Len() < drawnUsers*drawnEach {
		f.add(s)
	}
	return nil
}

// Flush does nothing (loadgen.Sink).
func (f *firstExchanges) Flush() error { return nil }

// Close does nothing (loadgen.Sink).
func (f *firstExchanges) Close() error { return nil }

func (f *firstExchanges) add(s *loadgen.Sample) {
	u := f.users[s.User]
	if u == nil && len(f.users) < drawnUsers {
		if f.users == nil {
			f.users = map[int]*drawnUser{}
		}
		u = &drawnUser{}
		f.users[s.User] = u
	}
	if u == nil || u.samples == drawnEach {
		return
	}
	u.samples++
	f.all.Add(u.exchange(s))
}

// exchange is a sample as far as it tells.
func (u *drawnUser) exchange(s *loadgen.Sample) sequence.Exchange {
	x := sequence.Exchange{
		User: s.User, Life: s.Life, Start: time.UnixMilli(s.StartMillis()), Label: strings.Clone(s.Label),
		Outcome: sampleOutcome(s), Status: s.Status, Reason: strings.Clone(s.Reason),
		Kind: string(s.Kind), Failure: strings.Clone(s.Failure), Node: strings.Clone(s.Node),
	}
	if s.HasCounter {
		x.Detail = fmt.Sprintf("counter %d", s.Counter)
	}
	if u.session != "" && s.Session != "" && s.Session != u.session {
		x.Detail = strings.TrimPrefix(x.Detail+", a new session", ", ")
	}
	if s.Session != "" {
		u.session = strings.Clone(s.Session)
	}
	return x
}

// sampleOutcome is how far a sample came.
func sampleOutcome(s *loadgen.Sample) sequence.Outcome {
	switch s.Kind {
	case loadgen.KindVariable:
		return sequence.Unsent
	case loadgen.KindDNS, loadgen.KindRefused, loadgen.KindConnTime, loadgen.KindConnect, loadgen.KindLocal, loadgen.KindTLS:
		return sequence.Unreached
	}
	if s.Status == 0 {
		return sequence.NoResponse
	}
	return sequence.Answered
}

// diagram is nil if there is nothing to draw.
func (f *firstExchanges) diagram() *sequence.Diagram {
	if f.all.Len() == 0 {
		return nil
	}
	return f.all.Freeze()
}
