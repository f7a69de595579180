package probe

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A candidate is a place of the responses that may name the node.
type candidate struct {
	from     string
	tier     tier
	rank     int      // within named
	values   []string // of the decisions that have it, in their order
	distinct int
	refused  string // why it names none; "" where it does
}

// tier orders candidates by how they come by their place.
type tier int

const (
	tierNamed  tier = iota // by its name
	tierPlain              // by its values alone
	tierCookie             // a cookie: what a client holds says where it should be, not where it was
	tierWeak               // tells apart nodes that are not alike
	tierWorker             // a process, of which a node has several
	tierNever
)

// What the values of a node's name are held to, over n decisions.
const (
	leastNodeDecisions = 6
	onceUsually        = 20  // at most one in so many is of a value seen once only (Good–Turing)
	rising             = 0.7 // a number that correlates so with time counts something
)

// nodeCandidates are the places that the decisions have values in, best first, refused ones last.
func nodeCandidates(decisions []*Exchange, values func(*Exchange) map[string]string) []candidate {
	series := map[string][]string{}
	for _, e := range decisions {
		for from, value := range values(e) {
			for from, value := range nodeForms(from, value) {
				series[from] = append(series[from], value)
			}
		}
	}
	var all []candidate
	for from, values := range series {
		if len(values)*10 >= len(decisions)*9 {
			all = append(all, newCandidate(from, values))
		}
	}
	slices.SortFunc(all, func(a, b candidate) int {
		switch {
		case (a.refused == "") != (b.refused == ""):
			return boolOrder(a.refused == "")
		case a.tier != b.tier:
			return int(a.tier) - int(b.tier)
		case a.rank != b.rank:
			return a.rank - b.rank
		}
		return strings.Compare(a.from, b.from)
	})
	return all
}

func boolOrder(first bool) int {
	if first {
		return -1
	}
	return 1
}

// nodeForms are the forms in which a value may name the node: a cookie's whole value, the part in front of
// ~ or |, or the part behind the last dot, colon or exclamation mark.
func nodeForms(from, value string) map[string]string {
	if !strings.HasPrefix(from, "cookie:") {
		return map[string]string{from: value}
	}
	forms := map[string]string{}
	if i := strings.IndexAny(value, "~|"); i > 0 {
		value = value[:i]
	} else if i := strings.LastIndexAny(value, ".!:"); i > 0 && i < len(value)-1 {
		forms[from+" suffix"] = value[i+1:]
	}
	forms[from] = strings.TrimPrefix(value, ".")
	return forms
}

func newCandidate(from string, values []string) candidate {
	c := candidate{from: from, values: values, tier: tierOf(from), distinct: len(shares(values))}
	if rank, ok := nodeRank(from); ok {
		c.tier, c.rank = tierNamed, rank
		if cacheName(values) {
			c.tier = tierNever
		}
	}
	c.refused = c.refusal()
	return c
}

func tierOf(from string) tier {
	kind, name, _ := strings.Cut(from, ":")
	switch {
	case noNode().MatchString(from):
		return tierNever
	case slices.Contains(weakFields, from):
		return tierWeak
	case kind == "json" && workerNames().MatchString(name[strings.LastIndexByte(name, '.')+1:]), workerNames().MatchString(name) && name != "x-worker":
		return tierWorker
	case kind == "cookie":
		return tierCookie
	}
	return tierPlain
}

// cacheName reports whether the values are a cache's own, as Fastly's X-Served-By has them.
func cacheName(values []string) bool {
	return !slices.ContainsFunc(values, func(v string) bool { return !strings.HasPrefix(v, "cache-") })
}

// refusal says why the values name no node.
func (c *candidate) refusal() string {
	n := len(c.values)
	switch {
	case c.tier == tierNever:
		return "known to say nothing of the node"
	case c.distinct == 1:
		return "the same in all responses"
	case n < leastNodeDecisions:
		return "too few responses"
	case c.distinct > n/3, c.tier != tierNamed && c.distinct > max(2, n/5):
		return "as good as one value for each request"
	case seenOnce(c.values) > max(1, n/onceUsually):
		return "values that are seen only once"
	case c.tier != tierNamed && counts(c.values):
		return "it follows the time"
	}
	return ""
}

func seenOnce(values []string) (once int) {
	times := map[string]int{}
	for _, v := range values {
		times[v]++
	}
	for _, n := range times {
		if n == 1 {
			once++
		}
	}
	return once
}

// counts reports whether the values go with the time: each in one stretch, or numbers that rise or fall.
func counts(values []string) bool {
	runs, previous := 1, values[0]
	numbers := make([]float64, 0, len(values))
	for _, v := range values {
		if v != previous {
			runs++
		}
		previous = v
		if x, err := strconv.ParseFloat(v, 64); err == nil {
			numbers = append(numbers, x)
		}
	}
	if runs == len(shares(values)) {
		return true
	}
	return len(numbers) == len(values) && math.Abs(trend(numbers)) > rising
}

// trend is the correlation of numbers with their places.
func trend(x []float64) float64 {
	n := float64(len(x))
	mean, middle := 0.0, (n-1)/2
	for _, v := range x {
		mean += v / n
	}
	var xy, xx, yy float64
	for i, v := range x {
		xy += (v - mean) * (float64(i) - middle)
		xx += (v - mean) * (v - mean)
		yy += (float64(i) - middle) * (float64(i) - middle)
	}
	if xx == 0 || yy == 0 {
		return 0
	}
	return xy / math.Sqrt(xx*yy)
}

// agree reports whether two candidates tell the same decisions apart.
func agree(a, b *candidate) bool {
	if len(a.values) != len(b.values) || a.distinct != b.distinct {
		return false
	}
	other := map[string]string{}
	for i, v := range a.values {
		if known, ok := other[v]; ok && known != b.values[i] {
			return false
		}
		other[v] = b.values[i]
	}
	return len(shares(slices.Collect(maps.Values(other)))) == len(other)
}

// chooseNode picks the candidate that names the nodes, and gives those that agree with it, itself the
// first. Of the same tier it is the one that most others agree with. nil where there is none.
func chooseNode(all []candidate) (agreeing []candidate) {
	for i := range all {
		c := &all[i]
		if c.refused != "" || len(agreeing) > 0 && c.tier > agreeing[0].tier {
			continue
		}
		with := []candidate{*c}
		for j := range all {
			if j != i && all[j].refused == "" && agree(c, &all[j]) {
				with = append(with, all[j])
			}
		}
		if len(with) > len(agreeing) || agreeing[0].tier > c.tier {
			agreeing = with
		}
	}
	return agreeing
}

// alone is the best candidate for the name of the only node that was seen: a name that is known to be one.
func alone(all []candidate) []candidate {
	for _, c := range all {
		if c.tier == tierNamed && c.distinct == 1 {
			return []candidate{c}
		}
	}
	return nil
}
