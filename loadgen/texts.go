package loadgen

import (
	"fmt"
	"hash/fnv"
	"strings"
	"unicode/utf8"
)

// What is kept of a sample's texts, in bytes. They come from targets and from other tools' files, and everything
// that is written of a run repeats them: reasons of 60 KB made a run.json of 60 MB.
const (
	maxNode = 128  // a host's name with its port, and some more
	maxName = 1000 // labels, threads, sessions
	maxText = 2000 // reasons, failures, URLs
)

// Bound cuts texts that are too long, and writes bytes that are not UTF-8 as \xf6, so that whatever is written of the
// sample is UTF-8. What tells samples apart does so afterwards: a name that was cut has a digest of all of it.
func (s *Sample) Bound() {
	bound(&s.Label, maxName, true)
	bound(&s.Thread, maxName, true)
	bound(&s.Session, maxName, true)
	bound(&s.Node, maxNode, true)
	bound(&s.Reason, maxText, false)
	bound(&s.Failure, maxText, false)
	bound(&s.URL, maxText, false)
	bound(&s.DataType, maxName, false)
}

func bound(s *string, most int, digest bool) {
	if len(*s) > most || !utf8.ValidString(*s) {
		*s = bounded(*s, most, digest)
	}
}

// bounded is s in UTF-8, and cut if that is longer than most bytes.
func bounded(s string, most int, digest bool) string {
	end := "…"
	if digest {
		h := fnv.New64a()
		h.Write([]byte(s)) // never fails
		end = fmt.Sprintf("…%016x", h.Sum64())
	}
	var b strings.Builder
	room := 0 // how much of b leaves room for end
	for rest := s; len(rest) > 0; {
		r, n := utf8.DecodeRuneInString(rest)
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02x`, rest[0])
		} else {
			b.WriteString(rest[:n])
		}
		switch rest = rest[n:]; {
		case b.Len() > most:
			return b.String()[:room] + end
		case b.Len() <= most-len(end):
			room = b.Len()
		}
	}
	return b.String()
}
