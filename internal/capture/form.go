package capture

import (
	"net/url"
	"strings"

	"stickbench/internal/draft"
)

const formType = "application/x-www-form-urlencoded"

// formOf is the body as a form, if a plan's form sends the same bytes: each name once, and encoded as usual.
func formOf(r *Request) (form draft.Inline, ok bool) {
	if r.Body == nil || *r.Body == "" || !strings.EqualFold(headerOf(r.Headers, "Content-Type"), formType) {
		return nil, false
	}
	seen := map[string]bool{}
	for pair := range strings.SplitSeq(*r.Body, "&") {
		name, value, _ := strings.Cut(pair, "=")
		n, err := url.QueryUnescape(name)
		if err != nil || seen[n] || n == "" {
			return nil, false
		}
		v, err := url.QueryUnescape(value)
		if err != nil || url.QueryEscape(n)+"="+url.QueryEscape(v) != pair {
			return nil, false
		}
		seen[n] = true
		form = append(form, draft.Pair{Key: n, Value: v})
	}
	return form, true
}

func headerOf(list []Header, name string) string {
	for _, h := range list {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// encoded is a form's parameters as a body.
func encoded(params []struct{ Name, Value string }) string {
	var b strings.Builder
	for i, p := range params {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(p.Name) + "=" + url.QueryEscape(p.Value))
	}
	return b.String()
}
