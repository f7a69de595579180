package loadgen

import (
	"bytes"
	"testing"
)

// FuzzResponse reads any bytes as a response: it comes out as one or as a wireError, the same one however
// the bytes are split, and with the body that net/http sees where that accepts them too.
func FuzzResponse(f *testing.F) {
	for _, tt := range responseCases {
		if len(tt.wire) < 1000 {
			f.Add([]byte(tt.wire), tt.head)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, head bool) {
		var a, b response
		whole := cannedConn(bytes.Clone(data), len(data)+1)
		err := whole.do([]byte(plainGet), head, soon(), &a)
		again := cannedConn(bytes.Clone(data), 1).do([]byte(plainGet), head, soon(), &b)
		if kindOf(err) != kindOf(again) {
			t.Fatalf("whole: %v; byte by byte: %v", err, again)
		}
		if a.received > int64(len(data)) || a.received < int64(len(a.body)) {
			t.Fatalf("received %d of %d, %d of them the body", a.received, len(data), len(a.body))
		}
		if err != nil {
			if kind := kindOf(err); kind != KindClosed && kind != KindTruncated && kind != KindMalformed && kind != KindTooLarge {
				t.Fatalf("%q %v", kind, err)
			}
			return
		}
		if a.status != b.status || !bytes.Equal(a.body, b.body) || a.received != b.received {
			t.Fatalf("whole: %d %q, received %d; byte by byte: %d %q, %d", a.status, a.body, a.received, b.status, b.body, b.received)
		}
		if whole.reusable() && a.received != int64(len(data)) {
			t.Fatal("reusable with bytes left over")
		}
		compareWithStd(t, data, head, &a)
	})
}

func compareWithStd(t *testing.T, data []byte, head bool, a *response) {
	res, body, err := reference(data, head)
	if err != nil {
		return
	}
	if a.minor == 0 && a.field("Transfer-Encoding") != "" {
		return // net/http passes over it and takes the chunks for the body (RFC 9112 §6.1 leaves it open)
	}
	if res.StatusCode == 101 {
		return // net/http gives the connection as the body
	}
	if res.StatusCode != a.status || !bytes.Equal(body, a.body) {
		t.Fatalf("%d %q, net/http reads %d %q", a.status, a.body, res.StatusCode, body)
	}
	if folded := bytes.Contains(data, []byte("\n ")) || bytes.Contains(data, []byte("\n\t")); folded {
		return // into how many blanks is left open
	}
	for name, values := range res.Header {
		if got := a.field(name); got != values[0] {
			t.Fatalf("field %q is %q, net/http reads %q", name, got, values[0])
		}
	}
}
