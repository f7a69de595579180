package lab

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

func TestZZPlay(t *testing.T) {
	if os.Getenv("PLAY") == "" {
		t.Skip()
	}
	l, err := Start(context.Background(), Config{Balancer: os.Getenv("BAL"), Sticky: "cookie SERVERID insert indirect nocache", Listen: "127.0.0.1:28201", Nodes: []Node{{Tag: "s1", Listen: "127.0.0.1:28101"}, {Tag: "s2", Listen: "127.0.0.1:28102"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	os.WriteFile("/var/tmp/hxlab/api", []byte(strings.TrimPrefix(l.RuntimeAPI(), "tcp://127.0.0.1:")), 0o644)
	fmt.Println(l.Addresses())
	for {
		time.Sleep(20 * time.Millisecond)
		if _, e := os.Stat("/var/tmp/hxlab/kill1"); e == nil {
			fmt.Println(l.StopNode("s1"))
			os.Remove("/var/tmp/hxlab/kill1")
		}
		if _, e := os.Stat("/var/tmp/hxlab/start1"); e == nil {
			fmt.Println(l.StartNode("s1"))
			os.Remove("/var/tmp/hxlab/start1")
		}
		if _, e := os.Stat("/var/tmp/hxlab/end"); e == nil {
			os.Remove("/var/tmp/hxlab/end")
			return
		}
	}
}
