package jmx

import (
	"regexp"
	"strings"

	"stickbench/internal/draft"
)

// tagForm is a regular expression that looks for one member of a JSON document, as the laboratory's plan does.
var tagForm = regexp.MustCompile(`^"?(\w+)"?\s*:\s*"?\(\.\+?\*?\?*\)"?$`)

// native says what our tool has instead of extractors, counters and marks: what tells the node, the counter and
// the session of each response, and expectations. Without the option it is a comment above the target.
func (im *importer) native(p, target *draft.Table) {
	member := im.nodeMember()
	switch {
	case member == "":
	case im.options.Native:
		p.Table("session").Set("node", "json:"+member)
	default:
		target.Comment(`The plan finds out who responded by an extractor and marks. A [session] reads it from every response:
[session]
node = "json:%s"
Then the report has nodes, affinity and continuity, and expect = ['affinity == 1'] judges them.`, member)
	}
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
			if !ok || !markers[x.key] {
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
