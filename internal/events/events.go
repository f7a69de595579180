// Package events does what a plan does to its balancer and its nodes while users are on them, and watches
// what happens to them: a server set to drain, a node made slow, a weight changed, and a server that
// HAProxy's health check finds down.
//
//	plans.Event ──▶ schedule ─┬─▶ Runtime API ─────┐
//	 at 10 s, after           ├─▶ POST /delay, HTTP ├──▶ report.Event, report.Event … in the order of AtMS
//	 1000 iterations          └─▶ laboratory        │
//	                   servers' states, twice a second
//
//	driver, err := events.New(target, plan.Events)   // pre-flight: all that is missing, at once
//	err = driver.Run(ctx, start, progress, each)     // until ctx ends, or an event is refused
//	restored, err := driver.Restore(withTimeLimit)   // a borrowed balancer is left as it was
//
// All is done in one goroutine with one connection to the Runtime API at a time. Only HTTP requests
// run beside it, because a node with a delay responds when its queue lets it.
package events

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"sync"
	"time"

	"stickbench/internal/haproxy"
	"stickbench/plans"
)

// Target is what events act on: a balancer and its nodes.
type Target struct {
	// URL is the balancer's, for HTTP events whose URL is a path.
	URL string
	// Secrets are values that no response of an HTTP event may tell, as it is recorded.
	Secrets []string
	// API is the balancer's Runtime API, and Backend that whose servers are the nodes. Without it only
	// events of HTTP, of delays, and of stopped nodes can be done, and no server is watched.
	API     *haproxy.Client
	Backend string
	// NodeURL is a node's own address, past the balancer, such as "http://127.0.0.1:4000"; "" if it is
	// not known. nil: none is.
	NodeURL func(node string) string
	// Delays are those that nodes had before the run, where that is known; a delay that is not known
	// counts as 0.
	Delays map[string]time.Duration
	// Lab stops and starts nodes; nil for a target that is no laboratory.
	Lab Laboratory
	// Borrowed says that the run did not start the balancer: Restore puts back what the run changed.
	Borrowed bool
	// Undo, if not nil, is told before each change of a borrowed balancer what would put it back, and after
	// Restore what is left. It is called from the goroutines of Run and Restore.
	Undo func(Undo)
	// Client sends the HTTP requests. It must not share its cookie jar with users: Go's jar does not
	// tell ports apart, so that a node's own cookie would go to the balancer. Its Timeout, if any, must
	// leave a delayed node the time to respond. nil: one with a jar of its own and no connection kept,
	// that follows no redirection and knows no proxy.
	Client *http.Client
}

// Laboratory is what a laboratory can do to its nodes.
type Laboratory interface {
	StopNode(tag string) error
	StartNode(tag string) error
	SetDelay(tag string, d time.Duration) error
}

// runtimeAPI is what Driver needs of *haproxy.Client. (Tests of time put another one there: a socket
// does not run in the time of testing/synctest.)
type runtimeAPI interface {
	Do(ctx context.Context, command string) (string, error)
	Level(ctx context.Context) (string, error)
	ServersState(ctx context.Context, backend string) ([]haproxy.ServerState, error)
	Stat(ctx context.Context, proxy string, kinds ...haproxy.Kind) ([]haproxy.Row, error)
	String() string
}

// Driver does the events of one run.
type Driver struct {
	target   Target
	api      runtimeAPI // nil without
	client   *http.Client
	schedule *schedule
	servers  *servers // as they are believed to be; belongs to Run
	snapshot Snapshot
	before   map[string]haproxy.ServerState // all of the balancer, by "backend/server"

	asked chan *asked
	ended chan struct{} // closed when Run is over

	mu      sync.Mutex
	changes changes
	start   time.Time
	counts  [2]placed // before the run, and as they were read last
}

// placed are a backend's counters: requests given to its servers, those of them that the algorithm placed, and
// connection retries.
type placed struct{ assigned, chosen, retries int64 }

// PlacedAll reports whether the balancer's algorithm placed every request while Run ran, so that nothing stuck
// (column lbtot of `show stat`). It is false where the balancer's counters do not tell. It is for after Run.
func (d *Driver) PlacedAll() bool {
	assigned := d.counts[1].assigned - d.counts[0].assigned
	return assigned > 0 && d.counts[1].chosen-d.counts[0].chosen >= assigned-(d.counts[1].retries-d.counts[0].retries)
}

// placements are the counters of the servers' rows.
func placements(rows []haproxy.Row) (sum placed) {
	for _, row := range rows {
		if row.Kind == haproxy.Server {
			sum.assigned += row.Assigned
			sum.chosen += row.Chosen
			sum.retries += row.Retries
		}
	}
	return sum
}

