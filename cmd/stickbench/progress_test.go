package main

import (
	"testing"
	"time"

	"stickbench/plans"
)

func TestToGo(t *testing.T) {
	events := []plans.Event{{At: time.Second}, {AfterSamples: 50}, {AfterSamples: 40}}
	if got := toGo(events, 1000, 12); got != 28 {
		t.Errorf("%d samples", got)
	}
	events = append(events, plans.Event{AfterIterations: 1100}, plans.Event{AfterIterations: 900})
	if got := toGo(events, 1000, 12); got != 0 {
		t.Errorf("%d iterations", got)
	}
	if got := toGo(events[:1], 1000, 12); got != -1 {
		t.Errorf("%d without any", got)
	}
}

func TestMetricsAddresses(t *testing.T) {
	for address, ok := range map[string]bool{
		"": true, "127.0.0.1:0": true, "127.1.2.3:9464": true, "[::1]:9464": true, "localhost:80": true,
		":9464": false, "0.0.0.0:9464": false, "[::]:9464": false, "192.168.42.42:9464": false, "example.com:80": false,
		"9464": false, "127.0.0.1": false, "[::ffff:10.0.0.1]:80": false,
	} {
		if err := checkMetricsAddress(address); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
}
