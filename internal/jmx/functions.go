package jmx

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// variableArgument is the argument that names a variable in which a function leaves its value, too, by the
// functions that have one.
var variableArgument = map[string]int{
	"__Random": 2, "__RandomString": 2, "__time": 1, "__timeShift": 4, "__counter": 1, "__threadGroupName": -1,
	"__FileToString": 2, "__StringFromFile": 1, "__digest": 4, "__groovy": 1, "__jexl": 1, "__jexl2": 1, "__jexl3": 1,
	"__javaScript": 1, "__BeanShell": 1, "__regexFunction": 6, "__property": 1, "__changeCase": 2, "__machineName": 0, "__machineIP": 0,
}

// function is a call of one of JMeter's functions as an expression.
func (im *importer) function(p piece) (*ex, error) {
	x, err := im.call(p.call)
	if err != nil {
		return nil, err
	}
	if name := im.stored(p.call); name != "" && p.call.name != "__counter" {
		ours := im.define(name)
		im.before = append(im.before, pair{ours, x.template()})
		im.use(ours)
		return variable(ours), nil
	}
	return x, nil
}

// stored is the variable in which a call leaves its value; "" for none.
func (im *importer) stored(c *call) string {
	if c.name == "__intSum" || c.name == "__longSum" {
		if last := c.word(len(c.arguments) - 1); len(c.arguments) > 2 && last != "" && !isNumber(last) {
			return last
		}
		return ""
	}
	i, ok := variableArgument[c.name]
	if !ok || i < 0 {
		return ""
	}
	return c.word(i)
}

func (im *importer) call(c *call) (*ex, error) {
	switch c.name {
	case "__P", "__property":
		return im.propertyCall(c)
	case "__groovy", "__jexl", "__jexl2", "__jexl3", "__javaScript", "__BeanShell":
		return im.code(c)
	case "__V", "__evalVar":
		return im.computed(c.argument(0))
	case "__eval":
		return im.expression(c.argument(0))
	case "__intSum", "__longSum":
		return im.sum(c)
	case "__setProperty":
		return im.setProperty(c)
	case "__time":
		return im.time(c)
	case "__timeShift":
		return im.timeShift(c)
	case "__counter":
		return im.functionCounter(c), nil
	case "__threadNum":
		return variable("user"), nil
	case "__threadGroupName":
		return variable("group"), nil
	case "__TestPlanName":
		return text(im.planName), nil
	case "__UUID":
		return apply("uuid", textKind), nil
	case "__log", "__logn":
		return im.expression(c.argument(0))
	case "__isDefined":
		return truth(im.defined[c.word(0)]), nil
	case "__char":
		return chars(c)
	}
	return im.plainFunction(c)
}

// plainFunction are those whose arguments are values like any other.
func (im *importer) plainFunction(c *call) (*ex, error) {
	args := make([]*ex, len(c.arguments))
	for i, v := range c.arguments {
		var err error
		if args[i], err = im.expression(v); err != nil {
			return nil, err
		}
	}
	need := map[string]int{"__Random": 2, "__urlencode": 1, "__urldecode": 1, "__RandomString": 1, "__digest": 2, "__base64Encode": 1,
		"__base64Decode": 1, "__MD5": 1, "__changeCase": 1, "__uppercase": 1, "__lowercase": 1, "__toUpperCase": 1, "__toLowerCase": 1,
		"__strLen": 1, "__StringFromFile": 1, "__substring": 3, "__trim": 1, "__env": 1}
	n, known := need[c.name]
	if !known {
		return nil, fmt.Errorf("there is no such function here")
	}
	if len(args) < n {
		return nil, fmt.Errorf("it needs %d arguments", n)
	}
	switch c.name {
	case "__Random":
		return apply("random", numberKind, args[0].asNumber(), args[1].asNumber()), nil
	case "__RandomString":
		if len(args) > 1 && args[1].String() != `""` {
			return apply("random_text", textKind, args[0].asNumber(), args[1]), nil
		}
		return apply("random_text", textKind, args[0].asNumber()), nil
	case "__digest":
		return digest(c, args)
	case "__changeCase":
		if mode := strings.ToUpper(c.word(1)); mode == "LOWER" || mode == "CAPITALIZE" {
			return map[string]*ex{"LOWER": apply("lower", textKind, args[0])}[mode], errIf(mode == "CAPITALIZE", "CAPITALIZE")
		}
		return apply("upper", textKind, args[0]), nil
	case "__StringFromFile":
		if name, ok := c.argument(0).text(); ok {
			return apply("line", textKind, text(im.file(name))), nil
		}
		return nil, errors.New("the name of its file is computed")
	case "__substring":
		return apply("substring", textKind, args...), fmt.Errorf("there is no such function here")
	case "__env":
		if name, ok := c.argument(0).text(); ok && isWord(name) {
			return word("env:"+name, textKind), nil
		}
		return nil, errors.New("the variable's name is computed")
	}
	ours := map[string]string{"__urlencode": "urlencode", "__urldecode": "urldecode", "__base64Encode": "base64", "__base64Decode": "unbase64",
		"__MD5": "md5", "__uppercase": "upper", "__lowercase": "lower", "__toUpperCase": "upper", "__toLowerCase": "lower", "__strLen": "len", "__trim": "trim"}[c.name]
	of := textKind
	if ours == "len" {
		of = numberKind
	}
	return apply(ours, of, args[0]), nil
}

