// Command stickbench proves that sessions stick behind a load balancer, and measures what it costs.
//
// This package is wiring: it reads the command line, joins plans, the engine, the laboratory and the
// reports, shows progress on stderr, writes the run's folder, and sets the exit code.
package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"stickbench/internal/lab"
	"stickbench/internal/live"
	"stickbench/plans"
	"stickbench/report/jtl"
	"stickbench/report/text"
)

// The exit codes that scripts rely on.
const (
	exitFailed      = 1   // an expectation failed
	exitUsage       = 2   // wrong usage, or an invalid plan or file
	exitCannotRun   = 3   // target unreachable from the start, haproxy missing, disk full
	exitInterrupted = 130 // interrupted; the report was printed
)

// app is the process as the commands see it.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	notices        *live.Notices // messages during a run
	apdex          *plans.Apdex  // of recordings; nil for what their plans say
	reading        jtl.Reading   // where recordings of other tools name nodes and counters
}

func main() {
	// A reader of our output that goes away, such as head, or tee with the same Ctrl-C, must keep neither a balancer
	// from being put back nor a run from being recorded (live.Output).
	signal.Ignore(syscall.SIGPIPE)
	log.SetOutput(io.Discard) // net/http logs what it finds wrong in HTTP/2: samples tell it
	stdout, stderr := live.Stdout(), live.Stderr()
	a := &app{stdin: os.Stdin, stdout: stdout, stderr: stderr, notices: live.NewNotices(stderr)}
	os.Exit(a.main(os.Args[1:]))
}

func (a *app) main(args []string) int {
	err := a.execute(args)
	// A command that could not say what it was asked for has failed, whether it looked at the error or not.
	if o, ok := a.stdout.(*live.Output); ok && o.Err() != nil && (err == nil || errors.Is(err, o.Err())) {
		err = cannotRun("the output could not be printed: %w", o.Err())
	}
	if err == nil {
		return 0
	}
	var e *exitError
	if !errors.As(err, &e) {
		e = &exitError{code: codeOf(err), err: err}
	}
	if e.err != nil {
		fmt.Fprintf(a.stderr, "stickbench: %v\n", e.err)
	}
	return e.code
}

// execute does what the command line says: ours, or JMeter's.
func (a *app) execute(args []string) error {
	if likeJMeter(args) {
		return a.jmeter(args)
	}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	return root.Execute()
}

// exitError ends the command with a code, and says err unless that was said already.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func cannotRun(format string, args ...any) error {
	return &exitError{exitCannotRun, fmt.Errorf(format, args...)}
}

// codeOf is the exit code of an error that does not bring its own: what the user gave was wrong, unless
// the error is known to be otherwise.
func codeOf(err error) int {
	if errors.Is(err, lab.ErrNoHAProxy) {
		return exitCannotRun
	}
	return exitUsage
}

// textOptions are for the report on stdout: as wide as the terminal, or elsewhere as COLUMNS says or wide
// enough for the whole summary, and in colour on a terminal unless NO_COLOR or TERM=dumb say otherwise.
func (a *app) textOptions() text.Options {
	columns, ok := live.Terminal(a.stdout)
	if ok {
		return text.Options{Width: columns, Color: os.Getenv("NO_COLOR") == "" && live.Capable()}
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return text.Options{Width: n}
	}
	return text.Options{Width: 160}
}

// open reads the plan that name means.
func (a *app) open(name string, o plans.Override) (*plans.Plan, error) {
	if isJMX(name) {
		j, err := a.importJob(name, &importFlags{properties: o.Set}, true)
		if err != nil {
			return nil, err
		}
		o.Set = j.over.Set
		j.over = o
		return j.read()
	}
	path, source, err := plans.Open(name, a.stdin)
	if err != nil {
		return nil, err
	}
	return plans.Read(path, source, o)
}
