package capture

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// option is an option of curl.
type option struct {
	name  string // its long name
	value bool   // a value follows
	// do takes the value; nil for an option that is refused.
	do     func(c *curl, value string) error
	cannot string // why it is refused, and what to do
}

// curl is one command being read.
type curl struct {
	im       *importer
	line     int // of the option that is being read
	method   string
	urls     []string
	headers  []Header
	user     string // and password, with a colon between them
	digest   bool   // they answer a challenge, rather than being sent at once
	data     []string
	hasData  bool
	file     string // the body's; "" for none
	parts    []part
	get      bool
	decoded  bool // asks for compressed responses
	location bool
	most     int // redirects; FollowRedirects if not limited
	timeout  time.Duration
}

// shortOptions are curl's, by their letters.
var shortOptions = map[byte]string{
	'X': "request", 'H': "header", 'd': "data", 'b': "cookie", 'A': "user-agent", 'e': "referer", 'u': "user", 'k': "insecure",
	'L': "location", 'I': "head", 'G': "get", 'm': "max-time", 'F': "form", 'T': "upload-file", 'x': "proxy", 'E': "cert",
	's': "silent", 'S': "show-error", 'v': "verbose", 'i': "include", 'o': "output", 'O': "remote-name", 'w': "write-out",
	'f': "fail", '#': "progress-bar", 'N': "no-buffer", 'c': "cookie-jar", 'D': "dump-header", 'j': "junk-session-cookies",
	'J': "remote-header-name", 'R': "remote-time", 'g': "globoff", 'q': "disable", '0': "http1.0", '4': "ipv4", '6': "ipv6",
	'K': "config", 'n': "netrc", 'r': "range", 'C': "continue-at", 'Z': "parallel", ':': "next",
}

// options are curl's, by their long names.
var options = sync.OnceValue(func() optionTable {
	o := optionTable{}
	o.addValues()
	o.addFlags()
	o.addRefused()
	return o
})

type optionTable map[string]option

func (o optionTable) value(name string, do func(c *curl, value string) error) {
	o[name] = option{name: name, value: true, do: do}
}

func (o optionTable) flag(name string, do func(c *curl)) {
	o[name] = option{name: name, do: func(c *curl, _ string) error { do(c); return nil }}
}

func (o optionTable) cannot(value bool, why string, names ...string) {
	for _, name := range names {
		o[name] = option{name: name, value: value, cannot: why}
	}
}

// addValues adds the options that a value follows.
func (o optionTable) addValues() {
	o.value("request", func(c *curl, v string) error { c.method = v; return nil })
	o.value("url", func(c *curl, v string) error { c.urls = append(c.urls, v); return nil })
	o.value("header", (*curl).header)
	o.value("data", (*curl).formData)
	o["data-ascii"] = o["data"]
	o.value("data-raw", func(c *curl, v string) error { return c.body(v) })
	o.value("data-binary", (*curl).content)
	o.value("data-urlencode", (*curl).urlencoded)
	o.value("form", (*curl).formPart)
	o.value("form-string", func(c *curl, v string) error {
		name, text, ok := strings.Cut(v, "=")
		if !ok {
			return errors.New("want name=value")
		}
		c.parts = append(c.parts, part{name: name, value: text})
		return nil
	})
	o.value("upload-file", (*curl).upload)
	o.value("json", func(c *curl, v string) error {
		c.headers = append(c.headers, Header{"Content-Type", "application/json"}, Header{"Accept", "application/json"})
		return c.content(v)
	})
	o.value("cookie", func(c *curl, v string) error {
		if !strings.Contains(v, "=") {
			return errors.New("a file of cookies is not read: each user has a jar of its own")
		}
		for i := range c.headers {
			if c.headers[i].Name == "Cookie" {
				c.headers[i].Value += "; " + v
				return nil
			}
		}
		return c.set("Cookie", v)
	})
	o.value("user-agent", func(c *curl, v string) error { return c.set("User-Agent", v) })
	o.value("referer", func(c *curl, v string) error { return c.set("Referer", strings.TrimSuffix(v, ";auto")) })
	o.value("user", func(c *curl, v string) error { c.user = v; return nil })
	o.value("oauth2-bearer", func(c *curl, v string) error { return c.set("Authorization", "Bearer "+v) })
	o.value("range", func(c *curl, v string) error { return c.set("Range", "bytes="+v) })
	o.value("max-time", (*curl).seconds)
	o.value("max-redirs", (*curl).redirects)
}

