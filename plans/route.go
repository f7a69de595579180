package plans

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"net/netip"
	"path/filepath"
	"strings"

	"stickbench/internal/bounded"
	"stickbench/loadgen"
)

// tls is the plan's TLS configuration, made when the first thing in it differs from Go's own.
func (r *reader) tls() *tls.Config {
	if r.plan.Load.TLS == nil {
		r.plan.Load.TLS = &tls.Config{}
	}
	return r.plan.Load.TLS
}

// tlsOptions reads what [target] says of TLS. Names of files are relative to the plan's folder.
func (r *reader) tlsOptions(t table) {
	if yes, _ := t.boolean("insecure"); yes {
		r.tls().InsecureSkipVerify = true
	}
	if name, ok := t.line("server_name"); ok {
		if strings.ContainsAny(name, "/?#@:${}") || loadgen.ParseURL("https://"+name) != nil {
			t.value(t.at("server_name"), "%s is not the name of a host", quoted(name))
		}
		r.tls().ServerName = name
	}
	if pem, ok := r.file(t, "ca"); ok {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			t.value(t.at("ca"), "the file holds no certificate in PEM")
		}
		r.tls().RootCAs = pool
	}
	r.clientCertificate(t)
}

func (r *reader) clientCertificate(t table) {
	switch {
	case t.has("cert") && !t.has("key"):
		t.key(t.at("cert"), `needs its private key: add key = "client.key"`)
	case t.has("key") && !t.has("cert"):
		t.key(t.at("key"), `needs its certificate: add cert = "client.crt"`)
	}
	cert, certOK := r.file(t, "cert")
	key, keyOK := r.file(t, "key")
	if !certOK || !keyOK {
		return
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.value(t.at("cert"), "certificate and key are no pair that can be used: %v", err)
		return
	}
	r.tls().Certificates = []tls.Certificate{pair}
}

// largestPEM bounds a file of certificates, in bytes: those that browsers trust are a quarter of it.
const largestPEM = 1 << 20

// file is the content of the file that a key names; none in a replay.
func (r *reader) file(t table, key string) ([]byte, bool) {
	name, ok := t.line(key)
	if !ok || r.override.Replay {
		return nil, false
	}
	if content, in, err := r.bundled(name); in {
		if err != nil {
			t.value(t.at(key), "%v", err)
		}
		return content, err == nil
	}
	given := name
	if !filepath.IsAbs(name) {
		name = filepath.Join(filepath.Dir(r.plan.Path), name)
	}
	content, err := bounded.File(name, largestPEM)
	if err != nil {
		var why *fs.PathError
		if errors.As(err, &why) {
			err = why.Err
		}
		t.value(t.at(key), "cannot read %s: %v", name, err)
	}
	r.keep(given, content)
	return content, err == nil
}

// route takes the way to the target from the command line.
func (r *reader) route() {
	o, route := r.override, &r.plan.Load.Route
	var err error
	for _, s := range o.Source {
		a, err := netip.ParseAddr(s)
		if err != nil {
			r.option("--source", "%s is no address, such as 127.0.0.2", quoted(s))
		}
		route.Sources = append(route.Sources, a)
	}
	for _, s := range o.Resolve {
		from, to, err := loadgen.ParseResolve(s)
		if err != nil {
			r.option("--resolve", "%v", err)
		}
		if route.Resolve == nil {
			route.Resolve = map[string]string{}
		}
		route.Resolve[from] = to
	}
	if o.ConnectTo != "" {
		if route.ConnectTo, err = loadgen.ParseConnectTo(o.ConnectTo); err != nil {
			r.option("--connect-to", "%v", err)
		}
	}
	if o.Proxy != "" {
		if route.Proxy, err = loadgen.ParseProxy(o.Proxy); err != nil {
			r.option("--proxy", "%v", err)
		}
		if o.ConnectTo != "" || len(o.Resolve) > 0 {
			r.option("--proxy", "connects by itself: leave out --connect-to and --resolve")
		}
	}
}
