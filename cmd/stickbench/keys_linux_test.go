package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal is a new terminal, and its other end.
func terminal(t *testing.T) (end, own *os.File) {
	t.Helper()
	end, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { end.Close() })
	fd := int(end.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 30, Col: 100})
	}
	if err != nil {
		t.Skip(err)
	}
	own, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { own.Close() })
	return end, own
}

// Keys steer a run, those that act on the balancer once they are confirmed, and the terminal is left as it was.
func TestKeys(t *testing.T) {
	plan, requests := steerable(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "plan.toml"), []byte(plan), 0o600); err != nil {
		t.Fatal(err)
	}
	end, own := terminal(t)
	before, err := unix.IoctlGetTermios(int(own.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), theCommand(t), "run", "plan.toml", "--no-out")
	c.Dir, c.Stdin, c.Stdout, c.Stderr = dir, own, own, own
	c.Env = append(os.Environ(), "TERM=xterm")
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var screen strings.Builder
	go io.Copy(writer(func(b []byte) {
		mu.Lock()
		defer mu.Unlock()
		screen.Write(b)
	}), end)
	shows := func(what string) {
		t.Helper()
		eventually(t, what+" on the screen", func() bool {
			mu.Lock()
			defer mu.Unlock()
			return strings.Contains(screen.String(), what)
		})
	}
	shows("? lists the keys")
	eventually(t, "requests", func() bool { return requests.Load() > 9 })
	press := func(keys, then string) {
		t.Helper()
		end.WriteString(keys)
		shows(then)
	}
	press("?", "p pause, or go on")
	press("p", ": paused")
	standsStill(t, requests)
	press("p", ": goes on")
	press("-", "users 2")
	press("nall \x7fwell\r", "note at 0:0")
	press("d1", "drain s1? y/n")
	press("y", "node s1: drain")
	press("sy", "stopping: nothing new starts")
	c.Wait()
	if code := c.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit code %d", code)
	}
	shows("steered by hand (5 times, paused for ")
	shows("allwell (by hand: key)")
	after, err := unix.IoctlGetTermios(int(own.Fd()), unix.TCGETS)
	if err != nil || *after != *before {
		t.Errorf("the terminal was %+v and is left as %+v: %v", before, after, err)
	}
}

// writer is a function that takes what is written.
type writer func([]byte)

func (w writer) Write(b []byte) (int, error) { w(b); return len(b), nil }

// What others wrote is escaped on a terminal that does not know its size, too, such as a serial console.
func TestTerminalWithoutSize(t *testing.T) {
	end, own := terminal(t)
	if err := unix.IoctlSetWinsize(int(own.Fd()), unix.TIOCSWINSZ, &unix.Winsize{}); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), theCommand(t), "import", "curl -A 'a\u202eb' http://127.0.0.1/")
	c.Stdout = own
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	own.Close()
	if printed, _ := io.ReadAll(end); !strings.Contains(string(printed), `a\u202eb`) {
		t.Errorf("%q", printed)
	}
}
