// Package nearest finds the word that a misspelt one was meant to be.
package nearest

import (
	"fmt"
	"strconv"
	"strings"
)

// Word is the word of known that word was most likely meant to be, "" when nothing is near: the
// one at the smallest edit distance, at most a third of the word's length (but at least one) away.
// Case does not count, two neighbouring letters swapped count as one edit, and of several words at
// the same distance the first one is taken.
func Word(word string, known []string) string {
	runes := []rune(strings.ToLower(word))
	best, limit := "", max(1, len(runes)/3)
	for _, k := range known {
		candidate := []rune(strings.ToLower(k))
		if len(candidate)-len(runes) > limit || len(runes)-len(candidate) > limit {
			continue
		}
		if d := distance(runes, candidate); d <= limit && d < max(len(runes), len(candidate)) {
			best, limit = k, d-1
		}
	}
	return best
}

// Hint is the end of an error message about a word: `did you mean "ab"?`, or else `want "ab", "cd" or "ef"`.
func Hint(word string, known []string) string {
	if near := Word(word, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "want " + Alternatives(known)
}

// Alternatives is "a", "b" or "c".
func Alternatives(words []string) string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = strconv.Quote(w)
	}
	if last := len(all) - 1; last > 0 {
		return strings.Join(all[:last], ", ") + " or " + all[last]
	}
	return strings.Join(all, "")
}

// distance is the number of insertions, deletions, replacements and swaps of neighbours between a
// and b (optimal string alignment: no part is edited twice).
func distance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
