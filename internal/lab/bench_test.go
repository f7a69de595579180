package lab

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// BenchmarkLab is what one sticky request costs through the embedded balancer, client included: the
// laboratory shares the machine with the load, so it must not be what a run measures.
func BenchmarkLab(b *testing.B) {
	l, err := Start(context.Background(), Config{
		Sticky: "cookie SERVERID insert indirect nocache",
		Nodes:  []Node{{Tag: "s1"}, {Tag: "s2"}},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	for name, url := range map[string]string{"balancer": l.URL(), "node": l.NodeURL("s1")} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) { benchUser(b, pb, url) })
		})
	}
}

func benchUser(b *testing.B, pb *testing.PB, url string) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	get := func(cookies string) http.Header {
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: lab\r\n"+cookies+"\r\n"); err != nil {
			b.Fatal(err)
		}
		response, err := http.ReadResponse(r, nil)
		if err != nil {
			b.Fatal(err)
		}
		io.Copy(io.Discard, response.Body)
		return response.Header
	}
	var pairs []string
	for _, c := range get("")["Set-Cookie"] {
		pair, _, _ := strings.Cut(c, ";")
		pairs = append(pairs, pair)
	}
	cookies := "Cookie: " + strings.Join(pairs, "; ") + "\r\n"
	for pb.Next() {
		get(cookies)
	}
}
