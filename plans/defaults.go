package plans

import (
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

// basicAuth makes the field of the Basic scheme (RFC 7617) of user and password.
func (s scope) basicAuth(t table, req *loadgen.Request) {
	from, ok := s.giver(t, "basic_auth")
	if !ok || hasHeader(req, "Authorization") {
		return
	}
	auth, ok := from.table("basic_auth", basicAuthShape)
	if !ok {
		return
	}
	var parts [2]*loadgen.Template
	for i, key := range basicAuthShape.names() {
		value, ok := auth.text(key)
		if !ok {
			if !auth.has(key) {
				auth.key(auth.path, "needs user and password, such as %s", basicAuthShape.example)
			}
			return
		}
		if parts[i] = s.template(auth.at(key), value); parts[i] == nil {
			return
		}
	}
	both := loadgen.Concat(parts[0], loadgen.Literal(":"), parts[1])
	value := loadgen.Concat(loadgen.Literal("Basic "), both.Whole("base64(user:password)", base64Text))
	req.Header = append(req.Header, loadgen.Field{Name: "Authorization", Value: value})
}

func hasHeader(req *loadgen.Request, name string) bool {
	for _, f := range req.Header {
		if strings.EqualFold(f.Name, name) {
			return true
		}
	}
	return false
}
