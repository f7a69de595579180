package probe

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"stickbench/internal/natural"
)

// view is a record, or as much as there is of it yet, with the node of each exchange worked out. The
// experiments are steered by the same judgements that explain the record in the end.
type view struct {
	record    *Record
	exchanges []*Exchange
	values    map[int]map[string]string // by Exchange.N, as they are asked for
	fields    []candidate               // the one that names the nodes, and those that agree with it
	refused   []candidate               // those that looked like it and do not
	shares    map[string]float64        // of the nodes, of the decisions for the URL itself
	decided   int                       // those decisions
	orders    map[Phase]order
}

func newView(r *Record) *view {
	v := &view{record: r, values: map[int]map[string]string{}, orders: map[Phase]order{}}
	for i := range r.Exchanges {
		v.exchanges = append(v.exchanges, &r.Exchanges[i])
	}
	v.identify()
	var nodes []string
	for _, e := range v.decisions() {
		if node := v.node(e); node != "" {
			nodes = append(nodes, node)
		}
	}
	v.shares, v.decided = shares(nodes), len(nodes)
	return v
}

// of are the exchanges of the phases.
func (v *view) of(phases ...Phase) (some []*Exchange) {
	for _, e := range v.exchanges {
		if slices.Contains(phases, e.Phase) {
			some = append(some, e)
		}
	}
	return some
}

// decisions are the exchanges that the balancer was free to place and no cache gave.
func (v *view) decisions() (free []*Exchange) {
	for _, e := range v.of(PhaseOrder, PhaseConnections) {
		if len(e.Cookies) == 0 && !e.cached() {
			free = append(free, e)
		}
	}
	return free
}

// identify finds the candidate that names the nodes: among the decisions for the URL, or, where they all
// came to one node, among those from other addresses and for other paths and queries.
func (v *view) identify() {
	whole := func(some []*Exchange) []*Exchange {
		some = slices.DeleteFunc(some, func(e *Exchange) bool { return e.failed() || e.cached() })
		let := slices.DeleteFunc(slices.Clone(some), (*Exchange).refused)
		if len(let) > 0 {
			return let
		}
		return some // a page that nobody may see
	}
	all := nodeCandidates(whole(v.decisions()), v.valuesOf)
	v.fields, v.refused = chooseNode(all), refusedNames(all)
	if len(v.fields) == 0 || v.fields[0].tier == tierWeak {
		for _, phases := range [][]Phase{{PhaseSource}, {PhaseQuery}, {PhasePath}} {
			elsewhere := append(phases, PhaseFirst)
			if fields := chooseNode(nodeCandidates(whole(v.of(elsewhere...)), v.valuesOf)); len(fields) > 0 && fields[0].tier == tierNamed {
				v.fields = fields
				return
			}
		}
	}
	if len(v.fields) == 0 {
		v.fields = alone(all)
	}
}

// refusedNames are the candidates that their names or their number of values make worth a word.
func refusedNames(all []candidate) (some []candidate) {
	for _, c := range all {
		if c.refused != "" && c.distinct > 1 && (c.tier == tierNamed || c.tier == tierWorker) {
			some = append(some, c)
		}
	}
	return some
}

func (v *view) valuesOf(e *Exchange) map[string]string {
	values, ok := v.values[e.N]
	if !ok {
		values = e.values()
		v.values[e.N] = values
	}
	return values
}

// node is who responded to e; "" where that cannot be seen.
func (v *view) node(e *Exchange) string {
	if len(v.fields) == 0 || e.cached() {
		return ""
	}
	from := v.fields[0].from
	base := strings.TrimSuffix(from, " suffix")
	value, ok := v.valuesOf(e)[base]
	if !ok {
		return ""
	}
	return nodeForms(base, value)[from]
}

// nodeAt is the node of the exchange of that number.
func (v *view) nodeAt(n int) string {
	if n < 1 || n > len(v.exchanges) {
		return ""
	}
	return v.node(v.exchanges[n-1])
}

