package live

import (
	"net"
	"net/http"
	"strings"
	"time"

	"stickbench/loadgen"
	"stickbench/report/export"
)

// A Server serves a run's metrics at /metrics while it lasts.
type Server struct {
	// Plan and Version name the run, Progress tells how far each group of its plan has come.
	Plan, Version string
	Progress      func(time.Time) []loadgen.Progress
	Meter         *Meter

	http http.Server
}

// Listen begins to serve at the address and returns the one that it got. Only addresses for which Loopback
// holds are to be served: whoever can reach the port can read the names of the plan's requests and of the nodes.
func (m *Server) Listen(address string) (net.Addr, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", m.serve)
	m.http = http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go m.http.Serve(listener)
	return listener.Addr(), nil
}

// Close ends the service; it may be called without Listen.
func (m *Server) Close() error { return m.http.Close() }

// Loopback reports whether host is a loopback address, or localhost.
func Loopback(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// serve writes the metrics. It takes only requests to a loopback host: a page whose name was made to mean
// this address (DNS rebinding) is not let in.
func (m *Server) serve(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	if !Loopback(host) {
		http.Error(w, "only loopback hosts are served", http.StatusForbidden)
		return
	}
	info := export.Family{Name: "stickbench_run_info", Type: "gauge", Help: "The run. The value is 1."}
	info.Add(1, "plan", m.Plan, "version", m.Version)
	families := append([]export.Family{info}, m.groups()...)
	families = append(families, m.Meter.families()...)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	export.WriteFamilies(w, families) // its error is the reader's, who has gone
}

// groups tells how far each group of users is.
func (m *Server) groups() []export.Family {
	active := export.Family{Name: "stickbench_active_users", Type: "gauge", Help: "Users that are active."}
	users := export.Family{Name: "stickbench_users", Type: "gauge", Help: "Users that there will be."}
	iterations := export.Family{Name: "stickbench_iterations_total", Type: "counter", Help: "Iterations that users have ended."}
	for _, p := range m.Progress(time.Now()) {
		active.Add(float64(p.Active), "group", p.Group)
		users.Add(float64(p.Users), "group", p.Group)
		iterations.Add(float64(p.Iterations), "group", p.Group)
	}
	return []export.Family{active, users, iterations}
}
