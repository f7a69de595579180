package loadgen

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// wireError is why a request has no response. Its message is in words of our own, alike on every system
// and in every run, as reports count failures by their message.
type wireError struct {
	kind Kind
	err  error
}

func (e *wireError) Error() string { return e.err.Error() }
func (e *wireError) Unwrap() error { return e.err }

// KindOf is why an origin cannot be reached, from an error of Probe; KindOther if err is none.
func KindOf(err error) Kind {
	var w *wireError
	if errors.As(err, &w) {
		return w.kind
	}
	return KindOther
}

// within is the message, and says how long was waited where a time limit was the reason.
func (e *wireError) within(limit time.Duration) string {
	if l, ok := e.err.(late); ok {
		return string(l) + " within " + limit.String()
	}
	return e.Error()
}

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

	// errCut is the error of do after close, and of dial after its context ended.
	errCut = errors.New("cut by the end of the run")

	// errSurplus is more than the response that was asked for: which of it is that response cannot be told.
	errSurplus = malformed("more than one response to one request")

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

// explain makes a wireError of what do met: err, and writeErr if the request could not be sent whole
// before.
func (c *conn) explain(err, writeErr error, a *response) error {
	begun := !a.firstByte.IsZero()
	var bad malformed
	var short cutShort
	switch {
	case c.closed.Load():
		return &wireError{KindClosed, errCut}
	case err == errStray:
		return &wireError{KindMalformed, err}
	case err == errGone:
		return &wireError{KindClosed, err}
	case err == errShot:
		return &wireError{KindReset, err}
	case err == errTooLarge:
		return &wireError{KindTooLarge, err}
	case errors.As(err, &bad):
		return &wireError{KindMalformed, err}
	case errors.As(err, &short):
		return &wireError{KindTruncated, err}
	case alert(err) != "":
		return &wireError{KindTLS, errors.New("TLS ended by the server: " + alert(err))}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &wireError{KindTimeout, lateness(writeErr, begun)}
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
	if errors.Is(err, syscall.ECONNRESET) {
		return errShot
	}
	return errGone
}

// lost is the end of a connection that was expected to go on.
func lost(err, writeErr error, begun bool) *wireError {
	ended := err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF)
	switch {
	case ended && begun:
		return &wireError{KindTruncated, cutShort("header cut short")}
	case ended && !errors.Is(writeErr, syscall.ECONNRESET):
		return &wireError{KindClosed, errors.New("connection closed before a response")}
	case begun:
		return &wireError{KindReset, errors.New("connection reset within the response")}
	}
	return &wireError{KindReset, errors.New("connection reset before a response")}
}

// explainDial makes a wireError of why there is no connection to address.
func explainDial(err error, address string) *wireError {
	var dns *net.DNSError
	for _, k := range dialErrors {
		if errors.Is(err, k.errno) {
			return &wireError{k.kind, errors.New(k.text + ": " + address)}
		}
	}
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return &wireError{KindDNS, errors.New("no such host: " + dns.Name)}
	case errors.As(err, &dns):
		return &wireError{KindDNS, errors.New("name lookup failed: " + dns.Name)}
	case isTimeout(err):
		return &wireError{KindConnTime, late("no connection to " + address)}
	}
	return &wireError{KindConnect, errors.New("no connection: " + address)}
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

var dialErrors = []struct {
	errno syscall.Errno
	kind  Kind
	text  string
}{
	{syscall.ECONNREFUSED, KindRefused, "connection refused"},
	{syscall.ECONNRESET, KindReset, "connection reset while connecting"},
	{syscall.ENETUNREACH, KindConnect, "network unreachable"},
	{syscall.EHOSTUNREACH, KindConnect, "host unreachable"},
	{syscall.EADDRNOTAVAIL, KindConnect, "no local port left to connect from"},
	{syscall.EMFILE, KindConnect, "too many open files (ulimit -n) to connect"},
	{syscall.ENFILE, KindConnect, "too many open files in the system to connect"},
	{syscall.EACCES, KindConnect, "not permitted to connect"},
	{syscall.EPERM, KindConnect, "not permitted to connect"},
}

// explainTLS makes a wireError of why the handshake with host failed.
func explainTLS(err error, host string) *wireError {
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
		return &wireError{KindConnTime, late("no TLS handshake with " + host)}
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
	return &wireError{KindTLS, errors.New(text)}
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