// symbol is the node, or for a failure that names none its status: a node that always fails has its place
// in the order too.
func (v *view) symbol(e *Exchange) string {
	node := v.node(e)
	switch {
	case node != "":
		return node
	case e.Status >= 500 && len(e.field("Retry-After")) == 0:
		return fmt.Sprintf("status %d", e.Status)
	}
	return ""
}

// nodes are the names of the nodes seen anywhere, in their order.
func (v *view) nodes() []string { return v.nodesOf(v.exchanges) }

func (v *view) nodesOf(some []*Exchange) []string {
	seen := map[string]bool{}
	for _, e := range some {
		if node := v.node(e); node != "" {
			seen[node] = true
		}
	}
	return slices.SortedFunc(maps.Keys(seen), natural.Compare)
}

// told reports whether the nodes can be told apart and more than one was seen.
func (v *view) told() bool { return len(v.shares) >= 2 }

// same is the chance that a decision comes to the node of another one.
func (v *view) same() float64 { return sameByChance(v.shares) }

// trials are the results of an experiment with a cookie: the requests whose node can be told, those of
// them that came to the node expected, and the chance of as many.
type trials struct {
	hits, n int
	chance  float64
}

// all reports whether every trial hit, and not by chance.
func (t trials) all() bool { return t.n > 0 && t.hits == t.n && t.chance < sure }

// trials counts an experiment's hits.
func (v *view) trials(phase Phase, cookie string) (t trials) {
	t.chance = 1
	expected := 0.0
	for _, e := range v.of(phase) {
		node, home := v.node(e), v.nodeAt(e.Home)
		if e.Trial != cookie || node == "" || home == "" {
			continue
		}
		t.n++
		expected += v.shares[home]
		t.chance *= v.shares[home]
		if node == home {
			t.hits++
		}
	}
	if t.hits < t.n {
		t.chance = binomialTail(t.hits, t.n, expected/float64(t.n))
	}
	return t
}

// bursts are the phase's decisions by their nodes, in the bursts that they were sent in. Decisions whose
// node cannot be told end a burst.
func (v *view) bursts(phase Phase) (all [][]string) {
	var burst []string
	var end int64
	for _, e := range v.of(phase) {
		symbol := v.symbol(e)
		if len(burst) > 0 && (symbol == "" || e.StartUS-end > burstPause.Microseconds()/2) {
			all, burst = append(all, burst), nil
		}
		if symbol != "" {
			burst = append(burst, symbol)
		}
		end = e.EndUS
	}
	if len(burst) > 0 {
		all = append(all, burst)
	}
	return all
}

// order reads the phase's decisions. It is asked for once all are made, and costs a simulation.
func (v *view) order(phase Phase) order {
	o, ok := v.orders[phase]
	if !ok {
		o = readOrder(v.bursts(phase), v.record.Seed)
		v.orders[phase] = o
	}
	return o
}

// consistency is what became of requests that share a key.
type consistency struct {
	keys, nodes, repeats int
	steady               bool // no key was seen on two nodes
	chance               float64
}

// decides reports whether the key decides the node.
func (c consistency) decides() bool { return c.nodes >= 2 && c.steady && c.chance < sure }

// consistent tries whether a key decides the node. The chance is that of an order of the same nodes in
// which all of a key's requests come to one node. Exchanges with the key "" are left out.
func consistent(v *view, some []*Exchange, key func(*Exchange) string) consistency {
	groups := map[string][]string{}
	for _, e := range some {
		if node, k := v.node(e), key(e); node != "" && k != "" {
			groups[k] = append(groups[k], node)
		}
	}
	c := consistency{keys: len(groups), steady: len(groups) > 0, chance: 1}
	var sizes []int
	total := map[string]int{}
	for _, nodes := range groups {
		c.steady = c.steady && len(shares(nodes)) == 1
		c.repeats += len(nodes) - 1
		sizes = append(sizes, len(nodes))
		for _, node := range nodes {
			total[node]++
		}
	}
	if c.nodes = len(total); c.steady {
		c.chance = pureByChance(sizes, slices.Sorted(maps.Values(total)))
	}
	return c
}
