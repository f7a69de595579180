package haproxy

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

// The kinds of CommandError, for errors.Is.
var (
	ErrUnreachable     = errors.New("unreachable Runtime API")
	ErrNoResponse      = errors.New("no response from the Runtime API")
	ErrInterrupted     = errors.New("interrupted")
	ErrNotRuntimeAPI   = errors.New("not a Runtime API")
	ErrBadCommand      = errors.New("command not sent")
	ErrUnknownCommand  = errors.New("unknown command")
	ErrPermission      = errors.New("permission denied")
	ErrNoSuchServer    = errors.New("no such server")
	ErrNoSuchBackend   = errors.New("no such backend")
	ErrBadValue        = errors.New("bad value")
	ErrStaticAlgorithm = errors.New("static balancing algorithm")
	ErrRefused         = errors.New("command refused") // anything else that HAProxy had against it
)

// CommandError is a command that did not do what it says: not sent, without a response, or refused.
type CommandError struct {
	Address string // of the Runtime API, as New takes it
	Command string
	Kind    error  // one of the Err… above
	Text    string // HAProxy's own words where it responded
	Cause   error  // the network's or the context's error, or nil
}

// Unwrap makes errors.Is find the kind and the cause.
func (e *CommandError) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}

// Error says where, which command, what HAProxy said, and what to do about it.
func (e *CommandError) Error() string {
	return fmt.Sprintf("%s: %q: %s", e.Address, e.Command, e.objection())
}

func (e *CommandError) objection() string {
	text, _, _ := strings.Cut(e.Text, "\n") // `Unknown command` is followed by a page of help
	text = strings.TrimRight(text, ".:, ")
	if hint := e.hint(); hint != "" {
		text += " (" + hint + ")"
	}
	return text
}

// Objection is what a response has against its command, "" for nothing.
func Objection(command, response string) string {
	text := strings.TrimRight(response, "\n")
	if kind := classify(command, response, text); kind != nil {
		return (&CommandError{Kind: kind, Text: text}).objection()
	}
	return ""
}

// hint is what the user can do about an error of this kind.
func (e *CommandError) hint() string {
	switch e.Kind {
	case ErrUnreachable:
		if errors.Is(e.Cause, fs.ErrPermission) {
			return "the socket's file does not let this user in: see `user` and `mode` of its `stats socket` line"
		}
		return "is HAProxy running, with this address on a `stats socket` line of its configuration?"
	case ErrNoResponse:
		return "a `stats socket` serves 10 connections at a time unless `stats maxconn` says more"
	case ErrNotRuntimeAPI:
		return "give the address of a `stats socket` line, not that of a frontend or of the stats page"
	case ErrPermission:
		return "the `stats socket` line of HAProxy's configuration needs `level admin`"
	case ErrUnknownCommand:
		return "this version of HAProxy does not know it"
	case ErrNoSuchServer:
		return "`show servers state` lists those there are"
	case ErrNoSuchBackend:
		return "`show backend` lists those there are"
	case ErrStaticAlgorithm:
		return "use `balance roundrobin` or another dynamic algorithm to change weights"
	}
	return ""
}

// An opening is the beginning of a response that means an error, the same in 2.6 and 3.5.
type opening struct {
	text string
	kind error
}

// openings are those that no response of a reading command shares.
var openings = []opening{
	{"Unknown command", ErrUnknownCommand},
	{"Permission denied", ErrPermission},
	{"No such server", ErrNoSuchServer},
	{"No such backend", ErrNoSuchBackend},
	{"No such proxy", ErrNoSuchBackend},
	{"Can't find backend", ErrNoSuchBackend},
	{"Require ", ErrBadValue},
	{"Invalid ", ErrBadValue},
	{"usage: ", ErrBadValue},
	{"Usage: ", ErrBadValue},
	{"No such ", ErrRefused},
	{"Can't find ", ErrRefused},
}

// setterOpenings are more of them, for commands that set something.
var setterOpenings = []opening{
	{"'set server <srv> ", ErrBadValue},
	{"Absolute weight can only be", ErrBadValue},
	{"Relative weight ", ErrBadValue},
	{"Empty weight string", ErrBadValue},
	{"Trailing garbage in weight string", ErrBadValue},
	{"maxconn string empty", ErrBadValue},
	{"Backend is using a static LB algorithm", ErrStaticAlgorithm},
}

// spokenSuccesses are the responses of setters that do speak when they succeed.
var spokenSuccesses = []string{
	"IP changed from ", "port changed from ", "no need to change ",
	"New ", "Server deleted", "Transaction ",
}

// setters are the first words of commands that say nothing when they succeed.
var setters = map[string]bool{
	"set": true, "enable": true, "disable": true, "shutdown": true,
	"clear": true, "add": true, "del": true,
}

// classify finds the kind of error in a response, nil for success. response is as received, text
// without severity and line ends.
func classify(command, response, text string) error {
	switch {
	case strings.HasPrefix(response, "HTTP/"):
		return ErrNotRuntimeAPI
	case !complete(command, response):
		return ErrNoResponse
	case text == "":
		return nil
	}
	if kind := findOpening(openings, text); kind != nil {
		return kind
	}
	if !setters[strings.Fields(command)[0]] || startsWithAny(text, spokenSuccesses) {
		return nil
	}
	if kind := findOpening(setterOpenings, text); kind != nil {
		return kind
	}
	return ErrRefused
}

// complete reports whether a response has its end. HAProxy ends each with an empty line, success without a
// word included; half of a table would else be taken for the whole, and the servers behind the cut for gone.
// Only some one-line messages of commands that set something have no empty line (measured on 2.6: "Server
// deleted.", "Trailing garbage in weight string").
func complete(command, response string) bool {
	if response == "\n" || strings.HasSuffix(response, "\n\n") {
		return true
	}
	return setters[strings.Fields(command)[0]] && strings.IndexByte(response, '\n') == len(response)-1 && len(response) > 1
}

func findOpening(in []opening, text string) error {
	for _, o := range in {
		if strings.HasPrefix(text, o.text) {
			return o.kind
		}
	}
	return nil
}

func startsWithAny(text string, prefixes []string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(text, prefix) {
			return true
		}
	}
	return false
}

// severity is what `severity-output number|string` on the `stats socket` line puts before one-line
// responses.
var severity = regexp.MustCompile(`^\[(?:[0-7]|emerg|alert|crit|err|warning|notice|info|debug)\]: `)

func trimSeverity(response string) string {
	return response[len(severity.FindString(response)):]
}
