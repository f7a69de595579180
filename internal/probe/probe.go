// Package probe finds out what an unknown balancer does: how its nodes can be told apart, what makes a
// session stick, how new sessions are placed, and whether a session lives when it moves.
//
//	experiments (Run) ─▶ Record: every exchange ─▶ judgements (Judge) ─▶ Report ─▶ text | JSON | plan
//	       ▲                        │
//	       └── the same judgements of what there is yet ──┘
//
// A verdict comes from an experiment that could have come out otherwise, and bears the chance that it came
// out so by itself. What is known of products only gives their names. Where two explanations fit alike,
// both are said, with what would tell them apart.
//
// The record is all that a judgement sees, so that a file of it can be judged again without traffic.
package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	whatwg "github.com/nlnwa/whatwg-url/url"

	"stickbench/internal/redact"
)

// Options bound a probe and say what it may use.
type Options struct {
	URL string
	// Requests bounds the requests, Duration the time; 0 means DefaultRequests and DefaultDuration.
	Requests int
	Duration time.Duration
	// Seed makes the order of trials and the invented values.
	Seed uint64
	// Sources are addresses of this machine to come from; for a target on 127.0.0.0/8 they are invented.
	Sources []string
	// Paths are other paths of the site, for a balancer that goes by the URL; one is invented without.
	Paths []string
	// SlowPath is one that takes long to respond: while it does, least connections show themselves.
	SlowPath string
	// Deep allows forged values for the application's session cookie too, which may raise an alarm.
	Deep bool
	// Header are fields of every request, and UserAgent how it names itself.
	Header    []Pair
	UserAgent string
	// Insecure accepts any certificate.
	Insecure bool
	// Begun, if not nil, is told the record before the first experiment, and Seen each exchange.
	Begun func(*Record)
	Seen  func(*Exchange)
}

// The bounds of a probe that names none. Every request without a cookie begins a session of most
// applications.
const (
	DefaultRequests = 190
	DefaultDuration = 20 * time.Second
	requestTimeout  = 10 * time.Second // of one request; a balancer retries a dead node for 3 s
)

// Requests are sent in bursts, back to back, so that few other clients come between, with a pause in front
// of each burst that keeps the mean below a rate that hurts nobody.
const (
	burstLength = 10
	burstPause  = 20 * time.Millisecond // at least
	courtesy    = 20                    // requests per second in the mean, for targets elsewhere
)

// ErrUnreachable is in the error of a target that gives no response.
var ErrUnreachable = errors.New("no response")

// prober makes the experiments.
type prober struct {
	Options
	context.Context
	client  *client
	host    string
	record  *Record
	random  *rand.Rand
	local   bool
	stopped string // why no more requests are to be made
	errors  int    // in a row
	burst   int    // requests since the last pause
	slow    bool   // 503s came: a limit may be behind them
	jars    []*session
}

// session is a virtual client.
type session struct {
	number int
	jar    jar
	last   int // its latest exchange
}

// ParseURL reads what a probe is asked for.
func ParseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return nil, fmt.Errorf("invalid URL %q: want http://HOST or https://HOST, with a path if need be", s)
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("invalid URL %q: want http or https, not %s", s, u.Scheme)
	}
	if u.User != nil {
		return nil, fmt.Errorf("invalid URL %q: give the user and password with -H 'Authorization: …'", redact.URL(u.String()))
	}
	asked, err := whatwg.NewParser().Parse(s) // as browsers have it on the wire, and as a run asks for it
	if err == nil {
		u, err = url.Parse(asked.Href(true))
	}
	if err != nil {
		return nil, fmt.Errorf("invalid URL %q: its host cannot be one", s)
	}
	return u, nil
}

