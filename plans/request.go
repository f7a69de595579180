package plans

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"stickbench/internal/nearest"
	"stickbench/internal/redact"
	"stickbench/loadgen"
)

// methods are those of HTTP (RFC 9110 §9.3, RFC 5789) and of its extensions in use. Others are sent as
// well, as long as they do not look like a slip.
var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY",
	"PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "SEARCH", "REPORT", "PURGE", "BAN", "LINK", "UNLINK"}

// request reads a step that requests something. Where something is wrong, the request has what is right
// and its label, so that expectations can be read on.
func (s scope) request(t table) *loadgen.Request {
	from, _ := s.giver(t, "redirects")
	req := &loadgen.Request{Redirects: redirects(from)}
	from, _ = s.giver(t, "redirect_headers")
	req.RedirectHeaders = redirectHeaders(from)
	if words, ok := t.line("request"); ok {
		req.Label = redact.Text(strings.Join(loadgen.Fields(words), " "))
		s.requestLine(t, req, words)
	}
	if t.has("name") {
		req.Label, req.LabelText = s.label(t, "name")
	}
	s.headers(t, req)
	s.authentication(t, req)
	s.query(t, req)
	s.body(t, req)
	from, _ = s.giver(t, "timeout")
	req.Timeout, _ = from.duration("timeout")
	from, _ = s.giver(t, "connect_timeout")
	req.ConnectTimeout, _ = from.duration("connect_timeout")
	s.resources(t, req)
	if from, ok := s.giver(t, "on_error"); ok {
		action := from.onError()
		req.OnError = &action
	}
	req.Extract = s.extract(t)
	req.Assert = s.assertions(t)
	return req
}

// requestLine reads "METHOD path" or "METHOD URL".
func (s scope) requestLine(t table, req *loadgen.Request, words string) {
	path := t.at("request")
	method, where, message := splitRequest(words)
	if message != "" {
		t.value(path, "%s", message)
		return
	}
	where, fragment, _ := strings.Cut(where, "#")
	if fragment != "" {
		t.value(path, "%s is never sent to a server: leave it out", quoted("#"+fragment))
	}
	req.Method = method
	if base := s.base(); base != "" && strings.HasPrefix(where, "/") {
		where = base + where
	}
	text := s.templateIn(path, words, where)
	if text == nil {
		return
	}
	if message := urlProblem(where, text); message != "" {
		t.value(path, "%s", message)
	}
	req.URL = text.Escaped(escapeURL, escapeURL)
}

// splitRequest splits the words of a request; message says what is wrong with them.
func splitRequest(words string) (method, where, message string) {
	fields := loadgen.Fields(words)
	switch {
	case len(fields) == 1 && strings.ContainsAny(words, "/."):
		return "", "", fmt.Sprintf(`expected a method and a path: write %q`, "GET "+words)
	case len(fields) == 1:
		return "", "", fmt.Sprintf(`expected a method and a path, such as "GET /", not %s`, quoted(words))
	case len(fields) == 3 && strings.HasPrefix(fields[2], "HTTP/"):
		return "", "", fmt.Sprintf("leave out %s: write %s", fields[2], quoted(fields[0]+" "+fields[1]))
	case len(fields) > 2:
		return "", "", fmt.Sprintf("a blank in a path is written %%20: write %s", quoted(fields[0]+" "+strings.Join(fields[1:], "%20")))
	}
	return fields[0], fields[1], methodProblem(fields[0], " "+fields[1])
}

// methodProblem says what is wrong with a method; "" if nothing is. The rest is what stands behind it in
// the plan.
func methodProblem(method, rest string) string {
	upper := strings.ToUpper(method)
	switch {
	case !token(method):
		return fmt.Sprintf("%s is not a method, such as GET or POST", quoted(method))
	case method != upper:
		return fmt.Sprintf("methods are in capitals: write %s", quoted(upper+rest))
	case upper == "CONNECT":
		return "CONNECT makes a tunnel, which is nothing to measure"
	case !slices.Contains(methods, upper) && nearest.Word(upper, methods) != "":
		return fmt.Sprintf("unknown method %s: did you mean %s?", upper, nearest.Word(upper, methods))
	}
	return ""
}

