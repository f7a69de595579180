package jmx

import (
	"fmt"
	"strings"

	"stickbench/internal/draft"
)

// block is a table of the plan being written: its keys in order, and the steps below it.
type block struct {
	comments []string // above its header
	pairs    []pair
	below    []*block
	request  *request // of a step that requests something
}

// pair is a key and its value: text, a number, true or false, or one of the types below.
type pair struct {
	key   string
	value any
}

// inline is a table within braces, its keys in order; list is within brackets, many each on a line of its own, and
// members are keys below another key. An expression is text that has double quotes of its own. noted is a value
// with a comment behind it.
type (
	inline     []pair
	members    []pair
	list       []any
	many       []any
	expression string
	noted      struct {
		value any
		note  string
	}
)

func (b *block) set(key string, value any) { b.pairs = append(b.pairs, pair{key, value}) }

func (b *block) comment(format string, args ...any) {
	b.comments = append(b.comments, lines(fmt.Sprintf(format, args...))...)
}

// get is the value of a key, nil where there is none.
func (b *block) get(key string) any {
	for _, p := range b.pairs {
		if p.key == key {
			return p.value
		}
	}
	return nil
}

// lines are the lines of a comment.
func lines(s string) []string { return strings.Split(strings.TrimSpace(s), "\n") }

// write writes the block's comments and keys into a table, and the steps below it.
func (b *block) write(t *draft.Table) {
	for _, c := range b.comments {
		t.Comment("%s", strings.TrimRight(c, " \t\r"))
	}
	for _, p := range b.pairs {
		t.Set(p.key, drafted(p.value))
	}
	for _, s := range b.below {
		s.write(t.Append("step"))
	}
}

// drafted is a value as package draft has it.
func drafted(v any) any {
	switch v := v.(type) {
	case expression:
		return draft.Expression(v)
	case noted:
		return draft.Noted{Value: drafted(v.value), Note: v.note}
	case inline:
		return draft.Inline(draftedPairs(v))
	case members:
		return draft.Members(draftedPairs(v))
	case list:
		return draft.List(draftedList(v))
	case many:
		return draft.Lines(draftedList(v))
	}
	return v
}

func draftedPairs(pairs []pair) []draft.Pair {
	all := make([]draft.Pair, len(pairs))
	for i, p := range pairs {
		all[i] = draft.Pair{Key: p.key, Value: drafted(p.value)}
	}
	return all
}

func draftedList(list []any) []any {
	all := make([]any, len(list))
	for i, v := range list {
		all[i] = drafted(v)
	}
	return all
}
