package jmx

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// request is a request being written: what others may share with it stands apart from its step's other keys.
type request struct {
	name     string
	method   string
	base     string // scheme and authority, "" if it has none
	path     string
	headers  []pair
	query    inline
	timeout  any
	connect  any // the timeout of connecting
	follow   bool
	think    string
	auth     pair // basic_auth or digest_auth
	assert   []any
	resource any
	extracts []pair
	onError  string
	// What assertions say of the status: that it is ignored, that they judge it, and that none of 400 or more passes.
	ignoresStatus, judgesStatus, fixesStatus bool
	keys                                     []pair // the others
}

// settings are a sampler's properties with the defaults that apply to it: the innermost value that is not empty.
type settings struct {
	own      *Element
	defaults []*Element // outermost first
}

func (s settings) owner(name string) *Element {
	if s.own.has(name) {
		return s.own
	}
	for _, d := range slices.Backward(s.defaults) {
		if d.has(name) {
			return d
		}
	}
	return s.own
}

func (s settings) word(name string) string { return s.owner(name).word(name) }

// truth is a switch: that of the defaults counts where the sampler says false, as a box that is not ticked.
func (s settings) truth(name string, absent bool) bool { return s.owner(name).truth(name, absent) }

// http is a request with all that applies to it.
func (im *importer) http(e *Element, sc *scope) []*block {
	s := settings{own: e, defaults: im.httpDefaults(sc)}
	b := &block{comments: comment(e)}
	r := &request{name: im.label(e.Name, "HTTP Request"), follow: s.truth("HTTPSampler.follow_redirects", true) || s.truth("HTTPSampler.auto_redirects", false)}
	b.request = r
	r.method = im.method(e, s)
	im.address(e, s, r)
	im.headers(e, sc, r)
	im.parameters(e, s, r)
	im.uploads(e, s, r)
	im.rewrite(sc, r)
	im.timeouts(s, sc, r)
	im.authorize(sc, r)
	im.embedded(e, s, r)
	if !s.truth("HTTPSampler.use_keepalive", true) {
		r.header("Connection", "close")
	}
	if e.Class == "AjpSampler" {
		im.missing(e, b, "it is sent over HTTP, not AJP", "")
	}
	if s.word("HTTPSampler.proxyHost") != "" {
		im.note(e, "its proxy "+s.word("HTTPSampler.proxyHost"), "give the run one with --proxy")
	}
	if s.word("HTTPSampler.ipSource") != "" {
		im.note(e, "its source address", "give the run one with --source")
	}
	if s.truth("HTTPSampler.md5", false) {
		im.note(e, "the body is kept as it is, not as its MD5 sum", "")
	}
	after := im.afterSteps(e, sc, b)
	return append([]*block{b}, after...)
}

// method is that of a request: a word, or what a variable of the plan has from the beginning.
func (im *importer) method(e *Element, s settings) string {
	method := firstOf(im.template(parseValue(s.word("HTTPSampler.method"))), "GET")
	if name, ok := strings.CutPrefix(method, "${"); ok && im.isTop(strings.TrimSuffix(name, "}")) {
		method, _ = im.topIndex[strings.TrimSuffix(name, "}")].value.(string)
	}
	if !isWord(method) {
		im.lose(e, "its method is no word: "+s.word("HTTPSampler.method"), "write the method into the request")
		return "GET"
	}
	return strings.ToUpper(method)
}

// httpDefaults are the defaults for requests that apply; other protocols have some of the same class.
func (im *importer) httpDefaults(sc *scope) []*Element {
	return slices.DeleteFunc(im.inScope(sc, "ConfigTestElement"), func(d *Element) bool {
		for name := range d.properties {
			if strings.HasPrefix(name, "HTTPSampler.") || strings.HasPrefix(name, "HTTPsampler.") {
				return false
			}
		}
		return true
	})
}

