package lab

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestCookieValue(t *testing.T) {
	for range 100 { // some signatures have + and /, some do not
		id := newSessionID()
		value := cookieValue(id)
		decoded, err := url.PathUnescape(value)
		if err != nil || !strings.HasPrefix(decoded, "s:"+string(id[:])+".") {
			t.Fatalf("%q is %q, %v", value, decoded, err)
		}
		if strings.ContainsAny(value, "+/:=") {
			t.Fatalf("%q is not percent-encoded", value)
		}
		for _, good := range []string{value, decoded} {
			if got, ok := parseCookieValue(good); !ok || got != id {
				t.Fatalf("%q: %v, %q", good, ok, got)
			}
		}
	}
}

func TestCookieValueThatIsNotSigned(t *testing.T) {
	id := newSessionID()
	value := cookieValue(id)
	other := cookieValue(newSessionID())
	for _, bad := range []string{
		"", "s1", "s%3A", "s%3", string(id[:]), value[:len(value)-1], value + "A", "s1~" + value,
		"s%3A" + string(id[:]) + other[strings.IndexByte(other, '.'):],
	} {
		if _, ok := parseCookieValue(bad); ok {
			t.Errorf("%q is taken for signed", bad)
		}
	}
}

func TestSessionStoreForgets(t *testing.T) {
	var store sessionStore
	now := time.Unix(0, 0)
	used, idle := newSessionID(), newSessionID()
	copy(idle[:], used[:]) // the same shard: what one does to it, the other sees
	idle[1]++
	store.add(used, 1, now)
	store.add(idle, 1, now)
	for range 4 {
		now = now.Add(40 * time.Minute)
		if _, known := store.visit(used, 1, now); !known {
			t.Fatalf("a session in use is gone after %v", now.Sub(time.Unix(0, 0)))
		}
	}
	if _, known := store.visit(idle, 1, now); known {
		t.Error("a session is there after more than two idle hours")
	}
	if views, known := store.visit(newSessionID(), 1, now); known || views != 0 {
		t.Error("a session that never was is known")
	}
}

// A day of health checks and of users who clear their cookies would fill the memory otherwise.
func TestSessionStoreIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("makes two million sessions")
	}
	var store sessionStore
	now := time.Unix(0, 0)
	first := newSessionID()
	store.add(first, 1, now)
	var id sessionID
	for i := range 2 * maxSessions {
		for k := range 4 {
			id[8*k] = byte(i >> (8 * k))
			id[8*k+7] = byte(i >> (8 * k)) // the characters that choose the shard
		}
		store.add(id, 1, now)
		if i%1000 == 0 {
			store.visit(first, 1, now)
		}
	}
	if n := store.len(); n > maxSessions {
		t.Errorf("%d sessions", n)
	}
	if views, known := store.visit(first, 1, now); !known || views < 1000 {
		t.Errorf("the session in use has %d views, known %v", views, known)
	}
}

// len is the number of sessions in the store.
func (s *sessionStore) len() (n int) {
	for i := range s.shards {
		shard := &s.shards[i]
		shard.mu.Lock()
		n += len(shard.young) + len(shard.old)
		shard.mu.Unlock()
	}
	return n
}
