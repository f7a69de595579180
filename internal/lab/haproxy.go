package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"stickbench/internal/haproxy"
)

// ErrNoHAProxy says that the real balancer was asked for and its program is not installed.
var ErrNoHAProxy = errors.New("no haproxy program found; install it: apt-get install haproxy")

const (
	// haproxyStopTime is what haproxy has to end after SIGTERM, before SIGKILL.
	haproxyStopTime = 3 * time.Second
	// haproxyCheckTime bounds `haproxy -c`, which takes some ms, and some seconds on a machine that is busy.
	haproxyCheckTime = time.Minute
	// settleTime bounds the wait for the first health checks: HAProxy spreads them over 2 s, and
	// each may take as long.
	settleTime = time.Minute
	settlePoll = 25 * time.Millisecond
	// slowNode is the delay from which a node may fail checks, whose time is 2 s with all defaults.
	slowNode = 1500 * time.Millisecond
	// longestSocket is the room that HAProxy has for a unix socket's path, in bytes, less the
	// suffix of the temporary name that it binds first.
	longestSocket = 80
)

// haproxyProcess is a balancer that is the real program.
//
// Its sockets are bound here and inherited (`bind fd@N`). The alternative, to look for free ports
// and write them into the configuration, loses one now and then to another process; and two
// haproxies would even share it in silence, because they bind with SO_REUSEPORT.
type haproxyProcess struct {
	program  string
	folder   string         // of the configuration and the unix socket
	config   string         // its text
	sockets  []*os.File     // frontend, stats, Runtime API, until haproxy has them
	listens  []string       // their addresses, HOST:PORT
	output   *haproxyOutput // haproxy's standard error
	stop     context.CancelFunc
	done     chan struct{} // closed when process and folder are gone
	failure  error         // why, if we did not stop it; read after done
	lastSeen []haproxy.Row // the servers as settle saw them
}

// startHAProxy runs the installed haproxy in front of nodes until close, or until ctx ends. When it
// returns, each server has had its first health check, and those that are not Stopped and not as
// slow as a check's time have passed it. Errors: ErrNoHAProxy, a *ConfigError, or what kept it from
// starting, with haproxy's own words.
func startHAProxy(ctx context.Context, c Config, nodes []runningNode) (balancer, error) {
	program, err := findHAProxy()
	if err != nil {
		return nil, err
	}
	config := newHAProxyConfig(c, nodes)
	h := &haproxyProcess{program: program, output: new(haproxyOutput), done: make(chan struct{})}
	if err := h.prepare(ctx, c.Listen, config); err != nil {
		h.discard()
		return nil, err
	}
	if err := h.start(ctx); err != nil {
		return nil, err
	}
	if err := h.settle(ctx, nodes); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

// findHAProxy looks where Debian puts it too: /usr/sbin is not on the PATH of its ordinary users.
func findHAProxy() (string, error) {
	return firstProgram("haproxy", "/usr/sbin/haproxy", "/usr/local/sbin/haproxy")
}

// firstProgram is the first of names that can be run.
func firstProgram(names ...string) (string, error) {
	for _, name := range names {
		if program, err := exec.LookPath(name); err == nil {
			return program, nil
		}
	}
	return "", ErrNoHAProxy
}

// prepare makes all that haproxy needs, and lets it check its configuration.
func (h *haproxyProcess) prepare(ctx context.Context, listen string, config haproxyConfig) error {
	if listen == "" {
		listen = "127.0.0.1:0"
	}
	for _, address := range []string{listen, "127.0.0.1:0", "127.0.0.1:0"} {
		if err := h.bind(address); err != nil {
			return fmt.Errorf("haproxy: %w", err)
		}
	}
	if err := h.makeFolder(); err != nil {
		return fmt.Errorf("haproxy: %w", err)
	}
	// The first inherited file is descriptor 3.
	config.Frontend, config.Stats, config.RuntimeAPI = "fd@3", "fd@4", "fd@5"
	config.Socket, config.MaxConn = h.socketPath(), haproxyMaxConn()
	var text strings.Builder
	if err := haproxyTemplate.Execute(&text, config); err != nil {
		return err
	}
	h.config = text.String()
	if err := os.WriteFile(h.configPath(), []byte(h.config), 0o600); err != nil {
		return fmt.Errorf("haproxy: %w", err)
	}
	return h.check(ctx)
}

// bind makes one socket for haproxy to inherit. Users who come before haproxy serves wait in it.
func (h *haproxyProcess) bind(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	defer listener.Close()
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		return err
	}
	h.sockets = append(h.sockets, file)
	h.listens = append(h.listens, listener.Addr().String())
	return nil
}

// makeFolder makes the temporary folder, in /tmp where the usual place is too long for a socket.
func (h *haproxyProcess) makeFolder() error {
	var err error
	for _, parent := range []string{"", "/tmp"} {
		if h.folder, err = os.MkdirTemp(parent, "stickbench-haproxy-"); err != nil {
			return err
		}
		if len(h.socketPath()) <= longestSocket {
			return nil
		}
		os.Remove(h.folder)
	}
	return fmt.Errorf("the path %s is too long for a unix socket", h.socketPath())
}

