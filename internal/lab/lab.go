// Package lab is the load-balancing laboratory that comes with stickbench: nodes that count a
// session's views, and a balancer in front of them.
//
//	user ──▶ balancer ──▶ s1   GET /  {"tag":"s1","sessionViews":1,…}   POST /delay {"delay":250}
//	            │    └──▶ s2
//	            └─ Runtime API (set server nodes/s1 state drain …)
//
// The balancer is either the embedded one (embedded.go), which behaves as HAProxy 2.6 was measured
// to behave, or a real haproxy that the laboratory starts and stops (haproxy.go).
package lab

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"stickbench/internal/nearest"
)

// A Lab is a running laboratory. Its methods may be called from several goroutines.
type Lab struct {
	config   Config
	nodes    []*nodeServer
	balancer balancer
	close    func() error
}

// Start starts the laboratory that c describes and returns when it can serve: when every node that is
// not Stopped listens, and the balancer has made its first health checks. That may take as long as
// the nodes' delays, up to the check interval. ctx bounds the start only: the laboratory runs until
// Close.
//
// Errors: all that Validate finds, joined; an address that is taken, with its key; or what kept the
// real haproxy from starting.
func Start(ctx context.Context, c Config) (*Lab, error) {
	if problems := c.Validate(); len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	l := &Lab{config: c}
	l.close = sync.OnceValue(l.closeAll)
	if err := l.start(ctx); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (l *Lab) start(ctx context.Context) error {
	for i, n := range l.config.Nodes {
		node, err := newNodeServer(n, l.config.Observe)
		if err != nil {
			return &KeyError{Key: fmt.Sprintf("node[%d].listen", i), Err: err}
		}
		l.nodes = append(l.nodes, node)
	}
	// A real haproxy lives as long as its context, so it gets one that outlives the start.
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	started := context.AfterFunc(ctx, end)
	b, err := l.startBalancer(life)
	if err == nil {
		l.balancer = &lasting{b, end}
	}
	if !started() {
		err = errors.Join(context.Cause(ctx), err)
	}
	if err != nil {
		end()
	}
	return err
}

func (l *Lab) startBalancer(ctx context.Context) (balancer, error) {
	running := make([]runningNode, len(l.nodes))
	for i, n := range l.nodes {
		running[i] = runningNode{Node: n.Node, Addr: n.addr}
	}
	if l.config.Balancer == HAProxy {
		return startHAProxy(ctx, l.config, running)
	}
	return startEmbedded(ctx, l.config, running)
}

// lasting is a balancer whose context ends with it.
type lasting struct {
	balancer
	end context.CancelFunc
}

func (l *lasting) close() error {
	defer l.end()
	return l.balancer.close()
}

// URL is where users reach the nodes through the balancer: http://HOST:PORT.
func (l *Lab) URL() string { return l.balancer.url() }

// RuntimeAPI is where the balancer takes HAProxy's Runtime API commands: tcp://HOST:PORT. Its backend
// is "nodes", its servers have the nodes' tags, and its level is admin.
func (l *Lab) RuntimeAPI() string { return l.balancer.runtimeAPI() }

// Addresses are all listeners of the laboratory: the balancer's, and then the nodes', in the order of
// the configuration, the stopped ones included.
func (l *Lab) Addresses() []Address {
	addresses := l.balancer.addresses()
	for _, n := range l.nodes {
		addresses = append(addresses, Address{Name: n.Tag, URL: "http://" + n.addr})
	}
	return addresses
}

// NodeURL is where the node with that tag is reached past the balancer, whether it runs or not; ""
// if there is none.
func (l *Lab) NodeURL(tag string) string {
	n, err := l.node(tag)
	if err != nil {
		return ""
	}
	return "http://" + n.addr
}

// StopNode makes a node die, as kill -9 does: its listener and its connections are closed, and what
// it was responding to is not finished. Errors: no such node; it is stopped already.
func (l *Lab) StopNode(tag string) error {
	n, err := l.node(tag)
	if err != nil {
		return err
	}
	return n.stop()
}

// StartNode starts a stopped node again on its address, as a new process: without the sessions that
// it had, and with its configured delay. Errors: no such node; it runs; its address is taken.
func (l *Lab) StartNode(tag string) error {
	n, err := l.node(tag)
	if err != nil {
		return err
	}
	return n.start()
}

// SetDelay makes a node sleep for d before each GET /; 0 or less ends that. It is what POST /delay
// does, without waiting in the node's queue. Errors: no such node; it is stopped.
func (l *Lab) SetDelay(tag string, d time.Duration) error {
	n, err := l.node(tag)
	if err != nil {
		return err
	}
	return n.setDelay(d)
}

func (l *Lab) node(tag string) (*nodeServer, error) {
	tags := make([]string, len(l.nodes))
	for i, n := range l.nodes {
		if n.Tag == tag {
			return n, nil
		}
		tags[i] = n.Tag
	}
	return nil, fmt.Errorf("unknown node %q: %s", tag, nearest.Hint(tag, tags))
}

// Close stops everything and returns when none of its goroutines and programs is left. Requests in
// progress are cut. Closing again gives the same error.
func (l *Lab) Close() error { return l.close() }

func (l *Lab) closeAll() error {
	var errs []error
	if l.balancer != nil {
		errs = append(errs, l.balancer.close())
	}
	for _, n := range l.nodes {
		errs = append(errs, n.close())
	}
	return errors.Join(errs...)
}

// balancer is what stands in front of the nodes: the embedded one (embedded.go) or a real haproxy
// (haproxy.go). It can serve when its constructor has returned.
type balancer interface {
	// url is where users reach the nodes through it, http://HOST:PORT.
	url() string
	// runtimeAPI is where it takes HAProxy's Runtime API commands, tcp://HOST:PORT.
	runtimeAPI() string
	// addresses are all of its listeners, for a user to read.
	addresses() []Address
	// close stops it and returns when nothing of it runs any more.
	close() error
}

// An Address is one listener of a laboratory.
type Address struct {
	Name string // such as "balancer", "Runtime API", "s1"
	URL  string // http://HOST:PORT, or tcp://HOST:PORT for the Runtime API
}

// A runningNode is a node and the address, HOST:PORT, on which the balancer finds it.
type runningNode struct {
	Node
	Addr string
}
