package lab

import (
	"testing"
	"time"

	"stickbench/internal/haproxy"
)

// What steers a real HAProxy steers the embedded balancer: the same client understands both.
func TestHAProxysClientDrivesTheEmbeddedBalancer(t *testing.T) {
	l := startLab(t, Config{Nodes: nodes("s1", "s2"), Sticky: stickyCookie, CheckInterval: slow})
	client, err := haproxy.New(l.RuntimeAPI())
	if err != nil {
		t.Fatal(err)
	}
	newVisitor(t, l.URL()).get(t)
	for _, command := range []string{
		"set server nodes/s1 state drain", "set server nodes/s2 weight 7", "get weight nodes/s2", "show info", "show cli level",
	} {
		if _, err := client.Do(t.Context(), command); err != nil {
			t.Error(err)
		}
	}
	for _, command := range []string{
		"set server nodes/s1 state gone", "set server nodes/s3 state ready", "set server web/s1 state ready", "set server nodes/s1 weight x", "no command",
	} {
		if response, err := client.Do(t.Context(), command); err == nil {
			t.Errorf("%s: %q is taken for success", command, response)
		}
	}
	states, err := client.ServersState(t.Context(), "nodes")
	if err != nil || len(states) != 2 {
		t.Fatalf("%v, %v", states, err)
	}
	rows, err := client.Stat(t.Context(), "nodes", haproxy.Server)
	if err != nil || len(rows) != 2 {
		t.Fatalf("%v, %v", rows, err)
	}
	if rows[0].Server != "s1" || rows[0].Status != "DRAIN" || rows[0].CheckStatus != "L7OK" || rows[0].CheckDuration > time.Minute {
		t.Errorf("%+v", rows[0])
	}
}