// address finds scheme, authority and path.
func (im *importer) address(e *Element, s settings, r *request) {
	where := strings.TrimSpace(im.urlText(parseValue(s.word("HTTPSampler.path"))))
	if e.Class == "SoapSampler" {
		where = im.word(e, "HTTPSampler.URL_DATA")
		if where == "" {
			where = im.word(e, "SoapSampler.URL_DATA")
		}
		r.method = "POST"
	}
	if scheme, rest, whole := strings.Cut(where, "://"); whole && !strings.Contains(scheme, "/") && !strings.Contains(scheme, "?") {
		authority, path := rest, ""
		if i := strings.IndexAny(rest, "/?"); i >= 0 {
			authority, path = rest[:i], rest[i:]
		}
		r.base, r.path = strings.ToLower(scheme)+"://"+authority, path
		if strings.HasPrefix(scheme, "${") {
			r.base = scheme + "://" + authority
		}
	} else {
		r.base, r.path = im.base(e, s), where
	}
	r.path, _, _ = strings.Cut(r.path, "#")
	im.rooted(r)
}

// rooted puts the slash in front of a path that has none, as JMeter does once its variables have values.
func (im *importer) rooted(r *request) {
	name, rest, variable := strings.Cut(strings.TrimPrefix(r.path, "${"), "}")
	variable = variable && strings.HasPrefix(r.path, "${")
	t := im.topIndex[name]
	known := ""
	if t != nil {
		known, _ = t.value.(string)
	}
	switch {
	case strings.HasPrefix(r.path, "/"), variable && strings.HasPrefix(known, "/"):
	case variable && (r.base == "" || strings.Contains(known, "://")):
		if strings.Contains(known, "://") {
			r.base = ""
		}
	case variable && t == nil && isWord(name): // who knows
		own := im.free(name + "_path")
		im.give(own)
		im.before = append(im.before, pair{own, fmt.Sprintf(`${%s startsWith "/" ? %s : "/" + %s}`, name, name, name)})
		r.path = "${" + own + "}" + rest
	default:
		r.path = "/" + r.path
	}
}

var blanks = strings.NewReplacer(" ", "%20", "\n", "%0A", "\r", "%0D", "\t", "%09")

// urlText is a value as a part of a URL, in which no blank stands: those of expressions are left out, and an
// expression that needs one becomes a variable of its own.
func (im *importer) urlText(v value) string {
	var b strings.Builder
	for _, p := range v {
		if p.source == "" {
			b.WriteString(blanks.Replace(im.template(value{p})))
			continue
		}
		s := im.template(value{p})
		if strings.HasPrefix(s, "${") {
			s = compact(s)
		} else {
			s = blanks.Replace(s)
		}
		if strings.ContainsAny(s, " ") {
			name := im.free("value")
			im.now[name] = true
			im.before = append(im.before, pair{name, im.template(value{p})})
			s = "${" + name + "}"
		}
		b.WriteString(s)
	}
	return b.String()
}

// compact is an expression without the blanks that it does not need.
func compact(s string) string {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted && i+1 < len(s):
			b.WriteByte(c)
			i++
		case c == ' ' && !quoted && i > 0 && i+1 < len(s) && !(wordByte(s[i-1]) && wordByte(s[i+1])):
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func wordByte(c byte) bool {
	return c == '_' || c == '"' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// base is the scheme and authority that the sampler and its defaults give.
func (im *importer) base(e *Element, s settings) string {
	host := strings.TrimSpace(im.template(parseValue(s.word("HTTPSampler.domain"))))
	if host == "" {
		return ""
	}
	scheme := strings.ToLower(strings.TrimSpace(im.template(parseValue(s.word("HTTPSampler.protocol")))))
	scheme = strings.TrimSuffix(strings.TrimSuffix(scheme, "/"), ":/")
	if given, rest, whole := strings.Cut(host, "://"); whole {
		scheme, host = firstOf(scheme, given), rest
	}
	host = strings.TrimSuffix(host, "/")
	prefix := ""
	if name, path, cut := strings.Cut(host, "/"); cut {
		host, prefix = name, "/"+path
	}
	if strings.Contains(s.word("HTTPSampler.protocol"), "${") {
		scheme = strings.TrimSpace(im.template(parseValue(s.word("HTTPSampler.protocol"))))
	}
	scheme = firstOf(scheme, "http")
	if scheme == "file" || scheme == "ftp" {
		im.lose(e, "the protocol "+scheme, "")
		scheme = "http"
	}
	port := strings.TrimSpace(im.template(parseValue(s.word("HTTPSampler.port"))))
	if n, literal := parseWhole(port); port != "" && !strings.Contains(port, "${") && (!literal || n < 0 || n > 65535) {
		im.lose(e, fmt.Sprintf("%q is no port", port), "write the port into the request")
		port = ""
	}
	if port == "0" || port == "" || scheme == "http" && port == "80" || scheme == "https" && port == "443" {
		return scheme + "://" + host + prefix
	}
	return scheme + "://" + host + ":" + port + prefix
}

// headers are those of the header managers that apply, by name; the innermost one's value counts.
func (im *importer) headers(e *Element, sc *scope, r *request) {
	if e.Class == "SoapSampler" {
		r.header("Content-Type", "text/xml")
		if action := im.word(e, "HTTPSampler.SoapAction"); action != "" {
			r.header("SOAPAction", action)
		}
	}
	for _, m := range im.inScope(sc, "HeaderManager") {
		im.at = m
		for _, p := range m.list("HeaderManager.headers") {
			if p.element == nil {
				continue
			}
			name := oneLine(im.word(p.element, "Header.name"), "")
			value := oneLine(im.text(p.element, "Header.value"), "")
			switch {
			case name == "" && value == "":
			case strings.EqualFold(name, "Content-Length"), strings.EqualFold(name, "Transfer-Encoding"):
			case !headerName(name):
				im.lose(m, fmt.Sprintf("%q is no name of a header", name), "correct it")
			default:
				r.header(name, value)
			}
		}
	}
	im.at = e
}

func headerName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r) })
}

