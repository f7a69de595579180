package jmx

import (
	"bytes"
	"strings"

	"stickbench/internal/lazy"
)

// collect finds what the plan sets, before it is carried over: whether "${x}" is a variable or just text hangs
// on the elements that come later, too.
func (im *importer) collect(e *Element) {
	if !e.Enabled {
		return
	}
	im.collectOf(e)
	for _, p := range e.properties {
		im.collectProperty(p)
	}
	for _, child := range e.Children {
		im.collect(child)
	}
}

var groupForm = lazy.Regexp(`[\w.-]+_g\d+`)
var passForm = lazy.Regexp(`\$\{__jm__(.+?)__idx\}`)

func (im *importer) collectProperty(p *property) {
	for _, m := range passForm().FindAllStringSubmatch(p.text, -1) {
		im.readsPass[m[1]] = true
	}
	for _, name := range groupForm().FindAllString(p.text, -1) {
		im.mentioned[name] = true
	}
	parseValue(p.text).calls(func(c *call) {
		if name := im.stored(c); name != "" {
			im.defined[name] = true
		}
		if c.name == "__setProperty" {
			im.shared[c.word(0)] = true
		}
	})
	for _, item := range p.list {
		im.collectProperty(item)
	}
	if p.element != nil {
		for _, sub := range p.element.properties {
			im.collectProperty(sub)
		}
	}
}

// collectOf notes the variables that an element sets.
func (im *importer) collectOf(e *Element) {
	set := func(names ...string) {
		for _, name := range names {
			if name = strings.TrimSpace(name); name != "" {
				im.defined[name] = true
			}
		}
	}
	switch e.Class {
	case "TestPlan":
		set(argumentNames(e.sub("TestPlan.user_defined_variables"))...)
	case "Arguments":
		set(argumentNames(e)...)
	case "CSVDataSet", "RandomCSVDataSetConfig":
		names, _ := im.columns(e)
		set(names...)
		im.open = im.open || len(names) == 0
	case "CounterConfig":
		set(e.word("CounterConfig.name"))
	case "RandomVariableConfig":
		set(e.word("variableName"))
	case "ForeachController":
		set(e.word("ForeachController.returnVal"))
	case "UserParameters":
		for _, p := range e.list("UserParameters.names") {
			set(p.text)
		}
	case "RegexExtractor", "JSONPostProcessor", "BoundaryExtractor", "HtmlExtractor", "XPathExtractor", "XPath2Extractor", "JMESPathExtractor", "JSONPathExtractor":
		for _, x := range im.extractors(e) {
			set(x.name)
			if x.match == "all" {
				im.lists[x.name] = true
			}
			for i := range x.groups() {
				set(x.name + "_g" + itoa(int64(i)))
			}
		}
	}
	if source := scriptOf(e); source != "" {
		set(putNames(source)...)
		for _, name := range propsPut(source) {
			im.shared[name] = true
		}
	}
}

var propsPutForm = lazy.Regexp(`props\.(?:put|setProperty)\(\s*["']([^"']+)["']`)

// propsPut are the properties that a script sets.
func propsPut(source string) []string {
	var names []string
	for _, m := range propsPutForm().FindAllStringSubmatch(source, -1) {
		names = append(names, m[1])
	}
	return names
}

// argument is one of a list of arguments: user variables, parameters of a request, and the like.
type argument struct {
	name, value, comment string
	*Element
}

func arguments(e *Element) []argument {
	var all []argument
	for _, p := range e.list("Arguments.arguments") {
		if p.element == nil || !p.element.Enabled {
			continue
		}
		a := argument{name: p.element.text("Argument.name"), value: p.element.text("Argument.value"), comment: p.element.word("Argument.desc"), Element: p.element}
		if a.name == "" && p.element.properties["Argument.name"] == nil {
			a.name = p.name
		}
		all = append(all, a)
	}
	return all
}

