package loadgen

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	"stickbench/assert"
)

// fixedValues are values without a user.
type fixedValues map[string]string

func (f fixedValues) variable(name string) (string, bool) { v, ok := f[name]; return v, ok }

func (f fixedValues) compute(dst []byte, v *assert.Value) ([]byte, error) {
	return v.Append(dst, &assert.Response{Status: 201})
}

func TestTemplate(t *testing.T) {
	values := fixedValues{"token": "a b&c", "user": "7"}
	names := Names{Known: func(name string) (string, bool) {
		v, ok := map[string]string{"host": "shop", "env:HOME": "/root"}[name]
		return v, ok
	}}
	for _, tt := range []struct{ in, want, problem string }{
		{"", "", ""},
		{"/a?x=1", "/a?x=1", ""},
		{"/${user}/x", "/7/x", ""},
		{"${token}${user}", "a b&c7", ""},
		{"cost $5 and $${user}", "cost $5 and ${user}", ""},
		{"${none}", "", "${none} has no value: nothing was sent"},
		{"http://${host}${env:HOME}", "http://shop/root", ""},
		{"${status}", "201", ""},
		{"${1 + 2}, ${upper('a}')}", "3, A}", ""},
		{`${ {"a": 1}["a"] }`, "1", ""},
		{"${len(`\\`)}", "1", ""},
		{"${int('x')}", "", "int('x'): not a whole number"},
	} {
		tmpl, err := names.ParseTemplate(tt.in)
		if err != nil {
			t.Errorf("%q: %v", tt.in, err)
			continue
		}
		got, err := tmpl.append(nil, values)
		if (err == nil) != (tt.problem == "") || err != nil && err.Error() != tt.problem || err == nil && string(got) != tt.want {
			t.Errorf("%q: %q, %v", tt.in, got, err)
		}
		if tmpl.String() != tt.in {
			t.Errorf("%q prints as %q", tt.in, tmpl.String())
		}
	}
}

func TestBadTemplates(t *testing.T) {
	for in, part := range map[string]string{
		"a ${": "${", "${x": "${x", "${}": "${}", "x${a b}": "${a b}", "${1x}": "${1x}", "${x-y}": "${x-y}", "${'}": "${'}", "${ids(": "${ids(",
	} {
		_, err := ParseTemplate(in)
		var e *TemplateError
		if !errors.As(err, &e) || e.Part != part {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestTemplateParts(t *testing.T) {
	values := fixedValues{"token": "a b"}
	upper := func(s string) string { return strings.ToUpper(s) }
	plus := func(s string) string { return strings.ReplaceAll(s, " ", "+") }
	names := Names{Known: func(name string) (string, bool) { return "k k", name == "known" }}
	tmpl, _ := names.ParseTemplate("q=${token}${known}")
	both := Concat(Literal("/x?"), tmpl.Escaped(upper, plus))
	if got, _ := both.append(nil, values); string(got) != "/x?Q=a+bk+k" {
		t.Errorf("escaped: %q", got)
	}
	if got := both.Variables(); !slices.Equal(got, []string{"token"}) {
		t.Errorf("variables: %v", got)
	}
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	whole := tmpl.Whole("base64(…)", encode)
	if got, _ := whole.append(nil, values); string(got) != encode("q=a bk k") || whole.String() != "${base64(…)}" || whole.constant() {
		t.Errorf("whole: %q, %s", got, whole)
	}
	known, _ := names.ParseTemplate("x${known}")
	if text, ok := known.Whole("k", encode).Known(); !ok || text != encode("xk k") || !known.secretive() {
		t.Errorf("known: %q", text)
	}
}

// FuzzTemplate: a text that is taken says itself again, and what it makes does not depend on how often.
func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"", "/a?x=${user}", "$${x}", "${a}${b}", "${", "${a +", "$", "${'}'}", "${ {\"a\": 1}.a }"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text, err := ParseTemplate(s)
		if err != nil {
			return
		}
		again, err := ParseTemplate(text.String())
		if err != nil || again.String() != text.String() {
			t.Errorf("%q says %q, and that %q, %v", s, text, again, err)
		}
		if first, second := text.Filled("x"), again.Filled("x"); first != second {
			t.Errorf("%q makes %q and %q", s, first, second)
		}
	})
}
