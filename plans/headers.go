package plans

import (
	"slices"
	"strings"

	"stickbench/loadgen"
)

// header is a header field as a plan words it.
type header struct {
	name, value, path string
	text              *loadgen.Template // set for those of [target]
}

// readHeaders reads the headers of a request, or those of [target] for all.
func (r *reader) readHeaders(t table) []header {
	fields, ok := t.table("headers", headersShape)
	if !ok {
		return nil
	}
	var all []header
	for _, name := range fields.inOrder() {
		h := header{name: name, path: fields.at(name)}
		if message := headerNameProblem(name); message != "" {
			fields.key(h.path, "%s", message)
		}
		if slices.ContainsFunc(all, func(other header) bool { return strings.EqualFold(other.name, name) }) {
			fields.key(h.path, "is there twice: names of headers differ by more than capitals")
		}
		if h.value, ok = fields.text(name); !ok {
			continue
		}
		if i := strings.IndexFunc(h.value, controlInHeader); i >= 0 {
			fields.value(h.path, "%q cannot stand in a header", rune(h.value[i]))
			continue
		}
		all = append(all, h)
	}
	return all
}

// headerNameProblem says why a header cannot have that name; "" if it can.
func headerNameProblem(name string) string {
	switch {
	case strings.HasSuffix(name, ":"):
		return "a header's name stands without the colon"
	case !token(name):
		return "not a header's name: letters, digits and - without blanks, such as Accept-Language"
	case strings.EqualFold(name, "Content-Length"), strings.EqualFold(name, "Transfer-Encoding"):
		return "follows from the body: leave it out"
	case strings.EqualFold(name, "Expect"):
		return "the body is sent at once, without waiting for 100 Continue: leave it out"
	}
	return ""
}

// token reports whether s is one in HTTP's sense (RFC 9110 §5.6.2).
func token(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !bareKey(r) && !strings.ContainsRune("!#$%&'*+.^`|~", r)
	})
}

// controlInHeader reports whether r can stand in no header's value (RFC 9110 §5.5).
func controlInHeader(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// headers are [target]'s, with the request's own in their place where both have one.
func (s scope) headers(t table, req *loadgen.Request) {
	own := s.readHeaders(t)
	for _, h := range s.everywhere {
		if !slices.ContainsFunc(own, func(other header) bool { return strings.EqualFold(other.name, h.name) }) {
			req.Header = append(req.Header, loadgen.Field{Name: h.name, Value: h.text})
		}
	}
	for _, d := range s.defaults {
		for _, h := range s.readHeaders(d) {
			if s.comesLater(h.value) {
				continue // such as a token, in the request that gets it
			}
			s.header(h, req)
		}
	}
	for _, h := range own {
		s.header(h, req)
	}
}

// header adds a field, in the place of one of that name.
func (s scope) header(h header, req *loadgen.Request) {
	text := s.template(h.path, h.value)
	if text == nil {
		return
	}
	same := func(f loadgen.Field) bool { return strings.EqualFold(f.Name, h.name) }
	req.Header = append(slices.DeleteFunc(req.Header, same), loadgen.Field{Name: h.name, Value: text})
}

// comesLater reports whether a text names a variable that a later step sets.
func (s scope) comesLater(source string) bool {
	text, err := s.language().ParseTemplate(source)
	s.variables.unset = nil
	return err == nil && slices.ContainsFunc(text.Variables(), func(name string) bool { return !s.hasValue(name) && s.all[name] != "" })
}
