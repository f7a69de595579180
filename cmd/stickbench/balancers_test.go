//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"text/template"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"stickbench/internal/lab"
)

// Other balancers need no code: each script configures one from a Debian package in front of two of the
// laboratory's nodes, and the real command reports whether sessions stick. It is for Linux because of the
// packages, of 127.0.61.0/24, and of Pdeathsig.
func TestBalancers(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/balancers",
		RequireExplicitExec: true,
		Condition:           installed,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "balancer": startBalancer},
	})
}

// balancers are how to run each in the foreground, as one process, with a configuration in its folder.
var balancers = map[string]func(config, folder string) []string{
	"nginx": func(config, folder string) []string {
		return []string{"-c", config, "-p", folder, "-e", "stderr", "-g", "daemon off; master_process off; pid nginx.pid;"}
	},
	"apache2": func(config, folder string) []string { return []string{"-X", "-f", config, "-E", "/dev/stderr"} },
	"caddy":   func(config, _ string) []string { return []string{"run", "--config", config, "--adapter", "caddyfile"} },
}

// installed is the condition [installed:PROGRAM].
func installed(condition string) (bool, error) {
	program, ok := strings.CutPrefix(condition, "installed:")
	if !ok {
		return false, fmt.Errorf("unknown condition %q", condition)
	}
	_, err := findProgram(program)
	return err == nil, nil
}

// findProgram looks where Debian puts servers too: /usr/sbin is not on the PATH of its ordinary users.
func findProgram(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return exec.LookPath("/usr/sbin/" + name)
	}
	return path, nil
}

// balancerHost keeps the balancers' ports apart from those that everything else takes of 127.0.0.1.
const balancerHost = "127.0.61.1"

// startBalancer runs a program in front of two nodes until the script ends, and names its URL in TARGET:
// balancer PROGRAM TEMPLATE. In the template of its configuration are {{.Listen}}, {{.S1}} and {{.S2}},
// HOST:PORT each, and {{.Folder}}.
func startBalancer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || balancers[args[0]] == nil {
		ts.Fatalf("usage: balancer nginx|apache2|caddy TEMPLATE")
	}
	program, err := findProgram(args[0])
	ts.Check(err)
	text, err := template.New(args[1]).Option("missingkey=error").Parse(ts.ReadFile(args[1]))
	ts.Check(err)
	folder := ts.MkAbs(args[0])
	ts.Check(os.Mkdir(folder, 0o755))
	facts := startNodes(ts)
	facts["Folder"], facts["Listen"] = folder, freeAddress(ts)
	var config bytes.Buffer
	ts.Check(text.Execute(&config, facts))
	path := filepath.Join(folder, "config")
	ts.Check(os.WriteFile(path, config.Bytes(), 0o644))
	runUntilTheEnd(ts, facts["Listen"], program, balancers[args[0]](path, folder)...)
	ts.Setenv("TARGET", "http://"+facts["Listen"])
}

// startNodes starts the nodes of a laboratory, whose own balancer is left alone, and gives their addresses.
func startNodes(ts *testscript.TestScript) map[string]string {
	l, err := lab.Start(context.Background(), lab.Config{Nodes: []lab.Node{
		{Tag: "s1", Listen: "127.0.61.11:0"}, {Tag: "s2", Listen: "127.0.61.12:0"},
	}})
	ts.Check(err)
	ts.Defer(func() { ts.Check(l.Close()) })
	address := func(tag string) string { return strings.TrimPrefix(l.NodeURL(tag), "http://") }
	return map[string]string{"S1": address("s1"), "S2": address("s2")}
}

// freeAddress is one that nothing listened on a moment ago.
func freeAddress(ts *testscript.TestScript) string {
	l, err := net.Listen("tcp", balancerHost+":0")
	ts.Check(err)
	defer l.Close()
	return l.Addr().String()
}

// runUntilTheEnd runs a program in the foreground, with a home of its own, and returns when it listens.
func runUntilTheEnd(ts *testscript.TestScript, address, program string, args ...string) {
	ctx, end := context.WithCancel(context.Background())
	c := exec.CommandContext(ctx, program, args...)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = 3 * time.Second
	home := ts.MkAbs(".")
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
	ts.Defer(func() {
		end()
		<-ended
	})
	eventually(ts, address, func() bool {
		select {
		case err := <-ended:
			ended <- err
			ts.Fatalf("%s: %v\n%s", program, err, &output)
		default:
		}
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}
