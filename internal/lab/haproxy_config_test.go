package lab

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// weightOf is a Node.Weight.
func weightOf(n int) *int { return &n }

func TestWriteConfig(t *testing.T) {
	var got strings.Builder
	err := WriteConfig(&got, Config{
		Sticky: "cookie SERVERID insert indirect nocache",
		Nodes:  []Node{{Tag: "s1", Weight: weightOf(2)}, {Tag: "s2"}, {Tag: "s3", Listen: "127.0.0.2:80", Weight: weightOf(0)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `# The load-balancing laboratory of stickbench.
global
	stats socket 127.0.0.1:9999 level admin
	stats timeout 30s

defaults
	mode http
	timeout connect 5000
	timeout client 50000
	timeout server 50000

frontend stats
	bind 127.0.0.1:1936
	stats enable
	stats uri /

frontend http
	bind 127.0.0.1:8080
	option forwardfor
	default_backend nodes

backend nodes
	balance roundrobin
	option httpchk HEAD /
	cookie SERVERID insert indirect nocache
	server s1 127.0.0.1:4000 check weight 2 cookie s1
	server s2 127.0.0.1:4001 check weight 1 cookie s2
	server s3 127.0.0.2:80 check weight 0 cookie s3
`
	if got.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", got.String(), want)
	}
	haproxyAccepts(t, want)
}

func TestWriteConfigWithoutStickiness(t *testing.T) {
	var got strings.Builder
	err := WriteConfig(&got, Config{Algorithm: "leastconn", Listen: ":8888", Nodes: []Node{{Tag: "s1"}}})
	if err != nil || strings.Contains(got.String(), "cookie") {
		t.Errorf("error %v, configuration:\n%s", err, got.String())
	}
	for _, line := range []string{"\tbind :8888\n", "\tbalance leastconn\n", "\tserver s1 127.0.0.1:4000 check weight 1\n"} {
		if !strings.Contains(got.String(), line) {
			t.Errorf("no line %q in:\n%s", line, got.String())
		}
	}
	haproxyAccepts(t, got.String())
}

// haproxyAccepts lets the installed haproxy, if any, check a configuration.
func haproxyAccepts(t *testing.T, text string) {
	t.Helper()
	program, err := findHAProxy()
	if err != nil {
		t.Logf("not checked by HAProxy: %v", err)
		return
	}
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if output, err := exec.CommandContext(t.Context(), program, "-c", "-f", file).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}

// A plan comes from anywhere, and HAProxy has directives that run programs: nothing in a plan may
// add a line to the configuration.
func TestWriteConfigRefusesMoreThanItsWords(t *testing.T) {
	for _, tc := range []struct {
		name    string
		c       Config
		problem string
	}{
		{"algorithm of two lines", Config{Algorithm: "roundrobin\n\toption external-check"}, "want one line"},
		{"arguments of two lines", Config{Algorithm: "hdr(X)\n\toption external-check"}, "want one line"},
		{"sticky of two lines", Config{Sticky: "cookie X insert\r\nserver x"}, "want one line"},
		{"another directive", Config{Sticky: "http-check connect"}, "want HAProxy's cookie directive"},
		{"cookie of nothing", Config{Sticky: "cookie"}, "the cookie has no name"},
		{"tag with a blank", Config{Nodes: []Node{{Tag: "s1 127.0.0.1:1"}}}, "invalid tag"},
		{"tag with a line end", Config{Nodes: []Node{{Tag: "s1\n"}}}, "invalid tag"},
		{"tag beyond ASCII", Config{Nodes: []Node{{Tag: "sé"}}}, "invalid tag"},
		{"no tag", Config{Nodes: []Node{{}}}, "needs a tag"},
		{"node without a port", Config{Nodes: []Node{{Tag: "s1", Listen: "127.0.0.1"}}}, "want HOST:PORT"},
		{"node on port 0", Config{Nodes: []Node{{Tag: "s1", Listen: "127.0.0.1:0"}}}, "want a port other than 0"},
		{"node on a port beyond", Config{Nodes: []Node{{Tag: "s1", Listen: "127.0.0.1:99999"}}}, "want HOST:PORT"},
		{"frontend with more", Config{Listen: "127.0.0.1 ssl:80"}, "want HOST:PORT"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got strings.Builder
			if tc.c.Nodes == nil {
				tc.c.Nodes = []Node{{Tag: "s1"}}
			}
			err := WriteConfig(&got, tc.c)
			if err == nil || !strings.Contains(err.Error(), tc.problem) || got.Len() != 0 {
				t.Errorf("error %v, want one with %q; wrote %q", err, tc.problem, got.String())
			}
		})
	}
}

func TestAlerts(t *testing.T) {
	const config = "one\n\tcookie X foo\n"
	for _, tc := range []struct{ name, output, want string }{
		{"2.6", `[NOTICE]   (9041) : haproxy version is 2.6.12-1+deb12u4
[ALERT]    (9041) : config : parsing [/tmp/x/haproxy.cfg:2] : 'cookie' supports 'rewrite' and more.
[ALERT]    (9041) : config : Error(s) found in configuration file : /tmp/x/haproxy.cfg
[ALERT]    (9041) : config : Fatal errors found in configuration.
`, "[ALERT] parsing line 2 : 'cookie' supports 'rewrite' and more.\n\t\t2 | cookie X foo"},
		{"2.2", "[ALERT] 326/054117 (8257) : parsing [haproxy.cfg:9] : what?\n", "[ALERT] parsing line 9 : what?"},
		{"without a line", "[ALERT]    (1) : config : no more memory\n", "[ALERT] no more memory"},
		{"something else", "Segmentation fault", "Segmentation fault"},
	} {
		if got := strings.Join(alerts(tc.output, config), "\n"); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}

// A run of days with a flapping server must not fill the memory.
func TestHAProxyOutputIsBounded(t *testing.T) {
	var output haproxyOutput
	for range 1000 {
		output.Write([]byte(strings.Repeat("x", 99) + "\n"))
	}
	output.Write([]byte("the end\n"))
	if text := output.String(); len(text) > maxOutput || !strings.HasSuffix(text, "the end") {
		t.Errorf("%d bytes", len(text))
	}
}