func (h *haproxyProcess) configPath() string { return filepath.Join(h.folder, "haproxy.cfg") }
func (h *haproxyProcess) socketPath() string { return filepath.Join(h.folder, "api.sock") }

// discard undoes prepare where haproxy was not started.
func (h *haproxyProcess) discard() {
	h.closeSockets()
	if h.folder != "" {
		os.RemoveAll(h.folder)
	}
}

func (h *haproxyProcess) closeSockets() {
	for _, file := range h.sockets {
		file.Close()
	}
}

// command is one call of haproxy that ctx ends, politely at first.
func (h *haproxyProcess) command(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, h.program, args...)
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = haproxyStopTime
	command.ExtraFiles = h.sockets
	command.SysProcAttr = haproxyAttributes()
	return command
}

// check runs `haproxy -c`, whose alerts say what is wrong better than we could.
func (h *haproxyProcess) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, haproxyCheckTime)
	defer cancel()
	output, err := h.command(ctx, "-c", "-f", h.configPath()).CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("haproxy -c: %w", context.Cause(ctx))
	case errors.As(err, &exit):
		return configError(string(output), h.config)
	}
	return fmt.Errorf("haproxy -c: %w", err)
}

// start runs haproxy in the foreground, and watches it from a goroutine of its own.
func (h *haproxyProcess) start(ctx context.Context) error {
	ctx, h.stop = context.WithCancel(ctx)
	command := h.command(ctx, "-f", h.configPath(), "-db")
	command.Stderr = h.output
	started := make(chan error)
	go func() {
		defer close(h.done)
		defer h.discard()
		// Linux signals the child when the thread that started it ends, not the process.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := command.Start()
		h.closeSockets() // else users would queue for ever behind a haproxy that has died
		started <- err
		if err != nil {
			return
		}
		if err := command.Wait(); ctx.Err() == nil {
			h.failure = fmt.Errorf("haproxy ended by itself: %v\n%s", err, h.output)
		}
	}()
	if err := <-started; err != nil {
		<-h.done
		return fmt.Errorf("haproxy: %w", err)
	}
	return nil
}

// settle waits for the first health checks. The Runtime API responds once haproxy serves.
func (h *haproxyProcess) settle(ctx context.Context, nodes []runningNode) error {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	client, err := haproxy.New(h.runtimeAPI())
	if err != nil {
		return err
	}
	tick := time.NewTicker(settlePoll)
	defer tick.Stop()
	for {
		rows, err := client.Stat(ctx, "nodes", haproxy.Server)
		if err == nil {
			h.lastSeen = rows
			if len(h.unsettled(nodes)) == 0 {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-h.done:
			if h.failure != nil {
				return h.failure
			}
			return h.notReady(ctx, nodes)
		case <-ctx.Done():
			return h.notReady(ctx, nodes)
		}
	}
}

// notReady is the error of a start that ctx ended.
func (h *haproxyProcess) notReady(ctx context.Context, nodes []runningNode) error {
	return fmt.Errorf("haproxy is not ready: %w: %s", context.Cause(ctx), strings.Join(h.unsettled(nodes), "; "))
}

// unsettled describes the servers still waited for.
func (h *haproxyProcess) unsettled(nodes []runningNode) []string {
	rows := make(map[string]haproxy.Row, len(h.lastSeen))
	for _, row := range h.lastSeen {
		rows[row.Server] = row
	}
	var waiting []string
	for _, node := range nodes {
		row, seen := rows[node.Tag]
		switch {
		case !seen:
			waiting = append(waiting, node.Tag+" not seen yet")
		case !settled(node.Node, row):
			waiting = append(waiting, node.Tag+" "+row.Health())
		}
	}
	return waiting
}

// settled reports that a server has come to the state in which the laboratory begins.
func settled(node Node, row haproxy.Row) bool {
	checked := row.CheckStatus != "" && row.CheckStatus != "INI" && row.CheckStatus != "UNK"
	if node.Stopped || node.Delay >= slowNode {
		return checked
	}
	// A server starts as "UP 1/3": full health takes a check that passed.
	return checked && row.Status == "UP"
}

func (h *haproxyProcess) url() string        { return "http://" + reachable(h.listens[0]) }
func (h *haproxyProcess) runtimeAPI() string { return "tcp://" + h.listens[2] }

func (h *haproxyProcess) addresses() []Address {
	return []Address{
		{Name: "balancer", URL: h.url()},
		{Name: "stats page", URL: "http://" + h.listens[1]},
		{Name: "Runtime API", URL: h.runtimeAPI()},
		{Name: "Runtime API, local", URL: "unix://" + h.socketPath()},
	}
}

// reachable turns a listener on all interfaces into an address to connect to.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return listen
}

// close stops haproxy and removes its folder. The error tells that it had ended by itself.
func (h *haproxyProcess) close() error {
	h.stop()
	<-h.done
	return h.failure
}