// addFlags adds those that stand alone.
func (o optionTable) addFlags() {
	o.flag("insecure", func(c *curl) { c.im.insecure = true })
	o.flag("location", func(c *curl) { c.location = true })
	o.flag("location-trusted", func(c *curl) { c.location = true })
	o.flag("digest", func(c *curl) { c.digest = true })
	o.flag("head", func(c *curl) { c.method = "HEAD" })
	o.flag("get", func(c *curl) { c.get = true })
	o.flag("compressed", func(c *curl) { c.decoded = true })
	o.flag("http1.1", func(c *curl) { c.im.http = "1.1" })
	o.flag("http2", func(c *curl) { c.im.http = "2" })
	o.flag("http2-prior-knowledge", func(c *curl) { c.im.http = "2" })
}

// addRefused adds those that change nothing, or cannot be had.
func (o optionTable) addRefused() {
	const nothing = "it changes nothing of the request: leave it out"
	o.cannot(false, nothing, "silent", "show-error", "verbose", "include", "remote-name", "remote-name-all", "fail", "fail-with-body", "fail-early",
		"progress-bar", "no-progress-meter", "no-buffer", "junk-session-cookies", "remote-header-name", "remote-time", "globoff",
		"disable", "ipv4", "ipv6", "basic", "tcp-nodelay", "no-keepalive", "create-dirs", "styled-output", "show-headers",
		"parallel", "path-as-is")
	o.cannot(true, nothing, "output", "write-out", "cookie-jar", "dump-header", "stderr", "trace", "trace-ascii", "keepalive-time", "output-dir", "parallel-max")
	o.cannot(true, "a request has one timeout for all: give it with --max-time", "connect-timeout", "speed-limit", "speed-time")
	o.cannot(true, "a request that fails is counted, not made again", "retry", "retry-delay", "retry-max-time")
	o.cannot(true, "responses are read as fast as they come", "limit-rate")
	o.cannot(false, "transfer codings are not asked for", "tr-encoding")
	o.cannot(true, "a plan does not say how to get to its target: give it to `stickbench run` with --proxy", "proxy", "socks5", "socks5-hostname")
	o.cannot(true, "a plan does not say how to get to its target: give it to `stickbench run` with the same name", "resolve", "connect-to")
	o.cannot(true, "set cert, key and ca of the plan's [target]", "cert", "key", "cacert", "capath")
	o.cannot(true, "write its options on the command line", "config")
	o.cannot(false, "there is only basic and digest authentication: give an Authorization header", "negotiate", "ntlm", "anyauth", "netrc")
	o.cannot(true, "a resumed download is nothing to measure", "continue-at")
	o.cannot(false, "HTTP/1.0 is not spoken", "http1.0")
	o.cannot(false, "HTTP/3 is not spoken", "http3", "http3-only")
}

// IsCurl reports whether source begins with a curl command.
func IsCurl(source string) bool {
	for line := range strings.Lines(source) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "$ ")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, _, _ := strings.Cut(line, " ")
		return isCurl(strings.Trim(name, `"'`))
	}
	return false
}

