package lab

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// haproxyParent marks the test program that is to start a haproxy and be killed.
const haproxyParent = "STICKBENCH_TEST_HAPROXY_PARENT"

// A haproxy left behind by a killed run would hold its ports, and respond to the next one.
func TestHAProxyDoesNotOutliveUs(t *testing.T) {
	if os.Getenv(haproxyParent) != "" {
		h := startRealHAProxy(t, t.Context(), Config{}, haproxyNodes(t, "s1"))
		fmt.Printf("started %d in %s\n", haproxyPid(t, h), h.folder)
		select {}
	}
	skipWithoutHAProxy(t)
	parent := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHAProxyDoesNotOutliveUs$", "-test.timeout=60s")
	parent.Env = append(os.Environ(), haproxyParent+"=1")
	output, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	words := strings.Fields(line)
	if err != nil || len(words) != 4 {
		parent.Process.Kill()
		t.Fatalf("the parent said %q, error %v", line, err)
	}
	defer os.RemoveAll(words[3])
	pid, err := strconv.Atoi(words[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); err != nil {
		t.Fatalf("haproxy, process %d: %v", pid, err)
	}
	parent.Process.Kill()
	parent.Wait()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		if haproxyEnded(pid) {
			return
		}
		<-tick.C
	}
	t.Errorf("process %d is still there", pid)
}

// haproxyEnded takes a zombie for ended: who adopts orphans here may never wait for them.
func haproxyEnded(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) || strings.Contains(string(status), ") Z ")
}
