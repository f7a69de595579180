package haproxy

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
)

// The responses are those of HAProxy 2.6, which 3.5 gives in the same words.
func TestClassify(t *testing.T) {
	for _, tc := range []struct {
		command, response string
		want              error
	}{
		{"set server nodes/s1 state drain", "\n", nil},
		{"show backend", "# name\nnodes\n\n", nil},
		{"show table", "\n", nil},
		{"show cli level", "[info]: admin\n\n", nil},
		{"help set server", "The following commands are valid at this level:\n  set server …\n\n", nil},
		{"set server nodes/s1 addr 127.0.0.2", "IP changed from '127.0.0.1' to '127.0.0.2' by 'stats socket command'\n\n", nil},
		{"add server nodes/s3 127.0.0.1:1", "New server registered.\n\n", nil},
		{"del server nodes/s1", "Server deleted.\n", nil},

		{"foo", "Unknown command, but maybe one of the following ones is a better match:\n  add acl\n\n", ErrUnknownCommand},
		{"foo", "[6]: Unknown command, but maybe …\n\n", ErrUnknownCommand},
		{"show sess", "Permission denied\n\n", ErrPermission},
		{"set server nodes/s1 weight 2", "[3]: Permission denied\n\n", ErrPermission},
		{"set server nodes/s9 state drain", "No such server.\n\n", ErrNoSuchServer},
		{"set server nodes/s9 state drain", "[err]: No such server.\n\n", ErrNoSuchServer},
		{"get weight nodes/s9", "No such server.\n\n", ErrNoSuchServer},
		{"set server no/s1 state drain", "No such backend.\n\n", ErrNoSuchBackend},
		{"show stat no -1 -1", "No such proxy.\n\n", ErrNoSuchBackend},
		{"show servers state no", "Can't find backend.\n\n", ErrNoSuchBackend},
		{"set server nodes state drain", "Require 'backend/server'.\n\n", ErrBadValue},
		{"set server nodes/s1 state foo", "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n\n", ErrBadValue},
		{"set server nodes/s1 health foo", "'set server <srv> health' expects 'up', 'stopping', or 'down'.\n\n", ErrBadValue},
		{"set server nodes/s1 weight 300", "Absolute weight can only be between 0 and 256 inclusive.\n\n", ErrBadValue},
		{"set server nodes/s1 weight", "Require <weight> or <weight%>.\n\n", ErrBadValue},
		{"set server nodes/s1 weight abc", "Empty weight string empty or preceded by garbage\n", ErrBadValue},
		{"set server nodes/s1 weight 12abc", "Trailing garbage in weight string\n", ErrBadValue},
		{"set server nodes/s1", "usage: set server <backend>/<server> addr | agent\n\n", ErrBadValue},
		{"set timeout cli xx", "Invalid timeout value.\n\n", ErrBadValue},
		{"set maxconn server nodes/s1 x", "maxconn string empty or preceded by garbage\n", ErrBadValue},
		{"set server nodes/s1 weight 2", "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.\n\n", ErrStaticAlgorithm},
		{"enable agent nodes/s1", "Agent was not configured on this server, cannot enable.\n\n", ErrRefused},
		{"set server nodes/s1 agent up", "agent checks are not enabled on this server.\n\n", ErrRefused},
		{"set server nodes/s4 health down", "cannot change health on a tracking server.\n\n", ErrRefused},
		{"show table zz", "No such table\n\n", ErrRefused},
		{"disable frontend zz", "No such frontend.\n\n", ErrRefused},
		{"set x y", "some text of a version to come\n\n", ErrRefused},
		{"show info", "", ErrNoResponse},
		// Half a response is none: a server in the half that is missing would count as removed.
		{"show servers state nodes", "1\n# be_id be_name srv_id srv_name\n3 nodes 1 s1\n", ErrNoResponse},
		{"show servers state nodes", "1\n", ErrNoResponse},
		{"show stat nodes 4 -1", "# pxname,svname,", ErrNoResponse},
		{"show cli level", "admin\n", ErrNoResponse},
		{"set server nodes/s1 state drain", "No such ser", ErrNoResponse},
		{"set server nodes/s1", "usage: set server\n  addr\n", ErrNoResponse},
		{"show info", "HTTP/1.1 400 Bad re", ErrNotRuntimeAPI},
		{"show info", "HTTP/1.1 400 Bad request\r\nContent-length: 90\r\n\r\n", ErrNotRuntimeAPI},
	} {
		_, err := scripted(t, reply(tc.response)).Do(t.Context(), tc.command)
		if !errors.Is(err, tc.want) {
			t.Errorf("%s → %q: %v, want %v", tc.command, tc.response, err, tc.want)
		}
	}
}

