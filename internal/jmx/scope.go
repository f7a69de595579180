package jmx

// scope is what applies to the samplers of a subtree, beside what applies around it.
type scope struct {
	outer                                             *scope
	owner                                             *Element
	configs, timers, afters, assertions, preparations []*Element
}

func (s *scope) config(e *Element)      { s.configs = append(s.configs, e) }
func (s *scope) timer(e *Element)       { s.timers = append(s.timers, e) }
func (s *scope) after(e *Element)       { s.afters = append(s.afters, e) }
func (s *scope) assertion(e *Element)   { s.assertions = append(s.assertions, e) }
func (s *scope) preparation(e *Element) { s.preparations = append(s.preparations, e) }

// inner is the scope of what stands below e.
func (im *importer) inner(outer *scope, e *Element) *scope {
	s := &scope{outer: outer, owner: e}
	for _, child := range enabled(e) {
		if silent(child) {
			continue
		}
		if add := application(child.Class); add != nil {
			add(s, child)
			im.count(child)
		}
	}
	return s
}

// outward are the elements of the scope and of those around it, the outermost scope first.
func (im *importer) outward(s *scope, of func(*scope) []*Element) []*Element {
	if s == nil {
		return nil
	}
	im.spend(1 + len(of(s)))
	return append(im.outward(s.outer, of), of(s)...)
}

func configs(s *scope) []*Element      { return s.configs }
func timers(s *scope) []*Element       { return s.timers }
func afters(s *scope) []*Element       { return s.afters }
func assertions(s *scope) []*Element   { return s.assertions }
func preparations(s *scope) []*Element { return s.preparations }

// inScope are the configuration elements of a class that apply, the outermost first.
func (im *importer) inScope(s *scope, class string) []*Element {
	var all []*Element
	for _, e := range im.outward(s, configs) {
		if e.Class == class {
			all = append(all, e)
		}
	}
	return all
}
