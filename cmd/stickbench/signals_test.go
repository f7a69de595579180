//go:build unix

package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// nohup and shells start programs with signals ignored, and a program that listens for them all the same is
// ended by what its user wanted to outlive.
func TestIgnoredSignalsStayIgnored(t *testing.T) {
	caught := make(chan os.Signal, 1) // what tests were started with, as by nohup, is not for the commands
	signal.Notify(caught, syscall.SIGHUP, syscall.SIGINT)
	defer signal.Stop(caught)
	for name, trap := range map[string]string{"nohup": `trap "" HUP`, "background": `trap "" INT HUP`, "none": ":"} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var once sync.Once
			asked, sent := make(chan struct{}), make(chan struct{})
			server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				once.Do(func() { close(asked) })
				<-sent // the signal is there before the first response
			}))
			defer server.Close()
			dir := t.TempDir()
			plan := fmt.Sprintf("[target]\nurl = %q\n[[group]]\niterations = 3\n[[group.step]]\nrequest = \"GET /\"\n", server.URL)
			if err := os.WriteFile(filepath.Join(dir, "plan.toml"), []byte(plan), 0o600); err != nil {
				t.Fatal(err)
			}
			c := exec.CommandContext(ctx, "sh", "-c", trap+`; exec "$0" run plan.toml --no-out --quiet`, theCommand(t))
			said, err := os.Create(filepath.Join(dir, "said"))
			if err != nil {
				t.Fatal(err)
			}
			defer said.Close()
			c.Dir, c.Stdout, c.Stderr = dir, said, said
			out := func() string {
				b, _ := os.ReadFile(said.Name())
				return string(b)
			}
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			<-asked
			signals := []syscall.Signal{syscall.SIGHUP}
			if name == "background" {
				signals = append(signals, syscall.SIGINT)
			}
			for _, s := range signals {
				c.Process.Signal(s)
			}
			if name == "none" { // it says so before it goes on
				for !strings.Contains(out(), "stopping") && ctx.Err() == nil {
					time.Sleep(time.Millisecond)
				}
			}
			close(sent)
			c.Wait()
			want := 0
			if name == "none" {
				want = exitInterrupted
			}
			if code := c.ProcessState.ExitCode(); code != want {
				t.Errorf("exit code %d, want %d\n%s", code, want, out())
			}
		})
	}
}

// A process that is stopped measures its own absence, and the report would tell it as the target's.
func TestFrozenGeneratorIsTold(t *testing.T) {
	var once sync.Once
	asked, sent := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		once.Do(func() { close(asked) })
		<-sent
	}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	plan := fmt.Sprintf("[target]\nurl = %q\n[[group]]\n[[group.step]]\nrequest = \"GET /\"\n", server.URL)
	var said strings.Builder
	c := exec.CommandContext(ctx, theCommand(t), "run", "-", "--no-out", "--quiet", "--json")
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(plan), &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	<-asked
	c.Process.Signal(syscall.SIGSTOP)
	time.Sleep(600 * time.Millisecond)
	c.Process.Signal(syscall.SIGCONT)
	close(sent)
	if err := c.Wait(); err != nil || !strings.Contains(said.String(), "the generator stood still once, for ") {
		t.Errorf("%v\n%s", err, &said)
	}
}