func TestErrorSaysWhatWhereAndWhatToDo(t *testing.T) {
	for _, tc := range []struct {
		err  *CommandError
		want string
	}{
		{&CommandError{Kind: ErrNoSuchServer, Text: "No such server."},
			"tcp://h:1: \"cmd\": No such server (`show servers state` lists those there are)"},
		{&CommandError{Kind: ErrPermission, Text: "Permission denied"},
			"tcp://h:1: \"cmd\": Permission denied (the `stats socket` line of HAProxy's configuration needs `level admin`)"},
		{&CommandError{Kind: ErrUnknownCommand, Text: "Unknown command, but maybe one of the following:\n  add acl\n  del"},
			"tcp://h:1: \"cmd\": Unknown command, but maybe one of the following (this version of HAProxy does not know it)"},
		{&CommandError{Kind: ErrBadValue, Text: "Invalid timeout value."},
			"tcp://h:1: \"cmd\": Invalid timeout value"},
		{&CommandError{Kind: ErrUnreachable, Text: "connect: permission denied", Cause: fs.ErrPermission},
			"tcp://h:1: \"cmd\": connect: permission denied (the socket's file does not let this user in: see `user` and `mode` of its `stats socket` line)"},
	} {
		tc.err.Address, tc.err.Command = "tcp://h:1", "cmd"
		if got := tc.err.Error(); got != tc.want {
			t.Errorf("got  %s\nwant %s", got, tc.want)
		}
	}
}

// Whatever a Runtime API says to a command, it is success only if it is whole and nothing was said against it.
func FuzzClassify(f *testing.F) {
	for _, seed := range [][2]string{
		{"set server nodes/s1 state drain", "\n"}, {"show stat", "# pxname,svname,\n\n"}, {"show info", "[info]: Name: HAProxy\n\n"},
		{"del server nodes/s1", "Server deleted.\n"}, {"set x", "Trailing garbage\n"}, {"show servers state", "1\n# be_id\n"}, {"foo", "HTTP/1.1 400 Bad"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, command, response string) {
		if refusal(strings.TrimSpace(command)) != "" {
			return
		}
		command = strings.TrimSpace(command)
		text := strings.TrimRight(trimSeverity(response), "\n")
		kind := classify(command, response, text)
		if kind == nil && (!strings.HasSuffix(response, "\n") || strings.HasPrefix(text, "No such ") || strings.HasPrefix(response, "HTTP/")) {
			t.Errorf("%q: %q is success", command, response)
		}
		for cut := range min(len(response), 200) { // a part is never more than the whole
			part := response[:cut]
			if classify(command, part, strings.TrimRight(trimSeverity(part), "\n")) == nil && !strings.HasSuffix(part, "\n") {
				t.Errorf("%q: %q of %q is success", command, part, response)
			}
		}
		if err := (&CommandError{Command: command, Kind: ErrRefused, Text: text}).Error(); strings.Contains(err, "\n") && !strings.Contains(command, "\n") {
			t.Errorf("an error of two lines: %q", err)
		}
	})
}
