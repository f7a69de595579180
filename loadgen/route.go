package loadgen

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"stickbench/loadgen/internal/wire"
)

// Route is how connections get to where URLs point; the zero Route is the plain way.
type Route = wire.Route

// ParseResolve reads curl's HOST:PORT:ADDRESS.
func ParseResolve(s string) (hostPort, address string, err error) {
	host, rest, ok := strings.Cut(s, ":")
	if strings.HasPrefix(s, "[") {
		host, rest, ok = strings.Cut(s, "]:")
		host = strings.TrimPrefix(host, "[")
	}
	port, address, more := strings.Cut(rest, ":")
	address = strings.TrimSuffix(strings.TrimPrefix(address, "["), "]")
	host, noHost := asciiHost(bracketed(host))
	if _, bad := netip.ParseAddr(address); !ok || !more || noHost != nil || !validPort(port) || bad != nil {
		return "", "", fmt.Errorf("invalid address %q: want HOST:PORT:ADDRESS, such as example.com:443:127.0.0.1", s)
	}
	return net.JoinHostPort(host, port), net.JoinHostPort(address, port), nil
}

// ParseConnectTo reads HOST:PORT.
func ParseConnectTo(s string) (string, error) {
	host, port, err := net.SplitHostPort(s)
	if err == nil {
		host, err = asciiHost(bracketed(host))
	}
	if err != nil || !validPort(port) {
		return "", fmt.Errorf("invalid address %q: want HOST:PORT, such as 127.0.0.1:8080", s)
	}
	return net.JoinHostPort(host, port), nil
}

// bracketed is host as URLs have it: with brackets around IPv6.
func bracketed(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

func validPort(s string) bool {
	p, err := strconv.ParseUint(s, 10, 16)
	return err == nil && p > 0
}

// ParseProxy reads http://[USER:PASSWORD@]HOST[:PORT].
func ParseProxy(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return nil, errors.New("want http://HOST:PORT, such as http://127.0.0.1:3128")
	}
	if port := u.Port(); port != "" && !validPort(port) {
		return nil, fmt.Errorf("invalid port %s: want 1 to 65535", port)
	}
	return u, nil
}
