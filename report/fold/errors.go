package fold

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"stickbench/loadgen"
	"stickbench/report"
)

// maxDistinctErrors bounds the distinct errors.
const maxDistinctErrors = 1000

// errorFold counts distinct errors. Its size is bounded: what comes after the first maxDistinctErrors is
// counted together.
type errorFold struct {
	index map[errorKey]int
	rows  []report.Error // in order of first appearance; Message is the first one's
	other int64
}

// errorKey is a sort of failure.
type errorKey struct {
	label  string
	kind   loadgen.Kind
	status int // 0 where the text is enough
	text   string
}

func newErrorFold() *errorFold { return &errorFold{index: map[errorKey]int{}} }

// add counts a sample, if it failed.
func (f *errorFold) add(s *loadgen.Sample) {
	_, n := s.Weight()
	if n == 0 {
		return
	}
	key := errorKeyOf(s)
	i, known := f.index[key]
	switch {
	case known:
		f.rows[i].Count += n
	case len(f.rows) == maxDistinctErrors:
		f.other += n
	default:
		f.insert(key, s, n)
	}
}

// errorKeyOf is the sort of a failed sample. What assertions saw differs from sample to sample: their sort
// is the text before the first ": ", the expression; or in another tool's recording, whose messages are
// not built so, the text without its numbers. Where the text does not, the status tells errors apart.
func errorKeyOf(s *loadgen.Sample) errorKey {
	key := errorKey{label: s.Label, kind: s.Kind, text: s.Failure}
	switch {
	case s.Failure == "":
		key.status, key.text = s.Status, s.Reason
	case s.Kind == loadgen.KindAssertion && s.User != 0:
		key.text, _, _ = strings.Cut(s.Failure, ": ")
	case s.Kind == loadgen.KindAssertion:
		key.status, key.text = s.Status, withoutNumbers(s.Failure)
	}
	return key
}

func withoutNumbers(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == ',' || r == '.' {
			return -1
		}
		return r
	}, s)
}

// insert adds a sort, first seen in s.
func (f *errorFold) insert(key errorKey, s *loadgen.Sample, n int64) {
	key.label, key.text = strings.Clone(key.label), strings.Clone(key.text)
	message := strings.Clone(s.Failure)
	if message == "" {
		message = key.text // the reason
		if s.Status != 0 {
			message = strings.TrimSpace(strconv.Itoa(s.Status) + " " + message)
		}
	}
	f.index[key] = len(f.rows)
	f.rows = append(f.rows, report.Error{Label: key.label, Kind: string(key.kind), Message: message, Count: n})
}

// freeze lists the errors, most frequent first and, among equals, first seen first. Further errors
// are one row without label at the end.
func (f *errorFold) freeze() []report.Error {
	rows := append([]report.Error{}, f.rows...)
	slices.SortStableFunc(rows, func(a, b report.Error) int { return cmp.Compare(b.Count, a.Count) })
	if f.other > 0 {
		rows = append(rows, report.Error{
			Kind:    string(loadgen.KindOther),
			Message: "further distinct errors; only the first " + strconv.Itoa(maxDistinctErrors) + " are listed one by one",
			Count:   f.other,
		})
	}
	return rows
}
