package lab

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"text/template"
	"unicode"
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

// newHAProxyConfig checks what comes from the user and fills in all but the listeners.
func newHAProxyConfig(c Config, nodes []runningNode) (haproxyConfig, error) {
	config := haproxyConfig{Algorithm: c.Algorithm, Sticky: c.Sticky}
	if config.Algorithm == "" {
		config.Algorithm = "roundrobin"
	}
	problems := []error{oneLine("algorithm", c.Algorithm), oneLine("sticky", c.Sticky)}
	if words := strings.Fields(c.Sticky); c.Sticky != "" && (len(words) < 2 || words[0] != "cookie") {
		problems = append(problems, fmt.Errorf("sticky %q: not a cookie directive, such as \"cookie SERVERID insert indirect nocache\"", c.Sticky))
	}
	for _, node := range nodes {
		problems = append(problems, checkServer(node))
		server := haproxyServer{Tag: node.Tag, Addr: node.Addr, Weight: 1}
		if node.Weight != nil {
			server.Weight = *node.Weight
		}
		config.Servers = append(config.Servers, server)
	}
	return config, errors.Join(problems...)
}

// oneLine keeps a plan's text from adding lines to the configuration: HAProxy has directives that
// run programs, and a plan never does.
func oneLine(what, text string) error {
	if strings.ContainsFunc(text, unicode.IsControl) {
		return fmt.Errorf("%s %q: must be one line", what, text)
	}
	return nil
}

// checkServer holds a node to what can stand as one word in a server line.
func checkServer(node runningNode) error {
	odd := func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.:", r)
	}
	if node.Tag == "" || strings.ContainsFunc(node.Tag, odd) {
		return fmt.Errorf("node tag %q: a server's name has letters, digits, and the signs -_.: only", node.Tag)
	}
	if err := checkListen(node.Addr); err != nil {
		return fmt.Errorf("node %s: %w", node.Tag, err)
	}
	return nil
}

// checkListen wants HOST:PORT, with nothing that would end the word.
func checkListen(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || strings.ContainsFunc(address, unicode.IsSpace) {
		return fmt.Errorf("address %q: HOST:PORT is needed, with a port from 1 to 65535", address)
	}
	return nil
}

// WriteConfig writes the configuration of a laboratory for HAProxy, without starting anything: with
// the addresses in c, or else 127.0.0.1:8080 for the frontend, 127.0.0.1:4000, 4001 … for the
// nodes, 127.0.0.1:1936 for the stats page and 127.0.0.1:9999 for the Runtime API. HAProxy itself
// judges the words of Algorithm and Sticky: `haproxy -c -f FILE`.
func WriteConfig(w io.Writer, c Config) error {
	nodes := make([]runningNode, len(c.Nodes))
	for i, node := range c.Nodes {
		nodes[i] = runningNode{Node: node, Addr: node.Listen}
		if node.Listen == "" {
			nodes[i].Addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(fileFirstNode+i))
		}
	}
	config, err := newHAProxyConfig(c, nodes)
	config.Frontend, config.Stats, config.RuntimeAPI = fileFrontend, fileStats, fileRuntimeAPI
	if c.Listen != "" {
		config.Frontend = c.Listen
		err = errors.Join(err, checkListen(c.Listen))
	}
	if err != nil {
		return fmt.Errorf("configuration of HAProxy: %w", err)
	}
	return haproxyTemplate.Execute(w, config)
}
