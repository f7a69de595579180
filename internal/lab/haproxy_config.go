package lab

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"text/template"
)

// The well-known addresses of a laboratory whose configuration is written to a file.
const (
	fileFrontend   = "127.0.0.1:8080"
	fileStats      = "127.0.0.1:1936"
	fileRuntimeAPI = "127.0.0.1:9999"
	fileFirstNode  = 4000
)

// haproxyTemplate is the whole configuration. What it leaves out stays HAProxy's default: checks
// every 2 s with fall 3 and rise 2, 3 retries, no redispatch. The balance line is always there,
// because 3.3 changed its default.
var haproxyTemplate = template.Must(template.New("").Parse(`# The load-balancing laboratory of stickbench.
global
	stats socket {{.RuntimeAPI}} level admin
{{- with .Socket}}
	stats socket {{.}} level admin
{{- end}}
	stats timeout 30s
{{- with .MaxConn}}
	maxconn {{.}}
{{- end}}

defaults
	mode http
	timeout connect 5000
	timeout client 50000
	timeout server 50000

frontend stats
	bind {{.Stats}}
	stats enable
	stats uri /

frontend http
	bind {{.Frontend}}
	option forwardfor
	default_backend nodes

backend nodes
	balance {{.Algorithm}}
	option httpchk HEAD /
{{- with .Sticky}}
	{{.}}
{{- end}}
{{- range .Servers}}
	server {{.Tag}} {{.Addr}} check weight {{.Weight}}{{if $.Sticky}} cookie {{.Tag}}{{end}}
{{- end}}
`))

// haproxyConfig is what the template fills in. The listeners are addresses as `bind` takes them.
type haproxyConfig struct {
	Frontend, Stats, RuntimeAPI string
	Socket                      string // path of a unix socket, or ""
	MaxConn                     int    // or 0 for what HAProxy makes of the limit of open files
	Algorithm, Sticky           string
	Servers                     []haproxyServer
}

// haproxyServer is a server line.
type haproxyServer struct {
	Tag, Addr string
	Weight    int
}

// newHAProxyConfig fills in all but the listeners. c is valid: what comes from a plan is one word or one
// line each, because HAProxy has directives that run programs, and a plan never does.
func newHAProxyConfig(c Config, nodes []runningNode) haproxyConfig {
	config := haproxyConfig{Algorithm: c.Algorithm, Sticky: c.Sticky}
	if config.Algorithm == "" {
		config.Algorithm = "roundrobin"
	}
	for _, node := range nodes {
		server := haproxyServer{Tag: node.Tag, Addr: node.Addr, Weight: 1}
		if node.Weight != nil {
			server.Weight = *node.Weight
		}
		config.Servers = append(config.Servers, server)
	}
	return config
}

// WriteConfig writes the configuration of a laboratory for HAProxy, without starting anything: with
// the addresses in c, or else 127.0.0.1:8080 for the frontend, 127.0.0.1:4000, 4001 … for the
// nodes, 127.0.0.1:1936 for the stats page and 127.0.0.1:9999 for the Runtime API. It judges Algorithm and
// Sticky as HAProxy does, whatever c.Balancer is; the rest is HAProxy's to judge: `haproxy -c -f FILE`.
func WriteConfig(w io.Writer, c Config) error {
	c.Balancer = HAProxy
	if problems := c.Validate(); len(problems) > 0 {
		return errors.Join(problems...)
	}
	nodes := make([]runningNode, len(c.Nodes))
	for i, node := range c.Nodes {
		nodes[i] = runningNode{Node: node, Addr: node.Listen}
		if node.Listen == "" {
			nodes[i].Addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(fileFirstNode+i))
		} else if strings.HasSuffix(node.Listen, ":0") {
			return &KeyError{Key: fmt.Sprintf("node[%d].listen", i), Err: fmt.Errorf("invalid address %q: want a port other than 0 in a file", node.Listen)}
		}
	}
	config := newHAProxyConfig(c, nodes)
	config.Frontend, config.Stats, config.RuntimeAPI = fileFrontend, fileStats, fileRuntimeAPI
	if c.Listen != "" {
		config.Frontend = c.Listen
	}
	return haproxyTemplate.Execute(w, config)
}