func errIf(failed bool, what string) error {
	if failed {
		return errors.New(what + " has no counterpart here")
	}
	return nil
}

func isWord(s string) bool {
	return s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

func digest(c *call, args []*ex) (*ex, error) {
	ours := map[string]string{"MD5": "md5", "SHA-1": "sha1", "SHA1": "sha1", "SHA-256": "sha256", "SHA256": "sha256"}[strings.ToUpper(c.word(0))]
	if ours == "" {
		return nil, fmt.Errorf("%s has no counterpart here", c.word(0))
	}
	salted := args[1]
	if len(args) > 2 {
		salted = added(salted, args[2])
	}
	x := apply(ours, textKind, salted)
	if strings.EqualFold(c.word(3), "true") {
		x = apply("upper", textKind, x)
	}
	return x, nil
}

func chars(c *call) (*ex, error) {
	var b strings.Builder
	for i := range c.arguments {
		n, ok := parseWhole(c.word(i))
		if !ok || n < 1 || n > 0x10ffff {
			return nil, errors.New("only decimal numbers of characters are read")
		}
		b.WriteRune(rune(n))
	}
	return text(b.String()), nil
}

// propertyDefault is the argument that is the default, by the functions that read a property.
var propertyDefault = map[string]int{"__P": 1, "__property": 2}

// property is the name and the default of __P(name,default) and __property(name,variable,default); "" for any other
// call, and for a name that is computed. Without a default fallback is nil.
func (c *call) property() (name string, fallback value) {
	i := propertyDefault[c.name]
	if i == 0 {
		return "", nil
	}
	if len(c.arguments) > i {
		fallback = c.argument(i).trimmed()
	}
	return c.word(0), fallback
}

// propertyOf is the property of which the value consists; "" for any other value.
func propertyOf(v value) (name string, fallback value) {
	if p := v.only(); p != nil && p.call != nil {
		return p.call.property()
	}
	return "", nil
}

func (im *importer) propertyCall(c *call) (*ex, error) {
	name, fallback := c.property()
	if name == "" {
		return nil, errors.New("the property's name is computed")
	}
	ours := im.propertyVariable(name, fallback)
	im.use(ours)
	return variable(ours), nil
}

// code is a function that evaluates an expression of a script language.
func (im *importer) code(c *call) (*ex, error) {
	var source strings.Builder
	for i, v := range c.arguments {
		if i > 0 && i == variableArgument[c.name] {
			break
		}
		for _, p := range v {
			source.WriteString(p.literal + p.source)
		}
	}
	return parseCondition(strings.Trim(strings.TrimSpace(source.String()), ";"), im)
}

// computed is the value of a variable whose name is computed.
func (im *importer) computed(v value) (*ex, error) {
	if name, ok := v.text(); ok {
		return im.known(name, "${"+name+"}"), nil
	}
	if len(v) == 2 && strings.HasSuffix(v[0].literal, "_") && im.lists[strings.TrimSuffix(v[0].literal, "_")] { // ${__V(ids_${n})}
		n, err := im.reference(v[1])
		if err != nil {
			return nil, err
		}
		ours := im.name(strings.TrimSuffix(v[0].literal, "_"))
		im.use(ours)
		return &ex{op: opIndex, in: []*ex{variable(ours), minusOne(n.asNumber())}}, nil
	}
	return nil, errors.New("the variable's name is computed")
}

func (im *importer) sum(c *call) (*ex, error) {
	var sum *ex
	for _, v := range c.arguments {
		if s, ok := v.text(); ok && (strings.TrimSpace(s) == "" || !isNumber(s)) {
			continue
		}
		x, err := im.expression(v)
		if err != nil {
			return nil, err
		}
		if sum == nil {
			sum = x.asNumber()
		} else {
			sum = binary("+", sum, x.asNumber())
		}
	}
	if sum == nil {
		return nil, errors.New("nothing to add")
	}
	return sum, nil
}

// setProperty shares a value with the other groups: of what a setUp group sets, all groups have the value.
func (im *importer) setProperty(c *call) (*ex, error) {
	name := c.word(0)
	x, err := im.expression(c.argument(1))
	if err != nil || name == "" {
		return nil, errors.Join(err, errIf(name == "", "a computed name"))
	}
	if err := im.share(name, x); err != nil {
		return nil, err
	}
	return text(""), nil
}

// share is a value for all groups.
func (im *importer) share(property string, x *ex) error {
	ours := im.properties[property]
	if ours == "" {
		ours = im.free(property)
		im.properties[property] = ours
	}
	if !im.setUp() {
		return errors.New("only what a setUp group sets, or a group that does its steps once, is a variable of all groups")
	}
	if v := x.template(); v != "${"+ours+"}" {
		im.before = append(im.before, pair{ours, v})
	}
	im.give(ours)
	return nil
}

// setUp reports whether what the group in hand sets is there for the others: one whose only user makes one iteration
// becomes a setUp group for it.
func (im *importer) setUp() bool {
	g := im.groupBlock
	switch {
	case im.group == nil:
		return false
	case g.get("phase") == nil && g.get("users") == int64(1) && g.get("iterations") == nil && g.get("duration") == nil:
		g.pairs = slices.Insert(g.pairs, 1, pair{"phase", "setup"})
		im.note(im.group, "it runs before the other groups, which read what it sets", "")
	}
	return g.get("phase") == "setup"
}

// time is __time(format,variable): without a format milliseconds, "/1000" seconds.
func (im *importer) time(c *call) (*ex, error) {
	format, ok := c.argument(0).text()
	if !ok {
		return nil, errors.New("a format that is computed")
	}
	switch format = strings.TrimSpace(format); format {
	case "":
		return apply("now", numberKind), nil
	case "/1000":
		return apply("now", textKind, text("unix")), nil
	case "YMD":
		format = "yyyyMMdd"
	case "HMS":
		format = "HHmmss"
	case "YMDHMS":
		format = "yyyyMMdd-HHmmss"
	}
	return apply("now", textKind, text(format)), nil
}

// timeShift is __timeShift(format,date,shift,locale,variable), here of the present only.
func (im *importer) timeShift(c *call) (*ex, error) {
	format, date, shift := c.word(0), c.word(1), c.word(2)
	for _, i := range []int{0, 1, 2} {
		if c.argument(i).computed() {
			return nil, errors.New("arguments that are computed")
		}
	}
	if date != "" {
		return nil, errors.New("it shifts another date than the present one")
	}
	ours, ok := isoShift(shift)
	if !ok {
		return nil, fmt.Errorf("the shift %s", shift)
	}
	args := []*ex{text(format)}
	if format == "" {
		args = []*ex{text("ms")}
	}
	if ours != "" {
		args = append(args, text(ours))
	}
	return apply("now", textKind, args...), nil
}

// isoShift is a duration of ISO 8601, such as P1DT2H or -PT30M, as ours.
func isoShift(s string) (ours string, ok bool) {
	if s == "" {
		return "", true
	}
	sign, rest := "", strings.ToUpper(s)
	if r, minus := strings.CutPrefix(rest, "-"); minus {
		sign, rest = "-", r
	}
	rest, ok = strings.CutPrefix(rest, "P")
	if !ok {
		return "", false
	}
	var b strings.Builder
	hours := int64(0)
	for rest != "" {
		rest = strings.TrimPrefix(rest, "T")
		n := len(rest) - len(strings.TrimLeft(rest, "-0123456789"))
		amount, fine := parseWhole(rest[:n])
		if !fine || n == len(rest) {
			return "", false
		}
		switch unit := rest[n]; unit {
		case 'D':
			hours += 24 * amount
		case 'H':
			hours += amount
		case 'M', 'S':
			fmt.Fprintf(&b, "%d%c", amount, unit+'a'-'A')
		default:
			return "", false
		}
		rest = rest[n+1:]
	}
	if hours != 0 {
		return fmt.Sprintf("%s%dh%s", sign, hours, b.String()), true
	}
	return sign + b.String(), b.Len() > 0
}

// functionCounter is __counter(TRUE|FALSE): a counter of the user's own, or of all.
func (im *importer) functionCounter(c *call) *ex {
	per := "all"
	if strings.EqualFold(c.word(0), "TRUE") {
		per = "user"
	}
	name := ""
	if stored := im.stored(c); stored != "" {
		name = im.define(stored)
	} else {
		name = im.free("count")
		im.now[name] = true
	}
	im.use(name)
	b := &block{}
	b.set("counter", inline{{"name", name}, {"per", per}})
	im.beforeSteps = append(im.beforeSteps, b)
	return variable(name)
}

// names of functions of a value, for finding what a plan sets before it is read.
func (v value) calls(f func(c *call)) {
	for _, p := range v {
		if p.call != nil {
			f(p.call)
			for _, a := range p.call.arguments {
				a.calls(f)
			}
		}
	}
}

var scriptPuts = []string{"vars.put(", "vars.putObject("}

// putNames are the variables that a script sets by a literal name, whether the script can be carried over or not.
func putNames(source string) []string {
	var names []string
	for _, put := range scriptPuts {
		rest := source
		for {
			_, after, found := strings.Cut(rest, put)
			if !found {
				break
			}
			rest = after
			after = strings.TrimSpace(after)
			if after == "" || after[0] != '"' && after[0] != '\'' {
				continue
			}
			if name, _, closed := strings.Cut(after[1:], after[:1]); closed && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
