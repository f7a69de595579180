package jtl

import (
	"encoding/binary"
	"math/bits"
)

const (
	ones   = 0x0101010101010101
	highs  = 0x80 * ones
	zeros  = '0' * ones
	beyond = 16 // bytes that are behind a row
)

// cell is a column of the file, and what it said in the row before.
type cell struct {
	column column
	number *number // where its number goes, if it has one
	// word has the text and the delimiter behind it as they stand in the row, if that is 8 bytes at most and without quotes;
	// mask has its bytes, size their number.
	word, mask uint64
	size       int
}

// newCells are those of the columns. A delimiter that is wide is looked for by field alone.
func newCells(columns []column, r *jtlRow, wide bool) []cell {
	cells := make([]cell, len(columns))
	for i, c := range columns {
		cells[i].column = c
		cells[i].forget()
		if !wide && (c.isNumber() || c == colTimeStamp) {
			cells[i].number = &r.numbers[c]
		}
	}
	return cells
}

// remember keeps what the cell said: size bytes of word, those of mask.
func (f *cell) remember(word, mask uint64, size int) { f.word, f.mask, f.size = word&mask, mask, size }

// forget makes the cell one that is like no text.
func (f *cell) forget() { f.word, f.mask = 1, 0 }

// take takes the columns of the row that c has read. The error is of the column with that index, or of the row, if split
// has one.
func (r *jtlRow) take(c *csvReader) (int, error) {
	careful := c.quotes || c.wide()
	for i, from := 0, 0; ; i++ {
		var to int
		if i, from, to = c.scan(i, from); i >= len(c.cells) {
			return 0, r.rest(c, from)
		}
		if from > len(c.text) {
			return r.missing(c.cells, i)
		}
		f := &c.cells[i]
		if !careful && f.column.isText() {
			r.setText(f.column, c.row[from:to], false)
			from = to + 1
			continue
		}
		text, quoted, next, err := c.field(from)
		if quoted || c.wide() {
			f.forget()
		}
		if err == nil {
			err = r.set(f.column, text, quoted)
		}
		if err != nil {
			return i, err
		}
		from = next
	}
}

// scan takes columns from that of index i on, whose field begins at from, up to one that is neither what it was in the row
// before nor a number of up to 15 digits, and returns its index and where a text begins and ends. It looks at eight bytes
// at once, which hold most fields with the delimiter behind them: one comparison tells that a column says the same again,
// and numbers are read without a loop.
func (c *csvReader) scan(i, from int) (at, begin, end int) {
	cells, row, pattern := c.cells, c.row, ones*uint64(c.delimiter[0])
	if len(row) < beyond {
		return i, from, from
	}
	for ; uint(i) < uint(len(cells)) && 0 <= from && from <= len(row)-beyond; i++ {
		f := &cells[i]
		word := binary.LittleEndian.Uint64(row[from:])
		if word&f.mask == f.word {
			from += f.size
			continue
		}
		hit := firstZero(word ^ pattern)
		n := bits.TrailingZeros64(hit) / 8
		to := from + n
		if hit != 0 {
			f.remember(word, hit^(hit-1), n+1)
		} else {
			f.forget()
		}
		if f.number == nil {
			for hit == 0 && to < len(row)-8 {
				hit = firstZero(binary.LittleEndian.Uint64(row[to:]) ^ pattern)
				to += bits.TrailingZeros64(hit) / 8
			}
			return i, from, to
		}
		v, ok := shortNumber(word, n)
		if hit == 0 {
			word = binary.LittleEndian.Uint64(row[from+8:])
			hit = firstZero(word ^ pattern)
			n = bits.TrailingZeros64(hit) / 8
			low, digits := shortNumber(word, n)
			v = v*tens[n] + low
			ok = ok && digits && hit != 0 && v <= numbers[f.column].most
			to += n
		}
		if !ok {
			return i, from, from
		}
		*f.number = number{v, true}
		from = to + 1
	}
	return i, from, from
}

// rest looks at the fields behind those that have a column: there may be quotes where none may be.
func (r *jtlRow) rest(c *csvReader, from int) (err error) {
	more := from <= len(c.text)
	for c.quotes && from <= len(c.text) && err == nil {
		_, _, from, err = c.field(from)
	}
	if more && err == nil {
		r.longer++
	}
	return err
}

// firstZero has the highest bit of the first byte that is 0, and perhaps bits above it; it is 0 if no byte is. The
// subtraction borrows from a byte's highest bit if it is 0, and perhaps from that of bytes behind it.
func firstZero(word uint64) uint64 { return (word - ones) &^ word & highs }

var tens = [9]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8}

// shortNumber is the number whose digits are the first n bytes of a word, if they are; a delimiter is behind them.
func shortNumber(word uint64, n int) (v int64, ok bool) {
	return eightDigits((word ^ zeros) << ((64 - 8*n) & 63))
}

// eightDigits is the number whose digits, from 0 to 9, are the bytes of a word, the lowest one first. It adds up
// neighbours: bytes, pairs, and both halves.
func eightDigits(word uint64) (v int64, ok bool) {
	ok = (word+(0x7f-9)*ones|word)&highs == 0
	word = word * (10<<8 + 1) >> 8 & 0x00ff00ff00ff00ff
	word = word * (100<<16 + 1) >> 16 & 0x0000ffff0000ffff
	return int64(word * (10000<<32 + 1) >> 32), ok
}
