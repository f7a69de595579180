package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"stickbench/internal/redact"
)

// Server says which NATS server carries a run: an existing one, or one within the coordinator.
type Server struct {
	// URL is that of an existing server, with JetStream, and Credentials a file of NATS for it; "" for none.
	URL, Credentials string
	// Listen is where the coordinator's own listens, HOST:PORT; "" is a free port of 127.0.0.1. On other than loopback
	// addresses it speaks TLS, with Certificate and Key (files), or one that it makes.
	Listen           string
	Certificate, Key string
}

// carrier is a server at work, and a connection to it.
type carrier struct {
	conn *nats.Conn
	// join is the URL that agents are given, and token what they say with it, "" for none.
	join, token string
	own         *server.Server // nil for an existing one
	store       string         // folder of its own one
}

// open connects to the server, starting one if it is to be the coordinator's own.
func (s Server) open() (*carrier, error) {
	c := &carrier{join: s.URL}
	o := options("coordinator")
	if s.URL == "" {
		if err := c.serve(s); err != nil {
			c.close()
			return nil, err
		}
		o = append(o, nats.InProcessServer(c.own), nats.Token(c.token))
	} else if s.Credentials != "" {
		o = append(o, nats.UserCredentials(s.Credentials))
	}
	address, pinned, err := splitURL(c.join)
	if err != nil {
		return nil, err
	}
	if c.own == nil {
		o = append(o, pinned...)
	}
	if c.conn, err = nats.Connect(address, o...); err != nil {
		c.close()
		return nil, fmt.Errorf("the NATS server at %s: %w", redact.URL(s.URL), err)
	}
	return c, nil
}

// serve starts the coordinator's own server.
func (c *carrier) serve(s Server) (err error) {
	host, port := "127.0.0.1", server.RANDOM_PORT
	if s.Listen != "" {
		name, number, err := net.SplitHostPort(s.Listen)
		if err != nil {
			return fmt.Errorf("%s: want HOST:PORT, such as 0.0.0.0:4222", s.Listen)
		}
		if host = name; number != "0" {
			if port, err = strconv.Atoi(number); err != nil {
				return fmt.Errorf("%s: want HOST:PORT, such as 0.0.0.0:4222", s.Listen)
			}
		}
	}
	c.token = rand.Text()
	if c.store, err = newStore(); err != nil {
		return err
	}
	o := &server.Options{
		Host: host, Port: port, Authorization: c.token, JetStream: true, StoreDir: c.store,
		NoLog: true, NoSigs: true, MaxPayload: 8 << 20, DisableJetStreamBanner: true, JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: 1 << 50,
	}
	fingerprint := ""
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		pair, err := certificate(s, host)
		if err != nil {
			return err
		}
		o.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13}
		o.TLSTimeout = 5
		fingerprint = "/" + fingerprintOf(pair.Certificate[0])
	}
	if c.own, err = server.NewServer(o); err != nil {
		return err
	}
	c.own.Start()
	if !c.own.ReadyForConnections(10 * time.Second) {
		return fmt.Errorf("%s: the server for the agents does not come up; is the address free, and one of this machine?", net.JoinHostPort(host, strconv.Itoa(max(0, port))))
	}
	at, ok := c.own.Addr().(*net.TCPAddr)
	if !ok {
		return errors.New("the server for the agents has no address")
	}
	c.join = "nats://" + net.JoinHostPort(reachable(host), strconv.Itoa(at.Port)) + fingerprint
	return nil
}

// newStore makes the folder of a stream, and removes those that processes of this machine left behind that were killed.
func newStore() (string, error) {
	host, _ := os.Hostname() // containers that share a folder do not see each other's processes
	prefix := "stickbench-stream@" + host + "@"
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	for _, dir := range left {
		number, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), prefix), "@")
		if pid, err := strconv.Atoi(number); err == nil && ended(pid) {
			os.RemoveAll(dir)
		}
	}
	return os.MkdirTemp("", prefix+strconv.Itoa(os.Getpid())+"@")
}

// ended reports whether there is no such process.
func ended(pid int) bool {
	p, err := os.FindProcess(pid)
	return err != nil || errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// reachable is what other machines call this one, where it listens on all its addresses.
func reachable(host string) string {
	if ip := net.ParseIP(host); host != "" && (ip == nil || !ip.IsUnspecified()) {
		return host
	}
	if name, err := os.Hostname(); err == nil {
		return name
	}
	return "HOST"
}

// close ends the connection and the server.
func (c *carrier) close() {
	if c.conn != nil {
		c.conn.Close()
	}
	if c.own != nil {
		c.own.Shutdown()
		c.own.WaitForShutdown()
	}
	if c.store != "" {
		os.RemoveAll(c.store)
	}
}

// certificate is the user's, or a new one of a month.
func certificate(s Server, host string) (tls.Certificate, error) {
	if s.Certificate != "" {
		return tls.LoadX509KeyPair(s.Certificate, s.Key)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "stickbench coordinator"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(30 * 24 * time.Hour), DNSNames: []string{host},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

const fingerprintMark = "sha256-"

// fingerprintOf is how a join URL names a certificate.
func fingerprintOf(der []byte) string {
	sum := sha256.Sum256(der)
	return fingerprintMark + hex.EncodeToString(sum[:])
}

// splitURL takes the fingerprint off a join URL, and returns what makes a connection insist on it.
func splitURL(join string) (address string, pinned []nats.Option, err error) {
	u, err := url.Parse(join)
	if err != nil || u.Host == "" {
		return "", nil, fmt.Errorf("invalid address %q: want one such as nats://127.0.0.1:4222", redact.URL(join))
	}
	fingerprint := strings.Trim(u.Path, "/")
	if fingerprint == "" {
		return join, nil, nil
	}
	if !strings.HasPrefix(fingerprint, fingerprintMark) {
		return "", nil, fmt.Errorf("invalid address %q: what is behind the port must be the fingerprint of a certificate, %s…", redact.URL(join), fingerprintMark)
	}
	u.Path = ""
	check := func(chain [][]byte, _ [][]*x509.Certificate) error {
		if len(chain) == 0 || subtle.ConstantTimeCompare([]byte(fingerprintOf(chain[0])), []byte(fingerprint)) != 1 {
			return errors.New("the server's certificate is not the one of the address: copy the coordinator's join command anew")
		}
		return nil
	}
	// The fingerprint is what names the server: no authority need vouch for it.
	return u.String(), []nats.Option{nats.Secure(&tls.Config{InsecureSkipVerify: true, VerifyPeerCertificate: check, MinVersion: tls.VersionTLS13})}, nil
}
