package wire

import (
	"bytes"
	"testing"
)

// FuzzResponse reads any bytes as a response: it comes out as one or as an Error, the same one however
// the bytes are split, and with the body that net/http sees where that accepts them too.
func FuzzResponse(f *testing.F) {
	for _, tt := range responseCases {
		if len(tt.wire) < 1000 {
			f.Add([]byte(tt.wire), tt.head)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, head bool) {
		var a, b Response
		whole := cannedConn(bytes.Clone(data), len(data)+1)
		err := do(whole, []byte(plainGet), head, soon(), &a)
		again := do(cannedConn(bytes.Clone(data), 1), []byte(plainGet), head, soon(), &b)
		if kindOf(err) != kindOf(again) {
			t.Fatalf("whole: %v; byte by byte: %v", err, again)
		}
		if a.Received > int64(len(data)) || a.Received < int64(len(a.Body)) {
			t.Fatalf("received %d of %d, %d of them the body", a.Received, len(data), len(a.Body))
		}
		if err != nil {
			if kind := kindOf(err); kind != KindClosed && kind != KindTruncated && kind != KindMalformed && kind != KindTooLarge {
				t.Fatalf("%q %v", kind, err)
			}
			return
		}
		if a.Status != b.Status || !bytes.Equal(a.Body, b.Body) || a.Received != b.Received {
			t.Fatalf("whole: %d %q, received %d; byte by byte: %d %q, %d", a.Status, a.Body, a.Received, b.Status, b.Body, b.Received)
		}
		if whole.reusable() && a.Received != whole.in { // what has not been read is for the idle check
			t.Fatal("reusable with bytes left over")
		}
		compareWithStd(t, data, head, &a)
	})
}

func compareWithStd(t *testing.T, data []byte, head bool, a *Response) {
	res, body, err := reference(data, head)
	if err != nil {
		return
	}
	if a.minor == 0 && a.Field("Transfer-Encoding") != "" {
		return // net/http passes over it and takes the chunks for the body (RFC 9112 §6.1 leaves it open)
	}
	if res.StatusCode == 101 {
		return // net/http gives the connection as the body
	}
	if res.StatusCode != a.Status || !bytes.Equal(body, a.Body) {
		t.Fatalf("%d %q, net/http reads %d %q", a.Status, a.Body, res.StatusCode, body)
	}
	if folded := bytes.Contains(data, []byte("\n ")) || bytes.Contains(data, []byte("\n\t")); folded {
		return // into how many blanks is left open
	}
	for name, values := range res.Header {
		if got := a.Field(name); got != values[0] {
			t.Fatalf("field %q is %q, net/http reads %q", name, got, values[0])
		}
	}
}
