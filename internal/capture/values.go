package capture

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"stickbench/assert"
	"stickbench/internal/draft"
	"stickbench/loadgen"
)

// Values that a request sends and that an earlier response brought, such as tokens and ids, were made for the one
// session that was captured. They become variables: the response that brought one first extracts it, and each
// request that sends it takes the variable.
//
//	GET /login   → … name="csrf" value="k3J…"     extract = { csrf = 'regex:name="csrf" value="([^"]+)' }
//	POST /login    csrf=k3J…                      form = { csrf = "${csrf}" }
const (
	mostValues   = 500     // that are looked for
	mostSearched = 4 << 30 // bytes of responses that are searched in all, for each value anew: some seconds
)

// stepValues are the variables of one step.
type stepValues struct {
	uses     []use        // in the request
	extract  draft.Inline // from the response
	comments []string
}

type use struct{ name, value string }

// inText is text in which the values are variables.
func (v stepValues) inText(text string) string {
	text = draft.Escape(text)
	for _, u := range v.uses {
		text = strings.ReplaceAll(text, draft.Escape(u.value), "${"+u.name+"}")
	}
	return text
}

// inURL is the same of a path and query, in which values are encoded; the engine encodes variables there.
func (v stepValues) inURL(where string) string {
	where = draft.Escape(where)
	for _, u := range v.uses {
		for _, form := range []string{url.QueryEscape(u.value), url.PathEscape(u.value), u.value} {
			where = strings.ReplaceAll(where, draft.Escape(form), "${"+u.name+"}")
		}
	}
	return where
}

// candidate is a value in a request that may have come from a response.
type candidate struct{ name, value, place string }

// dynamic finds the variables of all steps.
func (im *importer) dynamic() []stepValues {
	steps := make([]stepValues, len(im.requests))
	found, names := map[string]*use{}, map[string]bool{}
	searched := 0
	for i, r := range im.requests {
		for _, c := range candidates(r) {
			u, known := found[c.value]
			if !known && len(found) < mostValues {
				u = im.source(i, c, names, steps, &searched)
				found[c.value] = u
			}
			if u != nil && !slices.Contains(steps[i].uses, *u) {
				steps[i].uses = append(steps[i].uses, *u)
				steps[i].comments = append(steps[i].comments, fmt.Sprintf("${%s} is sent in %s.", u.name, c.place))
			}
		}
	}
	return steps
}

// source finds the response before request i that brought a value which no request before it had sent, makes it
// extract it, and is nil where there is none.
func (im *importer) source(i int, c candidate, names map[string]bool, steps []stepValues, searched *int) *use {
	for j, r := range im.requests[:i] {
		if sends(r, c.value) {
			return nil
		}
		if r.response == nil {
			continue
		}
		if *searched += len(r.response.body); *searched > mostSearched {
			return nil
		}
		from := locate(r.response, c.value)
		if from == "" {
			continue
		}
		u := &use{name: variableName(c.name, names), value: c.value}
		steps[j].extract = append(steps[j].extract, draft.Pair{Key: u.name, Value: from})
		steps[j].comments = append(steps[j].comments, fmt.Sprintf("%s was %s in this response, and is sent in %q.", u.name, excerpt(c.value), im.requests[i].Method+" "+im.requests[i].URL.Path))
		im.note("%s: a value from %s is taken from there, by %s", u.name, r.Method+" "+r.URL.Path, from)
		return u
	}
	return nil
}

// excerpt is the beginning of a value, which may be a credential.
func excerpt(value string) string {
	const shown = 6
	if len(value) <= shown {
		return strconv.Quote(value)
	}
	return strconv.Quote(strings.ToValidUTF8(value[:shown], "") + "…")
}

// variableName is a name for a variable like that of the parameter it is for.
func variableName(like string, taken map[string]bool) string {
	name := strings.Trim(regexp.MustCompile(`\W+`).ReplaceAllString(like, "_"), "_0123456789")
	if name == "" || !loadgen.ValidVariable(name) || loadgen.BuiltinVariable(name) || assert.Reserved(name) {
		name = strings.Trim("value_"+name, "_")
	}
	for base, n := name, 2; taken[name]; n++ {
		name = base + strconv.Itoa(n)
	}
	taken[name] = true
	return name
}