func isCurl(name string) bool {
	return strings.TrimSuffix(strings.ToLower(path.Base(strings.ReplaceAll(name, `\`, "/"))), ".exe") == "curl"
}

// Curl makes a plan of curl commands, as they are typed or as browsers copy them, for bash and for Windows's cmd. The
// error has the lines, and names each option that is not curl's, changes nothing of the request or cannot be had.
func Curl(source string, o Options) (*Plan, error) {
	im := &importer{Options: o}
	all, err := commands(source)
	if err != nil {
		return nil, err
	}
	for _, words := range all {
		if !isCurl(words[0].text) {
			return nil, fmt.Errorf("line %d: %s is no curl command", words[0].line, words[0].text)
		}
		if err := im.curl(words[1:], words[0].line); err != nil {
			im.refused = append(im.refused, err)
			break
		}
	}
	if len(im.refused) > 0 {
		return nil, errors.Join(im.refused...)
	}
	if len(im.requests) == 0 {
		return nil, errors.New("no curl command")
	}
	if im.Name == "" {
		im.Name = im.requests[0].URL.Host
	}
	return im.plan(), nil
}

// curl reads one command, which may be of several parts with --next between them.
func (im *importer) curl(words []word, line int) error {
	c := &curl{im: im, most: FollowRedirects}
	for i := 0; i < len(words); i++ {
		w := words[i]
		if w.text == "--next" || w.text == "-:" {
			if err := c.finish(line); err != nil {
				return err
			}
			c, line = &curl{im: im, most: FollowRedirects}, w.line
			continue
		}
		if len(w.text) < 2 || w.text[0] != '-' {
			c.urls = append(c.urls, w.text)
			continue
		}
		c.line = w.line
		used, err := c.option(w.text, words[i+1:])
		if err != nil {
			return fmt.Errorf("line %d: %w", w.line, err)
		}
		i += used
	}
	return c.finish(line)
}

// option takes an option, or several letters in one word, and says how many of the words behind it were its value.
func (c *curl) option(text string, rest []word) (used int, err error) {
	if name, long := strings.CutPrefix(text, "--"); long {
		o, ok := options()[name]
		if !ok {
			if o, ok = options()[strings.TrimPrefix(name, "no-")]; ok && !o.value {
				return 0, nil // back to curl's default
			}
			return 0, fmt.Errorf("unknown option %s of curl", text)
		}
		return c.take(o, text, "", rest)
	}
	for i := 1; i < len(text); i++ {
		short := "-" + text[i:i+1]
		o, ok := options()[shortOptions[text[i]]]
		if !ok {
			return 0, fmt.Errorf("unknown option %s of curl", short)
		}
		if o.value {
			return c.take(o, short, text[i+1:], rest)
		}
		if _, err := c.take(o, short, "", nil); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

func (c *curl) take(o option, as, value string, rest []word) (used int, err error) {
	if o.value && value == "" {
		if len(rest) == 0 {
			return 0, fmt.Errorf("%s needs a value", as)
		}
		value, used = rest[0].text, 1
	}
	switch {
	case o.do == nil:
		c.refuse(fmt.Errorf("%s cannot be carried over: %s", as, o.cannot))
	default:
		if err := o.do(c, value); err != nil {
			c.refuse(fmt.Errorf("%s: %w", as, err))
		}
	}
	return used, nil
}

// refuse keeps what is wrong with an option, so that all of them are named at once, one that is given twice in
// a row once.
func (c *curl) refuse(err error) {
	err = fmt.Errorf("line %d: %w", c.line, err)
	if n := len(c.im.refused); n == 0 || c.im.refused[n-1].Error() != err.Error() {
		c.im.refused = append(c.im.refused, err)
	}
}

func (c *curl) set(name, value string) error {
	c.headers = append(c.headers, Header{name, value})
	return nil
}

// header is one as curl takes it: "Name: value", "Name;" for an empty one, and "Name:" to leave out curl's own.
func (c *curl) header(v string) error {
	if name, empty := strings.CutSuffix(v, ";"); empty && !strings.Contains(v, ":") {
		return c.set(strings.TrimSpace(name), "")
	}
	name, value, ok := strings.Cut(v, ":")
	switch {
	case strings.HasPrefix(v, "@"):
		return errors.New("a file of headers is not read: write them on the command line")
	case !ok:
		return fmt.Errorf("invalid header %q: want \"Name: value\"", v)
	case strings.TrimSpace(value) == "":
		return nil
	}
	return c.set(strings.TrimSpace(name), strings.TrimSpace(value))
}

func (c *curl) body(v string) error {
	c.data, c.hasData = append(c.data, v), true
	return nil
}

// formData are those of --data, of which curl drops line ends where they come from a file.
func (c *curl) formData(v string) error {
	if strings.HasPrefix(v, "@") {
		return fmt.Errorf("the file %s is not read, as curl leaves out its line ends: give it with --data-binary", v[1:])
	}
	return c.body(v)
}

// content is data as they are, or a file's.
func (c *curl) content(v string) error {
	if file, ok := strings.CutPrefix(v, "@"); ok {
		return c.fromFile(file)
	}
	return c.body(v)
}

func (c *curl) fromFile(file string) error {
	switch {
	case file == "-" || file == ".":
		return errors.New("standard input is not read: give a file")
	case c.file != "":
		return errors.New("a request has one file as its body: give one")
	}
	c.file = file
	return nil
}

// upload is a PUT of a file.
func (c *curl) upload(file string) error {
	c.method = firstOf(c.method, "PUT")
	return c.fromFile(file)
}

// part is one of a body of several: a value, or a file with its type and the name that is sent.
type part struct{ name, value, file, kind, sent string }

// formPart is one as curl takes it: "name=value" or "name=@file;type=image/png;filename=cat.png".
func (c *curl) formPart(v string) error {
	name, text, ok := strings.Cut(v, "=")
	file, isFile := strings.CutPrefix(text, "@")
	switch {
	case !ok:
		return errors.New("want name=value or name=@FILE")
	case strings.HasPrefix(text, "<"):
		return errors.New("the content of a file as a value is not read: send the file with @")
	case !isFile && strings.Contains(text, ";type="):
		return errors.New("a value with a type is not sent: leave the type out, or send a file with @")
	case !isFile:
		c.parts = append(c.parts, part{name: name, value: strings.Trim(text, `"`)})
		return nil
	}
	words := strings.Split(file, ";")
	p := part{name: name, file: strings.Trim(words[0], `"`)}
	for _, word := range words[1:] {
		key, value, _ := strings.Cut(strings.TrimSpace(word), "=")
		switch value = strings.Trim(value, `"`); key {
		case "type":
			p.kind = value
		case "filename":
			p.sent = value
		default:
			return fmt.Errorf("unknown %s of a file: want type or filename", key)
		}
	}
	if strings.Contains(p.file, ",") || p.file == "-" {
		return errors.New("want one file in each -F, and not standard input")
	}
	c.parts = append(c.parts, p)
	return nil
}

func (c *curl) urlencoded(v string) error {
	name, value, named := strings.Cut(v, "=")
	switch {
	case strings.Contains(name, "@"):
		return fmt.Errorf("the file %s is not read: give its content on the command line", v[strings.Index(v, "@")+1:])
	case !named:
		return c.body(url.QueryEscape(v))
	case name == "":
		return c.body(url.QueryEscape(value))
	}
	return c.body(name + "=" + url.QueryEscape(value))
}

func (c *curl) seconds(v string) error {
	s, err := strconv.ParseFloat(v, 64)
	if err != nil || s <= 0 || s > 1e6 {
		return fmt.Errorf("invalid number of seconds %q", v)
	}
	c.timeout = time.Duration(s * float64(time.Second))
	return nil
}

func (c *curl) redirects(v string) error {
	n, err := strconv.Atoi(v)
	if err != nil {
		return fmt.Errorf("invalid number %q", v)
	}
	c.most = max(n, FollowRedirects)
	return nil
}

// finish makes the requests of the command that was read.
func (c *curl) finish(line int) error {
	if len(c.urls) == 0 {
		return fmt.Errorf("line %d: the curl command has no URL", line)
	}
	for _, s := range c.urls {
		u, err := absolute(s)
		if err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
		r := &Request{Method: c.method, URL: u, Headers: slices.Clone(c.headers), Timeout: c.timeout}
		if c.location {
			r.Redirects = c.most
		}
		user := c.user
		if password, _ := u.User.Password(); user == "" && u.User != nil {
			user = u.User.Username() + ":" + password
		}
		switch {
		case c.digest:
			r.digest = user
		case user != "":
			r.Headers = append(r.Headers, basic(user))
		}
		if c.decoded && !hasHeader(r.Headers, "Accept-Encoding") {
			r.Headers = append(r.Headers, Header{"Accept-Encoding", "deflate, gzip, br, zstd"})
		}
		data := strings.Join(c.data, "&")
		switch {
		case c.several() > 1:
			return fmt.Errorf("line %d: a request has one body: data, a file, or parts", line)
		case c.parts != nil:
			r.Parts, r.Method = c.parts, firstOf(c.method, "POST")
		case c.file != "":
			r.File = c.file
			if c.method == "PUT" && strings.HasSuffix(u.Path, "/") {
				u.Path += path.Base(c.file)
			}
			if r.Method = firstOf(c.method, "POST"); r.Method == "POST" && !hasHeader(r.Headers, "Content-Type") {
				r.Headers = append(r.Headers, Header{"Content-Type", "application/x-www-form-urlencoded"})
			}
		case c.hasData && c.get:
			u.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+data, "&")
		case c.hasData:
			r.Body = &data
			r.Method = firstOf(c.method, "POST")
			if !hasHeader(r.Headers, "Content-Type") {
				r.Headers = append(r.Headers, Header{"Content-Type", "application/x-www-form-urlencoded"})
			}
		}
		r.Method = firstOf(r.Method, "GET")
		c.im.requests = append(c.im.requests, r)
	}
	return nil
}

// several counts the kinds of body that the command has.
func (c *curl) several() (n int) {
	for _, has := range []bool{c.hasData, c.file != "", c.parts != nil} {
		if has {
			n++
		}
	}
	return n
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func hasHeader(list []Header, name string) bool {
	return slices.ContainsFunc(list, func(h Header) bool { return strings.EqualFold(h.Name, name) })
}
