package lab_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"stickbench/internal/lab"
)

// nodes are where the requests of n users came to.
func (b *bench) nodes(ctx context.Context, n string, user func(i int) string) (came []string, err error) {
	count, err := strconv.Atoi(n)
	for i := 0; err == nil && i < count; i++ {
		err = b.visit(ctx, http.MethodGet, user(i), func(s seen) { came = append(came, s.where()) })
	}
	return came, err
}

// stranger is the name of a user who was not there before.
func (b *bench) stranger(int) string { return "new " + strconv.Itoa(len(b.users)) }

// counted says how often each word occurs, in their order.
func counted(words []string) (counts []string) {
	slices.Sort(words)
	for len(words) > 0 {
		n := 1
		for n < len(words) && words[n] == words[0] {
			n++
		}
		counts = append(counts, fmt.Sprintf("%d × %s", n, words[0]))
		words = words[n:]
	}
	return counts
}

// seen is what came of a request, to its user and at the node.
type seen struct {
	user       string
	closed     bool // the connection, without a response
	response   *http.Response
	body       string
	atNode     *lab.NodeExchange // nil: it did not come to one
	tag, id    string
	views      int
	setCookies []string
}

// where is the node, or what there was in its place.
func (s seen) where() string {
	switch {
	case s.closed:
		return "closed"
	case s.tag == "":
		return strconv.Itoa(s.response.StatusCode)
	}
	return s.tag
}

// visit lets a user send a request and tells what came of it.
func (b *bench) visit(ctx context.Context, method, name string, tell func(seen)) error {
	b.sent++
	number := strconv.Itoa(b.sent)
	s := seen{user: name}
	response, body, err := b.user(name).request(ctx, b.lab.URL(), method, number)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		s.closed = true
	case err != nil:
		return fmt.Errorf("%s %s: %w", method, name, err)
	default:
		s.response, s.body = response, body
		s.setCookies = response.Header.Values("Set-Cookie")
	}
	if !s.closed && s.response.Header.Get("X-Powered-By") != "" {
		if s.atNode, err = b.arrived(ctx, number); err != nil {
			return err
		}
		s.tag = s.atNode.Node
	}
	if s.tag != "" && method == http.MethodGet {
		var hello struct {
			SessionViews int
			ID           string
		}
		if err := json.Unmarshal([]byte(body), &hello); err != nil {
			return fmt.Errorf("%s: %w", body, err)
		}
		s.views, s.id = hello.SessionViews, hello.ID
	}
	tell(s)
	return nil
}

// arrived waits for the node to tell of a request that it has responded to.
func (b *bench) arrived(ctx context.Context, number string) (*lab.NodeExchange, error) {
	for {
		select {
		case e := <-b.exchanges:
			if e.Header.Get(numbered) == number {
				return &e, nil
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (b *bench) tell(s seen) {
	switch {
	case s.closed:
		b.say("%s closed without a response", s.user)
		return
	case s.tag == "":
		b.say("%s %d", s.user, s.response.StatusCode)
		b.say("  %q", s.body)
	case s.views == 0:
		b.say("%s %d %s", s.user, s.response.StatusCode, s.tag)
	default:
		b.say("%s %d %s, view %d of session %d", s.user, s.response.StatusCode, s.tag, s.views, b.session(s.id))
	}
	for _, cookie := range s.setCookies {
		b.say("  Set-Cookie: %s", b.masked(cookie))
	}
	for _, value := range s.response.Header.Values("Cache-Control") {
		b.say("  Cache-Control: %s", value)
	}
	if s.atNode != nil {
		for _, value := range s.atNode.Header.Values("Cookie") {
			b.say("  at the node: Cookie: %s", b.masked(value))
		}
	}
}

func (b *bench) tellHeaders(s seen) {
	b.say("%s", strings.Join(names(s.response.Header), " "))
	if s.atNode != nil {
		b.say("at the node: %s", strings.Join(names(s.atNode.Header), " "))
	}
}

func names(h http.Header) (all []string) {
	for name := range h {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// session is the number of a session id.
func (b *bench) session(id string) int {
	if _, known := b.sessions[id]; !known {
		b.sessions[id] = len(b.sessions) + 1
	}
	return b.sessions[id]
}

// nodeCookie is the value of the nodes' own cookie: a signed session id.
var nodeCookie = regexp.MustCompile(`s%3A([\w-]{32})\.[\w%]*`)

// masked puts sessions' numbers in place of their ids.
func (b *bench) masked(text string) string {
	return nodeCookie.ReplaceAllStringFunc(text, func(value string) string {
		return fmt.Sprintf("<session %d>", b.session(nodeCookie.FindStringSubmatch(value)[1]))
	})
}

// A visitor is a user with a jar and one connection, who tries nothing again.
type visitor struct {
	jar  *cookiejar.Jar
	conn net.Conn
	r    *bufio.Reader
}

// site is where cookies belong; it is secure so that cookies which are so come back.
var site = &url.URL{Scheme: "https", Host: "lab", Path: "/"}

func (b *bench) user(name string) *visitor {
	v, known := b.users[name]
	if !known {
		jar, _ := cookiejar.New(nil) // never fails without options
		v = &visitor{jar: jar}
		b.users[name] = v
	}
	return v
}

func (v *visitor) hangUp() {
	if v.conn != nil {
		v.conn.Close()
		v.conn = nil
	}
}

func (v *visitor) request(ctx context.Context, balancer, method, number string) (*http.Response, string, error) {
	if v.conn == nil {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", strings.TrimPrefix(balancer, "http://"))
		if err != nil {
			return nil, "", err
		}
		v.conn, v.r = conn, bufio.NewReader(conn)
	}
	v.conn.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.WriteString(v.conn, v.head(method, number)); err != nil {
		return nil, "", err
	}
	response, err := http.ReadResponse(v.r, nil)
	if err != nil {
		v.hangUp()
		return nil, "", err
	}
	body, err := io.ReadAll(response.Body)
	if response.Close || err != nil {
		v.hangUp()
	}
	v.jar.SetCookies(site, response.Cookies())
	return response, string(body), err
}

// head is the request as it goes over the wire, with a body that delays nothing if it is a POST.
func (v *visitor) head(method, number string) string {
	var text strings.Builder
	path, body := "/", ""
	if method == http.MethodPost {
		path, body = "/delay", `{"delay": 0}`
	}
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\nHost: lab\r\n%s: %s\r\n", method, path, numbered, number)
	if body != "" {
		fmt.Fprintf(&text, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	var cookies []string
	for _, c := range v.jar.Cookies(site) {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	if len(cookies) > 0 {
		fmt.Fprintf(&text, "Cookie: %s\r\n", strings.Join(cookies, "; "))
	}
	return text.String() + "\r\n" + body
}
