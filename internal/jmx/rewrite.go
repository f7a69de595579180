package jmx

import (
	"regexp"
	"slices"
	"strings"
)

// rewrite puts what the response before named into the request's URL or form: a session's id, mostly
// (URLRewritingModifier). All requests of the group look for it, also those that are not in its scope.
func (im *importer) rewrite(sc *scope, r *request) {
	inScope := slices.DeleteFunc(im.outward(sc, preparations), func(e *Element) bool { return e.Class != "URLRewritingModifier" })
	if im.rewriters[im.group] == nil {
		im.rewriters[im.group] = append([]*Element{}, im.rewritersBelow(im.group)...)
	}
	all := slices.Clone(im.rewriters[im.group])
	for _, e := range inScope { // also those around the group
		if !slices.Contains(all, e) {
			all = append(all, e)
		}
	}
	for _, e := range all {
		name := e.word("argument_name")
		id := im.rewritten[e]
		if id == "" {
			id = im.free(firstOf(name, "id"))
			im.rewritten[e] = id
			im.setTop(id, "", "")
		}
		r.extracts = append(r.extracts, pair{id, rewritten(e, name).toml()})
		if !slices.Contains(inScope, e) {
			continue
		}
		value := "${" + id + "}"
		form := slices.IndexFunc(r.keys, func(p pair) bool { return p.key == "form" })
		switch {
		case e.truth("path_extension", false):
			equals := "="
			if e.truth("path_extension_no_equals", false) {
				equals = ""
			}
			path, query, more := strings.Cut(r.path, "?")
			if r.path = path + ";" + name + equals + value; more {
				r.path += "?" + query
			}
		case slices.Contains(withoutBody, r.method):
			r.query = slices.DeleteFunc(r.query, func(p pair) bool { return p.key == name })
			r.path += separator(r.path) + name + "=" + value
		case form >= 0:
			fields := slices.DeleteFunc(r.keys[form].value.(inline), func(p pair) bool { return p.key == name })
			r.keys[form].value = append(fields, pair{name, value})
		case len(r.keys) == 0:
			r.keys = []pair{{"form", inline{{name, value}}}}
		default:
			im.lose(e, "a body that is no form has no place for "+name, "")
		}
	}
}

func (im *importer) rewritersBelow(e *Element) (all []*Element) {
	im.spend(len(e.Children))
	for _, child := range enabled(e) {
		if child.Class == "URLRewritingModifier" {
			all = append(all, child)
		}
		all = append(all, im.rewritersBelow(child)...)
	}
	return all
}

// rewritten finds the value in links, and where it is a parameter, in the fields of forms.
func rewritten(e *Element, name string) *extractor {
	quoted := regexp.QuoteMeta(name)
	x := &extractor{kind: "regex", keeps: e.truth("cache_value", true), template: "$1$"}
	ends := `"'<>&\s;`
	if e.truth("path_extension_no_questionmark", false) {
		ends += "?"
	}
	switch {
	case !e.truth("path_extension", false):
		x.what = expression(`[;?&]` + quoted + `=([^"'<>&\s;\\]*)` +
			`|(?i:\sname)\s*=\s*["']` + quoted + `["'][^>]*(?i:\svalue)\s*=\s*["']([^"']*)["']` +
			`|(?i:\svalue)\s*=\s*["']([^"']*)["'][^>]*(?i:\sname)\s*=\s*["']` + quoted + `["']`)
		x.template = "$1$$2$$3$"
	case e.truth("path_extension_no_equals", false):
		x.what = expression(";" + quoted + "([^" + ends + "]*)")
	default:
		x.what = expression(";" + quoted + "=([^" + ends + "]*)")
	}
	return x
}
