package main

import (
	"embed"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"text/template"
	"time"
)

// load is what every tool is asked for: connections kept alive, each with one request in flight and the
// next one right behind the response, for a time. Seconds, not a number of requests, since wrk and vegeta
// know nothing else.
type load struct {
	Address     string // host:port of the server
	Connections int
	Duration    time.Duration
	// RampUp and Think make it users that come one after the other and pause between requests: the load
	// under which memory is measured. Only stickbench and k6 are asked for it.
	RampUp, Think time.Duration
}

func (l load) URL() string { return "http://" + l.Address + "/" }

// Seconds is the duration for tools that take whole seconds, rounded up.
func (l load) Seconds() int { return int((l.Duration + time.Second - 1) / time.Second) }

func (l load) Host() string {
	host, _, _ := net.SplitHostPort(l.Address)
	return host
}

func (l load) Port() string {
	_, port, _ := net.SplitHostPort(l.Address)
	return port
}

//go:embed assets
var assets embed.FS

// script is what the templates of plans and scripts are filled with.
type script struct {
	Load load
	Full bool // with sessions, extraction and assertions
}

// fill writes a template of assets, filled with data, into dir and returns its path.
func fill(dir, name string, data any) (string, error) {
	t, err := template.ParseFS(assets, "assets/"+name)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, name)
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	if err := t.Execute(f, data); err != nil {
		f.Close()
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return path, f.Close()
}