// urlProblem says what is wrong with a path or URL of a request; "" if nothing is. The values of its
// variables are left to the run.
func urlProblem(where string, text *loadgen.Template) string {
	scheme, _, whole := strings.Cut(where, "://")
	switch {
	case strings.HasPrefix(where, "${"):
		return ""
	case strings.HasPrefix(where, "/"):
	case !whole:
		return fmt.Sprintf("a path begins with /: write %s", quoted("/"+where))
	case scheme != "http" && scheme != "https":
		return fmt.Sprintf("%s is neither http:// nor https://", quoted(scheme+"://"))
	}
	where = text.Filled("x")
	if strings.HasPrefix(where, "/") {
		where = "http://host" + where
	}
	return hostProblem(escapeURL(where))
}

// eventURLProblem says what is wrong with the URL of an event; "" if nothing is.
func eventURLProblem(where string) string {
	text, err := loadgen.ParseTemplate(where)
	if err != nil {
		return err.Error()
	}
	return urlProblem(where, text)
}

// targetProblem says what is wrong with a target's URL; "" if nothing is.
func targetProblem(target string) string {
	scheme, rest, whole := strings.Cut(target, "://")
	switch {
	case !whole && strings.HasPrefix(target, "/"):
		return "expected scheme and host, such as \"http://127.0.0.1:8080\", not a path"
	case !whole:
		return fmt.Sprintf("has no scheme: write %s", quoted("http://"+target))
	case scheme != "http" && scheme != "https":
		return fmt.Sprintf("%s is neither http:// nor https://", quoted(scheme+"://"))
	case strings.Contains(rest, "${"):
		return "variables cannot stand in a target: write whole URLs in the requests"
	}
	if message := hostProblem(target); message != "" {
		return message
	}
	if strings.ContainsAny(target, "?#") {
		return "a target has no ? and no #: they belong to the requests"
	}
	return ""
}

// hostProblem says why a URL cannot be requested; "" if it can. Browsers take "http:///x" for the host x, which
// in a plan is a slip.
func hostProblem(url string) string {
	if strings.Contains(url, ":///") {
		return fmt.Sprintf("%s has no host", quoted(url))
	}
	if err := loadgen.ParseURL(url); err != nil {
		return err.Error()
	}
	return ""
}

// escapeURL percent-encodes what can stand nowhere in a URL (RFC 3986 §2) and would break the request's
// line; what separates its parts stays.
func escapeURL(s string) string {
	if !strings.ContainsFunc(s, unsafeInURL) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c >= 0x80 || unsafeInURL(rune(c)) {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func unsafeInURL(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"<>\\^`{|}", r)
}

// query puts the parameters behind the request's URL.
func (s scope) query(t table, req *loadgen.Request) {
	parameters, ok := t.table("query", queryShape)
	if !ok {
		return
	}
	text := s.parameters(parameters, percentEncode)
	if req.URL == nil || text == nil {
		return
	}
	separator := "?"
	if strings.Contains(req.URL.String(), "?") {
		separator = "&"
	}
	req.URL = loadgen.Concat(req.URL, loadgen.Literal(separator), text)
}

// percentEncode is for a query (RFC 3986 §2.1): unlike "+", "%20" is a blank to every server.
func percentEncode(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// parameters are name=value&name=value, encoded; nil for none.
func (s scope) parameters(t table, encode func(string) string) *loadgen.Template {
	var pieces []*loadgen.Template
	add := func(name, path string, v any) {
		value := s.parameter(path, v)
		if value == nil {
			return
		}
		if len(pieces) > 0 {
			pieces = append(pieces, loadgen.Literal("&"))
		}
		pieces = append(pieces, loadgen.Literal(encode(name)+"="), value.Escaped(encode, encode))
	}
	for _, name := range t.inOrder() {
		list, ok := t.values[name].([]any)
		if !ok {
			add(name, t.at(name), t.values[name])
		}
		for i, v := range list {
			add(name, elementPath(t.at(name), i), v)
		}
	}
	if pieces == nil {
		return nil
	}
	return loadgen.Concat(pieces...)
}

// parameter is one value of a query or form; nil after a problem.
func (s scope) parameter(path string, v any) *loadgen.Template {
	switch v := v.(type) {
	case string:
		return s.template(path, v)
	case int64, float64, bool:
		return loadgen.Literal(plain(v))
	}
	s.value(path, "expected text, a number, true or false, or a list of them, not %s", described(v))
	return nil
}
