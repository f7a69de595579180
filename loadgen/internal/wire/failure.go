package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// Kind is why a request has no response. It never depends on the wording of an operating system's or a
// library's error, and is the same for the same fault in HTTP/1.1, under TLS and in HTTP/2.
//
//	                                            HTTP/1.1, TLS            HTTP/2
//	KindDNS        the name has no address      lookup                   lookup
//	KindRefused    nothing listens              RST to the SYN           RST to the SYN
//	KindConnTime   the timeout, connecting      TCP, tunnel, handshake   the same
//	KindConnect    no way there                 unreachable, tunnel      the same
//	KindLocal      this machine's own limits    files, ports, memory     the same
//	KindTLS        no TLS with that peer        certificate, alert       and no ALPN h2
//	KindTimeout    the timeout, waiting         for the response         for the response
//	KindClosed     ended before a response      FIN, TLS's close_notify  the same, GOAWAY
//	KindReset      broken off by the peer       RST                      RST, RST_STREAM
//	KindTruncated  ended within a response      FIN in head or body      FIN, GOAWAY, END_STREAM too early
//	KindMalformed  not HTTP                     by our parser            by net/http's, and our own checks
//	KindTooLarge   more head than is read       64 KiB                   64 KiB
//	KindVariable   no request can be made       (package loadgen)        of a value that HTTP/2 cannot carry
type Kind string

// The kinds of failure of an exchange.
const (
	OK            Kind = ""
	KindDNS       Kind = "dns"
	KindRefused   Kind = "connect_refused"
	KindConnTime  Kind = "connect_timeout"
	KindConnect   Kind = "connect"
	KindLocal     Kind = "local"
	KindTLS       Kind = "tls"
	KindTimeout   Kind = "timeout"
	KindClosed    Kind = "closed"
	KindReset     Kind = "reset"
	KindTruncated Kind = "truncated"
	KindMalformed Kind = "malformed"
	KindTooLarge  Kind = "too_large"
	KindVariable  Kind = "variable"
)

// late says what did not happen in time.
type late string

func (l late) Error() string { return string(l) + " in time" }

// unsent is an error of a connection that had ended before anything sent on it reached the peer.
type unsent string

func (u unsent) Error() string     { return string(u) }
func (u unsent) Is(err error) bool { return err == errUnsent }

var (
	// errUnsent is what every error is (errors.Is) after which the request may go on another connection.
	errUnsent error = unsent("the connection cannot be used again: nothing was sent")
	errGone   error = unsent("connection closed before the request: nothing was sent")
	errShot   error = unsent("connection reset before the request: nothing was sent")
	errStray  error = unsent("bytes that belong to no request: nothing was sent")
	// errGoAway and errRefused are what an HTTP/2 server says of a request that it got and did not process.
	errGoAway  error = unsent("the server ended the connection (GOAWAY): the request was not processed")
	errRefused error = unsent("the server refused the stream (REFUSED_STREAM): the request was not processed")

	// errCut is the error of what was in flight when the run was cut.
	errCut = errors.New("cut by the end of the run")

	errEnded     = errors.New("the server ended the connection (GOAWAY)")
	errInterim   = malformed(fmt.Sprintf("more than %d interim responses (1xx) to one request", mostInterim))
	errNotHTTP2  = malformed("the response is not HTTP/2")
	errTooLarge  = fmt.Errorf("header larger than %d KiB", maxHead>>10)
	errChunksCut = cutShort("body cut short between chunks")
)

// cutShort is a response whose connection ended before it did.
type cutShort string

func (s cutShort) Error() string { return string(s) }

func bodyCut(got, size int64) error {
	return cutShort(fmt.Sprintf("body cut short: %d of %d bytes", got, size))
}

func chunkCut(got, size int64) error {
	return cutShort(fmt.Sprintf("body cut short: %d of %d bytes of a chunk", got, size))
}

// explain makes an Error of what do met: err, and writeErr if the request could not be sent whole before.
func (c *http1) explain(err, writeErr error, a *Response) error {
	if c.closed.Load() {
		return &Error{KindClosed, errCut}
	}
	if endOfTLS(c.tls, err) {
		writeErr = nil
	}
	return explain(err, writeErr, !a.FirstByte.IsZero())
}

// explain makes an Error of err, which ended an exchange: one of our own findings, or what the connection came to.
// begun says that the response had begun.
func explain(err, writeErr error, begun bool) *Error {
	var bad malformed
	var short cutShort
	switch {
	case tlsFailure(err) != "":
		return &Error{KindTLS, errors.New(tlsFailure(err))}
	case err == errShot, err == errRefused, errors.As(err, new(peerReset)):
		return &Error{KindReset, err}
	case err == errStray:
		return &Error{KindMalformed, err}
	case errors.Is(err, errUnsent), err == errEnded:
		return &Error{KindClosed, err}
	case err == errTooLarge:
		return &Error{KindTooLarge, err}
	case errors.As(err, &bad):
		return &Error{KindMalformed, err}
	case errors.As(err, &short):
		return &Error{KindTruncated, err}
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return &Error{KindTimeout, lateness(writeErr, begun)}
	}
	return lost(err, writeErr, begun)
}

