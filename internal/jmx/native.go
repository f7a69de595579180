package jmx

import (
	"fmt"
	"strings"

	"stickbench/internal/draft"
	"stickbench/internal/lazy"
)

// tagForm is a regular expression that looks for one member of a JSON document, as the laboratory's plan does.
var tagForm = lazy.Regexp(`^"?(\w+)"?\s*:\s*"?\(\.\+?\*?\?*\)"?$`)

// counterForm is the same of a number, and counterName what a member or a variable that counts is called.
var (
	counterForm = lazy.Regexp(`^"?(\w+)"?\s*:\s*"?\((\\d|\[0-9\])[+*]\??\)`)
	counterName = lazy.Regexp(`(?i)views|visits|hits|count`)
)

// native says what our tool has instead of extractors, counters and marks: what tells the node, the counter and
// the session of each response, and expectations. Without the option it is a comment above the target.
func (im *importer) native(p, target *draft.Table) {
	member, nodes := im.nodeMember()
	switch {
	case member == "":
	case im.options.Native:
		expect := list{expression("errors == 0"), expression(fmt.Sprintf("nodes == %d", nodes))}
		(&block{pairs: []pair{{"expect", expect}}}).write(p)
		session := p.Table("session")
		session.Comment("If sessions must stay on their node, expect 'affinity == 1' as well.")
		counter := im.counterMember()
		if counter == "" {
			session.Comment(`Where responses count the requests of their session, name the member, and assert that it goes up by one:
counter = "json:NAME", and assert = ['increments()'] in the requests.`)
		}
		session.Set("node", "json:"+member)
		if counter != "" {
			session.Set("counter", "json:"+counter)
		}
	default:
		target.Comment(`The plan finds out who responded by an extractor and marks. A [session] reads it from every response:
[session]
node = "json:%s"
Then the report has nodes, affinity and continuity, and expect = ['affinity == 1'] judges them.`, member)
	}
}

// counterMember is the JSON member with a number that an extractor of the plan reads and whose name says that it
// counts. The requests that read it assert that it goes up by one.
func (im *importer) counterMember() (found string) {
	for _, r := range requestsOf(im.groups) {
		for _, x := range r.extracts {
			v, ok := x.value.(inline)
			if !ok {
				continue
			}
			member := ""
			switch what := v[0].value.(type) {
			case expression:
				if m := counterForm().FindStringSubmatch(string(what)); m != nil {
					member = m[1]
				}
			case string:
				if v[0].key == "json" {
					member = what
				}
			}
			if member != "" && counterName().MatchString(member) && (found == "" || found == member) {
				found = member
				r.assert = append(r.assert, expression("increments()"))
				break
			}
		}
	}
	return found
}

// nodeMember is the JSON member that an extractor of the plan reads and whose value decides between marks, and how
// many values do.
func (im *importer) nodeMember() (found string, nodes int) {
	var look func(steps []*block)
	markers := map[string]bool{}
	values := map[string]map[string]bool{}
	look = func(steps []*block) {
		for _, b := range steps {
			if when, ok := b.get("when").(expression); ok && (b.get("mark") != nil || len(b.below) > 0) {
				name, value, _ := strings.Cut(string(when), " == ")
				markers[name] = true
				if values[name] == nil {
					values[name] = map[string]bool{}
				}
				values[name][value] = true
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
			before := found
			switch what := v[0].value.(type) {
			case expression:
				if m := tagForm().FindStringSubmatch(string(what)); m != nil && found == "" {
					found = m[1]
				}
			case string:
				if v[0].key == "json" && found == "" {
					found = what
				}
			}
			if found != before {
				nodes = len(values[x.key])
			}
		}
	}
	return found, nodes
}
