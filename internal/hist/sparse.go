package hist

import (
	"cmp"
	"math"
	"slices"
)

// Bucket counts the values in one bucket of the scale FineBits.
type Bucket struct {
	Slot  uint16
	Count uint32
}

// Sparse counts microseconds as a sorted list of the buckets that are in use. The zero value is empty. It is
// some bytes where a Histogram is some pages, and takes about four times as long to add to.
type Sparse struct {
	sorted []Bucket // by slot, each slot once
	loose  []Bucket // since the last sorting
}

// looseBuckets is how many values are sorted in at once.
const looseBuckets = 128

// lastSlot holds everything from 12.7 days on.
var lastSlot = Slot(1<<40, FineBits)

// Add counts v microseconds n times. Values below 0 count as 0.
func (s *Sparse) Add(v, n int64) {
	slot := min(lastSlot, Slot(uint64(max(v, 0)), FineBits))
	s.loose = append(s.loose, Bucket{uint16(slot), uint32(min(n, 1<<31))})
	if len(s.loose) >= looseBuckets {
		s.settle()
	}
}

// settle sorts the loose buckets in.
func (s *Sparse) settle() {
	if len(s.loose) == 0 {
		return
	}
	slices.SortFunc(s.loose, func(a, b Bucket) int { return cmp.Compare(a.Slot, b.Slot) })
	s.sorted = MergeBuckets(s.sorted, s.loose)
	s.loose = s.loose[:0]
}

// Buckets are those in use, by slot. The list is the histogram's own.
func (s *Sparse) Buckets() []Bucket {
	s.settle()
	return s.sorted
}

// Compact gives back what the next values would have been sorted in.
func (s *Sparse) Compact() {
	s.settle()
	s.loose = nil
}

// Merge adds the counts of o.
func (s *Sparse) Merge(o *Sparse) {
	s.settle()
	s.sorted = MergeBuckets(s.sorted, o.Buckets())
}

// MergeBuckets adds up two lists by slot, in either of which a slot may be repeated.
func MergeBuckets(a, b []Bucket) []Bucket {
	merged := make([]Bucket, 0, len(a)+len(b))
	for len(a) > 0 || len(b) > 0 {
		from := &a
		if len(a) == 0 || len(b) > 0 && b[0].Slot < a[0].Slot {
			from = &b
		}
		next := (*from)[0]
		*from = (*from)[1:]
		if last := len(merged) - 1; last >= 0 && merged[last].Slot == next.Slot {
			merged[last].Count += next.Count
			continue
		}
		merged = append(merged, next)
	}
	return slices.Clip(merged)
}

// PoolBuckets adds up many lists, each by slot: one addition a bucket, and one step for each slot between the
// least and the largest.
func PoolBuckets(lists ...[]Bucket) []Bucket {
	first, last, most := math.MaxUint16, -1, 0
	for _, list := range lists {
		if len(list) > 0 {
			first, last = min(first, int(list[0].Slot)), max(last, int(list[len(list)-1].Slot))
			most += len(list)
		}
	}
	counts := make([]uint32, max(0, last-first+1))
	for _, list := range lists {
		for _, b := range list {
			counts[int(b.Slot)-first] += b.Count
		}
	}
	pooled := make([]Bucket, 0, min(most, len(counts)))
	for i, n := range counts {
		if n > 0 {
			pooled = append(pooled, Bucket{uint16(first + i), n})
		}
	}
	return pooled
}
