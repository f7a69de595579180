package probe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"stickbench/internal/lazy"
)

// values are all the places of a response that may say something of the node or of the session, by the
// words of a plan's [session]: header:<name>, json:<path>, regex:<expression>, cookie:<name>. A cookie's
// value is the one that the client has once the response is read.
func (e *Exchange) values() map[string]string {
	all := map[string]string{}
	for i := len(e.Header) - 1; i >= 0; i-- { // of two fields of a name the first counts, as in a run
		name := strings.ToLower(e.Header[i].Name)
		if name != "set-cookie" {
			all["header:"+name] = lastHop(e.Header[i].Value)
		}
	}
	for _, c := range e.Cookies {
		all["cookie:"+c.Name] = c.Value
	}
	for _, c := range e.setCookies() {
		all["cookie:"+c.Name] = c.Value
	}
	if e.Error != "" || e.Body == "" {
		return all
	}
	d := json.NewDecoder(bytes.NewReader([]byte(e.Body)))
	d.UseNumber()
	var document any
	if err := d.Decode(&document); err == nil {
		members(all, "", document, 0)
	} else {
		words(all, e.Body)
	}
	return all
}

// lastHop is the server that gave the response in a list such as nginx's $upstream_addr after a retry:
// 127.0.0.1:1, 127.0.0.1:2.
func lastHop(value string) string {
	if i := strings.LastIndex(value, ", "); i >= 0 {
		return value[i+2:]
	}
	return value
}

// Of a JSON document so many levels and elements of an array are looked at.
const (
	deepestMember = 4
	mostElements  = 4
)

// members puts the scalar members of a JSON document into all, by their gjson paths.
func members(all map[string]string, path string, v any, depth int) {
	at := func(key string) string {
		if path == "" {
			return key
		}
		return path + "." + key
	}
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			if depth < deepestMember && key != "" {
				members(all, at(pathKey(key)), member, depth+1)
			}
		}
	case []any:
		for i, member := range v[:min(len(v), mostElements)] {
			if depth < deepestMember {
				members(all, at(fmt.Sprint(i)), member, depth+1)
			}
		}
	case string, json.Number, bool:
		if path != "" {
			all["json:"+path] = fmt.Sprint(v)
		}
	}
}

// pathKey is a member's name in a gjson path, which gives some signs a meaning.
func pathKey(key string) string {
	var b strings.Builder
	for _, c := range key {
		if strings.ContainsRune(`.*?|#@\!{}[]()=<>%"`, c) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// word is what may be a name or a number in a text.
var word = lazy.Regexp(`[A-Za-z0-9][A-Za-z0-9._-]*`)

// Words of a text are told apart by what stands in front of them, so many bytes of it.
const (
	longestContext = 24
	mostWords      = 500
)

// words puts the words of a text into all, by regular expressions of what stands in front of them in
// their line. A context that occurs twice identifies neither.
func words(all map[string]string, text string) {
	twice := map[string]bool{}
	for _, at := range word().FindAllStringIndex(text, mostWords) {
		context := text[:at[0]]
		context = context[strings.LastIndexByte(context, '\n')+1:]
		context = strings.ToValidUTF8(context[max(0, len(context)-longestContext):], "")
		if !strings.ContainsFunc(context, func(c rune) bool { return c >= 'A' && c <= 'z' }) {
			continue
		}
		key := "regex:" + regexp.QuoteMeta(context) + `([A-Za-z0-9][A-Za-z0-9._-]*)`
		if _, seen := all[key]; seen {
			twice[key] = true
		}
		all[key] = strings.TrimRight(text[at[0]:at[1]], ".")
	}
	for key := range twice {
		delete(all, key)
	}
}
