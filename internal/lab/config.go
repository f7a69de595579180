package lab

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"stickbench/internal/haproxy"
	"stickbench/internal/nearest"
)

// Config describes a laboratory. The zero value of every field but Nodes is usable.
type Config struct {
	// Balancer is Embedded (also ""), or HAProxy for the real program.
	Balancer string
	// Algorithm is HAProxy's word for the balancing algorithm: roundrobin (also ""), static-rr,
	// leastconn, random or random(DRAWS), first, source. The real program also takes its others.
	Algorithm string
	// Sticky is HAProxy's cookie directive without more, such as
	// "cookie SERVERID insert indirect nocache"; "" means that nothing sticks. The embedded balancer
	// does not do maxidle, maxlife, domain and attr.
	Sticky string
	// Nodes are the servers behind the balancer, in their order in the backend.
	Nodes []Node
	// Listen is the balancer's address; "" means a free port of 127.0.0.1.
	Listen string
	// CheckInterval is the time from one health check to the next, and the timeout of each; 0 means
	// HAProxy's own 2 s. Only the embedded balancer has another one; half of it is its pause between
	// two attempts to connect to a node.
	CheckInterval time.Duration
	// Observe, if not nil, is told each exchange of each node when it has ended, from goroutines of the
	// nodes. When Close has returned it has been told all.
	Observe func(NodeExchange)
}

// Node is one server behind the balancer.
type Node struct {
	// Tag names the node, in its responses and as the server's name in the backend.
	Tag string
	// Weight is the server's weight, 0 to haproxy.MaxWeight; a nil Weight means 1.
	Weight *int
	// Delay is how long the node sleeps, blocking all its other work, before it responds to GET /.
	Delay time.Duration
	// Workers is how many requests can sleep at the same time, 0 for one: with a delay of 20 ms and two workers the
	// node serves 100 requests per second, and no more.
	Workers int
	// Listen is the node's address; "" means a free port of 127.0.0.1.
	Listen string
	// Stopped leaves the node out at the start: nothing listens on its address.
	Stopped bool
}

// weight is the configured weight.
func (n Node) weight() int {
	if n.Weight == nil {
		return 1
	}
	return *n.Weight
}

// A KeyError is what is wrong with one key of a Config.
type KeyError struct {
	// Key is its path in a plan's [lab] table, such as "sticky" or "node[1].weight"; the indexes
	// count from 0.
	Key string
	Err error
}

func (e *KeyError) Error() string { return e.Key + ": " + e.Err.Error() }
func (e *KeyError) Unwrap() error { return e.Err }

// The balancers of a laboratory.
const (
	Embedded = "embedded"
	HAProxy  = "haproxy"
)

// Backend is the name of the backend in front of the nodes, whose servers have the nodes' tags.
const Backend = "nodes"

// Balancers are the values of Config.Balancer.
var Balancers = []string{Embedded, HAProxy}

// haproxyAlgorithms are those that only the real program has. They may have arguments.
var haproxyAlgorithms = []string{"uri", "url_param", "hdr", "hash", "rdp-cookie"}

// Validate gives every problem of c at once, each a *KeyError. What only HAProxy itself can judge, as
// the arguments of its own algorithms, comes when it starts.
func (c Config) Validate() []error {
	p := &problems{}
	embedded := c.Balancer != HAProxy
	if c.Balancer != "" && !slices.Contains(Balancers, c.Balancer) {
		p.add("balancer", "invalid balancer %q: %s", c.Balancer, nearest.Hint(c.Balancer, Balancers))
	}
	if err := CheckAlgorithm(c.Algorithm, c.Balancer); err != nil {
		p.add("algorithm", "%w", err)
	}
	_, wrong := parseSticky(c.Sticky, embedded)
	for _, err := range wrong {
		p.add("sticky", "%w", err)
	}
	p.address("listen", c.Listen)
	if c.CheckInterval < 0 {
		p.add("check_interval", "invalid interval %v: want 0 or more", c.CheckInterval)
	}
	if c.CheckInterval > 0 && !embedded {
		p.add("check_interval", "a real haproxy checks every %v: only the embedded balancer has another interval", DefaultCheckInterval)
	}
	p.nodes(c.Nodes)
	return p.all
}

// problems collects what is wrong.
type problems struct{ all []error }

func (p *problems) add(key, format string, args ...any) {
	p.all = append(p.all, &KeyError{Key: key, Err: fmt.Errorf(format, args...)})
}

func (p *problems) nodes(nodes []Node) {
	if len(nodes) == 0 {
		p.add("node", `needs at least one node, such as { tag = "s1" }`)
	}
	seen := map[string]int{}
	for i, n := range nodes {
		key := func(name string) string { return fmt.Sprintf("node[%d].%s", i, name) }
		before, twice := seen[n.Tag]
		switch {
		case n.Tag == "":
			p.add(key("tag"), `needs a tag, such as tag = "s%d"`, i+1)
		case twice:
			p.add(key("tag"), "duplicate tag %q: node[%d] has it already", n.Tag, before)
		case !haproxy.ValidName(n.Tag):
			p.add(key("tag"), "invalid tag %q: want letters, digits, and - _ . :", n.Tag)
		}
		seen[n.Tag] = i
		if w := n.weight(); w < 0 || w > haproxy.MaxWeight {
			p.add(key("weight"), "invalid weight %d: want 0 to %d", w, haproxy.MaxWeight)
		}
		if n.Delay < 0 {
			p.add(key("delay"), "invalid delay %v: want 0 or more", n.Delay)
		}
		p.address(key("listen"), n.Listen)
	}
}

// address wants HOST:PORT, or nothing.
func (p *problems) address(key, address string) {
	if address == "" {
		return
	}
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil || strings.ContainsFunc(address, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		p.add(key, "invalid address %q: want HOST:PORT", address)
	}
}

// CheckAlgorithm is what is wrong with HAProxy's word for an algorithm, for Embedded or for HAProxy; nil
// if nothing is. Arguments of HAProxy's own algorithms are left to HAProxy.
func CheckAlgorithm(algorithm, balancer string) error {
	word, _, _ := strings.Cut(strings.ReplaceAll(algorithm, "(", " "), " ")
	known := slices.Sorted(maps.Keys(algorithms))
	real := slices.Contains(haproxyAlgorithms, word)
	switch {
	case strings.ContainsFunc(algorithm, unicode.IsControl): // it goes into HAProxy's configuration
		return fmt.Errorf("invalid algorithm %q: want one line", algorithm)
	case newAlgorithm(algorithm) != nil, real && balancer == HAProxy:
		return nil
	case real:
		return fmt.Errorf(`the embedded balancer has no %s: balancer = "haproxy" has it`, word)
	case word == "random":
		return fmt.Errorf("invalid algorithm %q: want random, or random(DRAWS) with 1 to %d draws", algorithm, maxDraws)
	case balancer == HAProxy:
		known = append(known, haproxyAlgorithms...)
	}
	return fmt.Errorf("invalid algorithm %q: %s", algorithm, nearest.Hint(word, known))
}
