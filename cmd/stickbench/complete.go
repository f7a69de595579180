package main

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"stickbench/internal/live"
	"stickbench/plans"
)

// Completions of arguments, beside the files that every shell knows.

// completePlans completes the names of the catalogue's plans, with their titles.
func completePlans(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var all []string
	for _, e := range plans.Catalogue() {
		all = append(all, e.Name+"\t"+e.Title)
	}
	return all, cobra.ShellCompDirectiveDefault
}

// completeRuns completes the folders of runs in results/, the newest first.
func completeRuns(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var all []string
	for _, k := range keptRuns() {
		all = append(all, filepath.ToSlash(k.path))
	}
	return all, cobra.ShellCompDirectiveDefault | cobra.ShellCompDirectiveKeepOrder
}

// completeNames completes names within the quotes of a condition: nodes and events of the runs that are the
// arguments, or else of the latest one.
func completeNames(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	const nothing = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	if strings.Count(typed, `"`)%2 == 0 {
		return nil, nothing
	}
	if kept := keptRuns(); len(kept) > 0 {
		args = append(args, kept[0].newest)
	}
	before := typed[:strings.LastIndexByte(typed, '"')+1]
	for _, arg := range args {
		r, err := (&folder{dir: arg}).readRecord()
		if err != nil || r.Results == nil {
			continue
		}
		var all []string
		for _, n := range r.Results.Nodes {
			all = append(all, before+n.Node+"\"\ta node")
		}
		for _, e := range r.Events {
			if e.Name != "" {
				all = append(all, before+e.Name+"\"\tan event: "+e.Text)
			}
		}
		return all, nothing
	}
	return nil, nothing
}

// flagWords are the values of flags that take a word, by their commands; "" is any command.
var flagWords = map[string]map[string][]string{
	"": {
		"balancer": {"embedded", "haproxy"}, "report": {"summary", "full"}, "progress": {live.Auto, live.JSON, live.None},
		"http": {"1.1", "2"}, "jtl-format": {"csv", "xml"},
		"node":    {"json:", "header:", "cookie:", "regex:"},
		"counter": {"json:", "header:", "cookie:", "regex:"},
		"session": {"json:", "header:", "cookie:", "regex:"},
		"warm-up": {"auto", "none"},
		"of":      {"rate", "users"},
	},
	"compare": {"format": slices.Sorted(maps.Keys(comparisonFormats))},
	"report":  {"format": append(slices.Sorted(maps.Keys(formats)), "html", "text")},
	"trace":   {"format": slices.Sorted(maps.Keys(traceFormats))},
	"lab":     {"node": nil}, // is a tag
}

// completions completes what the commands take.
func completions(root *cobra.Command) {
	arguments := map[string]cobra.CompletionFunc{
		"run": completePlans, "check": completePlans, "trace": completePlans,
		"report": completeRuns, "compare": completeRuns,
	}
	for _, c := range root.Commands() {
		for _, flag := range []string{"expect", "assert", "fail-on"} {
			if c.Flags().Lookup(flag) != nil {
				c.RegisterFlagCompletionFunc(flag, completeNames) // it has none yet
			}
		}
		if f := arguments[c.Name()]; f != nil {
			c.ValidArgsFunction = f
		}
		words := maps.Clone(flagWords[""])
		maps.Copy(words, flagWords[c.Name()])
		for flag, list := range words {
			if c.Flags().Lookup(flag) != nil && list != nil {
				c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp)) // it has none yet
			}
		}
	}
}
