package loadgen

import (
	"net/http"

	"github.com/icholy/digest"

	"stickbench/loadgen/internal/wire"
)

// Digest is the user and password of a request whose server asks for them by the Digest scheme (RFC 7616).
type Digest struct{ User, Password *Template }

// challenge is what a server asked for last, and how often it was answered. Later requests answer it unasked, as
// browsers do, until the server asks anew.
type challenge struct {
	*digest.Challenge
	answers int
}

// challenged takes the challenge of a response, and reports whether the request is to be sent again with an answer
// to it. What was answered and is asked for again is refused, unless it was only too old.
func (u *user) challenged(w *requestEncoder, a *wire.Response) bool {
	if a.Status != http.StatusUnauthorized || w.request.Digest == nil || w.foreign {
		return false
	}
	known := u.challenges[w.target.origin]
	delete(u.challenges, w.target.origin)
	var fields []string
	for v := range a.Values("WWW-Authenticate") {
		fields = append(fields, string(v))
	}
	c, err := digest.FindChallenge(http.Header{"Www-Authenticate": fields})
	if err != nil {
		u.runner.warn(w.request.Label + ": 401 without a challenge that digest_auth could answer (MD5, SHA-256 and SHA-512, auth)")
		return false
	}
	if known != nil && !c.Stale {
		return false
	}
	if u.challenges == nil {
		u.challenges = map[wire.Origin]*challenge{}
	}
	u.challenges[w.target.origin] = &challenge{Challenge: c}
	return true
}

// signed is an encoded request with the answer to its server's challenge, if there is one, and the cookies of now.
func (u *user) signed(raw []byte, w *requestEncoder) ([]byte, error) {
	c := u.challenges[w.target.origin]
	if c == nil || w.request.Digest == nil || w.foreign {
		return raw, nil
	}
	name, err := w.request.Digest.User.append(nil, u)
	if err != nil {
		return nil, err
	}
	password, err := w.request.Digest.Password.append(nil, u)
	if err != nil {
		return nil, err
	}
	c.answers++
	answer, err := digest.Digest(c.Challenge, digest.Options{Method: w.method, URI: w.target.path, Count: c.answers, Username: string(name), Password: string(password)})
	if err != nil {
		return nil, failure(KindOther, err)
	}
	all, err := u.cookieField(append([]byte(nil), raw[:w.cookies]...), w, w.request)
	if err != nil {
		return nil, err
	}
	value := []byte(answer.String())
	oneLine(value)
	all = append(append(append(all, "Authorization: "...), value...), "\r\n"...)
	return append(all, raw[w.rest:]...), nil
}
