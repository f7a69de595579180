package plans

import (
	"slices"
	"strings"

	"stickbench/loadgen"
)

// within is the scope below a table that may have defaults of its own.
func (s scope) under(t table) scope {
	if d, ok := t.table("defaults", defaultsShape); ok {
		s.defaults = append(s.defaults[:len(s.defaults):len(s.defaults)], d)
	}
	return s
}

// giver is the table that says what a request's key is: the request's own, or else the innermost defaults that do.
func (s scope) giver(t table, key string) (from table, ok bool) {
	if t.has(key) {
		return t, true
	}
	for i := len(s.defaults) - 1; i >= 0; i-- {
		if s.defaults[i].has(key) {
			return s.defaults[i], true
		}
	}
	return t, false
}

// base is what stands in front of a path, where not the target does: "" for that.
func (s scope) base() string {
	from, ok := s.giver(table{}, "url")
	if !ok {
		return ""
	}
	url, ok := from.line("url")
	if !ok {
		return ""
	}
	if text := s.template(from.at("url"), url); text != nil && !strings.HasPrefix(url, "${") {
		if message := targetProblem(text.Filled("x")); message != "" {
			from.value(from.at("url"), "%s", message)
		}
	}
	return strings.TrimSuffix(url, "/")
}

// pauseBefore puts the pause of the defaults before a request, if there is one.
func (s scope) pauseBefore(step loadgen.Step) loadgen.Step {
	from, ok := s.giver(table{}, "think")
	if !ok || step.Request == nil || s.atOnce {
		return step
	}
	pause := s.think(from)
	if pause == nil {
		return step
	}
	when := step.When
	step.When = nil
	return loadgen.Step{When: when, Steps: []loadgen.Step{{Think: pause}, step}}
}

// authentication is the innermost basic_auth or digest_auth: the field of the Basic scheme (RFC 7617), or what answers
// the challenges of Digest.
func (s scope) authentication(t table, req *loadgen.Request) {
	if hasHeader(req, "Authorization") {
		return
	}
	for _, from := range slices.Backward(append(slices.Clip(s.defaults), t)) {
		switch {
		case from.has("digest_auth"):
			if user, password, ok := s.credentials(from, "digest_auth", digestAuthShape); ok {
				req.Digest = &loadgen.Digest{User: user, Password: password}
			}
		case from.has("basic_auth"):
			if user, password, ok := s.credentials(from, "basic_auth", basicAuthShape); ok {
				both := loadgen.Concat(user, loadgen.Literal(":"), password)
				value := loadgen.Concat(loadgen.Literal("Basic "), both.Whole("base64(user:password)", base64Text))
				req.Header = append(req.Header, loadgen.Field{Name: "Authorization", Value: value})
			}
		default:
			continue
		}
		if from.has("digest_auth") && from.has("basic_auth") {
			from.key(from.at("basic_auth"), "there is digest_auth as well: a request has one of them")
		}
		return
	}
}

// credentials are the user and password under a key.
func (s scope) credentials(from table, key string, of *shape) (user, password *loadgen.Template, ok bool) {
	auth, ok := from.table(key, of)
	if !ok {
		return nil, nil, false
	}
	var parts [2]*loadgen.Template
	for i, key := range of.names() {
		value, ok := auth.text(key)
		if !ok {
			if !auth.has(key) {
				auth.key(auth.path, "needs user and password, such as %s", of.example)
			}
			return nil, nil, false
		}
		if parts[i] = s.template(auth.at(key), value); parts[i] == nil {
			return nil, nil, false
		}
	}
	return parts[0], parts[1], true
}

func hasHeader(req *loadgen.Request, name string) bool {
	for _, f := range req.Header {
		if strings.EqualFold(f.Name, name) {
			return true
		}
	}
	return false
}
