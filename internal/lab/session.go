package lab

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"hash"
	"net/url"
	"strings"
	"sync"
	"time"
)

// The session application's cookie, as express-session makes it: the value is
//
//	s%3A<id>.<signature>
//
// where id is 24 random bytes in base64url and signature the HMAC-SHA256 of id in base64 without
// its padding, the whole percent-encoded as encodeURIComponent does.
const sessionCookie = "NODESESSID"

const idLength = 32 // characters of a session id

// secret signs the session ids of all nodes. The nodes run the same application, so they sign alike;
// what differs is their stores. It protects nothing: it is public, as the laboratory is a toy.
var secret = []byte("stickbench laboratory")

type sessionID [idLength]byte

func newSessionID() (id sessionID) {
	var raw [24]byte
	rand.Read(raw[:]) // never fails, says its documentation
	base64.RawURLEncoding.Encode(id[:], raw[:])
	return id
}

var signers = sync.Pool{New: func() any { return hmac.New(sha256.New, secret) }}

// signature is the base64 of id's HMAC, not percent-encoded.
func signature(id sessionID) (sig [43]byte) {
	mac := signers.Get().(hash.Hash)
	defer signers.Put(mac)
	mac.Reset()
	mac.Write(id[:])
	var sum [sha256.Size]byte
	base64.RawStdEncoding.Encode(sig[:], mac.Sum(sum[:0]))
	return sig
}

var percentEncoding = strings.NewReplacer("+", "%2B", "/", "%2F", ":", "%3A")

// cookieValue is what the node puts in NODESESSID for id.
func cookieValue(id sessionID) string {
	sig := signature(id)
	return "s%3A" + string(id[:]) + "." + percentEncoding.Replace(string(sig[:]))
}

// parseCookieValue gives the session id that a NODESESSID value carries, and whether it is signed.
func parseCookieValue(value string) (id sessionID, ok bool) {
	if strings.IndexByte(value, '%') >= 0 {
		decoded, err := url.PathUnescape(value)
		if err != nil {
			return id, false
		}
		value = decoded
	}
	value, signed := strings.CutPrefix(value, "s:")
	if !signed || len(value) != idLength+1+43 || value[idLength] != '.' {
		return id, false
	}
	copy(id[:], value)
	want := signature(id)
	return id, subtle.ConstantTimeCompare(want[:], []byte(value[idLength+1:])) == 1
}

// Limits of a node's session store. Every health check makes a session, as it did in the laboratory
// that this one follows, and users who clear their cookies make one per request: a store without
// limits would grow as long as the node lives.
const (
	maxSessions = 1 << 20   // sessions in one node, at most
	maxIdle     = time.Hour // a session that nobody used for this long may go, after twice as long it is gone
	storeShards = 32
)

// A sessionStore is a node's memory of its sessions and of their views (express-session's
// MemoryStore). It forgets by generations: each shard has a young and an old one; a session that is
// used moves to the young one; when the young one is full or older than maxIdle it becomes the old
// one and the old one goes. So the sessions used last stay, and at most maxSessions in all.
//
// Rejected: a list in order of use, which costs two pointers per session, and their traversal by the
// garbage collector. These maps hold no pointers.
type sessionStore struct {
	shards [storeShards]sessionShard
}

type sessionShard struct {
	mu    sync.Mutex
	young map[sessionID]uint32
	old   map[sessionID]uint32
	since time.Time // when young began
	_     [64]byte  // keeps the shards' locks out of each other's cache line
}

func (s *sessionStore) shard(id sessionID) *sessionShard {
	return &s.shards[(uint(id[0])+uint(id[7])+uint(id[15])+uint(id[23])+uint(id[31]))%storeShards]
}

// visit adds views to the session id if the store knows it and returns its views then.
func (s *sessionStore) visit(id sessionID, views uint32, now time.Time) (total uint32, known bool) {
	shard := s.shard(id)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	shard.turn(now)
	total, known = shard.young[id]
	if !known {
		if total, known = shard.old[id]; !known {
			return 0, false
		}
		delete(shard.old, id)
	}
	total += views
	shard.young[id] = total
	return total, true
}

// add begins the session id with that many views.
func (s *sessionStore) add(id sessionID, views uint32, now time.Time) {
	shard := s.shard(id)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	shard.turn(now)
	shard.young[id] = views
}

// turn starts a new generation when it is time.
func (s *sessionShard) turn(now time.Time) {
	if s.young != nil && len(s.young) < maxSessions/storeShards/2 && now.Sub(s.since) < maxIdle {
		return
	}
	s.old, s.young, s.since = s.young, make(map[sessionID]uint32), now
}
