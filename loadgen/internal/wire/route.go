package wire

import (
	"bufio"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"time"
)

// Route is how connections get to where URLs point; the zero Route is the plain way. URLs, and with them
// Host fields, cookies and the names in TLS, are what they are whatever the route.
type Route struct {
	// Sources are local addresses to connect from, so that more users find a local port, or a balancer that
	// places by address sees several. The users take turns: the first user has the first address.
	Sources []netip.Addr
	// ConnectTo is host:port, where connections to the plan's target go instead; "" for where it says.
	ConnectTo string
	// Resolve has for "host:port" of a URL the address to connect to, in place of a name service.
	Resolve map[string]string
	// Proxy is an HTTP proxy: http requests go to it in absolute form, https through a tunnel
	// (RFC 9110 §9.3.6). nil for none.
	Proxy *url.URL
}

// Address is where connections to o go.
func (d *Dialer) Address(o Origin) string {
	r := &d.route
	switch {
	case r.Proxy != nil:
		return net.JoinHostPort(r.Proxy.Hostname(), cmp.Or(r.Proxy.Port(), "80"))
	case r.ConnectTo != "" && d.target == o:
		return r.ConnectTo
	case r.Resolve[o.Address()] != "":
		return r.Resolve[o.Address()]
	}
	return o.Address()
}

// explain makes an Error of why there is no connection to o, with what of the route led there.
func (d *Dialer) explain(err error, o Origin) *Error {
	if d.route.Proxy != nil {
		return explainDial(err, "the proxy "+d.Address(o))
	}
	w := explainDial(err, d.Address(o))
	if w.Kind != KindDNS {
		return w
	}
	for _, named := range slices.Sorted(maps.Keys(d.route.Resolve)) {
		if host, _, _ := net.SplitHostPort(named); host == o.Host {
			return &Error{KindDNS, fmt.Errorf("%w (there is an address for %s, and none for %s)", w, named, o.Address())}
		}
	}
	return w
}

// source is the local address of a user; nil leaves it to the system.
func (d *Dialer) source(user int) net.Addr {
	if n := len(d.route.Sources); n > 0 {
		return net.TCPAddrFromAddrPort(netip.AddrPortFrom(d.route.Sources[max(0, user-1)%n], 0))
	}
	return nil
}

// tunnel asks the proxy behind c for a connection to o. Its error is an *Error.
func (d *Dialer) tunnel(ctx context.Context, c net.Conn, o Origin, deadline time.Time) error {
	c.SetDeadline(deadline)
	unhook := context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })
	defer unhook()
	request := "CONNECT " + o.Address() + " HTTP/1.1\r\nHost: " + o.Address() + "\r\n"
	if a := d.route.Authorization(); a != "" {
		request += "Proxy-Authorization: " + a + "\r\n"
	}
	if _, err := io.WriteString(c, request+"\r\n"); err != nil {
		return noTunnel(err, o)
	}
	// The proxy says nothing more before the client does, so that reading ahead takes nothing away.
	res, err := http.ReadResponse(bufio.NewReaderSize(io.LimitReader(c, maxHead), 1<<10), &http.Request{Method: http.MethodConnect})
	if err != nil {
		return noTunnel(err, o)
	}
	if res.StatusCode/100 != 2 {
		return &Error{KindConnect, fmt.Errorf("the proxy refused the tunnel to %s: %s", o.Address(), res.Status)}
	}
	return nil
}

func noTunnel(err error, o Origin) error {
	if isTimeout(err) {
		return &Error{KindConnTime, late("no tunnel to " + o.Address() + " through the proxy")}
	}
	return &Error{KindConnect, errors.New("no tunnel to " + o.Address() + " through the proxy: the connection ended")}
}

// Authorization is the value of a Proxy-Authorization field, "" for none.
func (r *Route) Authorization() string {
	if r.Proxy == nil || r.Proxy.User == nil {
		return ""
	}
	password, _ := r.Proxy.User.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(r.Proxy.User.Username()+":"+password))
}