// Run makes the experiments on o.URL until they are done, a bound is reached, or the target asks for less.
// Canceling ctx ends it early; what was seen until then is in the record, which is nil only with an error.
// Errors: an invalid URL or source, a redirect to another host, or one that wraps ErrUnreachable.
func Run(ctx context.Context, o Options) (*Record, error) {
	if o.Requests == 0 {
		o.Requests = DefaultRequests
	}
	if o.Duration == 0 {
		o.Duration = DefaultDuration
	}
	ctx, cancel := context.WithTimeout(ctx, o.Duration)
	defer cancel()
	p, err := newProber(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := p.first(); err != nil {
		return nil, err
	}
	p.experiments()
	p.record.Stopped = p.stopped
	return p.record, nil
}

func newProber(ctx context.Context, o Options) (*prober, error) {
	u, err := ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	for _, source := range o.Sources {
		if net.ParseIP(source) == nil {
			return nil, fmt.Errorf("invalid --source %q: want an IP address of this machine", source)
		}
	}
	for _, path := range append(o.Paths, o.SlowPath) {
		if path != "" && !strings.HasPrefix(path, "/") {
			return nil, fmt.Errorf("invalid path %q: want one that begins with /", path)
		}
	}
	p := &prober{Options: o, Context: ctx, random: rand.New(rand.NewPCG(o.Seed, 0x9406e)), host: u.Hostname()}
	addresses, err := Resolve(ctx, u)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	p.local = addresses[0].Addr().IsLoopback()
	p.record = &Record{Schema: recordSchema, URL: u.String(), Address: addresses[0].String(), Insecure: o.Insecure, Seed: o.Seed, Started: start.UTC().Format(time.RFC3339Nano)}
	for _, a := range addresses[1:] {
		p.record.Others = append(p.record.Others, a.String())
	}
	p.client = &client{
		url: u, address: p.record.Address, timeout: requestTimeout, start: start,
		tls:    &tls.Config{ServerName: u.Hostname(), InsecureSkipVerify: o.Insecure, NextProtos: []string{"http/1.1"}},
		header: append([]Pair{{"User-Agent", o.UserAgent}, {"Accept", "*/*"}}, o.Header...),
	}
	return p, nil
}

// Resolve gives the addresses of the URL's host with its port, those of IPv4 first.
func Resolve(ctx context.Context, u *url.URL) ([]netip.AddrPort, error) {
	port := u.Port()
	if port == "" {
		port = u.Scheme // a service's name
	}
	number, err := net.DefaultResolver.LookupPort(ctx, "tcp", port)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Hostname())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	var all []netip.AddrPort
	for _, a := range found {
		all = append(all, netip.AddrPortFrom(a.Unmap(), uint16(number)))
	}
	slices.SortStableFunc(all, func(a, b netip.AddrPort) int { return a.Addr().BitLen() - b.Addr().BitLen() })
	return all, nil
}

// first looks whether the target responds, and follows redirects to another path of it.
func (p *prober) first() error {
	const mostRedirects = 3
	for range mostRedirects + 1 {
		k, err := p.client.dial(p, "")
		if err != nil {
			return fmt.Errorf("%w: %w", ErrUnreachable, err)
		}
		e := &Exchange{N: 1, Phase: PhaseFirst, Method: http.MethodGet, Path: p.client.url.RequestURI()}
		p.client.do(p, k, e)
		k.Close()
		if e.Error != "" {
			return fmt.Errorf("%w: %s", ErrUnreachable, e.Error)
		}
		to, err := p.redirect(e)
		if err != nil {
			return err
		}
		if to == nil {
			if p.Begun != nil {
				p.Begun(p.record)
			}
			p.keep(e)
			return nil
		}
		if p.record.Given == "" {
			p.record.Given = p.record.URL
		}
		p.client.url, p.record.URL = to, to.String()
	}
	return fmt.Errorf("%w but redirects, %d of them: give the URL that they should lead to", ErrUnreachable, mostRedirects+1)
}

// redirect is where the response leads: nil for no redirect, and for one that leads where it came from, as
// those do that wait for a cookie.
func (p *prober) redirect(e *Exchange) (*url.URL, error) {
	location := e.field("Location")
	if e.Status/100 != 3 || len(location) == 0 {
		return nil, nil
	}
	to, err := p.client.url.Parse(location[0])
	if err != nil {
		return nil, nil
	}
	to.Fragment = ""
	from := p.client.url
	if to.Scheme != from.Scheme || to.Host != from.Host {
		return nil, fmt.Errorf("%s redirects to %s: probe that URL, it may have other cookies and other nodes", from, to)
	}
	if to.RequestURI() == from.RequestURI() {
		return nil, nil
	}
	return to, nil
}
