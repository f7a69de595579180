//go:build linux

package probe_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"text/template"
	"time"
)

// balancers are how to run each in the foreground, and what Debian calls its package.
var balancers = map[string]struct {
	command func(config, folder string) []string
	install string
}{
	"haproxy": {func(config, _ string) []string { return []string{"-db", "-f", config} }, "haproxy"},
	"nginx": {func(config, folder string) []string {
		return []string{"-c", config, "-p", folder, "-e", "stderr", "-g", "daemon off; pid nginx.pid;"}
	}, "nginx"},
	"apache2": {func(config, _ string) []string { return []string{"-X", "-f", config, "-E", "/dev/stderr"} }, "apache2"},
	"caddy":   {func(config, _ string) []string { return []string{"run", "--config", config, "--adapter", "caddyfile"} }, "caddy"},
}

// program finds the balancer, or skips the test and says how to get it.
func program(t *testing.T, name string) string {
	for _, path := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(path); err == nil {
			return path
		}
	}
	t.Skipf("no %s: apt-get install %s", name, balancers[name].install)
	return ""
}

// The frames of the configurations, around what a set-up says of its own. In all of them are {{.Listen}},
// {{.Folder}} and {{.S}}, the nodes' addresses.
var frames = map[string]string{
	"haproxy": `global
	maxconn 200
defaults
	mode http
	timeout connect 5s
	timeout client 20s
	timeout server 20s
{{.Own}}`,
	"nginx": `worker_processes {{.Workers}};
events { worker_connections 256; }
http {
	access_log off;
	client_body_temp_path {{.Folder}}/body;
	proxy_temp_path {{.Folder}}/proxy;
	fastcgi_temp_path {{.Folder}}/fastcgi;
	uwsgi_temp_path {{.Folder}}/uwsgi;
	scgi_temp_path {{.Folder}}/scgi;
{{.Own}}
}`,
	"apache2": `ServerRoot {{.Folder}}
ServerName localhost
User nobody
PidFile {{.Folder}}/pid
DefaultRuntimeDir {{.Folder}}
ErrorLog {{.Folder}}/error.log
Listen {{.Listen}}
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule headers_module /usr/lib/apache2/modules/mod_headers.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
LoadModule proxy_balancer_module /usr/lib/apache2/modules/mod_proxy_balancer.so
LoadModule lbmethod_byrequests_module /usr/lib/apache2/modules/mod_lbmethod_byrequests.so
LoadModule slotmem_shm_module /usr/lib/apache2/modules/mod_slotmem_shm.so
{{.Own}}`,
	"caddy": `{
	admin off
	auto_https off
}
{{.Own}}`,
}

// facts fill in a configuration.
type facts struct {
	Listen, Host, Folder, Own, Certificate string
	Workers                                int
	S                                      []string
}

// start runs the balancer with what the set-up says of its own until the test ends, and gives its address.
func start(t *testing.T, s *setup, nodes []string) string {
	path := program(t, s.balancer)
	f := facts{Listen: freeAddress(t), Host: balancerHost, Folder: t.TempDir(), Certificate: certificate(t), Workers: max(1, s.workers), S: nodes}
	os.Chmod(f.Folder, 0o755)
	f.Own = fill(t, s.config, f)
	config := filepath.Join(f.Folder, "config")
	if err := os.WriteFile(config, []byte(fill(t, frames[s.balancer], f)), 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, f.Listen, f.Folder, path, balancers[s.balancer].command(config, f.Folder)...)
	return f.Listen
}

// certificate writes one with its key to a file, as HAProxy wants it.
func certificate(t *testing.T) string {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	pair := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	path := filepath.Join(t.TempDir(), "cert.pem")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func fill(t *testing.T, text string, f facts) string {
	var b strings.Builder
	if err := template.Must(template.New("").Parse(text)).Execute(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// balancerHost keeps the balancers' ports apart from those that everything else takes of 127.0.0.1.
const balancerHost = "127.0.63.1"

// freeAddress is one that nothing listened on a moment ago, on a host where nobody else asks for one.
func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", balancerHost+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// run starts a program in the foreground, ends it with the test, and returns when it listens.
func run(t *testing.T, address, home, path string, args ...string) {
	ctx, end := context.WithCancel(context.Background())
	c := exec.CommandContext(ctx, path, args...)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = 3 * time.Second
	c.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_DATA_HOME="+home)
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var output bytes.Buffer // read when ended
	c.Stdout, c.Stderr = &output, &output
	ended := make(chan error, 1)
	go func() {
		// Linux signals the child when the thread that started it ends, not the process.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		ended <- c.Run()
	}()
	t.Cleanup(func() {
		end()
		<-ended
	})
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("%s: %v\n%s", path, err, &output)
		default:
		}
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: does not listen on %s", path, address)
		}
	}
}
