package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"stickbench/internal/live"
)

// stops are the two ways to stop a run. The first signal ends graceful: nothing new starts. The second
// ends hard: what is in flight is cut. A third one kills the process as if nobody listened.
type stops struct {
	graceful, hard context.Context
	signals        chan os.Signal
	done           chan struct{}
	cancel         context.CancelFunc
	at             atomic.Int64 // of the first signal, nanoseconds since 1970
}

func watchSignals(notices *live.Notices) *stops {
	hard, cut := context.WithCancel(context.Background())
	graceful, stop := context.WithCancel(hard)
	s := &stops{graceful: graceful, hard: hard, signals: make(chan os.Signal, 2), done: make(chan struct{}), cancel: cut}
	for _, stop := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		// What was ignored at the start stays ignored: nohup ignores hang-ups, a shell the Ctrl-C of what it has
		// put into the background.
		if !signal.Ignored(stop) {
			signal.Notify(s.signals, stop)
		}
	}
	go func() {
		defer close(s.done)
		if _, ok := <-s.signals; !ok {
			return
		}
		s.at.Store(time.Now().UnixNano())
		stop()
		fmt.Fprintln(notices, "stopping: nothing new starts, what is in flight ends; Ctrl-C again cuts it")
		if _, ok := <-s.signals; !ok {
			return
		}
		cut()
		notices.ReleaseTerminal() // the next signal ends the process
		fmt.Fprintln(notices, "cutting what is in flight")
		signal.Stop(s.signals)
	}()
	return s
}

// stop is the first signal, sent by whoever steers the run by hand.
func (s *stops) stop() {
	select {
	case s.signals <- os.Interrupt:
	default: // there are two already
	}
}

// stopped is when the first signal came, zero if none did.
func (s *stops) stopped() time.Time {
	if at := s.at.Load(); at != 0 {
		return time.Unix(0, at)
	}
	return time.Time{}
}

// release ends the watch.
func (s *stops) release() {
	signal.Stop(s.signals)
	close(s.signals)
	<-s.done
	s.cancel()
}
