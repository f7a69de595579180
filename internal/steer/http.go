package steer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// Path is where a run is steered: GET tells its Status, POST takes an Order.
const Path = "/steer"

// Order is what a client wants to be done.
type Order struct {
	Words []string `json:"words"`
	Sure  bool     `json:"sure,omitempty"`
	By    string   `json:"by,omitempty"` // the user of ctl
}

// Reply is what came of it: of Said and Error one is empty.
type Reply struct {
	Said    string `json:"said,omitempty"`
	Error   string `json:"error,omitempty"`
	Confirm bool   `json:"confirm,omitempty"` // it is to be confirmed first; Error says why
	Refused bool   `json:"refused,omitempty"` // it is that the balancer, or the node, refused it
	Over    bool   `json:"over,omitempty"`    // it is that the run is over
}

// mostOrder bounds an order, in bytes, and mostBy who it is by, which every event repeats.
const (
	mostOrder = 4 << 10
	mostBy    = 100
)

// Handler serves Path. by says who an order is by, from what it says of that itself.
func (c *Control) Handler(by func(said string) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet:
			status, err := c.Status()
			if err != nil {
				status = &Status{Over: true}
			}
			respond(w, http.StatusOK, status)
		case http.MethodPost:
			var o Order
			err := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostOrder)).Decode(&o)
			if err == nil && len(o.By) > mostBy {
				err = fmt.Errorf("by has at most %d bytes", mostBy)
			}
			if err != nil {
				respond(w, http.StatusBadRequest, Reply{Error: "no order: " + err.Error()})
				return
			}
			said, err := c.Do(r.Context(), by(o.By), o.Words, o.Sure)
			respond(w, http.StatusOK, reply(said, err)) // a browser shows other codes as faults of the page
		default:
			w.Header().Set("Allow", "GET, POST")
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
	})
}

func reply(said string, err error) Reply {
	if err == nil {
		return Reply{Said: said}
	}
	return Reply{Error: err.Error(), Confirm: errors.Is(err, ErrConfirm), Refused: errors.Is(err, ErrRefused), Over: errors.Is(err, ErrOver)}
}

func respond(w http.ResponseWriter, code int, what any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(what) // its error is the client's, who has gone
}

// socketName is the socket within a run's folder.
const socketName = "control.sock"

// longestSocket is how long the path of a socket may be, in bytes (unix(7)).
const longestSocket = 103

// Socket is where the run in a folder is steered.
func Socket(folder string) string { return filepath.Join(folder, socketName) }

// Server serves a Control at a socket.
type Server struct {
	http http.Server
}

// Listen serves the control at the socket of the folder, which is its owner's alone. The error says why it is not.
func (c *Control) Listen(folder string) (*Server, error) {
	path := Socket(folder)
	if len(path) > longestSocket {
		return nil, fmt.Errorf("the path %s has %d bytes, and a socket's at most %d: name a shorter folder with --out", path, len(path), longestSocket)
	}
	l, err := net.Listen("unix", path)
	if err == nil {
		err = os.Chmod(path, 0o600)
	}
	if err != nil {
		if l != nil {
			l.Close()
		}
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(Path, c.Handler(func(said string) string { return "ctl " + said }))
	s := &Server{http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}}
	go s.http.Serve(l)
	return s, nil
}

// Close ends the service, once what is being answered is, and removes the socket. A nil Server does nothing.
func (s *Server) Close() {
	if s == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		s.http.Close()
	}
}

// Client steers the run in a folder.
type Client struct {
	folder string
	http   http.Client
}

// ErrNoRun says that no run goes on in a folder.
var ErrNoRun = errors.New("no run is going on")

// NewClient makes a client of the run in that folder.
func NewClient(folder string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: 2 * time.Second}).DialContext(ctx, "unix", Socket(folder))
	}
	return &Client{folder, http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}, Timeout: time.Minute}}
}

// Status asks how the run is.
func (c *Client) Status() (*Status, error) {
	s := &Status{}
	err := c.ask(http.MethodGet, nil, s)
	if err == nil && s.Over {
		err = fmt.Errorf("%w in %s", ErrNoRun, c.folder)
	}
	return s, err
}

// Do has an order done, and returns what came of it. The error is ErrNoRun, or that the run did not answer.
func (c *Client) Do(o Order) (r Reply, err error) {
	body, err := json.Marshal(o)
	if err != nil {
		return r, err
	}
	err = c.ask(http.MethodPost, body, &r)
	return r, err
}

func (c *Client) ask(method string, body []byte, into any) error {
	request, err := http.NewRequest(method, "http://run"+Path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := c.http.Do(request)
	var nobody *net.OpError
	if errors.As(err, &nobody) && nobody.Op == "dial" {
		if os.IsPermission(nobody) {
			return fmt.Errorf("%s: it is another user's run", Socket(c.folder))
		}
		return fmt.Errorf("%w in %s", ErrNoRun, c.folder)
	}
	if err != nil {
		return fmt.Errorf("the run in %s does not answer: %w", c.folder, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("the run in %s does not answer: %w", c.folder, err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("what answers in %s is no run: %w", c.folder, err)
	}
	return nil
}
