//go:build !unix

package lab

import "net"

// alive cannot be known without reading here: a request over a connection that its node has closed
// fails as one that was in progress does.
func alive(net.Conn) bool { return true }
