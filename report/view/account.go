package view

import (
	"fmt"
	"strings"

	"stickbench/internal/format"
	"stickbench/report"
)

// Account is the line on how much was measured, and in what unit times are.
func Account(r *report.Results) string {
	parts := []string{format.Plural(r.Total.Samples, "sample")}
	if q := r.Requests; q != nil {
		parts = []string{
			fmt.Sprintf("%s: %s ok, %s failed, %s cut", format.Plural(q.Started, "request"), format.Count(q.OK), format.Count(q.Failed), format.Count(q.Cut)),
			format.Plural(q.Connections, "connection"),
		}
		if q.Redirects > 0 {
			parts = append(parts, format.Plural(q.Redirects, "redirect"))
		}
	}
	if model := modelWords(r); model != "" {
		parts = append(parts, model)
	}
	return strings.Join(append(parts, format.Span(r.DurationMS), "times in ms"), " · ")
}

// droppedBy says what kept the dropped arrivals, in parentheses.
func droppedBy(a *report.Arrivals) string {
	if a.DroppedBy == nil {
		return ""
	}
	var parts []string
	for _, by := range []struct {
		n    int64
		text string
	}{{a.DroppedBy.Target, "by the target"}, {a.DroppedBy.Users, "for want of users"}, {a.DroppedBy.Generator, "by this machine"}} {
		if by.n > 0 {
			parts = append(parts, format.Count(by.n)+" "+by.text)
		}
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// modelWords name the model of load, and how much of it there was; "" where it is not known.
func modelWords(r *report.Results) string {
	switch {
	case r.Model == "":
		return ""
	case r.Arrivals != nil:
		a := r.Arrivals
		return fmt.Sprintf("%s model: %s of %s started, %s late, %s dropped%s", r.Model, format.Count(a.Started), format.Plural(a.Planned, "arrival"), format.Count(a.Late), format.Count(a.Dropped), droppedBy(a))
	case r.Model == report.ClosedModel && r.PlannedUsers > 0:
		return "closed model: " + format.Plural(r.PlannedUsers, "user")
	}
	return r.Model + " model"
}
