package plans

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"stickbench/internal/nearest"
)

// table reads one table of a plan, key by key. Its methods return the value of a key and whether it is
// there and as it must be; a value that is there but not as it must be is noted as a problem.
type table struct {
	*problems
	path   string
	shape  *shape
	values map[string]any
}

// has reports whether the key is there, good or bad.
func (t table) has(key string) bool { _, ok := t.values[key]; return ok }

func (t table) at(key string) string { return childPath(t.path, key) }

// line is text of one line that is not blank.
func (t table) line(key string) (string, bool) {
	s, ok := t.text(key)
	return t.asLine(key, s, ok)
}

// settingLine is such a text, its variables put in.
func (t table) settingLine(key string) (string, bool) {
	if _, ok := t.text(key); !ok {
		return "", false
	}
	v, ok := t.setting(key)
	s, _ := v.(string)
	return t.asLine(key, s, ok)
}

func (t table) asLine(key, s string, ok bool) (string, bool) {
	switch {
	case !ok:
		return "", false
	case strings.TrimSpace(s) == "":
		t.value(t.at(key), "must not be empty")
		return "", false
	case strings.ContainsFunc(s, unicode.IsControl):
		t.value(t.at(key), "must be one line, without tabs and other control characters")
		return "", false
	}
	return s, true
}

// expression is text that is not blank.
func (t table) expression(key string) (string, bool) {
	s, ok := t.text(key)
	if ok && strings.TrimSpace(s) == "" {
		t.value(t.at(key), "must not be empty")
		return "", false
	}
	return s, ok
}

// text is any text.
func (t table) text(key string) (string, bool) {
	return stringAt(t.problems, t.at(key), t.values, key)
}

func stringAt(p *problems, path string, values map[string]any, key string) (string, bool) {
	v, there := values[key]
	s, ok := v.(string)
	if there && !ok {
		p.value(path, "expected text, not %s%s", described(v), quoteHint(v))
	}
	return s, ok
}

// word is one of the key's words.
func (t table) word(key string) (string, bool) {
	s, ok := t.text(key)
	known := t.shape.form(key, textValue).words
	if !ok || slices.Contains(known, s) {
		return s, ok
	}
	t.value(t.at(key), "%s: %s", quoted(s), nearest.Hint(s, known))
	return "", false
}

// boolean is true or false.
func (t table) boolean(key string) (value, ok bool) {
	v, there := t.figure(key)
	b, ok := v.(bool)
	switch {
	case !there || ok:
	case v == "true" || v == "false":
		t.value(t.at(key), "write %s, without the quotes", v)
	default:
		t.value(t.at(key), "expected true or false, not %s", described(v))
	}
	return b, ok
}

// whole is a whole number within the key's bounds.
func (t table) whole(key string) (int64, bool) {
	v, there := t.figure(key)
	of := t.shape.form(key, wholeValue)
	if !there {
		return 0, false
	}
	n, ok := v.(int64)
	switch {
	case !ok:
		t.value(t.at(key), "expected a whole number, not %s%s", described(v), wholeHint(v))
		return 0, false
	case n < of.least || n > of.most:
		t.value(t.at(key), "must be %s, not %d", between(of.least, of.most), n)
		return 0, false
	}
	return n, true
}

// number is any number, whole or not.
func (t table) number(key string) (float64, bool) {
	v, _ := t.figure(key)
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case nil:
	default:
		t.value(t.at(key), "expected a number, not %s%s", described(v), numberHint(v))
	}
	return 0, false
}

// count is a whole number of things.
func (t table) count(key string) (int, bool) {
	n, ok := t.whole(key)
	return int(n), ok
}

// duration is a duration of at least the key's.
func (t table) duration(key string) (time.Duration, bool) {
	v, there := t.setting(key)
	if !there {
		return 0, false
	}
	s, ok := v.(string)
	if !ok {
		t.value(t.at(key), "expected a duration, not %s%s", described(v), durationHint(v))
		return 0, false
	}
	d, err := ParseDuration(s)
	if err != nil {
		t.value(t.at(key), "%v", err)
		return 0, false
	}
	if message := durationRange(d, time.Duration(t.shape.form(key, durationValue).least)); message != "" {
		t.value(t.at(key), "%s", message)
		return 0, false
	}
	return d, true
}

