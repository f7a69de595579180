package fold

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"stickbench/internal/format"
	"stickbench/internal/stats"
	"stickbench/report"
)

// law is what an algorithm says of shares.
type law int

const (
	drawLaw law = iota // each decision is drawn by itself
	turnLaw            // decisions go round by the weights
	noLaw              // weights do not decide
)

// laws are those of HAProxy's algorithms (configuration manual, "balance"). Where a plan gives weights and no
// algorithm, decisions are taken to be drawn by the weights.
var laws = map[string]law{
	report.UnknownAlgorithm: noLaw,
	"roundrobin":            turnLaw, "static-rr": turnLaw, "random": drawLaw,
	"leastconn": noLaw, "first": noLaw, "source": noLaw, "uri": noLaw, "url_param": noLaw,
	"hdr": noLaw, "hash": noLaw, "rdp-cookie": noLaw,
}

// reasons say what the algorithms without a law follow.
var reasons = map[string]string{
	report.UnknownAlgorithm: `HAProxy does not name its algorithm, as with random (its shares are judged with algorithm = "random(1)" in [target], if that is what it has)`,
	"random":                "random follows load, and the places of servers in HAProxy's ring, not weights: with one draw, random(1), and the servers' ids from the Runtime API it can be judged",
	"leastconn":             "leastconn follows load, not weights",
	"first":                 "first fills one node after the other",
	"source":                "source follows the users' addresses, not weights",
	"uri":                   "uri follows the paths that are asked for, not weights",
	"url_param":             "url_param follows a parameter of the requests, not weights",
	"hdr":                   "hdr follows a header of the requests, not weights",
	"hash":                  "hash follows the requests, not weights",
	"rdp-cookie":            "rdp-cookie follows the users, not weights",
}

// algorithmName is the algorithm without its arguments: "random" for "random(2)".
func algorithmName(algorithm string) string {
	name, _, _ := strings.Cut(strings.TrimSpace(algorithm), "(")
	name, _, _ = strings.Cut(name, " ")
	return name
}

// inForce are the weights of a segment, 0 for nodes that take nobody, and the shares they give; both nil
// where they are not known.
type inForce struct {
	weights, shares map[string]float64
}

// forces are what is in force in each of the segments.
func (g *phaseTracker) forces(run report.Run) []inForce {
	weights, states := maps.Clone(run.Weights), maps.Clone(run.States)
	if states == nil {
		states = map[string]string{}
	}
	list := make([]inForce, len(g.segments))
	for i, s := range g.segments {
		if s.event != nil {
			if s.event.Weights != nil {
				weights = map[string]float64{}
				for node, w := range s.event.Weights {
					weights[node] = float64(w)
				}
			}
			if s.event.State != "" {
				states[s.event.Node] = s.event.State
			}
		}
		list[i] = force(weights, states, run.ExpectedShares)
	}
	return list
}

func force(weights map[string]float64, states map[string]string, shares func(map[string]float64) map[string]float64) inForce {
	if len(weights) == 0 {
		return inForce{}
	}
	f := inForce{weights: map[string]float64{}}
	for node, w := range weights {
		if s := states[node]; s == report.Drained || report.Gone(s) {
			w = 0
		}
		f.weights[node] = max(0, w)
	}
	if shares == nil {
		shares = proportional
	}
	f.shares = shares(maps.Clone(f.weights))
	return f
}

// proportional are shares in proportion to the weights.
func proportional(weights map[string]float64) map[string]float64 {
	total := 0.0
	for _, node := range slices.Sorted(maps.Keys(weights)) { // in one order, for the last bit of the sum
		total += weights[node]
	}
	shares := make(map[string]float64, len(weights))
	for node, w := range weights {
		if total > 0 {
			shares[node] = w / total
		}
	}
	return shares
}

// eligible are the nodes with a share, by name.
func (f *inForce) eligible() []string {
	var list []string
	for node, share := range f.shares {
		if share > 0 {
			list = append(list, node)
		}
	}
	slices.SortFunc(list, report.CompareNodes)
	return list
}

// names reports whether all these nodes are among those with weights.
func (f *inForce) names(nodes []string) bool {
	for _, n := range nodes {
		if _, known := f.weights[n]; !known {
			return false
		}
	}
	return true
}

// ratioText is the weights of nodes as one writes them: 2:1, in lowest terms where they are whole.
func (f *inForce) ratioText(nodes []string) string {
	divisor := 0.0
	for _, n := range nodes {
		divisor = stats.GCD(divisor, f.weights[n])
	}
	parts := make([]string, len(nodes))
	for i, n := range nodes {
		w := f.weights[n]
		if divisor > 0 {
			w /= divisor
		}
		parts[i] = strconv.FormatFloat(w, 'g', 4, 64)
	}
	return ratioList(parts)
}

// ratioList joins the parts of a ratio, of many only the first ones.
func ratioList(parts []string) string {
	const most = 6
	if len(parts) > most {
		parts = append(slices.Clone(parts[:most]), "…")
	}
	return strings.Join(parts, ":")
}

// pair is the pair of shares that a sample must tell apart: the ones expected from equal ones, or equal
// ones from those of one node with double weight.
type pair struct {
	expected, other string // in words
	p, q            float64
}

func (f *inForce) pair() pair {
	nodes := f.eligible()
	k := float64(len(nodes))
	p := pair{expected: f.ratioText(nodes), p: 1 / k}
	for _, n := range nodes {
		if s := f.shares[n]; math.Abs(s-1/k) > math.Abs(p.p-1/k)+1e-9 {
			p.p = s
		}
	}
	ones := slices.Repeat([]string{"1"}, len(nodes))
	if p.other = ratioList(ones); p.expected != p.other && math.Abs(p.p-1/k) > 1e-9 {
		p.q = 1 / k
		return p
	}
	if math.Abs(p.p-1/k) > 1e-9 { // equal weights, but not equal shares
		p.expected, p.other, p.q = fmt.Sprintf("%s for one node", format.Percent(p.p)), "equal shares", 1/k
		return p
	}
	ones[0] = "2"
	p.other, p.q = ratioList(ones), 2/(k+1)
	return p
}

// neededTurns is the number of decisions of which, going round with a tolerance of so many, no counts fit
// both of the pair.
func (p *pair) neededTurns(tolerance int) int64 {
	return int64(math.Floor(2*float64(tolerance)/math.Abs(p.p-p.q)+1e-9)) + 1
}
