package jmx

import (
	"fmt"
	"path"
	"slices"
)

// module is the use of a part of the plan that stands elsewhere: [steps.NAME] and use = "NAME".
func (im *importer) module(e *Element) []*block {
	im.count(e)
	target := im.find(e)
	if target == nil {
		b := im.mark(e)
		im.missing(e, b, "what it runs is not in the plan", "")
		return []*block{b}
	}
	b := &block{comments: comment(e)}
	if im.writing[target] {
		im.missing(e, b, "it runs itself, without end", "")
		return nil
	}
	if !target.Enabled && target.Class != "TestFragmentController" {
		im.note(target, "it is disabled, and runs where a module controller uses it", "")
	}
	name, known := im.modules[target]
	if !known {
		name = im.stepsName(target)
		im.modules[target] = name
		steps := &block{comments: comment(target)}
		im.named = append(im.named, steps)
		steps.set("\x00", name)
		im.writing[target] = true
		below := im.child(target, im.outside(target))
		delete(im.writing, target)
		if len(below) == 1 && len(below[0].below) > 0 {
			steps.pairs, steps.below = append(steps.pairs, below[0].pairs...), below[0].below
			steps.comments = append(steps.comments, below[0].comments...)
		} else {
			steps.below = below
		}
		if len(below) == 0 {
			im.modules[target], im.named = "", slices.DeleteFunc(im.named, func(x *block) bool { return x == steps })
		}
		name = im.modules[target]
	}
	if name == "" {
		return nil
	}
	b.set("use", name)
	return []*block{b}
}

// outside is the scope of a module's steps: what applies where it is used, which is not known beforehand, and
// so that of the plan and of the group in hand.
func (im *importer) outside(*Element) *scope {
	s := im.scope
	for s != nil && s.outer != nil && s.owner != im.group {
		s = s.outer
	}
	return s
}

func (im *importer) stepsName(e *Element) string { return im.free(oneLine(e.Name, "steps")) }

// find is the element that a module controller names by its path in the tree.
func (im *importer) find(e *Element) *Element {
	root := e
	for root.Parent != nil {
		root = root.Parent
	}
	all := []*Element{root}
	var found *Element
	for i, p := range e.list("ModuleController.node_path") {
		if i == 0 { // the tree's own root, which is no element
			continue
		}
		if i == 1 { // the plan, whatever its name has become
			found, all = root, root.Children
			continue
		}
		j := slices.IndexFunc(all, func(c *Element) bool { return c.Name == p.text })
		if j < 0 {
			return nil
		}
		found = all[j]
		all = found.Children
	}
	if found == root {
		return nil
	}
	return found
}

// include is what another file's fragment holds.
func (im *importer) include(e *Element, sc *scope) []*block {
	im.count(e)
	if !e.has("IncludeController.includepath") {
		return nil
	}
	name, ok := parseValue(e.word("IncludeController.includepath")).text()
	why := ""
	switch {
	case !ok || name == "":
		why = "the name of its file is computed"
	case im.options.Read == nil:
		why = "included files are not read"
	case im.including >= 10:
		why = "files include one another without end"
	}
	if why == "" {
		steps, err := im.included(e, im.file(name), sc)
		if err == nil {
			return steps
		}
		why = fmt.Sprintf("%s: %v", path.Base(name), err)
	}
	b := im.mark(e)
	im.missing(e, b, why, "import the file on its own, or put its steps into the plan")
	return []*block{b}
}

func (im *importer) included(e *Element, name string, sc *scope) ([]*block, error) {
	source, err := im.options.Read(name)
	if err != nil {
		return nil, err
	}
	roots, err := Parse(source)
	if err != nil {
		return nil, err
	}
	im.including++
	defer func() { im.including-- }()
	holder := &Element{Class: "GenericController", Full: "GenericController", Name: e.Name, Enabled: true, Line: e.Line, Parent: e.Parent}
	for _, root := range roots {
		for _, part := range fragments(root) {
			part.Parent = holder
			holder.Children = append(holder.Children, part)
		}
	}
	im.collect(holder)
	im.definitions(holder)
	return im.children(holder, im.inner(sc, holder)), nil
}

// fragments are the parts of a file that an include controller runs: what stands in its test fragments, or
// what stands beside them.
func fragments(root *Element) []*Element {
	var all []*Element
	for _, c := range enabled(root) {
		if c.Class == "TestFragmentController" {
			all = append(all, enabled(c)...)
		} else if !isGroup(c.Class) {
			all = append(all, c)
		}
	}
	return all
}
