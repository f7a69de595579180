package jmx

import (
	"regexp"
	"strings"
)

// tagForm is a regular expression that looks for one member of a JSON document, as the laboratory's plan does.
var tagForm = regexp.MustCompile(`^"?(\w+)"?\s*:\s*"?\(\.\+?\*?\?*\)"?$`)

// native says, above the plan's tables, what our tool has instead of extractors, counters and marks: what tells
// the node, the counter and the session of each response, and expectations. Without the option it is a comment.
func (im *importer) native(w *tomlWriter) {
	member := im.nodeMember()
	if member == "" {
		return
	}
	lines := []string{"[session]", `node = "json:` + member + `"`}
	if im.options.Native {
		w.WriteString("\n" + strings.Join(lines, "\n") + "\n")
		return
	}
	w.WriteString("\n")
	w.comments(append([]string{
		"The plan finds out who responded by an extractor and marks. A [session] tells it of every response, and",
		"the report has nodes, affinity and continuity; then assert = ['increments()'] and expect = ['affinity == 1'].",
	}, lines...), "")
}

// nodeMember is the JSON member that an extractor of the plan reads and whose value decides between marks.
func (im *importer) nodeMember() string {
	var found string
	var look func(steps []*block)
	markers := map[string]bool{}
	look = func(steps []*block) {
		for _, b := range steps {
			if when, ok := b.get("when").(expression); ok && (b.get("mark") != nil || len(b.below) > 0) {
				name, _, _ := strings.Cut(string(when), " == ")
				markers[name] = true
			}
			look(b.below)
		}
	}
	for _, g := range im.groups {
		look(g.below)
	}
	for _, r := range requestsOf(im.groups) {
		for _, x := range r.extracts {
			v, ok := x.value.(inline)
			if !ok || !markers[strings.TrimPrefix(x.key, "extract.")] {
				continue
			}
			switch what := v[0].value.(type) {
			case expression:
				if m := tagForm.FindStringSubmatch(string(what)); m != nil && found == "" {
					found = m[1]
				}
			case string:
				if v[0].key == "json" && found == "" {
					found = what
				}
			}
		}
	}
	return found
}
