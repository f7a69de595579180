package loadgen

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// both is a server of HTTP/1.1 and HTTP/2, without TLS or with it.
func both(t *testing.T, h http.Handler, secure bool) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.Config.Protocols = &http.Protocols{}
	srv.Config.Protocols.SetHTTP1(true)
	srv.Config.Protocols.SetHTTP2(true)
	srv.Config.Protocols.SetUnencryptedHTTP2(true)
	srv.EnableHTTP2 = true
	if secure {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
	return srv
}

// shape is what a sample says apart from times, ports and sizes.
func shape(s Sample) Sample {
	s.Start, s.Elapsed, s.Latency, s.Connect = 0, 0, 0, 0
	s.URL, s.Session = s.URL[strings.LastIndex(s.URL, "/"):], ""
	s.Received, s.Sent, s.ActiveAll, s.ActiveGroup = 0, 0, 0, 0
	return s
}

// TestBothVersions runs one plan over HTTP/1.1 and HTTP/2, with and without TLS: redirects, cookies,
// bodies, extractions and failures must give the same samples.
func TestBothVersions(t *testing.T) {
	handler := func() http.Handler {
		mux := http.NewServeMux()
		mux.Handle("/", &application{})
		mux.Handle("/moved", http.RedirectHandler("/x", http.StatusFound))
		mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("User-Agent") != "" {
				w.WriteHeader(http.StatusTeapot)
			}
			io.Copy(w, r.Body)
		})
		mux.HandleFunc("/bad", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusBadGateway) })
		return mux
	}
	echo := get(t, "/echo", `body == "hello"`, "status == 200")
	echo.Request.Method, echo.Request.Body = "POST", template(t, "hello")
	head := get(t, "/", "status == 200", "body == ''")
	head.Request.Method = "HEAD"
	var want []Sample
	for _, tt := range []struct {
		name          string
		http2, secure bool
	}{{"http/1.1", false, false}, {"http/1.1 with TLS", false, true}, {"h2c", true, false}, {"h2", true, true}} {
		srv := both(t, handler(), tt.secure)
		plan := &Plan{Target: srv.URL, HTTP2: tt.http2, Session: sessionWords(t), Groups: []Group{{
			Name: "g", Users: 1, Iterations: 3,
			Steps: []Step{get(t, "/", "increments()"), get(t, "/moved"), echo, head, get(t, "/bad"), get(t, "/", "status == 404")},
		}}}
		if tt.secure {
			pool := x509.NewCertPool()
			pool.AddCert(srv.Certificate())
			plan.TLS = &tls.Config{RootCAs: pool, ServerName: "example.com"}
		}
		samples, account := runPlan(t, plan)
		if account.Connections != 1 || account.Redirects != 3 {
			t.Errorf("%s: %+v", tt.name, account)
		}
		var got []Sample
		for _, s := range samples {
			if s.Latency <= 0 || s.Latency > s.Elapsed || s.Sent <= 9 || s.Received <= 9 || (s.Connect > 0) != (len(got) == 0) {
				t.Errorf("%s: %+v", tt.name, s)
			}
			got = append(got, shape(s))
		}
		if want == nil {
			want = got
		}
		for i := range want {
			if i >= len(got) || got[i] != want[i] {
				t.Fatalf("%s: sample %d\n%+v\nwant\n%+v", tt.name, i, got[min(i, len(got)-1)], want[i])
			}
		}
	}
}

// frame is a frame of HTTP/2 (RFC 9113 §4.1).
func frame(kind, flags byte, stream uint32, payload ...byte) []byte {
	b := append([]byte{0, 0, byte(len(payload)), kind, flags}, binary.BigEndian.AppendUint32(nil, stream)...)
	return append(b, payload...)
}

// The kinds of frames that the tests' server uses.
const (
	frameHeaders, frameReset, frameSettings, frameGoAway = 1, 3, 4, 7
)

// refusing is an HTTP/2 server that answers the streams of a connection up to last with a status of 200 and the
// others with what refusal says; it counts what it is asked.
func refusing(t *testing.T, asked *atomic.Int64, last uint32, refusal func(stream uint32) []byte) string {
	return served(t, func(c net.Conn) {
		if _, err := io.ReadFull(c, make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
			return
		}
		c.Write(frame(frameSettings, 0, 0))
		for head := make([]byte, 9); ; {
			if _, err := io.ReadFull(c, head); err != nil {
				return
			}
			if _, err := io.CopyN(io.Discard, c, int64(head[0])<<16|int64(head[1])<<8|int64(head[2])); err != nil {
				return
			}
			if head[3] != frameHeaders {
				continue
			}
			asked.Add(1)
			if stream := binary.BigEndian.Uint32(head[5:]); stream > last {
				c.Write(refusal(stream))
			} else {
				c.Write(frame(frameHeaders, 5, stream, 0x88)) // the end of headers and stream; :status 200
			}
		}
	})
}

// What an HTTP/2 server says it did not process goes on a new connection, once, as nothing happened to it; on a
// new connection it is a failure.
func TestHTTP2Unprocessed(t *testing.T) {
	for name, tt := range map[string]struct {
		refusal func(stream uint32) []byte
		kind    Kind
	}{
		"refused": {func(stream uint32) []byte { return frame(frameReset, 0, stream, 0, 0, 0, 7) }, KindReset},
		"goaway": {func(stream uint32) []byte {
			return frame(frameGoAway, 0, 0, 0, 0, 0, byte(max(stream, 2)-2), 0, 0, 0, 0)
		}, KindClosed},
	} {
		for _, first := range []uint32{1, 0} { // the last stream that is processed
			var asked atomic.Int64
			o := refusing(t, &asked, first, tt.refusal)
			samples, account := runPlan(t, &Plan{Target: "http://" + o, HTTP2: true, Groups: []Group{{
				Name: "g", Users: 1, Iterations: 4, Steps: []Step{get(t, "/")}}}})
			switch {
			case first == 1 && (account.OK != 4 || account.Connections != 4 || asked.Load() != 7):
				t.Errorf("%s: %+v, the server was asked %d times", name, account, asked.Load())
			case first == 0 && (account.Failed != 4 || samples[1].Kind != tt.kind || asked.Load() != 4):
				t.Errorf("%s at once: %q %s, the server was asked %d times", name, samples[1].Kind, samples[1].Failure, asked.Load())
			}
		}
	}
}

func TestHTTP2Failures(t *testing.T) {
	slow := both(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), false)
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{NextProtos: []string{"http/1.1"}}
	old.StartTLS()
	defer old.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	cut := both(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, "x")
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}), false)
	for target, want := range map[string]Kind{
		slow.URL: KindTimeout, old.URL: KindTLS, cut.URL: KindReset,
		plain.URL: KindMalformed, // it answers in HTTP/1.1 and closes with our frames unread
	} {
		timeout := 20 * time.Second
		if want == KindTimeout {
			timeout = 500 * time.Millisecond
		}
		samples, _ := runPlan(t, &Plan{Target: target, HTTP2: true, Timeout: timeout, TLS: &tls.Config{InsecureSkipVerify: true},
			Groups: []Group{{Name: "g", Users: 1, Iterations: 1, Steps: []Step{get(t, "/")}}}})
		if s := samples[0]; s.Kind != want {
			t.Errorf("%q %s, want %q", s.Kind, s.Failure, want)
		}
	}
}
