package jtl

import (
	"encoding/binary"
	"math/bits"
)

const (
	ones   = 0x0101010101010101
	highs  = 0x80 * ones
	zeros  = '0' * ones
	beyond = 8 // bytes that must stand behind a plain row
)

// plainField is a field of a plain row, and the index of its column.
type plainField struct {
	index, from, to int
	key             uint64
}

// plain takes the columns of a row without quotes, with a delimiter of one byte. buf is the row and so many bytes
// beyond. The error is of the column with that index.
func (r *jtlRow) plain(columns []column, buf []byte, delimiter byte) (int, error) {
	buf[len(buf)-beyond] = delimiter // behind the last field, too
	others, has := r.scan(columns, buf, ones*uint64(delimiter))
	for i := range r.others[:others] {
		f := &r.others[i]
		c := columns[f.index]
		if err := r.set(c, buf[f.from:f.to], false); err != nil {
			return f.index, err
		}
		r.texts[c].key = f.key
	}
	for i := has; i < len(columns); i++ {
		if err := r.missing(columns[i], has, len(columns)); err != nil {
			return i, err
		}
	}
	return 0, nil
}

// scan takes those columns of a plain row that take no call, and lists the others. It looks at eight bytes at once, which
// hold most fields with the delimiter behind them: so numbers are read without a loop, and short texts that are the same
// as in the row before are told by one comparison.
func (r *jtlRow) scan(columns []column, buf []byte, pattern uint64) (others, has int) {
	from, end := 0, len(buf)-beyond
	for i, c := range columns {
		if from > end {
			return others, i
		}
		word := binary.LittleEndian.Uint64(buf[from:])
		n := firstZero(word ^ pattern)
		to := from + n
		for more := n; more == 8; to += more {
			more = firstZero(binary.LittleEndian.Uint64(buf[to:]) ^ pattern)
		}
		key := uint64(longKey)
		switch {
		case c.isNumber():
			if v, ok := shortNumber(word, n); ok {
				r.numbers[c], r.said[c] = v, true
				from = to + 1
				continue
			}
		case n < 8:
			if key = shortKey(word, n); key == r.texts[c].key {
				from = to + 1
				continue
			}
		}
		if c > colIdle {
			r.others[others] = plainField{i, from, to, key}
			others++
		}
		from = to + 1
	}
	if from <= end {
		r.longer++
	}
	return others, len(columns)
}

// longKey is the key of texts of 8 bytes and more, which it does not tell apart.
const longKey = 8

// shortKey is the first n bytes of a word, and n.
func shortKey(word uint64, n int) uint64 { return word<<((56-8*n)&63)<<8 | uint64(n) }

// firstZero is the index of the first byte that is 0, 8 if none is. The subtraction borrows from a byte's highest bit if
// it is 0, and perhaps from that of bytes behind it.
func firstZero(word uint64) int {
	return bits.TrailingZeros64((word-ones)&^word&highs) / 8
}

// shortNumber is the number whose digits are the first n bytes of a word, if they are and n is 1 to 7.
func shortNumber(word uint64, n int) (v int64, ok bool) {
	v, ok = eightDigits((word ^ zeros) << ((64 - 8*n) & 63))
	return v, ok && uint(n-1) < 7
}

// eightDigits is the number whose digits, from 0 to 9, are the bytes of a word, the lowest one first. It adds up
// neighbours: bytes, pairs, and both halves.
func eightDigits(word uint64) (v int64, ok bool) {
	ok = (word+(0x7f-9)*ones|word)&highs == 0
	word = word * (10<<8 + 1) >> 8 & 0x00ff00ff00ff00ff
	word = word * (100<<16 + 1) >> 16 & 0x0000ffff0000ffff
	return int64(word * (10000<<32 + 1) >> 32), ok
}
