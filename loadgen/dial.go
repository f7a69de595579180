package loadgen

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// origin is where a connection goes: scheme, host and port of a URL (RFC 9110 §4.3.1).
type origin struct {
	https bool
	host  string // as in the URL, without the brackets of IPv6: for Host and SNI
	port  string
}

// address is host:port, with brackets around IPv6.
func (o origin) address() string { return net.JoinHostPort(o.host, o.port) }

// dialer opens connections. It is safe for concurrent use.
type dialer struct {
	net  net.Dialer
	tls  *tls.Config
	tlss sync.Map // *tls.Config by host

	peerTraits    peerTraits
	http2         bool
	route         Route
	target        origin // the plan's own
	authorization string // for the proxy
}

// newDialer is the dialer for the connections of p.
func newDialer(p *Plan) *dialer {
	d := &dialer{tls: &tls.Config{}, route: p.Route, authorization: authorization(p.Route.Proxy)}
	if t, err := parseTarget(p.Target); err == nil {
		d.target = t.origin
	}
	if p.TLS != nil {
		d.tls = p.TLS.Clone()
	}
	d.tls.NextProtos = []string{"http/1.1"}
	if d.http2 = p.HTTP2; d.http2 {
		d.tls.NextProtos = []string{alpnHTTP2}
	}
	// Every read has a deadline. Probes would be traffic that nobody asked for, and three more system
	// calls per connection. TCP_NODELAY is package net's default.
	d.net.KeepAlive = -1
	if len(d.route.Sources) > 0 {
		d.net.Control = bindLate
	}
	return d
}

// dial connects to o, TLS handshake included, before the deadline and as long as ctx lives. Its error is
// a *wireError; errCut if ctx ended.
func (d *dialer) dial(ctx context.Context, o origin, deadline time.Time) (*conn, error) {
	return d.dialFrom(ctx, nil, o, deadline)
}

// client connects to o and begins the plan's version of HTTP there, from a local address; nil leaves that
// to the system. Its error is a *wireError.
func (d *dialer) client(ctx context.Context, source net.Addr, o origin, deadline time.Time) (client, error) {
	c, err := d.dialFrom(ctx, source, o, deadline)
	if err != nil || !d.http2 {
		return c, err
	}
	stream := net.Conn(c.socket)
	if c.tls != nil {
		if err := agreed(c.tls, o); err != nil {
			c.close()
			return nil, err
		}
		stream = c.tls
	}
	c.socket.Conn.SetDeadline(time.Time{}) // from here on, each request has its own
	c.socket.exchange = nil
	return newHTTP2(stream, o)
}

// dialFrom is dial from a local address; nil leaves it to the system.
func (d *dialer) dialFrom(ctx context.Context, source net.Addr, o origin, deadline time.Time) (*conn, error) {
	c, err := d.open(ctx, source, o, deadline)
	if ctx.Err() != nil {
		if err == nil {
			c.Close()
		}
		return nil, &wireError{KindConnect, errCut}
	}
	if err != nil {
		return nil, d.explain(err, o)
	}
	if d.route.Proxy != nil && o.https {
		if err := d.tunnel(ctx, c, o, deadline); err != nil {
			c.Close()
			if ctx.Err() != nil {
				err = &wireError{KindConnect, errCut}
			}
			return nil, err
		}
	}
	s := newSocket(c)
	s.until(deadline)
	if !o.https {
		return newConn(s, nil, &d.peerTraits), nil
	}
	secure := tls.Client(s, d.config(o.host))
	if err := secure.HandshakeContext(ctx); err != nil {
		c.Close()
		if ctx.Err() != nil {
			return nil, &wireError{KindConnect, errCut}
		}
		return nil, explainTLS(err, o.host)
	}
	return newConn(s, secure, &d.peerTraits), nil
}

// open connects to where the route to o begins.
func (d *dialer) open(ctx context.Context, source net.Addr, o origin, deadline time.Time) (net.Conn, error) {
	n := d.net
	n.Deadline, n.LocalAddr = deadline, source
	return n.DialContext(ctx, "tcp", d.address(o))
}

// config is the TLS configuration for host, which is the name to show (SNI) and to verify unless the
// plan's configuration has one.
func (d *dialer) config(host string) *tls.Config {
	if d.tls.ServerName != "" {
		return d.tls
	}
	if c, ok := d.tlss.Load(host); ok {
		return c.(*tls.Config)
	}
	c := d.tls.Clone()
	c.ServerName = host
	held, _ := d.tlss.LoadOrStore(host, c)
	return held.(*tls.Config)
}