// New checks all that a run's events will need before it begins, and takes down how the servers are.
// The Runtime API must respond; it must have level admin if some command takes it; the backend and all
// servers named must exist; and a delay needs the node's address. The error joins everything that is
// wrong. It takes at most a few seconds where the Runtime API does not respond, and changes nothing.
func New(t Target, events []plans.Event) (*Driver, error) {
	var api runtimeAPI
	if t.API != nil {
		api = t.API
	}
	return newDriver(t, api, events)
}

func newDriver(t Target, api runtimeAPI, events []plans.Event) (*Driver, error) {
	d := &Driver{target: t, api: api, client: t.Client, schedule: newSchedule(events), servers: newServers(nil)}
	if d.client == nil {
		d.client = newClient()
	}
	d.changes, d.asked, d.ended = newChanges(), make(chan *asked), make(chan struct{})
	ctx, cancel := context.WithTimeout(context.Background(), preflightTimeout)
	defer cancel()
	if problems := d.preflight(ctx); len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return d, nil
}

// newClient is the client of a Target that brings none. It keeps no connection, so that it leaves no
// goroutine behind and Go never sends a request again on its own.
func newClient() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // without options it cannot fail
	}
	return &http.Client{
		Jar:           jar,
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Snapshot is how the balancer was when New read it.
type Snapshot struct {
	// Cookie is the name of the cookie by which sessions stick; "" without one, and below level operator.
	Cookie string
	// Algorithm is HAProxy's word for it, such as "roundrobin"; "" where it is not known: without a
	// Runtime API, or below level operator.
	Algorithm string
	// Servers are those of the backend, in the order of its configuration; nil without a Runtime API.
	Servers []Server
}

// Server is one server of a Snapshot.
type Server struct {
	Name  string
	ID    int    // HAProxy's, by which random finds its place; 0 where not known
	State string // haproxy.Ready, Drain, Maint or Down
	Admin string // what was asked of it: haproxy.Ready, Drain or Maint
	// Weight is the one in force, 0 to 256, and Initial that of the configuration.
	Weight, Initial int
	// Address is HOST:PORT, and Cookie the value that the balancer's cookie has for it; "" where not known.
	Address, Cookie string
}

// NodeNames are the servers by the names that responses give them, where these differ. source is where nodes
// are read from in responses, such as "cookie:SERVERID" or "header:x-backend-ip"; addresses are the nodes' own,
// by server, and told is what responses call the servers by the plan.
//
// The balancer's own cookie has the values of `show stat`. What else names a node may be the server's name, the
// cookie's value taken from elsewhere, or an address: HOST:PORT, or HOST where no other server has the same.
func (s Snapshot) NodeNames(source string, addresses, told map[string]string) map[string]string {
	candidates := map[string]map[string]bool{} // servers by name
	add := func(name, server string) {
		if name == "" {
			return
		}
		if candidates[name] == nil {
			candidates[name] = map[string]bool{}
		}
		candidates[name][server] = true
	}
	byCookie := s.Cookie != "" && source == "cookie:"+s.Cookie
	servers := map[string]bool{}
	for _, server := range s.Servers {
		servers[server.Name] = true
		if add(server.Cookie, server.Name); byCookie {
			continue
		}
		for _, address := range []string{server.Address, hostPort(addresses[server.Name])} {
			host, _, err := net.SplitHostPort(address)
			if err != nil {
				continue
			}
			add(address, server.Name)
			add(host, server.Name)
		}
	}
	names := map[string]string{}
	for name, of := range candidates {
		if len(of) != 1 || servers[name] && !byCookie {
			continue
		}
		for server := range of {
			if name != server {
				names[name] = server
			}
		}
	}
	for server, name := range told {
		if name != server {
			names[name] = server
		}
	}
	return names
}

// Unknown says which servers that the plan has names for are none of the balancer's.
func (s Snapshot) Unknown(told map[string]string) (list []string) {
	for _, name := range slices.Sorted(maps.Keys(told)) {
		if !slices.ContainsFunc(s.Servers, func(server Server) bool { return server.Name == name }) {
			list = append(list, fmt.Sprintf("names in [haproxy] has %s, which is no server of the balancer's: it is names = { SERVER = %q }", name, told[name]))
		}
	}
	return list
}

// hostPort is HOST:PORT of a node's address; "" for none.
func hostPort(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme]))
}

// Snapshot is how the balancer was before the run.
func (d *Driver) Snapshot() Snapshot { return d.snapshot }

// Pending is for the live view: the next event and how long until it, at a moment of the run's clock.
// Where only events after a number of iterations or samples are left, it is the next of them with a
// negative duration, because nobody can tell. It may be called while Run runs.
func (d *Driver) Pending(now time.Duration) (next string, in time.Duration, ok bool) {
	return d.schedule.pending(now)
}

// Undone are the events whose time did not come before the run ended, in the order of the plan.
func (d *Driver) Undone() []plans.Event { return d.schedule.undone() }
