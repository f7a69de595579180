package plans

import (
	"slices"
	"strings"

	"stickbench/internal/nearest"
	"stickbench/loadgen"
)

// extract reads the variables that a request sets; later steps may use them.
func (s scope) extract(t table) []loadgen.Extract {
	names, ok := t.table("extract", extractShape)
	if !ok {
		return nil
	}
	var all []loadgen.Extract
	for _, name := range names.inOrder() {
		if message := variableProblem(name); message != "" {
			names.key(names.at(name), "%s", message)
			continue
		}
		x := loadgen.Extract{Name: name}
		if _, ok := names.values[name].(map[string]any); ok {
			s.extraction(names, name, &x)
		} else {
			x.From = s.extractor(names, name)
		}
		if x.From != nil {
			all = append(all, x)
		}
		s.set[name] = t.path
	}
	return all
}

// extraction reads an extraction in full.
func (s scope) extraction(names table, name string, x *loadgen.Extract) {
	t, _ := names.table(name, extractionShape)
	kinds := among(t, loadgen.ExtractorKinds)
	switch len(kinds) {
	case 0:
		t.key(t.path, "needs one of %s", listed(loadgen.ExtractorKinds))
		return
	case 1:
	default:
		t.key(t.at(kinds[1]), "an extraction is only one of %s: this one is %s", listed(loadgen.ExtractorKinds), listed(kinds))
		return
	}
	x.From = s.finder(t, kinds[0])
	s.match(t, x)
	if template, ok := t.text("template"); ok {
		if x.Template = template; kinds[0] != "regex" {
			t.key(t.at("template"), "is for regular expressions, whose groups are $1, $2 …")
		}
	} else if x.From != nil {
		if err := x.From.OneGroup(); err != nil {
			t.value(t.at("regex"), "%v; or say with template = \"$1-$2\" what becomes of them", err)
		}
	}
	if value, ok := t.text("default"); ok {
		x.Default = &value
	}
	x.Optional, _ = t.boolean("optional")
	if x.Optional && x.Default != nil {
		t.key(t.at("optional"), "there is a default: nothing is ever missing")
	}
	s.part(t, x, kinds[0])
}

// finder reads what an extraction finds.
func (s scope) finder(t table, kind string) *loadgen.Extractor {
	var arg string
	if list, ok := t.values[kind].([]any); ok && kind == "boundary" {
		left, isLeft := element(list, 0)
		right, isRight := element(list, 1)
		if len(list) != 2 || !isLeft || !isRight {
			t.value(t.at(kind), "expected what stands left and right of the value, such as [\"token=\", \"&\"]")
			return nil
		}
		arg = left + "…" + right
	} else if arg, ok = t.text(kind); !ok {
		return nil
	}
	if attribute, ok := t.line("attribute"); ok {
		if kind != "css" {
			t.key(t.at("attribute"), "is for css: in an xpath it is written //a/@href")
		}
		arg += "@" + attribute
	}
	x, err := loadgen.NewExtractor(kind, arg)
	if err != nil {
		t.value(t.at(kind), "%v", err)
		return nil
	}
	return x
}

func element(list []any, i int) (string, bool) {
	if i >= len(list) {
		return "", false
	}
	s, ok := list[i].(string)
	return s, ok
}

var matchWords = map[string]int{"all": loadgen.AllMatches, "random": loadgen.RandomMatch, "last": loadgen.LastMatch}

// match reads which of the values is wanted.
func (s scope) match(t table, x *loadgen.Extract) {
	if word, ok := t.values["match"].(string); ok {
		n, known := matchWords[word]
		if !known {
			t.value(t.at("match"), "%s: %s", quoted(word), nearest.Hint(word, []string{"all", "random", "last"}))
		}
		x.Match = n
		return
	}
	n, _ := t.whole("match")
	x.Match = int(n)
}

var parts = map[string]loadgen.Part{"body": loadgen.Body, "headers": loadgen.Headers, "url": loadgen.URL, "status": loadgen.Status, "reason": loadgen.Reason, "sent": loadgen.Sent}

// part reads where an extraction looks.
func (s scope) part(t table, x *loadgen.Extract, kind string) {
	from, ok := t.text("from")
	if !ok {
		return
	}
	if kind == "header" || kind == "cookie" {
		t.key(t.at("from"), "a %s has its place already", kind)
		return
	}
	if name, variable := strings.CutPrefix(from, "${"); variable && strings.HasSuffix(name, "}") {
		text := s.template(t.at("from"), from)
		x.In, x.Variable = loadgen.Variable, strings.TrimSuffix(name, "}")
		if text != nil && !slices.Equal(text.Variables(), []string{x.Variable}) && !s.variables.isVar(x.Variable) {
			t.value(t.at("from"), "expected a variable, such as \"${page}\", not an expression")
		}
		return
	}
	if word, ok := t.word("from"); ok {
		x.In = parts[word]
	}
}
