package haproxy

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// realConfig gives HAProxy three Runtime APIs on sockets that the test has bound already, so that
// no port can be lost between choosing and binding it.
const realConfig = `global
	stats socket fd@3 level admin
	stats socket fd@4 level operator
	stats socket fd@5 level user severity-output number
	stats socket %s level admin
	stats timeout 30s
defaults
	mode http
	timeout connect 5000
	timeout client 50000
	timeout server 50000
frontend http
	bind fd@6
	default_backend nodes
backend nodes
	balance roundrobin
	option httpchk HEAD /
	cookie SERVERID insert indirect nocache
	server s1 %[2]s check cookie s1 weight 3
	server s2 %[2]s check cookie s2
	server s3 %[2]s check cookie s3 disabled
backend static
	balance static-rr
	server s1 %[2]s weight 3
`

// A realAPI is what one real haproxy of a test listens on.
type realAPI struct {
	admin, operator, user, unix *Client
	frontend                    string // HOST:PORT
}

// startReal runs the installed haproxy until the test ends.
func startReal(t *testing.T) realAPI {
	t.Helper()
	program, err := exec.LookPath("haproxy")
	if err != nil {
		t.Skip("no haproxy on PATH; install it: apt-get install haproxy")
	}
	node := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }))
	t.Cleanup(node.Close)
	folder, err := os.MkdirTemp("", "api") // t.TempDir may be longer than a unix socket's path can be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	socket, file := filepath.Join(folder, "api.sock"), filepath.Join(folder, "haproxy.cfg")
	text := fmt.Sprintf(realConfig, socket, node.Listener.Addr())
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, "-f", file, "-db")
	var addresses [4]string
	for i := range addresses {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		inherited, err := listener.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		addresses[i] = listener.Addr().String()
		listener.Close()
		defer inherited.Close()
		command.ExtraFiles = append(command.ExtraFiles, inherited)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { command.Process.Kill(); command.Wait() })
	dial := func(address string) *Client {
		client, err := New(address)
		if err != nil {
			t.Fatal(err)
		}
		client.Timeout = 20 * time.Second // the machine may be busy with other tests
		return client
	}
	return realAPI{
		admin: dial("tcp://" + addresses[0]), operator: dial("tcp://" + addresses[1]),
		user: dial("tcp://" + addresses[2]), unix: dial("unix://" + socket), frontend: addresses[3],
	}
}

