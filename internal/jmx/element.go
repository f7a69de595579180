package jmx

import (
	"strconv"
	"strings"
)

// Element is an element of a JMeter plan with the properties that the file gives it.
type Element struct {
	// Class is the short name of its test class, such as "HTTPSamplerProxy".
	Class string
	// Full is the class as the file names it, which says whose it is: "kg.apc.jmeter.threads.UltimateThreadGroup".
	Full string
	// Gui is the short name of its panel, which tells elements of one class apart.
	Gui      string
	Name     string
	Comment  string
	Enabled  bool
	Line     int
	Children []*Element
	Parent   *Element

	properties map[string]*property
}

// property is a value of an element: text, a list, or an element of its own.
type property struct {
	name    string
	text    string
	list    []*property
	element *Element // of an elementProp or of an object
}

// text is a property's text, "" where it is not there.
func (e *Element) text(name string) string {
	if p := e.properties[name]; p != nil {
		return p.text
	}
	return ""
}

// word is a property's text without blanks around it.
func (e *Element) word(name string) string { return strings.TrimSpace(e.text(name)) }

// has reports whether the property is there and not blank.
func (e *Element) has(name string) bool { return e.word(name) != "" }

// truth is a property as true or false; absent is what it means where it is not there.
func (e *Element) truth(name string, absent bool) bool {
	switch w := strings.ToLower(e.word(name)); w {
	case "":
		return absent
	default:
		return w == "true"
	}
}

// number is a property as a whole number; ok reports whether it is one.
func (e *Element) number(name string) (n int64, ok bool) {
	n, err := strconv.ParseInt(e.word(name), 10, 64)
	return n, err == nil
}

// sub is the element that a property holds; an empty one where there is none.
func (e *Element) sub(name string) *Element {
	if p := e.properties[name]; p != nil && p.element != nil {
		return p.element
	}
	return &Element{Parent: e, Line: e.Line, Enabled: true}
}

// list is what a collection holds.
func (e *Element) list(name string) []*property {
	if p := e.properties[name]; p != nil {
		return p.list
	}
	return nil
}

// path names the element and what it is in, outermost first, without the plan.
func (e *Element) path() []string {
	if e == nil || e.Class == "TestPlan" {
		return nil
	}
	return append(e.Parent.path(), e.Name)
}

// title is a name for people.
func (e *Element) title() string {
	if e.Name != "" {
		return e.Name
	}
	return e.Class
}

// shortClass is the last part of a Java class's name.
func shortClass(class string) string { return class[strings.LastIndexAny(class, ".$")+1:] }
