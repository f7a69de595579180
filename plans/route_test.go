package plans

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certificates writes a certificate and its key into dir, in PEM.
func certificates(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"a.crt": {Type: "CERTIFICATE", Bytes: der}, "a.key": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTLSOptions(t *testing.T) {
	dir := t.TempDir()
	certificates(t, dir)
	readIn := func(lines string) (*Plan, error) {
		return Read(filepath.Join(dir, "p.toml"), []byte("[target]\nurl = 'https://127.0.0.1'\n"+lines+"\n[[group]]\nstep = [ { request = 'GET /' } ]\n"), Override{})
	}
	p, err := readIn("ca = 'a.crt'\ncert = 'a.crt'\nkey = '" + filepath.Join(dir, "a.key") + "'\nserver_name = 'x.example'")
	if err != nil {
		t.Fatal(err)
	}
	if c := p.Load.TLS; c.RootCAs == nil || len(c.Certificates) != 1 || c.ServerName != "x.example" || c.InsecureSkipVerify {
		t.Errorf("%+v", c)
	}
	if p, err = readIn(""); err != nil || p.Load.TLS != nil {
		t.Errorf("nothing said: %+v, %v", p.Load.TLS, err)
	}
	for lines, want := range map[string]string{
		"ca = 'none.crt'":               "3:6: target.ca: cannot read " + filepath.Join(dir, "none.crt") + ": no such file or directory",
		"ca = 'a.key'":                  "3:6: target.ca: the file holds no certificate in PEM",
		"cert = 'a.crt'":                `3:1: target.cert: needs its private key: add key = "client.key"`,
		"key = 'a.key'":                 `3:1: target.key: needs its certificate: add cert = "client.crt"`,
		"cert = 'a.key'\nkey = 'a.key'": "3:8: target.cert: certificate and key are no pair that can be used",
		"server_name = ''":              "3:15: target.server_name: must not be empty",
		"server_name = 'GET /'":         `3:15: target.server_name: "GET /" is not the name of a host`,
		"server_name = 'x:443'":         `3:15: target.server_name: "x:443" is not the name of a host`,
	} {
		if _, err := readIn(lines); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n%v\nwant\n%s", lines, err, want)
		}
	}
}

func TestRoute(t *testing.T) {
	source := []byte("[target]\nurl = 'https://app.example'\n[[group]]\nstep = [ { request = 'GET /' } ]\n")
	p, err := Read("p.toml", source, Override{
		Source: []string{"127.0.0.2", "::1"}, ConnectTo: "127.0.0.1:8080", Resolve: []string{"a:1:127.0.0.3", "b:2:127.0.0.4"}})
	if err != nil {
		t.Fatal(err)
	}
	r := p.Load.Route
	if len(r.Sources) != 2 || r.ConnectTo != "127.0.0.1:8080" || r.Resolve["a:1"] != "127.0.0.3:1" || len(r.Resolve) != 2 {
		t.Errorf("%+v", r)
	}
	_, err = Read("p.toml", source, Override{Source: []string{"here"}, ConnectTo: "8080", Resolve: []string{"a"}, Proxy: "socks5://x:secret@y"})
	for _, want := range []string{"--source: \"here\" is no address", "--connect-to: ", "--resolve: ", "--proxy: want http://", "leave out --connect-to"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %s", err, want)
		}
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("a password is shown: %v", err)
	}
}
