package plans

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"stickbench/internal/redact"
)

// formField is the path of a value of a form.
var formField = regexp.MustCompile(`\.form\.`)

// Redacted is a plan's source without its secrets, for a report: the values of forms, and what redact.Text
// finds in the rest. It need not be a plan that can be read.
func Redacted(source []byte) string {
	text := string(source)
	if len(source) > Largest {
		return "(the plan is larger than a plan can be)"
	}
	p := scan(text)
	if p.tooDeep >= 0 {
		return redact.Text(text)
	}
	fields := slices.DeleteFunc(slices.Collect(maps.Keys(p.places)), func(path string) bool { return !formField.MatchString(path) })
	slices.SortFunc(fields, func(a, b string) int { return cmp.Compare(p.places[a].value, p.places[b].value) })
	var out strings.Builder
	done := 0 // so much of text is in out
	for _, path := range fields {
		at, mask := p.places[path], redact.Mask
		start, end := at.text.at, at.text.at+len(at.text.raw)
		if at.text.raw == "" { // a number or a boolean; of a list its elements are fields
			start = at.value
			end = start + len(strings.TrimRight(text[start:start+length(text[start:])], " \t"))
			mask = strconv.Quote(mask)
		}
		if value := text[start:end]; start >= done && value != "" && !strings.HasPrefix(value, "${") && !strings.ContainsAny(value[:1], "[{'\"") {
			out.WriteString(text[done:start])
			out.WriteString(mask)
			done = end
		}
	}
	return redact.Text(out.String() + text[done:])
}

// length is that of the bare value that text begins with.
func length(text string) int {
	if end := strings.IndexAny(text, ",}]#\r\n"); end >= 0 {
		return end
	}
	return len(text)
}
