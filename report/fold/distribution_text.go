package fold

import (
	"fmt"
	"strconv"
	"strings"

	"stickbench/internal/format"
	"stickbench/report"
)

func tooFew(n, needed int64, expected, other string) string {
	return fmt.Sprintf("%s: too few to judge the shares, %s tell %s from %s", format.Plural(n, "decision"), format.Count(needed), expected, other)
}

// probability writes p to two digits.
func probability(p float64) string {
	if p < 0.0001 {
		return "<0.0001"
	}
	return strconv.FormatFloat(p, 'g', 2, 64)
}

// ratios are the weights in force, one after the other.
func ratios(parts []judged) string {
	var list []string
	for i := range parts {
		if text := parts[i].force.ratioText(parts[i].eligible); len(list) == 0 || list[len(list)-1] != text {
			list = append(list, text)
		}
	}
	if len(list) > 3 {
		list = append(list[:2], "…", list[len(list)-1])
	}
	return strings.Join(list, ", then ")
}

// shareList is "s1 1334, s2 666", of many nodes only the one that is farthest off.
func shareList(d *report.Distribution) string {
	return nodeList(d, func(n report.NodeShare) string { return format.Count(n.Decisions) })
}

// expectedList is "1333.3 and 666.7".
func expectedList(d *report.Distribution) string {
	return nodeList(d, func(n report.NodeShare) string { return format.Decimal(n.Expected*float64(d.Judged), 1) })
}

func nodeList(d *report.Distribution, figure func(report.NodeShare) string) string {
	const most = 4
	nodes := d.Nodes
	if len(nodes) > most {
		nodes = []report.NodeShare{farthest(d)}
	}
	list := make([]string, len(nodes))
	for i, n := range nodes {
		list[i] = format.Clean(n.Node) + " " + figure(n)
	}
	return strings.Join(list, ", ")
}
