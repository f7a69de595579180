package wire

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestDialFailures(t *testing.T) {
	shut := refused(t)
	for _, tt := range []struct {
		name    string
		origin  Origin
		kind    Kind
		message string
	}{
		{"refused", shut, KindRefused, "connection refused: " + shut.Address()},
		{"no such port", Origin{Host: "127.0.0.1", Port: "99999"}, KindConnect, "no connection: 127.0.0.1:99999"},
		{"no such host", Origin{Host: "no such host", Port: "80"}, KindDNS, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := NewDialer(Config{}).connect(context.Background(), nil, tt.origin, soon())
			if kindOf(err) != tt.kind || !strings.Contains(err.Error(), tt.message) {
				t.Errorf("%q %v, want %q %s", kindOf(err), err, tt.kind, tt.message)
			}
		})
	}
}

// TestDialTimes: an address that never answers cannot be had on loopback, but a deadline that has passed
// and a context that has ended take the same ways.
func TestDialTimes(t *testing.T) {
	o := served(t, func(net.Conn) {})
	_, err := NewDialer(Config{}).connect(context.Background(), nil, o, time.Now().Add(-time.Second))
	if kindOf(err) != KindConnTime || err.(*Error).Within(30*time.Second) != "no connection to "+o.Address()+" within 30s" {
		t.Errorf("%q %v", kindOf(err), err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := NewDialer(Config{}).connect(ctx, nil, o, soon()); !errors.Is(err, errCut) {
		t.Errorf("%q %v", kindOf(err), err)
	}
}

// TestExplainDial is for what loopback cannot be made to do.
func TestExplainDial(t *testing.T) {
	for _, tt := range []struct {
		err     error
		kind    Kind
		message string
	}{
		{&net.DNSError{Name: "a.test", IsNotFound: true, Err: "no such host", Server: "10.0.0.1"}, KindDNS, "no such host: a.test"},
		{&net.DNSError{Name: "a.test", IsTimeout: true, Err: "i/o timeout"}, KindDNS, "name lookup failed: a.test"},
		{os.NewSyscallError("socket", syscall.EMFILE), KindLocal, "too many open files (ulimit -n) to connect: a.test:80"},
		{&net.DNSError{Name: "a.test", UnwrapErr: os.NewSyscallError("socket", syscall.EMFILE)}, KindLocal, "too many open files (ulimit -n) to connect: a.test:80"},
		{os.NewSyscallError("connect", syscall.EADDRNOTAVAIL), KindLocal, "no local address or port left to connect from: a.test:80"},
		{os.NewSyscallError("connect", syscall.ENETUNREACH), KindConnect, "network unreachable: a.test:80"},
		{errors.New("something else"), KindConnect, "no connection: a.test:80"},
	} {
		err := explainDial(&net.OpError{Op: "dial", Err: tt.err}, "a.test:80")
		if err.Kind != tt.kind || err.Error() != tt.message {
			t.Errorf("%v: %q %v", tt.err, err.Kind, err)
		}
	}
}

// certified makes a certificate for names, signed by itself.
func certified(t *testing.T, until time.Time, names ...string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: names,
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// secured is a TLS server on loopback that is called localhost.
func secured(t *testing.T, c *tls.Config, script func(*tls.Conn)) Origin {
	o := served(t, func(raw net.Conn) {
		s := tls.Server(raw, c)
		if s.Handshake() == nil {
			script(s)
			s.Close()
		}
	})
	o.Secure, o.Host = true, "localhost"
	return o
}

func TestTLS(t *testing.T) {
	good, pool := certified(t, time.Now().Add(time.Hour), "localhost")
	other, otherPool := certified(t, time.Now().Add(time.Hour), "other.test")
	old, oldPool := certified(t, time.Now().Add(-time.Hour), "localhost")
	response2 := func(c *tls.Conn) {
		for taken(c) {
			io.WriteString(c, okay)
		}
	}
	plain := served(t, func(c net.Conn) { c.Read(make([]byte, 4096)); io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") })
	plain.Secure = true
	silent := served(t, stall)
	silent.Secure = true
	ends := served(t, func(c net.Conn) { io.ReadFull(c, make([]byte, 5)) })
	ends.Secure = true
	for _, tt := range []struct {
		name    string
		origin  Origin
		client  *tls.Config
		kind    Kind
		message string
	}{
		{"good", secured(t, &tls.Config{Certificates: []tls.Certificate{good}}, response2), &tls.Config{RootCAs: pool}, OK, ""},
		{"TLS 1.2", secured(t, &tls.Config{Certificates: []tls.Certificate{good}, MaxVersion: tls.VersionTLS12}, response2), &tls.Config{RootCAs: pool}, OK, ""},
		{"insecure", secured(t, &tls.Config{Certificates: []tls.Certificate{old}}, response2), &tls.Config{InsecureSkipVerify: true}, OK, ""},
		{"server name", secured(t, &tls.Config{Certificates: []tls.Certificate{other}}, response2), &tls.Config{RootCAs: otherPool, ServerName: "other.test"}, OK, ""},
		{"unknown", secured(t, &tls.Config{Certificates: []tls.Certificate{good}}, response2), nil, KindTLS, "certificate of localhost is not signed by a known authority (--insecure accepts it)"},
		{"other name", secured(t, &tls.Config{Certificates: []tls.Certificate{other}}, response2), &tls.Config{RootCAs: otherPool}, KindTLS, "certificate is for another name than localhost (--insecure accepts it)"},
		{"expired", secured(t, &tls.Config{Certificates: []tls.Certificate{old}}, response2), &tls.Config{RootCAs: oldPool}, KindTLS, "certificate of localhost has expired or is not valid yet (--insecure accepts it)"},
		{"too old", secured(t, &tls.Config{Certificates: []tls.Certificate{good}, MaxVersion: tls.VersionTLS12}, response2), &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13}, KindTLS, "TLS handshake refused by localhost: protocol version not supported"},
		{"another protocol", secured(t, &tls.Config{Certificates: []tls.Certificate{good}, NextProtos: []string{"imap"}}, response2), &tls.Config{RootCAs: pool}, KindTLS, "TLS handshake refused by localhost: no application protocol"},
		{"plain", plain, nil, KindTLS, "does not speak TLS here: is it an http:// address?"},
		{"silent", silent, nil, KindConnTime, "no TLS handshake with 127.0.0.1 in time"},
		{"ends", ends, nil, KindTLS, "connection ended within the TLS handshake with 127.0.0.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			deadline := soon()
			if tt.kind == KindConnTime {
				deadline = time.Now().Add(time.Second) // for the connection, however busy the machine is
			}
			n, err := NewDialer(Config{TLS: tt.client}).connect(context.Background(), nil, tt.origin, deadline)
			if kindOf(err) != tt.kind || err != nil && !strings.Contains(err.Error(), tt.message) {
				t.Fatalf("%q %v, want %q %s", kindOf(err), err, tt.kind, tt.message)
			}
			if err != nil {
				return
			}
			c := n.(*http1)
			defer c.close()
			var a Response
			for i := range 3 { // the session tickets that come meanwhile are not responses
				time.Sleep(2 * time.Millisecond)
				if err := do(c, []byte(plainGet), false, soon(), &a); err != nil || string(a.Body) != "ok" || !c.reusable() {
					t.Fatalf("request %d: %v, body %q", i, err, a.Body)
				}
				if a.Received != int64(len(okay)) || a.Sent != int64(len(plainGet)) {
					t.Errorf("received %d, sent %d", a.Received, a.Sent)
				}
			}
		})
	}
}

// TestTLSEndings: the same kinds as without TLS.
func TestTLSEndings(t *testing.T) {
	cert, pool := certified(t, time.Now().Add(time.Hour), "localhost")
	for _, tt := range []struct {
		name   string
		script func(c *tls.Conn, said chan<- struct{}) // after one good response
		first  bool                                    // before the request
		kind   Kind
	}{
		{"closed", func(c *tls.Conn, _ chan<- struct{}) { taken(c) }, false, KindClosed},
		{"reset", func(c *tls.Conn, _ chan<- struct{}) {
			taken(c)
			shoot(c.NetConn())
			c.NetConn().Close()
		}, false, KindReset},
		{"cut short", func(c *tls.Conn, _ chan<- struct{}) {
			taken(c)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe")
		}, false, KindTruncated},
		{"closed meanwhile", func(c *tls.Conn, said chan<- struct{}) { c.Close(); close(said) }, true, KindClosed},
		{"spoken to meanwhile", func(c *tls.Conn, said chan<- struct{}) {
			io.WriteString(c, okay)
			close(said)
			io.Copy(io.Discard, c)
		}, true, KindMalformed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			gate, said := make(chan struct{}), make(chan struct{})
			o := secured(t, &tls.Config{Certificates: []tls.Certificate{cert}}, func(c *tls.Conn) {
				taken(c)
				io.WriteString(c, okay)
				<-gate
				tt.script(c, said)
			})
			n, err := NewDialer(Config{TLS: &tls.Config{RootCAs: pool}}).connect(context.Background(), nil, o, soon())
			if err != nil {
				t.Fatal(err)
			}
			c := n.(*http1)
			defer c.close()
			var a Response
			if err := do(c, []byte(plainGet), false, soon(), &a); err != nil {
				t.Fatal(err)
			}
			close(gate)
			if tt.first {
				<-said
				time.Sleep(5 * time.Millisecond)
			}
			err = do(c, []byte(plainGet), false, soon(), &a)
			if kindOf(err) != tt.kind || errors.Is(err, errUnsent) != tt.first {
				t.Errorf("%q %v", kindOf(err), err)
			}
		})
	}
}

// TestTLSClose: the second stop ends a do under TLS too.
func TestTLSClose(t *testing.T) {
	cert, pool := certified(t, time.Now().Add(time.Hour), "localhost")
	asked := make(chan struct{})
	o := secured(t, &tls.Config{Certificates: []tls.Certificate{cert}}, func(c *tls.Conn) {
		taken(c)
		close(asked)
		io.Copy(io.Discard, c)
	})
	n, err := NewDialer(Config{TLS: &tls.Config{RootCAs: pool}}).connect(context.Background(), nil, o, soon())
	if err != nil {
		t.Fatal(err)
	}
	c := n.(*http1)
	go func() {
		<-asked
		c.close()
	}()
	var a Response
	if err := do(c, []byte(plainGet), false, soon(), &a); !errors.Is(err, errCut) {
		t.Error(err)
	}
}

// TestCertificateWanted: under TLS 1.3 a server's refusal of the client comes after the handshake, in the
// place of the first response (RFC 8446 §4.4.2.4).
func TestCertificateWanted(t *testing.T) {
	cert, pool := certified(t, time.Now().Add(time.Hour), "localhost")
	o := secured(t, &tls.Config{Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequireAnyClientCert}, func(*tls.Conn) {})
	n, err := NewDialer(Config{TLS: &tls.Config{RootCAs: pool}}).connect(context.Background(), nil, o, soon())
	if err != nil {
		t.Fatal(err)
	}
	c := n.(*http1)
	defer c.close()
	var a Response
	err = do(c, []byte(plainGet), false, soon(), &a)
	if kindOf(err) != KindTLS || err.Error() != "TLS ended by the server: certificate required" {
		t.Errorf("%q %v", kindOf(err), err)
	}
}

func TestOriginAddress(t *testing.T) {
	for _, tt := range []struct{ host, want string }{{"a.test", "a.test:80"}, {"::1", "[::1]:80"}} {
		if got := (Origin{Host: tt.host, Port: "80"}).Address(); got != tt.want {
			t.Errorf("%s: %s", tt.host, got)
		}
	}
}

// Where a route leads elsewhere than the URL says, the message says which part of it failed.
func TestRouteOfFailures(t *testing.T) {
	shut := refused(t)
	proxied, err := url.Parse("http://" + shut.Address())
	if err != nil {
		t.Fatal(err)
	}
	shop := Origin{Host: "shop.invalid", Port: "8080"} // RFC 6761
	for _, tt := range []struct {
		route Route
		want  string
	}{
		{Route{Proxy: proxied}, "connection refused: the proxy " + shut.Address()},
		{Route{Resolve: map[string]string{"shop.invalid:80": "127.0.0.1:80"}}, "(there is an address for shop.invalid:80, and none for shop.invalid:8080)"},
	} {
		_, err := NewDialer(Config{Route: tt.route}).connect(context.Background(), nil, shop, soon())
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
}

// A source that goes away fails the samples, not the run, and is no fault of the target.
func TestSourceThatIsNone(t *testing.T) {
	d := NewDialer(Config{Route: Route{Sources: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}})
	_, err := d.connect(context.Background(), d.source(1), served(t, stall), soon())
	if kindOf(err) != KindLocal {
		t.Errorf("%q %v", kindOf(err), err)
	}
}