func durationRange(d, least time.Duration) string {
	switch {
	case d < 0:
		return fmt.Sprintf("must not be negative, is %s", short(d))
	case d < least:
		return fmt.Sprintf("must be longer than %s", short(d))
	case d > longest:
		return fmt.Sprintf("%s is too long: %s (31 days) is the most", short(d), short(longest))
	}
	return ""
}

// mixed is a list, of texts as a rule.
func (t table) mixed(key string) []any {
	switch v := t.values[key].(type) {
	case nil:
	case []any:
		return v
	case []map[string]any:
		list := make([]any, len(v))
		for i, m := range v {
			list[i] = m
		}
		return list
	default:
		t.value(t.at(key), "expected a list of texts, not %s%s", described(v), listHint(v))
	}
	return nil
}

// texts is a list of texts; lines[i] has the path of its own.
func (t table) texts(key string) []string {
	v, there := t.values[key]
	if !there {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		t.value(t.at(key), "expected a list of texts, not %s%s", described(v), listHint(v))
		return nil
	}
	lines := make([]string, len(list))
	for i, e := range list {
		if lines[i], ok = e.(string); !ok {
			t.value(elementPath(t.at(key), i), "expected text, not %s%s", described(e), quoteHint(e))
		} else if strings.TrimSpace(lines[i]) == "" {
			t.value(elementPath(t.at(key), i), "must not be empty")
		}
	}
	return lines
}

// table is a table of that shape.
func (t table) table(key string, s *shape) (table, bool) {
	v, there := t.values[key]
	if !there {
		return table{}, false
	}
	m, ok := v.(map[string]any)
	if !ok {
		if _, many := tablesOf(v); many {
			t.value(t.at(key), "there can be only one: write %s, with single brackets", s.name)
		} else {
			t.value(t.at(key), "expected a table, such as %s, not %s", s.example, described(v))
		}
		return table{}, false
	}
	return openTable(t.problems, t.at(key), s, m), true
}

// tables is a list of tables of that shape.
func (t table) tables(key string, s *shape) []table {
	v, there := t.values[key]
	if !there {
		return nil
	}
	list, ok := tablesOf(v)
	if !ok {
		if _, single := v.(map[string]any); single {
			t.key(t.at(key), "is a list of tables: write [[%s]], with double brackets", strings.Trim(s.name, "[]"))
		} else {
			t.value(t.at(key), "expected a list of tables, such as %s, not %s", s.example, described(v))
		}
		return nil
	}
	all := make([]table, len(list))
	for i, m := range list {
		all[i] = openTable(t.problems, elementPath(t.at(key), i), s, m)
	}
	return all
}

// tablesOf is v as a list of tables, written [[so]] or inline.
func tablesOf(v any) ([]map[string]any, bool) {
	if tables, ok := v.([]map[string]any); ok {
		return tables, true
	}
	list, ok := v.([]any)
	if !ok {
		return nil, false
	}
	tables := make([]map[string]any, len(list))
	for i, e := range list {
		if tables[i], ok = e.(map[string]any); !ok {
			return nil, false
		}
	}
	return tables, true
}

// openTable makes a table ready to be read, and notes the keys that its shape does not have.
func openTable(p *problems, path string, s *shape, values map[string]any) table {
	t := table{problems: p, path: path, shape: s, values: values}
	for key := range values {
		if len(s.keys) > 0 && !slices.Contains(s.names(), key) {
			p.key(t.at(key), "%s", s.unknown(key))
		}
	}
	return t
}

// inOrder are the keys in the order of the source.
func (t table) inOrder() []string {
	if t.values == nil {
		return nil
	}
	return inOrder(t.problems.positions, t.path, t.values)
}

func inOrder(p *positions, path string, values map[string]any) []string {
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if d := p.places[childPath(path, a)].key - p.places[childPath(path, b)].key; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return keys
}
