package lab

// balancer is what stands in front of the nodes: the embedded one (embedded.go) or a real haproxy
// (haproxy.go). It can serve when its constructor has returned.
type balancer interface {
	// url is where users reach the nodes through it, http://HOST:PORT.
	url() string
	// runtimeAPI is where it takes HAProxy's Runtime API commands, tcp://HOST:PORT.
	runtimeAPI() string
	// addresses are all of its listeners, for a user to read.
	addresses() []Address
	// close stops it and returns when nothing of it runs any more.
	close() error
}

// An Address is one listener of a laboratory.
type Address struct {
	Name string // such as "balancer", "Runtime API", "s1"
	URL  string // http://HOST:PORT, or tcp://HOST:PORT for the Runtime API
}

// A runningNode is a node and the address, HOST:PORT, on which the balancer finds it.
type runningNode struct {
	Node
	Addr string
}
