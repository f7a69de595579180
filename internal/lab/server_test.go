package lab

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// backendOf is a backend with servers A, B, C … of those weights, all in full health.
func backendOf(algorithm string, weights ...int) *backend {
	var nodes []runningNode
	for i, w := range weights {
		tag := string(rune('A' + i))
		nodes = append(nodes, runningNode{Node{Tag: tag, Weight: &w}, fmt.Sprintf("127.0.0.1:%d", i+1)})
	}
	now := time.Now()
	b := newBackend(algorithm, nodes, now)
	for _, s := range b.servers {
		s.health = full
	}
	b.settle(now)
	return b
}

// act does to s what the words of a Runtime API command say, or a check that passed or failed.
func act(s *server, event string, now time.Time) {
	verb, value, _ := strings.Cut(event, " ")
	switch verb {
	case "state":
		s.setAdmin(adminStates[value], now)
	case "health":
		s.setHealth(value, now)
	case "check":
		s.checked(checkResult{passed: value == "ok", word: "L7OK"}, now)
	}
}

// The table above `server`, followed as HAProxy 2.6.12 was seen to follow it.
func TestServerStates(t *testing.T) {
	for _, test := range []struct{ events, words string }{
		{"", "UP 1/3"},
		{"check ok", "UP"},
		{"check no", "DOWN"}, // a server that begins is one failure away from it
		{"check ok, check no, check no, check no", "UP, UP 2/3, UP 1/3, DOWN"},
		{"check ok, check no, check ok", "UP, UP 2/3, UP"},
		{"check no, check ok, check ok", "DOWN, DOWN 1/2, UP"},
		{"check no, check ok, check no", "DOWN, DOWN 1/2, DOWN"},
		{"check ok, state drain, check no, state ready", "UP, DRAIN, DRAIN 2/3, UP 2/3"},
		{"check ok, state maint, check ok, state ready, check ok", "UP, MAINT, MAINT, UP 1/3, UP"},
		{"check ok, state maint, state drain, check ok", "UP, MAINT, DRAIN 1/3, DRAIN"},
		{"check ok, state maint, health up", "UP, MAINT, MAINT"},
		{"check no, state drain, check ok, check ok", "DOWN, DOWN, DOWN 1/2, DRAIN"},
		{"check ok, health down, state ready, check ok, check ok", "UP, DOWN, DOWN, DOWN 1/2, UP"},
		{"check ok, health stopping, state drain, check ok", "UP, NOLB, NOLB, DRAIN"},
		{"check ok, health stopping, check no, health up", "UP, NOLB, NOLB 2/3, UP"},
		{"check ok, health stopping, state maint, state ready", "UP, NOLB, MAINT, UP 1/3"},
	} {
		t.Run(test.events, func(t *testing.T) {
			s := &server{tag: "A", weight: 1, health: rise}
			words := []string{}
			for event := range strings.SplitSeq(test.events, ", ") {
				act(s, event, time.Now())
				words = append(words, s.status())
			}
			if got := strings.Join(words, ", "); got != test.words {
				t.Errorf("got  %s\nwant %s", got, test.words)
			}
		})
	}
}

// Who stays and who comes, as the table says.
func TestServerUsers(t *testing.T) {
	for _, test := range []struct {
		events        string
		weight        int
		old, newUsers bool
	}{
		{"check ok", 1, true, true},
		{"check ok", 0, true, false},
		{"check ok, state drain", 1, true, false},
		{"check ok, health stopping", 1, true, false},
		{"check ok, state maint", 1, false, false},
		{"check ok, health down", 1, false, false},
		{"check no, check ok", 1, false, false},
		{"check ok, state maint, state ready", 1, true, true},
	} {
		s := &server{tag: "A", weight: test.weight, health: rise}
		for event := range strings.SplitSeq(test.events, ", ") {
			act(s, event, time.Now())
		}
		if s.up() != test.old || s.eligible() != test.newUsers {
			t.Errorf("%s, weight %d: old users stay %v, new ones come %v", test.events, test.weight, s.up(), s.eligible())
		}
	}
}

func TestServerDowntime(t *testing.T) {
	start := time.Unix(1000, 0)
	s := &server{tag: "A", weight: 1, health: full, changed: start}
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	act(s, "state maint", at(10))
	act(s, "state ready", at(15))
	act(s, "health down", at(20))
	if got := s.downFor(at(22)); got != 7*time.Second {
		t.Errorf("down for %v, want 7s", got)
	}
	if !s.changed.Equal(at(20)) || s.n.chkdown != 2 {
		t.Errorf("changed at %v, chkdown %d", s.changed, s.n.chkdown)
	}
}
