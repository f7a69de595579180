package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"stickbench/internal/conntest"
)

// What a server, a proxy or a Runtime API says is printed as text: an escape sequence in it would rename the
// terminal's window, hide what follows, or answer for its user.
func TestWordsOfOthersAreText(t *testing.T) {
	const evil = "\x1b[31mPWN\x1b]0;t\x07\u009b8m"
	address := conntest.Serve(t, func(conn net.Conn) {
		for r := bufio.NewReader(conn); ; {
			q, err := http.ReadRequest(r)
			switch {
			case err != nil: // a command of a Runtime API, perhaps
				fmt.Fprintf(conn, "No such server: %s\n\n", evil)
				return
			case q.URL.Path == "/", q.Method == http.MethodHead:
				fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			default:
				fmt.Fprintf(conn, "HTTP/1.1 500 bad%s\r\nContent-Length: %d\r\n\r\n%[1]s", evil, len(evil))
			}
		}
	}).String()
	plan := func(more string) string {
		return fmt.Sprintf("[target]\nurl = \"http://%s\"\n%s[[group]]\niterations = 2\n[[group.step]]\nrequest = \"GET /\"\n[[group.step]]\nrequest = \"GET /bad\"\n", address, more)
	}
	for name, test := range map[string]struct {
		plan string
		args []string
	}{
		"event":       {plan("") + fmt.Sprintf("[[event]]\nat = \"0s\"\nhttp = { method = \"POST\", url = \"http://%s/event\" }\n", address), nil},
		"proxy":       {strings.Replace(plan(""), "http://", "https://", 1), []string{"--proxy", "http://" + address}},
		"Runtime API": {plan(fmt.Sprintf("[haproxy]\napi = \"tcp://%s\"\n", address)), nil},
		"responses":   {plan(""), []string{"--progress", "json"}},
		"key":         {"\"x\\u001b[31m\" = 1\n" + plan(""), nil},
	} {
		r := runCommand(t, t.TempDir(), test.plan, append([]string{"run", "plan.toml", "--no-out"}, test.args...)...)
		if said := r.stdout + r.stderr; strings.ContainsAny(said, "\x1b\x07\u009b") || !strings.Contains(said, `\x1b[31m`) {
			t.Errorf("%s: exit code %d\n%q", name, r.code, said)
		}
	}
}
