//go:build jmeter

package parity

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// jmeter starts Debian's JMeter.
type jmeter struct{ home, classpath string }

const install = "apt-get install jmeter bsh libbsf-java default-jdk-headless"

// startable compiles what JMeter needs to start, and skips the test where that cannot be.
func startable(t *testing.T) *jmeter {
	const home = "/usr/share/jmeter"
	if _, err := os.Stat(filepath.Join(home, "bin", "ApacheJMeter.jar")); err != nil {
		t.Skipf("JMeter cannot be started: %v; %s", err, install)
	}
	for _, program := range []string{"java", "javac"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("JMeter cannot be started: %v; %s", err, install)
		}
	}
	build := t.TempDir()
	j := &jmeter{home: home, classpath: strings.Join([]string{build, home + "/bin/ApacheJMeter.jar", home + "/lib/*", home + "/lib/ext/*", "/usr/share/java/bsh.jar", "/usr/share/java/bsf.jar"}, ":")}
	if debian, err := filepath.Glob("/usr/share/java/*.jar"); err == nil { // the libraries that Debian keeps elsewhere
		j.classpath += ":" + strings.Join(debian, ":")
	}
	var sources []string
	err := filepath.WalkDir("testdata/java", func(path string, _ os.DirEntry, err error) error {
		if strings.HasSuffix(path, ".java") {
			sources = append(sources, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("javac", append([]string{"-nowarn", "-d", build, "-cp", j.classpath}, sources...)...).CombinedOutput()
	if err != nil {
		t.Skipf("JMeter cannot be started: %v\n%s", err, out)
	}
	return j
}

// run runs a plan and returns the file of its results.
func (j *jmeter) run(t *testing.T, plan string, properties []string) string {
	t.Helper()
	dir := t.TempDir()
	jtl := filepath.Join(dir, "jmeter.jtl")
	args := append([]string{"-Xmx512m", "-Djava.awt.headless=true", "-Djmeter.home=" + j.home, "-cp", j.classpath, "Start",
		"-n", "-t", plan, "-l", jtl, "-j", filepath.Join(dir, "jmeter.log"),
		"-Jjmeter.save.saveservice.print_field_names=true", "-Jjmeter.save.saveservice.assertion_results_failure_message=true",
		"-Jjmeterengine.force.system.exit=true", "-Jsummariser.name=", "-JhtmlParser.className=org.apache.jmeter.protocol.http.parser.RegexpHTMLParser"}, properties...)
	run(t, exec.Command("java", args...), filepath.Dir(plan))
	if _, err := os.Stat(jtl); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "jmeter.log"))
		t.Fatalf("JMeter wrote no results\n%s", tail(log))
	}
	return jtl
}

func tail(b []byte) []byte { return b[max(0, len(b)-4000):] }

// longest is how long a plan may run.
const longest = 3 * time.Minute

// run runs a command, which may not run forever.
func run(t *testing.T, c *exec.Cmd, dir string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	var out bytes.Buffer
	c.Dir, c.Stdout, c.Stderr = dir, &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Fatalf("%s: %v\n%s", filepath.Base(c.Path), err, tail(out.Bytes()))
		}
	case <-ctx.Done():
		_ = c.Process.Kill()
		<-ended
		t.Fatalf("%s did not end within %v\n%s", filepath.Base(c.Path), longest, tail(out.Bytes()))
	}
}