// header sets a header, in the place of one of the same name.
func (r *request) header(name, value string) {
	for i, h := range r.headers {
		if strings.EqualFold(h.key, name) {
			r.headers[i] = pair{name, value}
			return
		}
	}
	r.headers = append(r.headers, pair{name, value})
}

// field is the value of a header, "" without one.
func (r *request) field(name string) string {
	for _, h := range r.headers {
		if strings.EqualFold(h.key, name) {
			return h.value.(string)
		}
	}
	return ""
}

var withoutBody = []string{"GET", "DELETE", "OPTIONS", "HEAD", "TRACE"}

// parameters are the query, the form, or the body as it stands.
func (im *importer) parameters(e *Element, s settings, r *request) {
	args := im.requestArguments(s)
	if e.Class == "SoapSampler" {
		r.keys = append(r.keys, pair{"body", im.text(e, "HTTPSampler.xml_data")})
		if e.has("SoapSampler.xml_data_file") {
			r.keys = []pair{{"body", inline{{"file", im.file(e.word("SoapSampler.xml_data_file"))}}}}
		}
		return
	}
	known := named(args)
	multipart := s.truth("HTTPSampler.DO_MULTIPART_POST", false) || slices.ContainsFunc(uploadsOf(s), func(u upload) bool { return u.field != "" })
	raw := e.truth("HTTPSampler.postBodyRaw", false) || len(args) > 0 && len(known) == 0 && !multipart && r.method != "GET"
	if raw && len(args) > 0 {
		im.rawBody(args, r)
		return
	}
	switch args = known; {
	case len(args) == 0:
	case slices.Contains(withoutBody, r.method):
		im.queryOf(args, r)
	case len(uploadsOf(s)) == 0 && !s.truth("HTTPSampler.DO_MULTIPART_POST", false):
		im.form(args, r)
	}
}

// requestArguments are the sampler's and those that its defaults add.
func (im *importer) requestArguments(s settings) []argument {
	all := arguments(s.own.sub("HTTPsampler.Arguments"))
	for _, d := range slices.Backward(s.defaults) {
		for _, a := range arguments(d.sub("HTTPsampler.Arguments")) {
			if !slices.ContainsFunc(all, func(b argument) bool { return b.name == a.name }) {
				all = append(all, a)
			}
		}
	}
	return all
}

// named are the arguments that are sent: JMeter leaves out those without a name, so that variables may be none.
func named(args []argument) []argument {
	return slices.DeleteFunc(slices.Clone(args), func(a argument) bool { return strings.TrimSpace(a.name) == "" })
}

