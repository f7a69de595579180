package plans

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"stickbench/internal/haproxy"
	"stickbench/internal/lab"
)

// mostShare bounds the weights of [target], which other balancers have in other ranges than HAProxy.
const mostShare = 1e6

// lab reads [lab]. What it leaves out is the laboratory's own: the embedded balancer, roundrobin, no
// stickiness, and the nodes s1 and s2. What the values must be, the laboratory itself knows.
func (r *reader) lab(t table) {
	l := &lab.Config{Balancer: lab.Embedded, Algorithm: "roundrobin"}
	if word, ok := t.word("balancer"); ok {
		l.Balancer = word
	}
	if o := r.override.Balancer; o != nil && slices.Contains(lab.Balancers, *o) {
		l.Balancer = *o
	}
	if words, ok := t.line("algorithm"); ok {
		l.Algorithm = words
	}
	if sticky, ok := t.line("sticky"); ok {
		l.Sticky = strings.Join(strings.Fields(sticky), " ")
	}
	l.Nodes = r.labNodes(t)
	for _, n := range l.Nodes {
		r.nodes = append(r.nodes, n.Tag)
	}
	r.validate(l)
	r.plan.Lab = l
}

// validate notes what the laboratory refuses, where it stands, unless something is wrong there already.
func (r *reader) validate(l *lab.Config) {
	read := slices.Clone(r.list)
	for _, err := range l.Validate() {
		var wrong *lab.KeyError
		if !errors.As(err, &wrong) {
			r.key("lab", "%v", err)
			continue
		}
		path := "lab." + wrong.Key
		if slices.ContainsFunc(read, func(q Problem) bool { return q.Key == path }) {
			continue
		}
		if _, given := r.positions.places[path]; given {
			r.value(path, "%v", wrong.Err)
		} else {
			r.key(path[:strings.LastIndexByte(path, '.')], "%v", wrong.Err)
		}
	}
}

func (r *reader) labNodes(t table) []lab.Node {
	if !t.has("node") {
		return []lab.Node{{Tag: "s1"}, {Tag: "s2"}}
	}
	var nodes []lab.Node
	for _, n := range t.tables("node", nodeShape) {
		nodes = append(nodes, labNode(n))
	}
	return nodes
}

func labNode(t table) lab.Node {
	var n lab.Node
	n.Tag, _ = t.line("tag")
	n.Weight = weight(t)
	n.Delay, _ = t.duration("delay")
	n.Workers, _ = t.count("workers")
	n.Stopped, _ = t.boolean("stopped")
	return n
}

func weight(t table) *int {
	n, ok := t.whole("weight")
	if !ok {
		return nil
	}
	w := int(n)
	return &w
}

// weights reads the weights of the nodes of [target]: numbers, some above 0.
func weights(t table) map[string]float64 {
	own, ok := t.table("weights", weightsShape)
	if !ok {
		return nil
	}
	all, sum, before := map[string]float64{}, 0.0, len(t.list)
	for _, name := range own.inOrder() {
		w, ok := own.number(name)
		if ok && !(w >= 0 && w <= mostShare) {
			own.value(own.at(name), "must be from 0 to 1000000, not %s", plain(w))
		}
		all[name], sum = w, sum+w
	}
	if sum == 0 && len(t.list) == before {
		t.value(t.at("weights"), "one of them must be above 0, such as { s1 = 2, s2 = 1 }")
	}
	return all
}

// haproxy reads [haproxy]. Beside a [lab] it is for runs with --target: the laboratory has a Runtime API
// of its own.
func (r *reader) haproxy(t table) {
	r.haproxyGiven = t.has("haproxy")
	own, ok := t.table("haproxy", haproxyShape)
	if !ok {
		return
	}
	h := &HAProxy{Backend: "nodes"}
	if api, ok := own.line("api"); ok {
		h.API = api
		if message := apiProblem(api); message != "" {
			own.value(own.at("api"), "%s", message)
		}
	} else if !own.has("api") {
		own.key(own.path, `needs an api, such as api = "tcp://127.0.0.1:9999"`)
	}
	if backend, ok := own.line("backend"); ok {
		h.Backend = backend
		if !haproxy.ValidName(backend) {
			own.value(own.at("backend"), "invalid backend %s: want letters, digits, and - _ . :", quoted(backend))
		}
	}
	maps.Copy(r.addresses, nodeAddresses(own))
	h.Names = nodeNames(own)
	if r.plan.Lab == nil {
		r.plan.HAProxy = h
	}
}

// nodeAddresses reads the nodes' own addresses.
func nodeAddresses(t table) map[string]string {
	own, ok := t.table("nodes", nodesShape)
	if !ok {
		return nil
	}
	addresses := map[string]string{}
	for _, name := range own.inOrder() {
		if !haproxy.ValidName(name) {
			own.key(own.at(name), "invalid name: want letters, digits, and - _ . :")
		}
		if address, ok := own.line(name); ok {
			addresses[name] = address
			if message := targetProblem(address); message != "" {
				own.value(own.at(name), "%s", message)
			}
		}
	}
	return addresses
}

// nodeNames reads what responses call the servers.
func nodeNames(t table) map[string]string {
	own, ok := t.table("names", namesShape)
	if !ok {
		return nil
	}
	names := map[string]string{}
	for _, server := range own.inOrder() {
		name, ok := own.line(server)
		for _, other := range names {
			if ok && other == name {
				own.value(own.at(server), "duplicate name %s: another server has it", quoted(name))
			}
		}
		if ok {
			names[server] = name
		}
	}
	return names
}

// apiProblem says what is wrong with the address of a Runtime API; "" if nothing is.
func apiProblem(api string) string {
	scheme, rest, whole := strings.Cut(api, "://")
	switch {
	case !whole && strings.HasPrefix(api, "/"):
		return "has no scheme: write " + quoted("unix://"+api)
	case !whole:
		return "has no scheme: write " + quoted("tcp://"+api)
	case scheme == "unix" && !strings.HasPrefix(rest, "/"):
		return `expected the socket's whole path, such as "unix:///var/run/haproxy.sock"`
	case scheme == "unix":
		return ""
	case scheme != "tcp":
		return quoted(scheme+"://") + " is neither tcp:// nor unix://"
	}
	colon := strings.LastIndexByte(rest, ':')
	if colon < 1 {
		return `has no port: write it like "tcp://127.0.0.1:9999"`
	}
	if n, err := strconv.ParseUint(rest[colon+1:], 10, 16); err != nil || n == 0 {
		return quoted(rest[colon+1:]) + " is not a port, 1 to 65535"
	}
	return ""
}

// nodeProblem says what is wrong with the name of a node; "" if nothing is.
func (r *reader) nodeProblem(name string) string {
	switch {
	case !haproxy.ValidName(name):
		return "invalid node " + quoted(name) + ": want letters, digits, and - _ . :"
	case r.nodes == nil || slices.Contains(r.nodes, name):
		return ""
	}
	return "the laboratory has no node " + quoted(name) + ", it has " + strings.Join(r.nodes, ", ")
}
