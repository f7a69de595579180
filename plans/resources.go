package plans

import (
	"regexp"

	"stickbench/loadgen"
)

// usualParallel is how many connections browsers open to a host.
const usualParallel = 6

// resources reads what of a page is loaded with it: true, or which.
func (s scope) resources(t table, req *loadgen.Request) {
	from, ok := s.giver(t, "resources")
	if !ok {
		return
	}
	if _, isTable := from.values["resources"].(map[string]any); !isTable {
		if on, ok := from.boolean("resources"); ok && on {
			req.Resources = &loadgen.Resources{Parallel: usualParallel}
		}
		return
	}
	of, _ := from.table("resources", resourcesShape)
	req.Resources = &loadgen.Resources{Parallel: usualParallel, Match: of.regular("match"), Except: of.regular("except")}
	if n, ok := of.count("parallel"); ok {
		req.Resources.Parallel = n
	}
}

// regular is a regular expression; nil without one or after a problem.
func (t table) regular(key string) *regexp.Regexp {
	s, ok := t.text(key)
	if !ok {
		return nil
	}
	re, err := regexp.Compile(s)
	if err != nil {
		t.value(t.at(key), "%v", err)
		return nil
	}
	return re
}
