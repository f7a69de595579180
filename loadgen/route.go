package loadgen

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
	"strings"
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

// ParseResolve reads curl's HOST:PORT:ADDRESS.
func ParseResolve(s string) (hostPort, address string, err error) {
	host, rest, ok := strings.Cut(s, ":")
	if strings.HasPrefix(s, "[") {
		host, rest, ok = strings.Cut(s, "]:")
		host = strings.TrimPrefix(host, "[")
	}
	port, address, more := strings.Cut(rest, ":")
	address = strings.TrimSuffix(strings.TrimPrefix(address, "["), "]")
	if _, bad := netip.ParseAddr(address); !ok || !more || host == "" || !validPort(port) || bad != nil {
		return "", "", fmt.Errorf("invalid address %q: want HOST:PORT:ADDRESS, such as example.com:443:127.0.0.1", s)
	}
	return net.JoinHostPort(host, port), net.JoinHostPort(address, port), nil
}

// ParseConnectTo reads HOST:PORT.
func ParseConnectTo(s string) (string, error) {
	host, port, err := net.SplitHostPort(s)
	if err != nil || host == "" || !validPort(port) {
		return "", fmt.Errorf("invalid address %q: want HOST:PORT, such as 127.0.0.1:8080", s)
	}
	return net.JoinHostPort(host, port), nil
}

func validPort(s string) bool {
	p, ok := decimal([]byte(s))
	return ok && p > 0 && p < 1<<16
}

// ParseProxy reads http://[USER:PASSWORD@]HOST[:PORT].
func ParseProxy(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return nil, errors.New("want http://HOST:PORT, such as http://127.0.0.1:3128")
	}
	return u, nil
}

// address is where connections to o go.
func (d *dialer) address(o origin) string {
	r := &d.route
	switch {
	case r.Proxy != nil:
		return net.JoinHostPort(r.Proxy.Hostname(), cmp.Or(r.Proxy.Port(), "80"))
	case r.ConnectTo != "" && d.target == o:
		return r.ConnectTo
	case r.Resolve[o.address()] != "":
		return r.Resolve[o.address()]
	}
	return o.address()
}

// explain makes a wireError of why there is no connection to o, with what of the route led there.
func (d *dialer) explain(err error, o origin) *wireError {
	if d.route.Proxy != nil {
		return explainDial(err, "the proxy "+d.address(o))
	}
	w := explainDial(err, d.address(o))
	if w.kind != KindDNS {
		return w
	}
	for _, named := range slices.Sorted(maps.Keys(d.route.Resolve)) {
		if host, _, _ := net.SplitHostPort(named); host == o.host {
			return &wireError{KindDNS, fmt.Errorf("%w (there is an address for %s, and none for %s)", w, named, o.address())}
		}
	}
	return w
}

// source is the local address of a user; nil leaves it to the system.
func (d *dialer) source(user int) net.Addr {
	if n := len(d.route.Sources); n > 0 {
		return net.TCPAddrFromAddrPort(netip.AddrPortFrom(d.route.Sources[max(0, user-1)%n], 0))
	}
	return nil
}

// tunnel asks the proxy behind c for a connection to o. Its error is a *wireError.
func (d *dialer) tunnel(ctx context.Context, c net.Conn, o origin, deadline time.Time) error {
	c.SetDeadline(deadline)
	unhook := context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })
	defer unhook()
	request := "CONNECT " + o.address() + " HTTP/1.1\r\nHost: " + o.address() + "\r\n"
	if a := d.authorization; a != "" {
		request += "Proxy-Authorization: " + a + "\r\n"
	}
	if _, err := io.WriteString(c, request+"\r\n"); err != nil {
		return noTunnel(err, o)
	}
	// The proxy says nothing more before the client does, so that reading ahead takes nothing away.
	res, err := http.ReadResponse(bufio.NewReaderSize(c, 1<<10), &http.Request{Method: http.MethodConnect})
	if err != nil {
		return noTunnel(err, o)
	}
	if res.StatusCode/100 != 2 {
		return &wireError{KindConnect, fmt.Errorf("the proxy refused the tunnel to %s: %s", o.address(), res.Status)}
	}
	return nil
}

func noTunnel(err error, o origin) error {
	if isTimeout(err) {
		return &wireError{KindConnTime, late("no tunnel to " + o.address() + " through the proxy")}
	}
	return &wireError{KindConnect, errors.New("no tunnel to " + o.address() + " through the proxy: the connection ended")}
}

// authorization is the value of a Proxy-Authorization field, "" for none.
func authorization(proxy *url.URL) string {
	if proxy == nil || proxy.User == nil {
		return ""
	}
	password, _ := proxy.User.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(proxy.User.Username()+":"+password))
}