// candidates are the values in a request that look made rather than typed.
func candidates(r *Request) (all []candidate) {
	add := func(name, value, place string) {
		if looksMade(value) {
			all = append(all, candidate{name, value, place})
		}
	}
	for segment := range strings.SplitSeq(r.URL.Path, "/") {
		add("id", segment, "its path")
	}
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if value, err := url.QueryUnescape(value); err == nil {
			add(name, value, "its parameter "+name)
		}
	}
	for _, h := range r.Headers {
		switch {
		case strings.EqualFold(h.Name, "Authorization"):
			if _, token, ok := strings.Cut(h.Value, " "); ok {
				add("token", token, "its header "+h.Name)
			}
		case len(h.Name) > 2 && strings.EqualFold(h.Name[:2], "X-"):
			add(h.Name[2:], h.Value, "its header "+h.Name)
		}
	}
	if form, ok := formOf(r); ok {
		for _, p := range form {
			add(p.Key, p.Value.(string), "its form's "+p.Key)
		}
	} else if r.Body != nil {
		leaves(decoded(*r.Body), "", func(path, value string) {
			add(path[strings.LastIndexByte(path, '.')+1:], value, "its body's "+path)
		})
	}
	return all
}

// looksMade reports whether a value is an id or a token rather than a word or a small number.
func looksMade(v string) bool {
	digits := strings.Count(v, "") - 1 - len([]rune(strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return -1
		}
		return r
	}, v)))
	switch {
	case len(v) > 4096 || strings.ContainsAny(v, " \t\r\n"):
		return false
	case digits == len(v):
		return len(v) >= 5
	}
	return len(v) >= 8 && digits > 0 || len(v) >= 20
}

// sends reports whether a request has the value in it.
func sends(r *Request, value string) bool {
	if strings.Contains(r.URL.Path, value) || strings.Contains(r.URL.RawQuery, url.QueryEscape(value)) || strings.Contains(r.URL.RawQuery, value) {
		return true
	}
	for _, h := range r.Headers {
		if strings.Contains(h.Value, value) {
			return true
		}
	}
	return r.Body != nil && (strings.Contains(*r.Body, value) || strings.Contains(*r.Body, url.QueryEscape(value)))
}

// locate is how to extract the value from the response, in a plan's words; "" if it is not in it.
func locate(r *response, value string) (from string) {
	for _, h := range r.headers {
		if h.Value == value && !strings.EqualFold(h.Name, "Set-Cookie") {
			return "header:" + h.Name
		}
	}
	if !strings.Contains(r.body, value) {
		return ""
	}
	leaves(decoded(r.body), "", func(path, leaf string) {
		if from == "" && leaf == value {
			from = "json:" + path
		}
	})
	if from != "" {
		return from
	}
	return locateText(r.body, value)
}

// ends are the characters that end a value, by the one behind it.
var ends = map[byte]string{'"': `[^"]`, '\'': `[^']`, '<': `[^<]`, '&': `[^&"'<>\s]`, ';': `[^;"'<>\s]`}

// locateText is an expression by what stands before the value, as much of it as it takes to find no other.
func locateText(body, value string) string {
	at := strings.Index(body, value)
	class := `[^"'<>&\s]`
	if end := at + len(value); end < len(body) && ends[body[end]] != "" {
		class = ends[body[end]]
	}
	line := body[strings.LastIndexByte(body[:at], '\n')+1 : at]
	for _, n := range []int{12, 24, 48, 96} {
		from := max(0, len(line)-n)
		for from > 0 && wordByte(line[from-1]) && wordByte(line[from]) { // no word in halves
			from--
		}
		before := strings.ToValidUTF8(line[from:], "")
		if before == "" {
			return ""
		}
		source := regexp.QuoteMeta(before) + "(" + class + "+)"
		if m := regexp.MustCompile(source).FindStringSubmatch(body); m != nil && m[1] == value {
			return "regex:" + source
		}
	}
	return ""
}

func wordByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// decoded is a body as JSON; nil if it is none.
func decoded(body string) (v any) {
	if body = strings.TrimSpace(body); body == "" || body[0] != '{' && body[0] != '[' {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}

// leaves visits the texts and numbers of a JSON value with their paths, in gjson's words.
func leaves(v any, path string, visit func(path, leaf string)) {
	below := func(key string) string {
		key = regexp.MustCompile(`[.*?|#@\\!{}\[\]()]`).ReplaceAllString(key, `\$0`)
		return strings.TrimPrefix(path+"."+key, ".")
	}
	switch v := v.(type) {
	case map[string]any:
		for key, x := range sortedMembers(v) {
			leaves(x, below(key), visit)
		}
	case []any:
		for i, x := range v {
			leaves(x, below(strconv.Itoa(i)), visit)
		}
	case string:
		visit(path, v)
	case json.Number:
		visit(path, v.String())
	}
}