func argumentNames(e *Element) []string {
	var names []string
	for _, a := range arguments(e) {
		names = append(names, a.name)
	}
	return names
}

// definitions writes the user's variables, which JMeter sets once, wherever in the plan they stand.
func (im *importer) definitions(e *Element) {
	if !e.Enabled {
		return
	}
	switch e.Class {
	case "TestPlan":
		im.userVariables(e, e.sub("TestPlan.user_defined_variables"))
	case "Arguments":
		im.count(e)
		im.userVariables(e, e)
	}
	for _, child := range e.Children {
		im.definitions(child)
	}
}

func (im *importer) userVariables(e, list *Element) {
	im.at = e
	all := arguments(list)
	for _, a := range all { // so that ${__P(threads,10)} of a variable "threads" is that variable itself
		if property, _ := propertyOf(parseValue(a.value)); property != "" && im.properties[property] == "" {
			im.properties[property] = im.name(strings.TrimSpace(a.name))
		}
	}
	for _, a := range all {
		if strings.TrimSpace(a.name) == "" {
			continue
		}
		name := im.name(strings.TrimSpace(a.name))
		v := parseValue(a.value)
		if property, fallback := propertyOf(v); im.properties[property] == name {
			im.fallBack(name, property, fallback)
		} else {
			im.setTop(name, im.template(v), "")
		}
		if t := im.topIndex[name]; t != nil && a.comment != "" {
			t.comment = a.comment
		}
	}
}

// columns are the names of a data file's columns; header says that its first line is not data.
func (im *importer) columns(e *Element) (names []string, header bool) {
	header = e.truth("ignoreFirstLine", false)
	listed := e.word("variableNames")
	if listed == "" {
		listed, header = im.firstLine(e), true
		if listed == "" {
			return nil, true
		}
		for _, name := range strings.Split(listed, delimiterOf(e)) {
			names = append(names, strings.Trim(strings.TrimSpace(name), `"`))
		}
		return names, true
	}
	for _, name := range strings.Split(listed, ",") {
		names = append(names, strings.TrimSpace(name))
	}
	return names, header
}

// firstLine is the first line of a data file, "" where it cannot be read.
func (im *importer) firstLine(e *Element) string {
	name, ok := parseValue(fileName(e)).text()
	if !ok || name == "" || im.options.Read == nil {
		return ""
	}
	source, err := im.options.Read(im.file(name))
	if err != nil {
		return ""
	}
	line, _, _ := bytes.Cut(bytes.TrimPrefix(source, []byte("\xef\xbb\xbf")), []byte("\n"))
	if len(line) > 10_000 {
		return ""
	}
	return strings.TrimSpace(string(line))
}

func fileName(e *Element) string {
	if e.has("filename") {
		return e.word("filename")
	}
	return e.word("fileName")
}

func delimiterOf(e *Element) string {
	switch d := e.text("delimiter"); d {
	case "":
		return ","
	case `\t`:
		return "\t"
	default:
		return d
	}
}

// ownColumns gives the columns of a group's data files names of their own where other data has them, too: ours
// are those of the whole plan. It returns the names as they were.
func (im *importer) ownColumns(e *Element) map[string]string {
	before := map[string]string{}
	var look func(*Element)
	look = func(x *Element) {
		if x.Class == "CSVDataSet" || x.Class == "RandomCSVDataSetConfig" {
			names, _ := im.columns(x)
			for _, name := range names {
				if _, renamed := before[name]; im.isColumn[name] && !renamed {
					before[name] = im.ours[name]
					im.ours[name] = im.free(name)
				}
			}
			for _, name := range names {
				im.isColumn[name] = true
			}
		}
		for _, child := range enabled(x) {
			look(child)
		}
	}
	look(e)
	return before
}

func (im *importer) restore(names map[string]string) {
	for jmeter, ours := range names {
		im.ours[jmeter] = ours
	}
}
