//go:build linux || darwin || freebsd

package live

import (
	"bytes"
	"io"
	"os"
	"os/signal"
	"sync"
	"unicode/utf8"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// Keys are read from a terminal one by one while a run lasts, and Ctrl-C stays a signal:
//
//	at the end, Ctrl-Z, Ctrl-\, a Ctrl-C that ends the process ─▶ the terminal is as it was
//	fg ─▶ keys again, as soon as the process is in the foreground
type Keys struct {
	fd      int
	notices *Notices
	signals chan os.Signal
	done    chan struct{}
	wait    sync.WaitGroup

	mu    sync.Mutex
	was   *unix.Termios // nil while the terminal is as it was
	ended bool
}

// keysEvery is how often, in milliseconds, the keys look whether they are to end.
const keysEvery = 200

// ReadKeys gives each key that is pressed on in to press, from one goroutine, until Stop; nil if in is no terminal, or
// the process not in its foreground.
func ReadKeys(in io.Reader, notices *Notices, press func(rune)) *Keys {
	f, ok := in.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	k := &Keys{fd: int(f.Fd()), notices: notices, signals: make(chan os.Signal, 4), done: make(chan struct{})}
	if !k.foreground() || !k.take() {
		return nil
	}
	notices.releases(k.give)
	signal.Notify(k.signals, unix.SIGTSTP, unix.SIGCONT, unix.SIGQUIT)
	k.wait.Go(k.listen)
	k.wait.Go(func() { k.read(press) })
	return k
}

// foreground reports whether the terminal is the process's at the moment: reading it elsewhere would stop the process.
func (k *Keys) foreground() bool {
	group, err := unix.IoctlGetInt(k.fd, unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// take has the terminal give keys one by one, and not show them.
func (k *Keys) take() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.was != nil || k.ended {
		return true
	}
	was, err := unix.IoctlGetTermios(k.fd, getTermios)
	if err != nil {
		return false
	}
	now := *was
	now.Lflag &^= unix.ICANON | unix.ECHO
	now.Cc[unix.VMIN], now.Cc[unix.VTIME] = 1, 0
	if unix.IoctlSetTermios(k.fd, setTermios, &now) != nil {
		return false
	}
	k.was = was
	return true
}

// give leaves the terminal as it was.
func (k *Keys) give() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.was != nil {
		unix.IoctlSetTermios(k.fd, setTermios, k.was)
		k.was = nil
	}
}

// listen gives the terminal back when the process is stopped or ended from it.
func (k *Keys) listen() {
	for {
		select {
		case <-k.done:
			return
		case s := <-k.signals:
			switch s {
			case unix.SIGTSTP:
				k.notices.ReleaseTerminal()
				unix.Kill(unix.Getpid(), unix.SIGSTOP)
			case unix.SIGQUIT:
				k.notices.ReleaseTerminal()
				signal.Reset(unix.SIGQUIT)
				unix.Kill(unix.Getpid(), unix.SIGQUIT)
			case unix.SIGCONT:
				if k.foreground() && k.take() {
					k.notices.cursor(hideCursor)
				}
			}
		}
	}
}

// read reads keys. Those that make sequences, such as arrows, are none.
func (k *Keys) read(press func(rune)) {
	var buffer [256]byte
	for {
		select {
		case <-k.done:
			return
		default:
		}
		n, _ := unix.Poll([]unix.PollFd{{Fd: int32(k.fd), Events: unix.POLLIN}}, keysEvery)
		if n <= 0 || !k.foreground() {
			if n > 0 { // typed for somebody else
				unix.Poll(nil, keysEvery)
			}
			continue
		}
		n, err := unix.Read(k.fd, buffer[:])
		if err == unix.EINTR || err == unix.EAGAIN {
			continue
		}
		if err != nil || n == 0 {
			return // the terminal is gone
		}
		keys := buffer[:n]
		if n > 1 && bytes.HasPrefix(keys, []byte("\x1b")) {
			continue
		}
		for len(keys) > 0 {
			r, size := utf8.DecodeRune(keys)
			press(r)
			keys = keys[size:]
		}
	}
}

// Stop reads no more keys, and leaves the terminal as it was. It may be called again, and of none.
func (k *Keys) Stop() {
	if k == nil {
		return
	}
	k.mu.Lock()
	ended := k.ended
	k.ended = true
	k.mu.Unlock()
	if ended {
		return
	}
	signal.Stop(k.signals)
	close(k.done)
	k.give()
	k.notices.releases(nil)
	k.wait.Wait()
}
