package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"
)

// Origin is where a connection goes: scheme, host and port of a URL (RFC 9110 §4.3.1).
type Origin struct {
	Secure bool   // https
	Host   string // as in the URL, without the brackets of IPv6: for Host and SNI
	Port   string
}

// Address is host:port, with brackets around IPv6.
func (o Origin) Address() string { return net.JoinHostPort(o.Host, o.Port) }

// Config is what all connections of a run have in common.
type Config struct {
	// TLS configures https; nil is Go's defaults.
	TLS *tls.Config
	// HTTP2 speaks HTTP/2 instead of HTTP/1.1 with all servers.
	HTTP2 bool
	Route Route
	// Target is the plan's own origin, for Route.ConnectTo.
	Target Origin
}

// Dialer opens connections. It is safe for concurrent use.
type Dialer struct {
	net    net.Dialer
	tls    *tls.Config
	tlss   sync.Map // *tls.Config by host
	http2  bool
	route  Route
	target Origin
}

// NewDialer is a dialer for the connections of a run.
func NewDialer(c Config) *Dialer {
	d := &Dialer{tls: &tls.Config{}, route: c.Route, target: c.Target, http2: c.HTTP2}
	if c.TLS != nil {
		d.tls = c.TLS.Clone()
	}
	d.tls.NextProtos = []string{"http/1.1"}
	if d.http2 {
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

// Probe connects to o as the user of that number will, and sends nothing. The error is an *Error.
func (d *Dialer) Probe(ctx context.Context, user int, o Origin, deadline time.Time) error {
	c, err := d.connect(ctx, d.source(user), o, deadline)
	if err == nil {
		c.close() // with what error plays no part
	}
	return err
}

// connect connects to o and begins the plan's version of HTTP there, from a local address; nil leaves that to
// the system. It has until the deadline, and as long as ctx lives. The error is an *Error; errCut if ctx ended.
func (d *Dialer) connect(ctx context.Context, source net.Addr, o Origin, deadline time.Time) (conn, error) {
	s, secure, err := d.stream(ctx, source, o, deadline)
	if err != nil {
		if s != nil {
			s.Close()
		}
		if ctx.Err() != nil {
			return nil, &Error{KindConnect, errCut}
		}
		return nil, err
	}
	switch {
	case !d.http2:
		return newHTTP1(s, secure), nil
	case secure == nil:
		return newHTTP2(s.Conn, o)
	}
	s.Conn.SetDeadline(time.Time{}) // from here on, each request has its own
	return newHTTP2(secure, o)
}

// stream is the connection to o, with TLS over it or nil. On an error, it is closed by the caller.
func (d *Dialer) stream(ctx context.Context, source net.Addr, o Origin, deadline time.Time) (*socket, *tls.Conn, error) {
	n := d.net
	n.Deadline, n.LocalAddr = deadline, source
	c, err := n.DialContext(ctx, "tcp", d.Address(o))
	if err != nil {
		return nil, nil, d.explain(err, o)
	}
	s := newSocket(c)
	if d.route.Proxy != nil && o.Secure {
		if err := d.tunnel(ctx, c, o, deadline); err != nil {
			return s, nil, err
		}
	}
	if !o.Secure {
		return s, nil, nil
	}
	c.SetDeadline(deadline)
	secure := tls.Client(s, d.config(o.Host))
	if err := secure.HandshakeContext(ctx); err != nil {
		return s, nil, explainTLS(err, o.Host)
	}
	if d.http2 && secure.ConnectionState().NegotiatedProtocol != alpnHTTP2 {
		return s, nil, &Error{KindTLS, errors.New(o.Host + ` does not speak HTTP/2: leave out http = "2"`)}
	}
	return s, secure, nil
}

// config is the TLS configuration for host, which is the name to show (SNI) and to verify unless the
// plan's configuration has one.
func (d *Dialer) config(host string) *tls.Config {
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