func lateness(writeErr error, begun bool) late {
	switch {
	case begun:
		return "response not complete"
	case writeErr != nil:
		return "request not taken"
	}
	return "no response"
}

// gone is what became of a kept connection that ended with err between two requests.
func gone(err error) error {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return err
	case errors.Is(err, syscall.ECONNRESET):
		return errShot
	}
	return errGone
}

// lost is the end of a connection that was expected to go on.
func lost(err, writeErr error, begun bool) *Error {
	ended := err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF)
	switch {
	case ended && begun:
		return &Error{KindTruncated, cutShort("header cut short")}
	case ended && !errors.Is(writeErr, syscall.ECONNRESET):
		return &Error{KindClosed, errors.New("connection closed before a response")}
	case begun:
		return &Error{KindReset, errors.New("connection reset within the response")}
	}
	return &Error{KindReset, errors.New("connection reset before a response")}
}

// explainDial makes an Error of why there is no connection to address.
func explainDial(err error, address string) *Error {
	var dns *net.DNSError
	for _, k := range dialErrors {
		if errors.Is(err, k.errno) {
			return &Error{k.kind, errors.New(k.text + ": " + address)}
		}
	}
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return &Error{KindDNS, errors.New("no such host: " + dns.Name)}
	case errors.As(err, &dns):
		return &Error{KindDNS, errors.New("name lookup failed: " + dns.Name)}
	case isTimeout(err):
		return &Error{KindConnTime, late("no connection to " + address)}
	}
	return &Error{KindConnect, errors.New("no connection: " + address)}
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

// dialErrors tell what the network did from what this machine does not let us do.
var dialErrors = []struct {
	errno syscall.Errno
	kind  Kind
	text  string
}{
	{syscall.ECONNREFUSED, KindRefused, "connection refused"},
	{syscall.ECONNRESET, KindReset, "connection reset while connecting"},
	{syscall.ENETUNREACH, KindConnect, "network unreachable"},
	{syscall.EHOSTUNREACH, KindConnect, "host unreachable"},
	{syscall.EADDRNOTAVAIL, KindLocal, "no local address or port left to connect from"},
	{syscall.EADDRINUSE, KindLocal, "no local port left to connect from"},
	{syscall.EMFILE, KindLocal, "too many open files (ulimit -n) to connect"},
	{syscall.ENFILE, KindLocal, "too many open files in the system to connect"},
	{syscall.ENOBUFS, KindLocal, "no memory left for connections"},
	{syscall.ENOMEM, KindLocal, "no memory left for connections"},
	{syscall.EACCES, KindLocal, "this machine does not permit to connect"},
	{syscall.EPERM, KindLocal, "this machine does not permit to connect"},
}

// explainTLS makes an Error of why the handshake with host failed.
func explainTLS(err error, host string) *Error {
	const accept = " (--insecure accepts it)"
	var (
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		verify  *tls.CertificateVerificationError
		noTLS   tls.RecordHeaderError
		text    string
	)
	switch {
	case isTimeout(err):
		return &Error{KindConnTime, late("no TLS handshake with " + host)}
	case errors.As(err, &unknown):
		text = "certificate of " + host + " is not signed by a known authority" + accept
	case errors.As(err, &name):
		text = "certificate is for another name than " + host + accept
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		text = "certificate of " + host + " has expired or is not valid yet" + accept
	case errors.As(err, &verify):
		text = "certificate of " + host + " is not valid" + accept
	case errors.As(err, &noTLS):
		text = host + " does not speak TLS here: is it an http:// address?"
	case alert(err) != "":
		text = "TLS handshake refused by " + host + ": " + alert(err)
	case err == io.EOF, errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		text = "connection ended within the TLS handshake with " + host
	default:
		text = "TLS handshake with " + host + " failed: " + err.Error()
	}
	return &Error{KindTLS, errors.New(text)}
}

// tlsFailure is what err says of TLS after the handshake, "" if it is of something else: the peer's alert, or why
// we refused what it sent.
func tlsFailure(err error) string {
	var noTLS tls.RecordHeaderError
	var op *net.OpError
	switch {
	case alert(err) != "":
		return "TLS ended by the server: " + alert(err)
	case errors.As(err, &noTLS):
		return "the server stopped speaking TLS"
	case errors.As(err, &op) && op.Op == "local error":
		return "the server broke TLS: " + strings.TrimPrefix(op.Err.Error(), "tls: ")
	}
	return ""
}

// endOfTLS reports whether err, of a read from c, is the end that TLS told (close_notify: RFC 8446 §6.1). Nothing is
// missing then, though the connection may be reset behind it, as it is where the server has not read all. crypto/tls
// returns io.EOF also where the connection itself ended between two records.
func endOfTLS(c net.Conn, err error) bool {
	secure, _ := c.(*tls.Conn)
	if secure == nil || err != io.EOF {
		return false
	}
	s, _ := secure.NetConn().(*socket)
	return s != nil && !s.ended
}

// alert is what the peer's TLS alert says (RFC 8446 §6), "" if err is none. crypto/tls has no type for it
// but the operation that package net names.
func alert(err error) string {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" {
		return ""
	}
	return strings.TrimPrefix(op.Err.Error(), "tls: ")
}
