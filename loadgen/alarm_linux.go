package loadgen

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// alarm wakes one goroutine at a time, exactly, and burns nothing while it waits. The runtime's timers are
// up to a millisecond late on Linux, where an idle processor waits in epoll_wait, which counts whole
// milliseconds; a timer of the kernel's behind a file descriptor is late by what waking a thread takes.
// Yielding in a loop until the time comes was rejected: a processor with something to run does not look
// at the network.
type alarm struct {
	ctx     context.Context
	file    *os.File // nil where the system has none to give: then the runtime's timers must do
	buf     [8]byte
	sleeper sleeper
}

// newAlarm is an alarm that ctx ends.
func newAlarm(ctx context.Context) *alarm {
	a := &alarm{ctx: ctx}
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return a
	}
	a.file = os.NewFile(uintptr(fd), "alarm")
	context.AfterFunc(ctx, a.interrupt)
	return a
}

// wait reports whether it returned after d: it may return before once changed is closed, when interrupt is to be called,
// or the context ends.
func (a *alarm) wait(d time.Duration, changed <-chan struct{}) bool {
	if a.file == nil || a.set(d) != nil {
		began := time.Now()
		return a.sleeper.await(a.ctx, d, changed) && time.Since(began) >= d
	}
	_, err := a.file.Read(a.buf[:])
	if err != nil && a.file.SetReadDeadline(time.Time{}) == nil && a.ctx.Err() != nil {
		a.interrupt()
	}
	return err == nil
}

// interrupt lets wait return, the present one or the next. It may be called by anybody.
func (a *alarm) interrupt() {
	if a.file != nil {
		a.file.SetReadDeadline(time.Unix(1, 0))
	}
}

func (a *alarm) set(d time.Duration) error {
	raw, err := a.file.SyscallConn()
	if err != nil {
		return err
	}
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(d))}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = unix.TimerfdSettime(int(fd), 0, &spec, nil) })
	return errors.Join(err, failed)
}

func (a *alarm) close() {
	if a.file != nil {
		a.file.Close()
	}
}
