package view

import (
	"fmt"
	"strings"

	"stickbench/internal/format"
	"stickbench/report"
)

// Card is a figure that is looked for first. Class is "ok", "bad", or "" where nothing was judged.
type Card struct{ Name, Figure, Remark, Class string }

// Cards are the figures on top of a report.
func Cards(r *report.Results) []Card {
	cards := []Card{verdictCard(r)}
	if r.Total.Samples == 0 {
		return cards
	}
	cards = append(cards, Card{"Throughput", format.Rate(r.Total.Throughput), format.Plural(r.Total.Samples, "sample") + " in " + format.Span(r.DurationMS), ""})
	if l := r.Latency; l != nil {
		ms := map[float64]float64{}
		for _, p := range l.Percentiles {
			ms[p.Share] = p.MS
		}
		if p95, ok := ms[0.95]; ok {
			remark := "p50 " + format.Millis(ms[0.5]) + " ms"
			if p99, ok := ms[0.99]; ok {
				remark += ", p99 " + format.Millis(p99) + " ms"
			}
			cards = append(cards, Card{"p95", format.Millis(p95) + " ms", remark, ""})
		}
	}
	errors := Card{"Errors", format.Percent(r.Total.ErrorRate), format.Count(r.Total.Errors) + " of " + format.Plural(r.Total.Samples, "sample"), ""}
	if r.Total.Errors > 0 {
		errors.Class = "bad"
	}
	cards = append(append(cards, errors), sessionCards(&r.Affinity)...)
	if a := r.Total.Apdex; a != nil {
		cards = append(cards, Card{"Apdex", format.Decimal(*a, 3), fmt.Sprintf("T %g ms, F %g ms", r.Apdex.SatisfiedMS, r.Apdex.ToleratedMS), ""})
	}
	return cards
}

// verdictCard says whether the expectations were met.
func verdictCard(r *report.Results) Card {
	met := 0
	for _, e := range r.Expectations {
		if e.OK {
			met++
		}
	}
	c := Card{"Verdict", strings.ToUpper(r.Verdict), fmt.Sprintf("%d of %s met", met, format.Plural(int64(len(r.Expectations)), "expectation")), ""}
	switch {
	case r.Verdict == "pass":
		c.Figure, c.Class = "✓ PASS", "ok"
	case r.Verdict == "fail":
		c.Figure, c.Class = "✗ FAIL", "bad"
	case len(r.Expectations) == 0:
		c.Remark = "nothing was expected"
		if r.Verdict == "none" {
			c.Figure = "–"
		}
	}
	return c
}

// sessionCards say whether sessions stuck, where that is known.
func sessionCards(a *report.Affinity) (cards []Card) {
	if a.Affinity != nil {
		cards = append(cards, Card{"Affinity", format.Percent(*a.Affinity), format.Count(a.Moves) + " of " + format.Plural(a.Transitions, "transition") + " moved", ""})
	}
	if a.Transitions > 0 || a.Counted > 0 {
		lost := Card{"Lost sessions", format.Count(a.LostSessions), "of " + format.Plural(a.Sessions, "session"), ""}
		if a.LostUnexcused > 0 {
			lost.Class = "bad"
		}
		cards = append(cards, lost)
	}
	return cards
}
