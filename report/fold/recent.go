package fold

import "unsafe"

// recentBits make a thousand places: some users more than most runs have.
const recentBits = 10

// recent remembers what belongs to texts that come again and again, the same string each time, as labels, threads and
// nodes do. Where that is follows from the string's address, which takes no hash of its bytes. Of two texts with one
// place the later one has it.
type recent[V any] [1 << recentBits]remembered[V]

// remembered is what belongs to a text, nil if nothing was remembered yet.
type remembered[V any] struct {
	text string
	of   *V
}

// place is where the text is remembered, if it is.
func (r *recent[V]) place(text string) *remembered[V] {
	address := uint64(uintptr(unsafe.Pointer(unsafe.StringData(text))))
	return &r[address*0x9e3779b97f4a7c15>>(64-recentBits)] // the golden ratio: Fibonacci hashing
}