func TestReal(t *testing.T) {
	api := startReal(t)
	// The first response over TCP says that the unix socket is there too.
	if _, err := api.admin.Level(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Run("level", func(t *testing.T) { testRealLevels(t, api) })
	t.Run("stat", func(t *testing.T) { testRealStat(t, api) })
	t.Run("errors", func(t *testing.T) { testRealErrors(t, api) })
	t.Run("states", func(t *testing.T) { testRealStates(t, api.unix) })
}

func testRealLevels(t *testing.T, api realAPI) {
	for want, clients := range map[string][]*Client{
		LevelAdmin: {api.admin, api.unix}, LevelOperator: {api.operator}, LevelUser: {api.user},
	} {
		for _, client := range clients {
			if level, err := client.Level(t.Context()); err != nil || level != want {
				t.Errorf("%s: level %q, error %v, want %s", client, level, err, want)
			}
		}
	}
}

func testRealStat(t *testing.T, api realAPI) {
	response, err := http.Get("http://" + api.frontend)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	rows, err := api.operator.Stat(t.Context(), "nodes", Server, Backend)
	if err != nil || len(rows) != 4 {
		t.Fatalf("%d rows, error %v", len(rows), err)
	}
	s1, s3, backend := rows[0], rows[2], rows[3]
	if s1.Kind != Server || s1.Cookie != "s1" || s1.Weight != 3 || s1.Assigned != 1 || s1.Chosen != 1 || s1.Responses[Responses2xx] != 1 {
		t.Errorf("s1: %+v", s1)
	}
	if s3.Status != "MAINT" || s3.Health() != "MAINT" {
		t.Errorf("s3: %+v", s3)
	}
	if backend.Kind != Backend || backend.Cookie != "SERVERID" || backend.Algorithm != "roundrobin" {
		t.Errorf("backend: %+v", backend)
	}
	// At level user the mapping from cookies to nodes is not to be had.
	rows, err = api.user.Stat(t.Context(), "nodes", Server)
	if err != nil || len(rows) != 3 || rows[0].Cookie != "" || rows[0].Address != "" {
		t.Errorf("level user: %+v, error %v", rows, err)
	}
	rows, err = api.admin.Stat(t.Context(), "")
	kinds := func(r Row) bool { return r.Kind == Frontend && r.Status == "OPEN" }
	if err != nil || !slices.ContainsFunc(rows, kinds) {
		t.Errorf("no frontend in %+v, error %v", rows, err)
	}
}

func testRealErrors(t *testing.T, api realAPI) {
	page, _ := New("tcp://" + api.frontend)
	for _, tc := range []struct {
		client  *Client
		command string
		want    error
		says    string
	}{
		{api.admin, "foo", ErrUnknownCommand, "Unknown command"},
		{api.admin, "set server nodes/s9 state drain", ErrNoSuchServer, "No such server"},
		{api.admin, "set server nix/s1 state drain", ErrNoSuchBackend, "No such backend"},
		{api.admin, "show stat nix 4 -1", ErrNoSuchBackend, "No such proxy"},
		{api.admin, "show servers state nix", ErrNoSuchBackend, "Can't find backend"},
		{api.admin, "set server nodes state drain", ErrBadValue, "Require 'backend/server'"},
		{api.admin, "set server nodes/s1 state foo", ErrBadValue, "expects 'ready', 'drain' and 'maint'"},
		{api.admin, "set server nodes/s1 weight 257", ErrBadValue, "between 0 and 256"},
		{api.admin, "set server nodes/s1 weight", ErrBadValue, "Require <weight>"},
		{api.admin, "set server nodes/s1 weight abc", ErrBadValue, "garbage"},
		{api.admin, "set server nodes/s1", ErrBadValue, "usage: set server"},
		{api.admin, "set timeout cli xx", ErrBadValue, "Invalid timeout value"},
		{api.admin, "set server static/s1 weight 2", ErrStaticAlgorithm, "dynamic algorithm"},
		{api.admin, "set server nodes/s1 agent up", ErrRefused, "agent checks are not enabled"},
		{api.operator, "set server nodes/s1 state drain", ErrPermission, "level admin"},
		{api.user, "set server nodes/s1 state drain", ErrPermission, "level admin"},
		{api.user, "show sess", ErrPermission, "level admin"},
		{api.user, "foo", ErrUnknownCommand, "Unknown command"},
		{page, "show info", ErrNotRuntimeAPI, "`stats socket` line"},
	} {
		_, err := tc.client.Do(t.Context(), tc.command)
		if !errors.Is(err, tc.want) || !strings.Contains(fmt.Sprint(err), tc.says) {
			t.Errorf("%s: %v, want %v with %q", tc.command, err, tc.want, tc.says)
		}
	}
}

// serverNamed finds one server of the backend "nodes".
func serverNamed(t *testing.T, client *Client, name string) ServerState {
	t.Helper()
	states, err := client.ServersState(t.Context(), "nodes")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(states, func(s ServerState) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("no %s in %v", name, states)
	}
	return states[i]
}

func testRealStates(t *testing.T, client *Client) {
	set := func(server, what, value string) {
		t.Helper()
		if _, err := client.Do(t.Context(), Setting{"nodes", server, what, value}.Command()); err != nil {
			t.Fatal(err)
		}
	}
	set("s1", SetState, Drain)
	if s := serverNamed(t, client, "s1"); !s.Drained() || s.Maint() || s.Down() {
		t.Errorf("after drain: %+v", s)
	}
	set("s1", SetState, Maint)
	if s := serverNamed(t, client, "s1"); s.Drained() || !s.Maint() || s.Down() {
		t.Errorf("after maint: %+v", s)
	}
	set("s1", SetState, Ready)
	set("s1", SetWeight, "0")
	if s := serverNamed(t, client, "s1"); !s.Drained() || s.Maint() || s.InitialWeight != 3 {
		t.Errorf("after weight 0: %+v", s)
	}
	set("s1", SetWeight, "3")
	if s := serverNamed(t, client, "s1"); s.Drained() || s.Weight != 3 || s.Op != OpRunning {
		t.Errorf("after weight 3: %+v", s)
	}
	set("s3", SetState, Ready)
	if s := serverNamed(t, client, "s3"); s.Maint() {
		t.Errorf("configured as disabled, after ready: %+v", s)
	}
	set("s3", SetState, Maint)
}
