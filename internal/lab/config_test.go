package lab

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func weight(w int) *int { return &w }

func TestValidate(t *testing.T) {
	one := []Node{{Tag: "s1"}}
	for _, test := range []struct {
		name string
		c    Config
		want string // the problems, one a line
	}{
		{"least", Config{Nodes: one}, ""},
		{"all", Config{Balancer: "embedded", Algorithm: "random(3)", Sticky: "cookie A prefix nocache", Listen: "127.0.0.1:0",
			CheckInterval: time.Second, Nodes: []Node{{Tag: "s1", Weight: weight(0)}, {Tag: "web-2.a:b_c", Weight: weight(256), Delay: time.Hour}}}, ""},
		{"real", Config{Balancer: "haproxy", Algorithm: "hdr(X-User) use_domain_only", Sticky: "cookie A insert dynamic", Nodes: one}, ""},
		{"nothing", Config{}, `node: needs at least one node, such as { tag = "s1" }`},
		{"everything", Config{Balancer: "nginx", Algorithm: "roundrobbin", Sticky: "cookie A insert forever", Listen: "80", CheckInterval: -1,
			Nodes: []Node{{Tag: "s1", Weight: weight(257)}, {Tag: "s1", Delay: -time.Second}, {}, {Tag: "s;1", Weight: weight(-1), Listen: "x"}}},
			`balancer: invalid balancer "nginx": want "embedded" or "haproxy"
algorithm: invalid algorithm "roundrobbin": did you mean "roundrobin"?
sticky: invalid option "forever": want "attr", "domain", "dynamic", "httponly", "indirect", "insert", "maxidle", "maxlife", "nocache", "postonly", "prefix", "preserve", "rewrite" or "secure"
listen: invalid address "80": want HOST:PORT
check_interval: invalid interval -1ns: want 0 or more
node[0].weight: invalid weight 257: want 0 to 256
node[1].tag: duplicate tag "s1": node[0] has it already
node[1].delay: invalid delay -1s: want 0 or more
node[2].tag: needs a tag, such as tag = "s3"
node[3].tag: invalid tag "s;1": want letters, digits, and - _ . :
node[3].weight: invalid weight -1: want 0 to 256
node[3].listen: invalid address "x": want HOST:PORT`},
		{"only haproxy", Config{Algorithm: "uri", Nodes: one},
			`algorithm: the embedded balancer has no uri: balancer = "haproxy" has it`},
		{"draws", Config{Algorithm: "random(0)", Nodes: one}, `algorithm: invalid algorithm "random(0)": want random, or random(DRAWS) with 1 to 9999 draws`},
		{"far", Config{Algorithm: "x", Nodes: one}, `algorithm: invalid algorithm "x": want "first", "leastconn", "random", "roundrobin", "source" or "static-rr"`},
		{"far, real", Config{Balancer: "haproxy", Algorithm: "url_parm", Nodes: one}, `algorithm: invalid algorithm "url_parm": did you mean "url_param"?`},
		{"interval", Config{Balancer: "haproxy", CheckInterval: time.Second, Nodes: one}, "check_interval: a real haproxy checks every 2s: only the embedded balancer has another interval"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, problem := range test.c.Validate() {
				var key *KeyError
				if !errors.As(problem, &key) {
					t.Errorf("%v is no KeyError", problem)
				}
				got = append(got, problem.Error())
			}
			if text := strings.Join(got, "\n"); text != test.want {
				t.Errorf("got\n%s\nwant\n%s", text, test.want)
			}
		})
	}
}

func TestStartSaysWhichKeyIsWrong(t *testing.T) {
	if _, err := Start(t.Context(), Config{Algorithm: "x"}); err == nil || strings.Count(fmt.Sprint(err), "\n") != 1 {
		t.Errorf("got %v, want two problems", err)
	}
	taken, err := listen("")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	address := taken.Addr().String()
	for key, c := range map[string]Config{
		"listen":         {Listen: address, Nodes: []Node{{Tag: "s1"}}},
		"node[1].listen": {Nodes: []Node{{Tag: "s1"}, {Tag: "s2", Listen: address}}},
	} {
		var wrong *KeyError
		if _, err := Start(t.Context(), c); !errors.As(err, &wrong) || wrong.Key != key {
			t.Errorf("%s: %v", key, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ended, Config{Nodes: []Node{{Tag: "s1"}}}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}