// rawBody is the body as the arguments' values, one behind the other.
func (im *importer) rawBody(args []argument, r *request) {
	var v value
	for _, a := range args {
		v = append(v, parseValue(a.value)...)
	}
	if p := v.only(); p != nil && p.call != nil && p.call.name == "__FileToString" {
		if name, ok := p.call.argument(0).text(); ok {
			r.keys = append(r.keys, pair{"body", inline{{"file", im.file(strings.TrimSpace(name))}}})
			return
		}
	}
	body := im.template(v)
	if t := strings.TrimSpace(body); strings.HasPrefix(t, "{") || strings.HasPrefix(t, "[") || strings.HasPrefix(t, "<") {
		body = strings.ReplaceAll(body, "\r\n", "\n") // it means the same to who reads JSON and XML
	}
	r.keys = append(r.keys, pair{"body", body})
}

// queryOf puts parameters behind the path: into a table where all are to be encoded, else into the path's text, where
// those stand as they are that are not.
func (im *importer) queryOf(args []argument, r *request) {
	encoded := !slices.ContainsFunc(args, func(a argument) bool { return !a.truth("HTTPArgument.always_encode", false) })
	for _, a := range args {
		if encoded {
			r.query = append(r.query, pair{im.template(parseValue(a.name)), im.template(parseValue(a.value))})
			continue
		}
		name, v := blanks.Replace(im.template(parseValue(a.name))), parseValue(a.value)
		if a.truth("HTTPArgument.always_encode", false) {
			r.path += separator(r.path) + name + "=" + im.escaped(v)
			continue
		}
		r.path += separator(r.path) + name
		if a.truth("HTTPArgument.use_equals", true) || a.value != "" {
			r.path += "=" + strings.ReplaceAll(im.urlText(v), "#", "%23")
		}
	}
	r.query = grouped(r.query)
}

func separator(path string) string {
	if strings.Contains(path, "?") {
		return "&"
	}
	return "?"
}

// grouped makes a list of the values of parameters of one name.
func grouped(all inline) inline {
	var out inline
	for _, p := range all {
		i := slices.IndexFunc(out, func(q pair) bool { return q.key == p.key })
		if i < 0 {
			out = append(out, p)
		} else if l, ok := out[i].value.(list); ok {
			out[i].value = append(l, p.value)
		} else {
			out[i].value = list{out[i].value, p.value}
		}
	}
	return out
}

// form is a form's parameters. JMeter decodes the values that are said to be encoded already, and encodes them
// again.
func (im *importer) form(args []argument, r *request) {
	var form inline
	for _, a := range args {
		v := parseValue(a.value)
		if !a.truth("HTTPArgument.always_encode", false) {
			for i := range v {
				if plain, err := url.QueryUnescape(v[i].literal); err == nil {
					v[i].literal = plain
				}
			}
		}
		form = append(form, pair{im.template(parseValue(a.name)), im.template(v)})
	}
	r.keys = append(r.keys, pair{"form", grouped(form)})
}

// escaped is a value whose text is encoded now, and its variables when they are put in.
func (im *importer) escaped(v value) string {
	var b strings.Builder
	for _, p := range v {
		if p.source == "" {
			b.WriteString(url.QueryEscape(p.literal))
			continue
		}
		if x, err := im.reference(p); err == nil {
			b.WriteString(compact(apply("urlencode", textKind, x.asText()).template()))
		} else {
			b.WriteString(im.template(value{p}))
		}
	}
	return b.String()
}

// upload is a file that a request sends.
type upload struct{ path, field, mime string }

func uploadsOf(s settings) []upload {
	var all []upload
	for _, p := range s.own.sub("HTTPsampler.Files").list("HTTPFileArgs.files") {
		if p.element != nil {
			all = append(all, upload{p.element.word("File.path"), p.element.word("File.paramname"), p.element.word("File.mimetype")})
		}
	}
	if s.own.has("HTTPSampler.FILE_NAME") {
		all = append(all, upload{s.own.word("HTTPSampler.FILE_NAME"), s.own.word("HTTPSampler.FILE_FIELD"), s.own.word("HTTPSampler.mimetype")})
	}
	return slices.DeleteFunc(all, func(u upload) bool { return u.path == "" })
}

