// Package browsertest lets tests look at pages in a Chromium, as a user does: it opens them in windows of any size,
// points, drags, types, and reads what is there.
//
//	test ─▶ Page ─▶ Browser ─pipe─▶ Chromium (DevTools protocol)
//
// One browser serves all tests of a package. (chromedp would do it too; what it brings along takes longer to compile
// than all these tests take.)
package browsertest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// browser is a Chromium with the tests' end of its pipe.
type browser struct {
	cmd     *exec.Cmd
	profile string
	in      *os.File

	mu      sync.Mutex
	last    int                   // id of a command
	waiting map[int]chan response // by id
	pages   map[string]*Page      // by session
	gone    error                 // set when the pipe has ended
}

type response struct {
	ID        int             `json:"id"`
	Session   string          `json:"sessionId"`
	Method    string          `json:"method"`
	Params    json.RawMessage `json:"params"`
	Result    json.RawMessage `json:"result"`
	Error     *struct{ Message string }
	transport error
}

var (
	starting sync.Mutex
	running  *browser
)

// Tests are a package's tests; running them closes the browser that they used.
type Tests struct{ M *testing.M }

// Run runs the tests.
func (t Tests) Run() int {
	defer func() {
		if running != nil {
			running.in.Close() // Chromium ends when its pipe does
			running.cmd.Wait()
			os.RemoveAll(running.profile)
		}
	}()
	return t.M.Run()
}

// shared is the browser of the package's tests; without a Chromium, the test is skipped.
func shared(t testing.TB) *browser {
	t.Helper()
	starting.Lock()
	defer starting.Unlock()
	if running != nil {
		return running
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			b, err := start(path)
			if err != nil {
				t.Fatal(err)
			}
			running = b
			return b
		}
	}
	t.Skip("no Chromium: install it: apt-get install chromium")
	return nil
}

func start(program string) (*browser, error) {
	profile, err := os.MkdirTemp("", "browsertest-")
	if err != nil {
		return nil, err
	}
	theirIn, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c := exec.Command(program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
		"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--user-data-dir="+profile, "--remote-debugging-pipe", "about:blank")
	c.ExtraFiles = []*os.File{theirIn, theirOut}
	if err := c.Start(); err != nil {
		return nil, err
	}
	theirIn.Close()
	theirOut.Close()
	b := &browser{cmd: c, profile: profile, in: in, waiting: map[int]chan response{}, pages: map[string]*Page{}}
	go b.read(bufio.NewReader(out))
	return b, nil
}

// read hands on what Chromium says, messages that end with NUL.
func (b *browser) read(in *bufio.Reader) {
	for {
		message, err := in.ReadBytes(0)
		var r response
		if err == nil {
			err = json.Unmarshal(message[:len(message)-1], &r)
		}
		b.mu.Lock()
		if err != nil {
			b.gone = fmt.Errorf("chromium has gone: %w", err)
			for _, c := range b.waiting {
				c <- response{transport: b.gone}
			}
			b.mu.Unlock()
			return
		}
		if c := b.waiting[r.ID]; c != nil {
			delete(b.waiting, r.ID)
			c <- r
		} else if p := b.pages[r.Session]; p != nil {
			p.happened(r.Method, r.Params)
		}
		b.mu.Unlock()
	}
}

// call sends a command and waits for its result.
func (b *browser) call(session, method string, params, result any) error {
	answer := make(chan response, 1)
	b.mu.Lock()
	if b.gone != nil {
		b.mu.Unlock()
		return b.gone
	}
	b.last++
	b.waiting[b.last] = answer
	message, err := json.Marshal(map[string]any{"id": b.last, "method": method, "params": params})
	if session != "" {
		message, err = json.Marshal(map[string]any{"id": b.last, "method": method, "params": params, "sessionId": session})
	}
	if err == nil {
		_, err = b.in.Write(append(message, 0))
	}
	b.mu.Unlock()
	if err != nil {
		return err
	}
	select {
	case r := <-answer:
		switch {
		case r.transport != nil:
			return r.transport
		case r.Error != nil:
			return fmt.Errorf("%s: %s", method, r.Error.Message)
		case result != nil:
			return json.Unmarshal(r.Result, result)
		}
		return nil
	case <-time.After(time.Minute):
		return fmt.Errorf("%s: no answer", method)
	}
}
