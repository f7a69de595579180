package events

import (
	"slices"
	"strings"
	"time"

	"stickbench/internal/haproxy"
)

// changes is what the run has changed, or may have: Restore puts back this and nothing else, because
// somebody else may be at the balancer too.
type changes struct {
	servers map[string]*touched // by "backend/server"
	delays  map[string]delayed  // by node
	stopped map[string]stops    // by node
	others  []string            // commands that cannot be put back
}

// touched is which of a server's settings the run has set.
type touched struct{ state, weight, health bool }

// delayed is the delay that a node was sent last.
type delayed struct {
	delay time.Duration
	sure  bool // the node has responded
}

// stops is whether a node of the laboratory is stopped now, and was before the run.
type stops struct{ now, before bool }

func newChanges() changes {
	return changes{servers: make(map[string]*touched), delays: make(map[string]delayed), stopped: make(map[string]stops)}
}

// server is the entry of a server.
func (c *changes) server(key string) *touched {
	if c.servers[key] == nil {
		c.servers[key] = new(touched)
	}
	return c.servers[key]
}

// all notes all settings of a server.
func (c *changes) all(key string) { *c.server(key) = touched{state: true, weight: true, health: true} }

func (d *Driver) noteSetting(to haproxy.Setting) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.changes.server(to.Key())
	switch to.What {
	case haproxy.SetState:
		t.state = true
	case haproxy.SetWeight:
		t.weight = true
	case haproxy.SetHealth:
		t.health = true
	}
	d.keepUndo()
}

// noteSeen is for a command that was not understood: what differs after it is its work. If nothing
// does, it changed what is not watched. What was cut or cleared cannot be put back by anybody.
func (d *Driver) noteSeen(command string, changed []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, name := range changed {
		d.changes.all(d.target.Backend + "/" + name)
	}
	verb := strings.Fields(command)[0]
	if len(changed) == 0 && verb != "shutdown" && verb != "clear" && !slices.Contains(d.changes.others, command) {
		d.changes.others = append(d.changes.others, command)
	}
	d.keepUndo()
}

// noteUnseen is for a command that was not understood and after which the servers could not be read:
// any of them may have changed.
func (d *Driver) noteUnseen() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.snapshot.Servers {
		d.changes.all(d.target.Backend + "/" + s.Name)
	}
	d.keepUndo()
}

// noteDelay is called before a delay is sent, and when the node has responded.
func (d *Driver) noteDelay(node string, delay time.Duration, sure bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.changes.delays[node] = delayed{delay: delay, sure: sure}
	d.keepUndo()
}

// delayTimeout bounds the sending of a delay to a node that may have another one now.
func (d *Driver) delayTimeout(node string, delay time.Duration) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return 2*max(delay, d.changes.delays[node].delay, d.target.Delays[node]) + delayMargin
}

func (d *Driver) noteStopped(node string, stopped bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, known := d.changes.stopped[node]
	if !known {
		p.before = !stopped
	}
	p.now = stopped
	d.changes.stopped[node] = p
}