// uploads are the files of a multipart body, or the one that is the whole body.
func (im *importer) uploads(e *Element, s settings, r *request) {
	files := uploadsOf(s)
	multipart := s.truth("HTTPSampler.DO_MULTIPART_POST", false)
	if len(files) == 1 && files[0].field == "" && !multipart {
		r.keys = append(r.keys, pair{"body", inline{{"file", im.file(im.template(parseValue(files[0].path)))}}})
		if files[0].mime != "" && r.field("Content-Type") == "" {
			r.header("Content-Type", files[0].mime)
		}
		return
	}
	if len(files) == 0 && !multipart || slices.Contains(withoutBody, r.method) || e.truth("HTTPSampler.postBodyRaw", false) {
		return
	}
	var parts inline
	for _, a := range named(im.requestArguments(s)) {
		parts = append(parts, pair{im.template(parseValue(a.name)), im.template(parseValue(a.value))})
	}
	for _, f := range files {
		part := inline{{"file", im.file(im.template(parseValue(f.path)))}}
		if f.mime != "" {
			part = append(part, pair{"type", im.template(parseValue(f.mime))})
		}
		parts = append(parts, pair{firstOf(im.template(parseValue(f.field)), "file"), part})
	}
	if parts != nil {
		r.keys = append(r.keys, pair{"multipart", grouped(parts)})
		r.headers = slices.DeleteFunc(r.headers, func(h pair) bool { // its boundary would not be that of the body
			return strings.EqualFold(h.key, "Content-Type") && strings.HasPrefix(strings.ToLower(fmt.Sprint(h.value)), "multipart/form-data")
		})
	}
}

// timeouts are how long connecting and a request may take. JMeter bounds each read; ours bounds the whole.
func (im *importer) timeouts(s settings, sc *scope, r *request) {
	if d, ok := im.amount(s.own, s.word("HTTPSampler.response_timeout"), "ms"); ok && d != "0s" {
		r.timeout = d
	}
	if d, ok := im.amount(s.own, s.word("HTTPSampler.connect_timeout"), "ms"); ok && d != "0s" {
		r.connect = d
	}
	for _, e := range im.outward(sc, preparations) {
		if e.Class == "SampleTimeout" {
			if d, ok := im.amount(e, e.word("InterruptTimer.timeout"), "ms"); ok && d != "0s" {
				r.timeout = d
			}
		}
	}
}

// authorize takes the user and password that the managers in scope have for the request's URL.
func (im *importer) authorize(sc *scope, r *request) {
	for _, m := range slices.Backward(im.inScope(sc, "AuthManager")) {
		for _, p := range m.list("AuthManager.auth_list") {
			a := p.element
			if a == nil || a.word("Authorization.username") == "" {
				continue
			}
			if base := im.word(a, "Authorization.url"); base != "" && !strings.HasPrefix(r.base+r.path, base) && strings.TrimSuffix(base, "/") != r.base {
				continue
			}
			key := "basic_auth"
			switch a.word("Authorization.mechanism") {
			case "KERBEROS":
				im.lose(m, "authentication by KERBEROS", "basic_auth and digest_auth are there")
				continue
			case "DIGEST":
				key = "digest_auth"
			}
			r.auth = pair{key, inline{{"user", im.text(a, "Authorization.username")}, {"password", im.text(a, "Authorization.password")}}}
			return
		}
	}
}

// embedded are the resources that a page names.
func (im *importer) embedded(e *Element, s settings, r *request) {
	if !s.truth("HTTPSampler.image_parser", false) {
		return
	}
	var v inline
	if re := im.word(s.owner("HTTPSampler.embedded_url_re"), "HTTPSampler.embedded_url_re"); re != "" {
		v = append(v, pair{"match", expression(re)})
	}
	if re := im.word(s.owner("HTTPSampler.embedded_url_exclude_re"), "HTTPSampler.embedded_url_exclude_re"); re != "" {
		v = append(v, pair{"except", expression(re)})
	}
	pool := int64(1)
	if s.truth("HTTPSampler.concurrentDwn", false) {
		pool = 6
		if n, ok := parseWhole(s.word("HTTPSampler.concurrentPool")); ok && n > 0 {
			pool = n
		}
	}
	r.resource = append(v, pair{"parallel", pool})
}
