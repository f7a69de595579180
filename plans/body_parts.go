package plans

import (
	"encoding/base64"
	"fmt"
	"mime"
	"path/filepath"
	"strings"

	"stickbench/loadgen"
)

func base64Text(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// bodies reads several bodies, of which one is picked for each request.
func (s scope) bodies(t table, req *loadgen.Request, list []any) {
	if len(list) == 0 {
		t.value(t.at("body"), "needs at least one body")
		return
	}
	for i, v := range list {
		text, ok := v.(string)
		if !ok {
			t.value(elementPath(t.at("body"), i), "expected text, not %s%s", described(v), quoteHint(v))
			return
		}
		body := s.template(elementPath(t.at("body"), i), text)
		if body == nil {
			body = loadgen.Literal("")
		}
		req.Bodies = append(req.Bodies, body)
	}
	if t.has("pick") {
		req.Pick = *readChoice(t, "pick", len(list), "bodies")
	}
}

// fileBody is what a file holds, its values put in if the plan says that it has some.
func (s scope) fileBody(t table) *loadgen.Template {
	of, _ := t.table("body", fileShape)
	text, ok := s.fileText(of)
	if !ok {
		return nil
	}
	if on, _ := of.boolean("variables"); on {
		body, err := s.language().ParseTemplate(text)
		if err != nil {
			of.value(of.at("file"), "%v", err)
			return nil
		}
		s.check(of.at("file"), "", body)
		return body
	}
	return loadgen.Literal(text)
}

// fileText is what the file of a table holds.
func (s scope) fileText(t table) (string, bool) {
	file, ok := t.settingLine("file")
	if !ok {
		if !t.has("file") {
			t.key(t.path, "needs a file, such as file = \"order.json\"")
		}
		return "", false
	}
	if s.override.Replay {
		return "", true
	}
	content, err := s.content(file)
	if err != nil {
		t.value(t.at("file"), "%v", err)
		return "", false
	}
	return string(content), true
}

// boundary separates the parts of a body (RFC 2046 §5.1.1). It is long enough to stand in no file by chance.
const boundary = "stickbench-9c5d1e3a7f4b8260"

// multipart makes a body of several parts (RFC 7578).
func (s scope) multipart(t table, req *loadgen.Request) {
	parts, ok := t.table("multipart", multipartShape)
	if !ok {
		return
	}
	var pieces []*loadgen.Template
	for _, name := range parts.inOrder() {
		list, many := parts.values[name].([]any)
		if tables, ok := parts.values[name].([]map[string]any); ok {
			many = true
			for _, m := range tables {
				list = append(list, m)
			}
		}
		if !many {
			pieces = append(pieces, s.formPart(name, parts.at(name), parts.values[name])...)
		}
		for i, v := range list {
			pieces = append(pieces, s.formPart(name, elementPath(parts.at(name), i), v)...)
		}
	}
	req.Body = loadgen.Concat(append(pieces, loadgen.Literal("--"+boundary+"--\r\n"))...)
	if hasHeader(req, "Content-Type") {
		parts.key(parts.path, "has a Content-Type of its own, with the boundary in it: leave it out of the headers")
	}
	contentType(req, "multipart/form-data; boundary="+boundary)
}

// formPart is a field or a file of a body of several parts.
func (s scope) formPart(name, path string, v any) []*loadgen.Template {
	head := "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + partName(name) + "\""
	m, ok := v.(map[string]any)
	if !ok {
		value := s.parameter(path, v)
		if value == nil {
			return nil
		}
		return []*loadgen.Template{loadgen.Literal(head + "\r\n\r\n"), value, loadgen.Literal("\r\n")}
	}
	t := openTable(s.problems, path, partShape, m)
	content := loadgen.Literal("")
	kind, _ := t.line("type")
	if t.has("value") {
		if value := s.parameter(t.at("value"), t.values["value"]); value != nil {
			content = value
		}
	} else {
		text, ok := s.fileText(t)
		if !ok {
			return nil
		}
		content = loadgen.Literal(text)
		file, _ := t.settingLine("file")
		shown := filepath.Base(file)
		if given, ok := t.line("name"); ok {
			shown = given
		}
		head += "; filename=\"" + partName(shown) + "\""
		if kind == "" {
			kind = mime.TypeByExtension(filepath.Ext(file))
		}
		if kind == "" {
			kind = "application/octet-stream"
		}
	}
	if kind != "" {
		head += "\r\nContent-Type: " + kind
	}
	return []*loadgen.Template{loadgen.Literal(head + "\r\n\r\n"), content, loadgen.Literal("\r\n")}
}

// partName is a name between quotes, as browsers write it (WHATWG HTML, multipart form data).
func partName(s string) string {
	return strings.NewReplacer("\r", "%0D", "\n", "%0A", `"`, "%22").Replace(s)
}

// presetCookies reads the cookies that users have from the beginning.
func (s scope) presetCookies(t table) []loadgen.Cookie {
	var all []loadgen.Cookie
	add := func(c loadgen.Cookie, path string, v any) {
		if message := cookieNameProblem(c.Name); message != "" {
			s.key(path, "%s", message)
			return
		}
		if text, ok := v.(string); ok && !strings.Contains(text, "${") && strings.ContainsFunc(text, func(r rune) bool { return r == ';' || controlInHeader(r) }) {
			s.value(path, "a cookie's value cannot have control characters or a semicolon in it")
		}
		if c.Value = s.parameter(path, v); c.Value != nil {
			all = append(all, c)
		}
	}
	if byName, ok := t.values["preset_cookies"].(map[string]any); ok {
		of := openTable(s.problems, t.at("preset_cookies"), &shape{name: "preset_cookies"}, byName)
		for _, name := range of.inOrder() {
			add(loadgen.Cookie{Name: name}, of.at(name), byName[name])
		}
		return all
	}
	for _, of := range t.tables("preset_cookies", cookieShape) {
		c := loadgen.Cookie{}
		if c.Name, _ = of.line("name"); !of.has("name") || !of.has("value") {
			of.key(of.path, "needs name and value, such as { name = \"consent\", value = \"yes\" }")
			continue
		}
		c.Domain, _ = of.line("domain")
		c.Path, _ = of.line("path")
		c.Secure, _ = of.boolean("secure")
		add(c, of.at("value"), of.values["value"])
	}
	return all
}

// cookieNameProblem says why a cookie cannot have that name; "" if it can.
func cookieNameProblem(name string) string {
	if !token(name) {
		return fmt.Sprintf("%s is not a cookie's name: letters, digits and - _ . without blanks", quoted(name))
	}
	return ""
}
