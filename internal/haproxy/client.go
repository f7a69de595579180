// Package haproxy is a client of HAProxy's Runtime API: the line protocol that a `stats socket`
// speaks (HAProxy Management Guide, section 9.3 "Unix Socket commands").
//
//	client, err := haproxy.New("tcp://127.0.0.1:9999")
//	before, err := client.ServersState(ctx, "nodes") // states and weights of all servers
//	_, err = client.Do(ctx, "set server nodes/s1 state drain")
//
// Every command has a short connection of its own: interactive mode differs between versions, and
// a `stats socket` serves only 10 connections at a time by default, so none is held.
package haproxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	// defaultTimeout bounds one command: a healthy HAProxy responds in well under a millisecond.
	defaultTimeout = 5 * time.Second
	// maxResponse bounds one response, in bytes; `show stat` takes about 400 per server.
	maxResponse = 16 << 20
)

// Client sends commands to one Runtime API. It may be used by several goroutines: it sends one
// command at a time, so that commands act in the order in which they were given.
type Client struct {
	// Timeout bounds each command, its wait for commands before it included; 5 s from New.
	// It must not change while commands are running.
	Timeout time.Duration

	network, address string
	turn             chan struct{}
}

// New returns a client of the Runtime API at address, "tcp://HOST:PORT" or "unix:///PATH". It does
// not connect.
func New(address string) (*Client, error) {
	network, target, err := parseAddress(address)
	if err != nil {
		return nil, fmt.Errorf("no Runtime API at %q: %w; write tcp://HOST:PORT or unix:///PATH", address, err)
	}
	return &Client{Timeout: defaultTimeout, network: network, address: target, turn: make(chan struct{}, 1)}, nil
}

// parseAddress splits an address into what net.Dial takes.
func parseAddress(address string) (network, target string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", "", errors.New("not a URL")
	}
	if u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", "", errors.New("nothing but an address is taken")
	}
	switch u.Scheme {
	case "tcp":
		port, err := strconv.ParseUint(u.Port(), 10, 16)
		if err != nil || port == 0 || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" {
			return "", "", errors.New("a host and a port from 1 to 65535 are needed, and nothing after them")
		}
		return "tcp", net.JoinHostPort(u.Hostname(), u.Port()), nil
	case "unix":
		if u.Host != "" || !filepath.IsAbs(u.Path) {
			return "", "", errors.New("an absolute path is needed, after three slashes")
		}
		return "unix", u.Path, nil
	}
	return "", "", errors.New("the scheme must be tcp or unix")
}

// The levels of a `stats socket` (Configuration Manual, section 3.1, "stats socket"). HAProxy's
// default is LevelOperator; setting a server's state or weight takes LevelAdmin.
const (
	LevelUser     = "user"
	LevelOperator = "operator"
	LevelAdmin    = "admin"
)

// Level asks what this Runtime API allows: LevelUser, LevelOperator or LevelAdmin.
func (c *Client) Level(ctx context.Context) (string, error) {
	return c.Do(ctx, "show cli level")
}

// ValidName reports whether HAProxy takes name for a proxy or a server: letters and digits of ASCII, and
// the characters - _ . and : (Configuration Manual, section 4).
func ValidName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.:", r)
	})
}

// checkName keeps a proxy's name, or # and its id, from being more than one word of the command.
func (c *Client) checkName(command, name string) error {
	if ValidName(strings.TrimPrefix(name, "#")) {
		return nil
	}
	text := fmt.Sprintf("invalid name %q: want letters, digits, and - _ . :", name)
	return &CommandError{Address: c.String(), Command: command, Kind: ErrBadCommand, Text: text}
}

// String is the address as New takes it.
func (c *Client) String() string { return c.network + "://" + c.address }

// Do sends one command and returns its response without the empty line that ends it. HAProxy has no
// status code: what it says in place of success becomes a *CommandError, by its text and, for
// commands that set something and have nothing to say, by its being there at all.
//
// Refused without being sent: an empty command, several lines, a `;` that is not escaped with `\`,
// and `prompt` and payloads (`<<`), after which HAProxy would wait for more.
func (c *Client) Do(ctx context.Context, command string) (string, error) {
	command = strings.TrimSpace(command)
	if why := refusal(command); why != "" {
		return "", &CommandError{Address: c.String(), Command: command, Kind: ErrBadCommand, Text: why}
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	response, err := c.exchange(ctx, command)
	if err != nil {
		return "", c.transportError(ctx, command, err)
	}
	text := strings.TrimRight(trimSeverity(response), "\n")
	switch kind := classify(command, response, text); kind {
	case nil:
		return text, nil
	case ErrNoResponse:
		text = fmt.Sprintf("the response ended after %d bytes, without the empty line at its end", len(response))
		fallthrough
	default:
		return "", &CommandError{Address: c.String(), Command: command, Kind: kind, Text: text}
	}
}

// refusal says why a command is not sent; "" when it is.
func refusal(command string) string {
	words := strings.Fields(command)
	switch {
	case len(words) == 0:
		return "empty command"
	case strings.ContainsAny(command, "\n\r\x00"):
		return "a command is one line"
	case hasList(command):
		return `one command at a time: write a literal ; as \;`
	case words[0] == "prompt":
		return "interactive mode is not for one command"
	case strings.HasPrefix(words[len(words)-1], "<<"):
		return "payloads are not taken"
	}
	return ""
}

// hasList reports a `;` without a backslash before it: HAProxy would run what follows as a command
// of its own, and the responses could not be told apart.
func hasList(command string) bool {
	for i := 0; i < len(command); i++ {
		switch command[i] {
		case '\\':
			i++
		case ';':
			return true
		}
	}
	return false
}

// exchange sends the line and reads until HAProxy closes.
func (c *Client) exchange(ctx context.Context, command string) (string, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, c.network, c.address)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	// One past deadline makes both the write and the read return, for a timeout as for a cancel.
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := io.WriteString(conn, command+"\n"); err != nil {
		return "", err
	}
	response, err := io.ReadAll(io.LimitReader(conn, maxResponse+1))
	if err == nil && len(response) > maxResponse {
		err = fmt.Errorf("response of more than %d bytes", maxResponse)
	}
	return string(response), err
}

// transportError says which of the ways to get no response it was.
func (c *Client) transportError(ctx context.Context, command string, err error) error {
	failed := &CommandError{Address: c.String(), Command: command, Kind: ErrUnreachable, Text: err.Error(), Cause: err}
	var op *net.OpError
	dialing := errors.As(err, &op) && op.Op == "dial"
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		failed.Kind, failed.Text, failed.Cause = ErrInterrupted, "interrupted", context.Cause(ctx)
	case ctx.Err() != nil && !dialing:
		failed.Kind, failed.Text, failed.Cause = ErrNoResponse, "no response in time", context.Cause(ctx)
	}
	return failed
}
