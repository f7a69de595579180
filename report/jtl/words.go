package jtl

import (
	"net/url"
	"strings"

	"stickbench/loadgen"
)

// JMeter's words for a sample without an HTTP response (HTTPSamplerBase.errorResult).
const (
	nonHTTPCode    = "Non HTTP response code: "
	nonHTTPMessage = "Non HTTP response message: "
)

// jmeterWords are the exception that JMeter 5 with HttpClient 4 meets in a failure of that kind, and its
// message, in which %s is the target as host:port.
var jmeterWords = map[loadgen.Kind]struct{ class, message string }{
	loadgen.KindDNS:       {"java.net.UnknownHostException", "%s: Name or service not known"},
	loadgen.KindRefused:   {"org.apache.http.conn.HttpHostConnectException", "Connect to %s failed: Connection refused"},
	loadgen.KindConnTime:  {"org.apache.http.conn.ConnectTimeoutException", "Connect to %s failed: connect timed out"},
	loadgen.KindConnect:   {"java.net.ConnectException", "Connect to %s failed"},
	loadgen.KindLocal:     {"java.net.BindException", "Cannot assign requested address"},
	loadgen.KindTLS:       {"javax.net.ssl.SSLException", "TLS handshake with %s failed"},
	loadgen.KindTimeout:   {"java.net.SocketTimeoutException", "Read timed out"},
	loadgen.KindClosed:    {"org.apache.http.NoHttpResponseException", "%s failed to respond"},
	loadgen.KindReset:     {"java.net.SocketException", "Connection reset"},
	loadgen.KindTruncated: {"org.apache.http.ConnectionClosedException", "Premature end of message body"},
	loadgen.KindMalformed: {"org.apache.http.client.ClientProtocolException", "null"},
	loadgen.KindTooLarge:  {"org.apache.http.MessageConstraintException", "Maximum header length limit exceeded"},
	loadgen.KindRedirect:  {"java.io.IOException", "Exceeded maximum number of redirects"},
	loadgen.KindVariable:  {"java.net.MalformedURLException", "nothing was sent"},
}

// appendCode appends the responseCode of a sample without a status: JMeter's exception by kind, or
// nothing, as for samples of other tools that are not HTTP at all.
func appendCode(b []byte, s *loadgen.Sample) []byte {
	if w, ok := jmeterWords[s.Kind]; ok {
		return append(append(b, nonHTTPCode...), w.class...)
	}
	if s.Failed() && strings.HasPrefix(s.Reason, nonHTTPMessage) {
		return append(append(b, nonHTTPCode...), "java.lang.Exception"...)
	}
	return b
}

// appendMessage appends the responseMessage of a sample without a status and without a reason of its own.
func appendMessage(b []byte, kind loadgen.Kind, rawURL string) []byte {
	w, ok := jmeterWords[kind]
	if !ok {
		return b
	}
	b = append(b, nonHTTPMessage...)
	before, after, found := strings.Cut(w.message, "%s")
	b = append(b, before...)
	if found {
		b = append(append(b, hostPort(rawURL)...), after...)
	}
	return b
}

// hostPort is the host and the port of a URL, the scheme's port if it names none.
func hostPort(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" {
		return "the target"
	}
	if u.Port() != "" {
		return u.Host
	}
	if u.Scheme == "https" {
		return u.Host + ":443"
	}
	return u.Host + ":80"
}

// kindOf is the kind of a failed sample of another tool, by its responseCode, responseMessage and
// failureMessage.
func kindOf(code, message, failure string, status int) loadgen.Kind {
	if class, ok := strings.CutPrefix(code, nonHTTPCode); ok {
		return kindOfClass(strings.TrimSpace(class), message)
	}
	switch {
	case status != 0 && (status < 200 || status >= 400):
		return loadgen.KindStatus
	case failure != "":
		return loadgen.KindAssertion
	}
	return loadgen.KindOther
}

// classKinds are the exceptions that stand for one kind of failure, by the last part of their name.
var classKinds = map[string]loadgen.Kind{
	"UnknownHostException":            loadgen.KindDNS,
	"ConnectTimeoutException":         loadgen.KindConnTime,
	"HttpConnectTimeoutException":     loadgen.KindConnTime,
	"NoRouteToHostException":          loadgen.KindConnect,
	"BindException":                   loadgen.KindLocal,
	"PortUnreachableException":        loadgen.KindConnect,
	"HttpTimeoutException":            loadgen.KindTimeout,
	"NoHttpResponseException":         loadgen.KindClosed,
	"ConnectionClosedException":       loadgen.KindTruncated,
	"TruncatedChunkException":         loadgen.KindTruncated,
	"EOFException":                    loadgen.KindTruncated,
	"ClientProtocolException":         loadgen.KindMalformed,
	"ProtocolException":               loadgen.KindMalformed,
	"UnsupportedHttpVersionException": loadgen.KindMalformed,
	"MalformedChunkCodingException":   loadgen.KindMalformed,
	"MessageConstraintException":      loadgen.KindTooLarge,
	"RedirectException":               loadgen.KindRedirect,
	"CircularRedirectException":       loadgen.KindRedirect,
	"MalformedURLException":           loadgen.KindVariable,
	"URISyntaxException":              loadgen.KindVariable,
}

// messageKinds are the exceptions that stand for several: the first kind whose text the message holds, in
// lower case, counts. The texts are those of the JDK and of HttpClient 4; "" is in every message.
var messageKinds = map[string][]struct {
	text string
	kind loadgen.Kind
}{
	"HttpHostConnectException": {{"refused", loadgen.KindRefused}, {"timed out", loadgen.KindConnTime}, {"", loadgen.KindConnect}},
	"ConnectException":         {{"refused", loadgen.KindRefused}, {"timed out", loadgen.KindConnTime}, {"", loadgen.KindConnect}},
	"SocketTimeoutException":   {{"connect timed out", loadgen.KindConnTime}, {"", loadgen.KindTimeout}},
	// "Socket closed" is JMeter's own doing, when it is stopped.
	"SocketException":          {{"unreachable", loadgen.KindConnect}, {"socket closed", loadgen.KindOther}, {"", loadgen.KindReset}},
	"IOException":              {{"redirect", loadgen.KindRedirect}},
	"IllegalArgumentException": {{"redirect", loadgen.KindRedirect}},
}

// kindOfClass is the kind of failure that a Java exception stands for.
func kindOfClass(class, message string) loadgen.Kind {
	name := class[strings.LastIndexByte(class, '.')+1:]
	if kind, ok := classKinds[name]; ok {
		return kind
	}
	message = strings.ToLower(message)
	for _, m := range messageKinds[name] {
		if strings.Contains(message, m.text) {
			return m.kind
		}
	}
	if strings.HasPrefix(class, "javax.net.ssl.") || strings.HasPrefix(class, "java.security.cert.") {
		return loadgen.KindTLS
	}
	return loadgen.KindOther
}
