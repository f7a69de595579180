package lab

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// A visitor is a user with a jar and one connection, who sees everything and tries nothing again.
type visitor struct {
	conn    net.Conn
	r       *bufio.Reader
	cookies map[string]string
}

// A visit is what came of a request.
type visit struct {
	Tag    string
	Views  int    `json:"sessionViews"`
	ID     string `json:"id"`
	Status int    `json:"-"`
	Header http.Header
	Body   string `json:"-"`
}

func (v visit) String() string { return fmt.Sprintf("%s:%d", v.Tag, v.Views) }

func newVisitor(t *testing.T, url string) *visitor {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &visitor{conn: conn, r: bufio.NewReader(conn), cookies: map[string]string{}}
}

func (v *visitor) send() error {
	var cookies []string
	for name, value := range v.cookies {
		cookies = append(cookies, name+"="+value)
	}
	request := "GET / HTTP/1.1\r\nHost: lab\r\n"
	if len(cookies) > 0 {
		request += "Cookie: " + strings.Join(cookies, "; ") + "\r\n"
	}
	_, err := io.WriteString(v.conn, request+"\r\n")
	return err
}

func (v *visitor) receive() (seen visit, err error) {
	response, err := http.ReadResponse(v.r, nil)
	if err != nil {
		return seen, err
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return seen, err
	}
	for _, c := range response.Cookies() {
		v.cookies[c.Name] = c.Value
	}
	seen.Status, seen.Header, seen.Body = response.StatusCode, response.Header, string(body)
	if response.StatusCode == http.StatusOK {
		err = json.Unmarshal(body, &seen)
	}
	return seen, err
}

func (v *visitor) get(t *testing.T) visit {
	t.Helper()
	if err := v.send(); err != nil {
		t.Fatal(err)
	}
	seen, err := v.receive()
	if err != nil {
		t.Fatal(err)
	}
	return seen
}
