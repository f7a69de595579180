package plans

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// algorithms are those the laboratory's balancers both know, and haproxyAlgorithms those that only a
// real haproxy has, which may have arguments.
var (
	algorithms        = []string{"roundrobin", "static-rr", "leastconn", "random", "first", "source"}
	haproxyAlgorithms = []string{"uri", "url_param", "hdr", "hash", "rdp-cookie"}
	drawing           = regexp.MustCompile(`^random\([1-9][0-9]{0,3}\)$`)
)

// balancers are those a laboratory can have.
var balancers = []string{"embedded", "haproxy"}

// mostWeight is HAProxy's (configuration manual, server keyword "weight").
const mostWeight = 256

// mostShare bounds the weights of [target], which other balancers have in other ranges than HAProxy.
const mostShare = 1e6

// lab reads [lab]. What it leaves out is the laboratory's own: the embedded balancer, roundrobin, no
// stickiness, and the nodes s1 and s2.
func (r *reader) lab(t table) {
	l := &Lab{Balancer: "embedded", Algorithm: "roundrobin"}
	if word, ok := t.word("balancer", balancers...); ok {
		l.Balancer = word
	}
	if r.override.Balancer != nil {
		l.Balancer = *r.override.Balancer
	}
	if words, ok := t.line("algorithm"); ok {
		l.Algorithm = words
		if message := algorithmProblem(words, l.Balancer); message != "" {
			t.value(t.at("algorithm"), "%s", message)
		}
	}
	if sticky, ok := t.line("sticky"); ok {
		l.Sticky = strings.Join(strings.Fields(sticky), " ")
		if message := stickyProblem(strings.Fields(sticky), l.Balancer); message != "" {
			t.value(t.at("sticky"), "%s", message)
		}
	}
	l.Nodes = r.labNodes(t)
	for _, n := range l.Nodes {
		r.nodes = append(r.nodes, n.Tag)
	}
	r.plan.Lab = l
}

// algorithmProblem says what is wrong with an algorithm; "" if nothing is. Arguments are left to the
// balancer.
func algorithmProblem(words, balancer string) string {
	name, _, _ := strings.Cut(strings.ReplaceAll(words, "(", " "), " ")
	switch {
	case slices.Contains(algorithms, words), drawing.MatchString(words):
		return ""
	case !slices.Contains(haproxyAlgorithms, name):
		return quoted(words) + ": " + meant(name, algorithms)
	case balancer != "haproxy":
		return fmt.Sprintf(`the embedded balancer has no %s: balancer = "haproxy" has it`, name)
	}
	return ""
}

func (r *reader) labNodes(t table) []LabNode {
	if !t.has("node") {
		return []LabNode{{Tag: "s1"}, {Tag: "s2"}}
	}
	tables := t.tables("node", nodeShape)
	if list, ok := tablesOf(t.values["node"]); ok && len(list) == 0 {
		t.value(t.at("node"), `needs at least one node, such as { tag = "s1" }`)
	}
	var nodes []LabNode
	for i, n := range tables {
		node := r.labNode(n)
		same := func(other LabNode) bool { return node.Tag != "" && other.Tag == node.Tag }
		if first := slices.IndexFunc(nodes, same); first >= 0 {
			n.value(n.at("tag"), "%s is node[%d]'s tag already", quoted(node.Tag), first)
		}
		if !n.has("tag") {
			n.key(n.path, `needs a tag, such as tag = "s%d"`, i+1)
		}
		nodes = append(nodes, node)
	}
	return nodes
}

func (r *reader) labNode(t table) LabNode {
	var n LabNode
	if tag, ok := t.line("tag"); ok {
		n.Tag = tag
		if !serverName(tag) {
			t.value(t.at("tag"), "%s cannot name a server: letters, digits, - _ . and : only", quoted(tag))
		}
	}
	n.Weight = weight(t)
	n.Delay, _ = t.duration("delay", 0)
	n.Stopped, _ = t.boolean("stopped")
	return n
}

func weight(t table) *int {
	n, ok := t.whole("weight", 0, mostWeight)
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

// serverName says whether HAProxy takes s as the name of a server or a backend.
func serverName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !bareKey(r) && r != '.' && r != ':' })
}

// stickyModes are the ways a cookie of the balancer's can name the server, and stickyOptions what may
// come with them; the numbers are how many words follow (HAProxy's manual, keyword "cookie").
var (
	stickyModes   = []string{"insert", "prefix", "rewrite"}
	stickyOptions = map[string]int{"indirect": 0, "nocache": 0, "postonly": 0, "preserve": 0, "httponly": 0,
		"secure": 0, "dynamic": 0, "attr": 1, "domain": 1, "maxidle": 1, "maxlife": 1}
)

// stickyProblem says what is wrong with a cookie directive; "" if nothing is. It goes into HAProxy's
// configuration, where nothing but that may come from a plan.
func stickyProblem(words []string, balancer string) string {
	if words[0] != "cookie" {
		return `expected HAProxy's cookie directive, such as "cookie SERVERID insert indirect nocache", not ` + quoted(words[0])
	}
	if len(words) == 1 || !token(words[1]) || slices.Contains(stickyModes, words[1]) {
		return `names no cookie: write it like "cookie SERVERID insert indirect nocache"`
	}
	var modes []string
	known := slices.Clone(stickyModes)
	for option := range stickyOptions {
		known = append(known, option)
	}
	slices.Sort(known)
	for i := 2; i < len(words); i++ {
		if slices.Contains(stickyModes, words[i]) {
			modes = append(modes, words[i])
			continue
		}
		arguments, ok := stickyOptions[words[i]]
		if !ok {
			return quoted(words[i]) + ": " + meant(words[i], known)
		}
		if i += arguments; i >= len(words) {
			return quoted(words[i-1]) + " needs a value"
		}
	}
	switch {
	case len(modes) > 1:
		return strings.Join(modes, " and ") + " do not go together"
	case len(modes) == 0 && balancer == "embedded":
		return "needs one of insert, prefix and rewrite: without them nothing sticks"
	}
	return ""
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
		if !serverName(backend) {
			own.value(own.at("backend"), "%s cannot name a backend: letters, digits, - _ . and : only", quoted(backend))
		}
	}
	h.Nodes = nodeAddresses(own)
	r.addresses = h.Nodes
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
		if !serverName(name) {
			own.key(own.at(name), "cannot name a server: letters, digits, - _ . and : only")
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
	case !serverName(name):
		return quoted(name) + " cannot name a server: letters, digits, - _ . and : only"
	case r.nodes == nil || slices.Contains(r.nodes, name):
		return ""
	}
	return "the laboratory has no node " + quoted(name) + ", it has " + strings.Join(r.nodes, ", ")
}
