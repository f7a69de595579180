package cluster

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"stickbench/loadgen"
)

// natsServer is a server of somebody else's.
func natsServer(t *testing.T, o *server.Options) *server.Server {
	t.Helper()
	o.Host, o.Port, o.StoreDir, o.NoLog, o.NoSigs = "127.0.0.1", server.RANDOM_PORT, t.TempDir(), true, true
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("the server does not come up")
	}
	return s
}

func TestServerWithoutJetStream(t *testing.T) {
	at := natsServer(t, &server.Options{}).ClientURL()
	if _, err := Open(t.Context(), Server{URL: at}, "1", small(t), []byte("the plan"), loadgen.Sinks{}); err == nil || !strings.Contains(err.Error(), "no JetStream that can be used (nats-server -js") {
		t.Error(err)
	}
}

// oneReady is a coordinator at the server whose one agent is ready. Its patience is a second; wait is for the agent, which
// ends with the error that is wanted and says how to complete the run.
func oneReady(t *testing.T, s Server, want error) (c *Coordinator, a *Agent, wait func()) {
	t.Helper()
	plan := small(t)
	c, err := Open(t.Context(), s, "1", plan, []byte("the plan"), &counting{users: map[int]bool{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	c.patience = time.Second
	a = newAgent(t, c, plan, "a")
	var agent sync.WaitGroup
	agent.Go(func() {
		if err := a.Work(t.Context(), t.Context()); !errors.Is(err, want) || !strings.Contains(err.Error(), "report --merge") {
			t.Error(err)
		}
	})
	if err := errors.Join(c.Gather(t.Context(), 1, 20*time.Second), c.Prepare(t.Context(), "", 20*time.Second)); err != nil {
		t.Fatal(err)
	}
	return c, a, agent.Wait
}

// A server that takes nothing any more, gone or with a full disk, ends the run within a bound; the run says what did not
// come. It once waited for ever.
func TestServerTakesNothing(t *testing.T) {
	t.Parallel()
	s := natsServer(t, &server.Options{JetStream: true})
	c, _, wait := oneReady(t, Server{URL: s.ClientURL()}, ErrCoordinatorLost)
	if _, err := c.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Shutdown()
	_, err := c.Run(t.Context(), context.Background())
	var missing *Incomplete
	if !errors.As(err, &missing) || !strings.Contains(err.Error(), "the NATS server took nothing for 1s") {
		t.Error(err)
	}
	wait()
}

// A server whose disk is full for samples, and not for keys: the agent is given up within a bound, and keeps what did not
// come for report --merge. It once ended as if all had.
func TestSamplesDoNotCome(t *testing.T) {
	t.Parallel()
	c, a, wait := oneReady(t, Server{}, ErrLeftBehind)
	full := c.stream.CachedInfo().Config
	full.MaxBytes, full.Discard = 1, jetstream.DiscardNew
	if _, err := c.jet.UpdateStream(t.Context(), full); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := c.Run(t.Context(), context.Background())
	wait()
	const want = 2 + 10*20 + 50
	var missing *Incomplete
	if !errors.As(err, &missing) || !missing.Kept || !strings.Contains(err.Error(), fmt.Sprintf("%d of its %d samples did not arrive", want, want)) {
		t.Error(err)
	}
	if kept, err := ReadLeftover(a.File); err != nil || kept.First != 0 || len(kept.Samples) != want || kept.Run != c.run {
		t.Errorf("%+v, %v", kept, err)
	}
}

// With files of one's own, agents trust whoever the authorities vouch for, without a fingerprint.
func TestOwnCertificate(t *testing.T) {
	t.Parallel()
	pair, err := certificate(Server{}, "localhost")
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, keyFile: {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tls.LoadX509KeyPair(cert, keyFile); err != nil {
		t.Fatal(err)
	}
	c, err := Open(t.Context(), Server{Listen: "0.0.0.0:0", Certificate: cert, Key: keyFile}, "1", small(t), []byte("the plan"), loadgen.Sinks{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	join, _ := c.Join()
	u, err := url.Parse(join)
	if err != nil || !strings.HasSuffix(u.Path, fingerprintOf(pair.Certificate[0])) {
		t.Fatalf("%s, %v", join, err)
	}
	at := "nats://localhost:" + u.Port()
	for _, tt := range []struct{ ca, want string }{{"", "certificate"}, {cert, "given up"}} { // it joined
		a := newAgent(t, c, nil, "a")
		a.URL, a.CA, a.Patience = at, tt.ca, 2*time.Second
		a.Say = func(string, ...any) { go c.Close() }
		if err := a.Work(t.Context(), t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("authorities %q: %v, want %q", tt.ca, err, tt.want)
		}
	}
}

// A plan that is not the one of its name is refused.
func TestWrongPlan(t *testing.T) {
	t.Parallel()
	c, err := Open(t.Context(), Server{}, "1", small(t), []byte("the plan"), loadgen.Sinks{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	objects, err := c.jet.ObjectStore(t.Context(), bucket(c.run))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("another plan"))
	c.bundle = hex.EncodeToString(sum[:])
	if _, err := objects.PutBytes(t.Context(), c.bundle, []byte("the plan, changed")); err != nil {
		t.Fatal(err)
	}
	if err := join(t, c, nil, "a"); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "its hash is ") {
		t.Error(err)
	}
}

// A clock that is off by more than 50 ms is a warning, whichever way.
func TestSkewWarning(t *testing.T) {
	c := &Coordinator{plan: small(t), merged: true, members: map[string]*known{}}
	for name, skew := range map[string]time.Duration{"ahead": 51 * time.Millisecond, "behind": -2 * time.Second, "well": 49 * time.Millisecond} {
		c.order.Names, c.order.Weights = append(c.order.Names, name), append(c.order.Weights, 1)
		c.members[name] = &known{member: member{Name: name, Skew: int64(skew), RoundTrip: int64(time.Millisecond), Ledger: &Ledger{}}}
	}
	said := strings.Join(c.account().Warnings, "\n")
	if !strings.Contains(said, "agent ahead: its clock was off by 51ms") || !strings.Contains(said, "agent behind: its clock was off by -2s") || strings.Contains(said, "agent well") {
		t.Error(said)
	}
}

// A server of operators and accounts lets in who has a file of credentials for it, coordinator and agents alike.
func TestCredentials(t *testing.T) {
	t.Parallel()
	operator, system := newKeys(t, nkeys.CreateOperator), newKeys(t, nkeys.CreateAccount)
	account, user := newKeys(t, nkeys.CreateAccount), newKeys(t, nkeys.CreateUser)
	a := jwt.NewAccountClaims(account.public)
	a.Limits.JetStreamLimits = jwt.JetStreamLimits{DiskStorage: -1, MemoryStorage: -1}
	o := &server.Options{JetStream: true, TrustedKeys: []string{operator.public}, SystemAccount: system.public, AccountResolver: &server.MemAccResolver{}}
	for _, claims := range []*jwt.AccountClaims{a, jwt.NewAccountClaims(system.public)} {
		signed, err := claims.Encode(operator)
		if err != nil {
			t.Fatal(err)
		}
		o.AccountResolver.Store(claims.Subject, signed)
	}
	u := jwt.NewUserClaims(user.public)
	u.IssuerAccount = account.public
	token, err := u.Encode(account)
	if err != nil {
		t.Fatal(err)
	}
	seed, err := user.Seed()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "nats.creds")
	if creds, err := jwt.FormatUserConfig(token, seed); err != nil || os.WriteFile(file, creds, 0o600) != nil {
		t.Fatal(err)
	}
	at := natsServer(t, o).ClientURL()
	if _, err := Open(t.Context(), Server{URL: at}, "1", small(t), []byte("the plan"), loadgen.Sinks{}); err == nil || !strings.Contains(err.Error(), "Authorization") {
		t.Errorf("without credentials: %v", err)
	}
	c, err := Open(t.Context(), Server{URL: at, Credentials: file}, "1", small(t), []byte("the plan"), loadgen.Sinks{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	agent := newAgent(t, c, nil, "a")
	agent.Credentials = file
	agent.Say = func(string, ...any) { go c.Close() }
	if err := agent.Work(t.Context(), t.Context()); err == nil || !strings.Contains(err.Error(), "given up") { // it joined
		t.Error(err)
	}
}

// keys are those of an operator, an account or a user.
type keys struct {
	nkeys.KeyPair
	public string
}

func newKeys(t *testing.T, create func() (nkeys.KeyPair, error)) keys {
	t.Helper()
	pair, err := create()
	if err != nil {
		t.Fatal(err)
	}
	public, err := pair.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return keys{pair, public}
}
