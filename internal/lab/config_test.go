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
		{"nothing", Config{}, "node: there is none; a laboratory needs one at least"},
		{"everything", Config{Balancer: "nginx", Algorithm: "roundrobbin", Sticky: "cookie A insert forever", Listen: "80", CheckInterval: -1,
			Nodes: []Node{{Tag: "s1", Weight: weight(257)}, {Tag: "s1", Delay: -time.Second}, {}, {Tag: "s;1", Weight: weight(-1), Listen: "x"}}},
			`balancer: unknown balancer "nginx"; want "embedded" or "haproxy"
algorithm: unknown algorithm "roundrobbin"; did you mean "roundrobin"?
sticky: unknown option "forever"
listen: "80" is no HOST:PORT: address 80: missing port in address
check_interval: -1ns is negative
node[0].weight: 257 is not between 0 and 256
node[1].tag: "s1" is the tag of node[0] already
node[1].delay: -1s is negative
node[2].tag: it is empty; the tag names the node
node[3].tag: "s;1" may only have letters, digits and the signs -_.:
node[3].weight: -1 is not between 0 and 256
node[3].listen: "x" is no HOST:PORT: address x: missing port in address`},
		{"only haproxy", Config{Algorithm: "uri", Nodes: one},
			`algorithm: the embedded balancer has no "uri", only first, leastconn, random, roundrobin, source, static-rr; balancer = "haproxy" has it`},
		{"draws", Config{Algorithm: "random(0)", Nodes: one}, `algorithm: "random(0)": want random, or random(DRAWS) with 1 or more`},
		{"far", Config{Algorithm: "x", Nodes: one}, `algorithm: unknown algorithm "x"; want one of first, leastconn, random, roundrobin, source, static-rr`},
		{"far, real", Config{Balancer: "haproxy", Algorithm: "url_parm", Nodes: one}, `algorithm: unknown algorithm "url_parm"; did you mean "url_param"?`},
		{"interval", Config{Balancer: "haproxy", CheckInterval: time.Second, Nodes: one}, "check_interval: only the embedded balancer has another one than 2s"},
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
