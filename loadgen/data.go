package loadgen

import (
	"encoding/csv"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
)

// Data are lines whose columns are variables of the users that a group's iterations deal out, by arithmetic on
// user and iteration, so that machines that make a load together need not talk.
type Data struct {
	// Name is for messages.
	Name    string
	Columns []string
	// Lines have a value for each column. There is at least one.
	Lines Lines
	Per   Sharing
	// ForLife deals a user one line, and not one per iteration.
	ForLife bool
	AtEnd   AtEnd
	Order   Order
}

// Lines are lines as their file has them, which takes its size and 8 bytes a line; as texts of their own they took
// eight times as much.
type Lines struct {
	// Text is the file, of at most 4 GB.
	Text string
	// Comma is between the columns. Where lines are Quoted, it may be in one between quotes (RFC 4180).
	Comma  rune
	Quoted bool
	// Bounds are where each line begins and ends.
	Bounds [][2]uint32
}

// Append puts the columns of the ith line onto dst.
func (l *Lines) Append(dst []string, i int) []string {
	line, comma := l.Text[l.Bounds[i][0]:l.Bounds[i][1]], string(l.Comma)
	if l.Quoted && strings.Contains(line, `"`) {
		r := csv.NewReader(strings.NewReader(line))
		r.Comma, r.FieldsPerRecord = l.Comma, -1
		fields, _ := r.Read() // it was read before
		return append(dst, fields...)
	}
	for {
		field, rest, more := strings.Cut(line, comma)
		dst = append(dst, field)
		if !more {
			return dst
		}
		line = rest
	}
}

// AtEnd is what becomes of a user for whom there is no line left.
type AtEnd int

const (
	BeginAgain AtEnd = iota // the lines begin again
	EndUsers                // the user ends
	GiveEOF                 // all columns are "<EOF>", as JMeter has it
)

// eof is what columns are behind the last line.
const eof = "<EOF>"

// Order is the order in which lines are dealt out.
type Order int

const (
	AsWritten   Order = iota
	ShuffleOnce       // another order for each seed
	AnyTime           // at random, any line any number of times
)

// dealer deals out a plan's lines in an order that only the seed changes.
type dealer struct {
	*Data
	seed  uint64
	order []int    // nil for the lines' own
	last  []string // behind all lines
	// users share the lines of a run, so many of them in groups before this one.
	users, before int64
}

// newDealer deals out lines to the users of group g of the plan.
func newDealer(d *Data, p *Plan, g *Group) *dealer {
	seed := mixed(p.Seed ^ mixed(uint64(len(d.Name))<<32|uint64(len(d.Lines.Bounds))))
	r := &dealer{Data: d, seed: seed, last: slices.Repeat([]string{eof}, len(d.Columns))}
	for i := range p.Groups {
		other := &p.Groups[i]
		if !slices.Contains(other.Data, d) {
			continue
		}
		if other == g {
			r.before = r.users
		}
		r.users += int64(other.Users)
	}
	if d.Order == ShuffleOnce {
		r.order = rand.New(rand.NewPCG(seed, 0)).Perm(len(d.Lines.Bounds))
	}
	return r
}

// line puts the columns of the nth one, from 0, onto dst; not ok if there is none.
func (d *dealer) line(dst []string, n int64) (line []string, ok bool) {
	many := int64(len(d.Lines.Bounds))
	at := n % many
	switch {
	case d.AtEnd == EndUsers && n >= many:
		return nil, false
	case d.AtEnd == GiveEOF && n >= many:
		return d.last, true
	case d.Order == AnyTime:
		drawn, _ := bits.Mul64(mixed(d.seed+uint64(n)), uint64(many))
		at = int64(drawn)
	case d.order != nil:
		at = int64(d.order[at])
	}
	return d.Lines.Append(dst, int(at)), true
}

// deal sets the variables of the iteration's lines, and reports whether there is one of each.
func (u *user) deal() bool {
	var columns [16]string
	for _, d := range u.script.data {
		n := u.turnAmong(d.Per, d.users, d.before)
		if d.ForLife {
			n = u.seat(d)
		}
		line, ok := d.line(columns[:0], n)
		if !ok {
			return false
		}
		for i, name := range d.Columns {
			u.set(name, line[i])
		}
	}
	return true
}

// seat numbers the user among those who share the lines, from 0.
func (u *user) seat(d *dealer) int64 {
	switch d.Per {
	case PerGroup:
		return int64(u.index)
	case PerRun:
		return d.before + int64(u.index)
	}
	return 0
}

// Line is for expressions (assert.Lookup): the lines of a file in turn, one per iteration of whichever user.
func (u *user) Line(file string) (string, error) {
	lines := u.runner.plan.Files[file]
	if len(lines) == 0 {
		return "", fmt.Errorf("%s has no lines", file)
	}
	return lines[u.turn(PerRun)%int64(len(lines))], nil
}
