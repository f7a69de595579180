package lab

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
)

// Config describes a laboratory. The zero value of every field but Nodes is usable.
type Config struct {
	// Balancer is "embedded" (also ""), or "haproxy" for the real program.
	Balancer string
	// Algorithm is HAProxy's word for the balancing algorithm: roundrobin (also ""), static-rr,
	// leastconn, random or random(DRAWS), first, source. The real program also takes its others.
	Algorithm string
	// Sticky is HAProxy's cookie directive without more, such as
	// "cookie SERVERID insert indirect nocache"; "" means that nothing sticks. The embedded balancer
	// does not do maxidle, maxlife, domain, dynamic and attr.
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
	// Tag names the node, in its answers and as the server's name in the backend.
	Tag string
	// Weight is the server's weight, 0 to 256; a nil Weight means 1.
	Weight *int
	// Delay is how long the node sleeps, blocking all its other work, before it answers GET /.
	Delay time.Duration
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

const (
	embeddedBalancer = "embedded"
	realBalancer     = "haproxy"
)

// haproxyAlgorithms are those that only the real program has. They may have arguments.
var haproxyAlgorithms = []string{"uri", "url_param", "hdr", "hash", "rdp-cookie"}

// Validate gives every problem of c at once, each a *KeyError. What only HAProxy itself can judge, as
// the arguments of its own algorithms, comes when it starts.
func (c Config) Validate() []error {
	p := &problems{}
	embedded := c.Balancer != realBalancer
	if c.Balancer != "" && c.Balancer != embeddedBalancer && c.Balancer != realBalancer {
		p.add("balancer", `unknown balancer %q; want "embedded" or "haproxy"`, c.Balancer)
	}
	if err := checkAlgorithm(c.Algorithm, embedded); err != nil {
		p.add("algorithm", "%w", err)
	}
	_, wrong := parseSticky(c.Sticky, embedded)
	for _, err := range wrong {
		p.add("sticky", "%w", err)
	}
	p.address("listen", c.Listen)
	if c.CheckInterval < 0 {
		p.add("check_interval", "%v is negative", c.CheckInterval)
	}
	if c.CheckInterval > 0 && !embedded {
		p.add("check_interval", "only the embedded balancer has another one than %v", DefaultCheckInterval)
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
		p.add("node", "there is none; a laboratory needs one at least")
	}
	seen := map[string]int{}
	for i, n := range nodes {
		key := func(name string) string { return fmt.Sprintf("node[%d].%s", i, name) }
		if before, twice := seen[n.Tag]; twice && n.Tag != "" {
			p.add(key("tag"), "%q is the tag of node[%d] already", n.Tag, before)
		} else if err := checkTag(n.Tag); err != nil {
			p.add(key("tag"), "%w", err)
		}
		seen[n.Tag] = i
		if w := n.weight(); w < 0 || w > maxWeight {
			p.add(key("weight"), "%d is not between 0 and %d", w, maxWeight)
		}
		if n.Delay < 0 {
			p.add(key("delay"), "%v is negative", n.Delay)
		}
		p.address(key("listen"), n.Listen)
	}
}

// address wants HOST:PORT, or nothing.
func (p *problems) address(key, address string) {
	if address == "" {
		return
	}
	if _, err := net.ResolveTCPAddr("tcp", address); err != nil {
		p.add(key, "%q is no HOST:PORT: %w", address, err)
	}
}

// tagSigns are what a tag may have besides letters and digits of ASCII: a server's name in HAProxy,
// less what would end it in a cookie or in the Runtime API.
const tagSigns = "-_.:"

func checkTag(tag string) error {
	if tag == "" {
		return errors.New("it is empty; the tag names the node")
	}
	odd := strings.IndexFunc(tag, func(c rune) bool {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		return !letter && !(c >= '0' && c <= '9') && !strings.ContainsRune(tagSigns, c)
	})
	if odd >= 0 {
		return fmt.Errorf("%q may only have letters, digits and the signs %s", tag, tagSigns)
	}
	return nil
}

// checkAlgorithm says what is wrong with the name of an algorithm.
func checkAlgorithm(name string, embedded bool) error {
	if name == "" || newAlgorithm(name) != nil {
		return nil
	}
	word, _, _ := strings.Cut(name, " ")
	word, _, _ = strings.Cut(word, "(")
	known := keys(algorithms)
	if slices.Contains(haproxyAlgorithms, word) {
		if embedded {
			return fmt.Errorf(`the embedded balancer has no %q, only %s; balancer = "haproxy" has it`, word, strings.Join(known, ", "))
		}
		return nil
	}
	if word == "random" {
		return fmt.Errorf("%q: want random, or random(DRAWS) with 1 or more", name)
	}
	if !embedded {
		known = append(known, haproxyAlgorithms...)
	}
	if guess := meant(word, known); guess != "" {
		return fmt.Errorf("unknown algorithm %q%s", name, guess)
	}
	return fmt.Errorf("unknown algorithm %q; want one of %s", name, strings.Join(known, ", "))
}
