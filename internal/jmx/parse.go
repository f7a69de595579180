package jmx

import (
	"bytes"
	"strings"
)

// Parse reads a file as a tree of elements: what stands below the root, in order. The error is a
// *FormatError.
func Parse(source []byte) ([]*Element, error) {
	if len(bytes.TrimSpace(source)) == 0 {
		return nil, malformed(0, "the file is empty")
	}
	if isBinary(source) {
		return nil, malformed(0, "not a JMeter plan: the file is binary")
	}
	if looksLikeResults(source) {
		return nil, malformed(0, "these are results (a JTL), not a plan: read them with `stickbench report`")
	}
	root, err := readMarkup(source)
	if err != nil {
		return nil, err
	}
	resolve(root)
	switch {
	case root.tag == "jmeterTestPlan":
		var all []*Element
		for _, m := range root.children {
			if m.tag == "hashTree" {
				all = append(all, hashTree(m, nil)...)
			}
		}
		return all, nil
	case root.tag == "node" || root.tag == "testelement":
		if e := avalonNode(root, nil); e != nil {
			return []*Element{e}, nil
		}
	case root.tag == "testResults":
		return nil, malformed(root.line, "these are results (a JTL), not a plan: read them with `stickbench report`")
	case strings.HasSuffix(root.tag, "ScriptWrapper"):
		return nil, malformed(root.line, "a raw dump of JMeter's classes, which JMeter itself does not open: open the plan in JMeter and save it again")
	}
	return nil, malformed(root.line, "not a JMeter plan: its root is <%s>, not <jmeterTestPlan>", root.tag)
}

// looksLikeResults knows a results file in CSV by its header or its first row.
func looksLikeResults(source []byte) bool {
	line, _, _ := bytes.Cut(source[:min(len(source), 4096)], []byte("\n"))
	fields := bytes.Split(line, []byte(","))
	if len(fields) < 5 {
		return false
	}
	if bytes.Equal(bytes.Trim(fields[0], `"`), []byte("timeStamp")) {
		return true
	}
	return len(fields[0]) == 13 && len(bytes.Trim(fields[0], "0123456789")) == 0
}

// hashTree reads (element, hashTree)*: the hashTree behind an element holds its children.
func hashTree(m *markup, parent *Element) []*Element {
	var all []*Element
	for _, child := range m.children {
		if child.tag != "hashTree" {
			all = append(all, newElement(child, parent))
		} else if n := len(all); n > 0 {
			all[n-1].Children = append(all[n-1].Children, hashTree(child, all[n-1])...)
		}
	}
	return all
}

func newElement(m *markup, parent *Element) *Element {
	full := m.attr("testclass", "elementType", "class")
	if full == "" {
		full = m.tag
	}
	e := &Element{Class: shortClass(full), Full: full, Gui: shortClass(m.attr("guiclass")), Name: m.attr("testname"),
		Enabled: m.attr("enabled") != "false", Line: m.line, Parent: parent, properties: map[string]*property{}}
	e.read(m)
	return e
}

// read takes the properties that stand in m, and from them what older formats write as properties.
func (e *Element) read(m *markup) {
	for _, child := range m.children {
		p := e.property(child)
		if p != nil && e.properties[p.name] == nil {
			e.properties[p.name] = p
		}
	}
	e.Comment = strings.TrimSpace(e.text("TestPlan.comments"))
	if e.Comment == "" {
		e.Comment = strings.TrimSpace(e.text("TestElement.comments"))
	}
	if e.Name == "" {
		e.Name = e.text("TestElement.name")
	}
	if e.Gui == "" {
		e.Gui = shortClass(e.text("TestElement.gui_class"))
	}
	if e.properties["TestElement.enabled"] != nil {
		e.Enabled = e.Enabled && e.truth("TestElement.enabled", true)
	}
}

// property reads one property of either format; nil for what is none.
func (e *Element) property(m *markup) *property {
	p := &property{name: m.attr("name")}
	switch m.tag {
	case "collectionProp", "mapProp", "collection":
		for _, child := range m.children {
			if item := e.property(child); item != nil {
				p.list = append(p.list, item)
			}
		}
	case "elementProp", "testelement", "testElement":
		p.element = newElement(m, e)
	case "objProp":
		for _, child := range m.children {
			switch child.tag {
			case "name":
				p.name = strings.TrimSpace(child.text)
			case "value":
				p.element = newElement(child, e)
				p.text = child.text
			}
		}
	case "doubleProp", "FloatProperty", "floatProp":
		p.text = m.text
		for _, child := range m.children {
			switch child.tag {
			case "name":
				p.name = strings.TrimSpace(child.text)
			case "value":
				p.text = child.text
			}
		}
	default: // stringProp, boolProp, intProp, longProp, property, and the members of an object
		p.text = m.text
		if p.name == "" {
			p.name = m.tag
		}
	}
	return p
}

// avalonNode reads <node><testelement/><node/>…</node>, the format of JMeter 1.x and 2.0.
func avalonNode(m *markup, parent *Element) *Element {
	if m.tag == "testelement" {
		return newElement(m, parent)
	}
	var e *Element
	for _, child := range m.children {
		switch {
		case child.tag == "testelement" && e == nil:
			e = newElement(child, parent)
		case child.tag == "node" && e != nil:
			if sub := avalonNode(child, e); sub != nil {
				e.Children = append(e.Children, sub)
			}
		}
	}
	return e
}
