package loadgen

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// Data are lines whose columns are variables of the users that a group's iterations deal out, by arithmetic on
// user and iteration, so that machines that make a load together need not talk.
type Data struct {
	// Name is for messages.
	Name    string
	Columns []string
	// Lines have a value for each column. There is at least one.
	Lines [][]string
	Per   Sharing
	// ForLife deals a user one line, and not one per iteration.
	ForLife bool
	AtEnd   AtEnd
	Order   Order
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
	seed := mixed(p.Seed ^ mixed(uint64(len(d.Name))<<32|uint64(len(d.Lines))))
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
		r.order = rand.New(rand.NewPCG(seed, 0)).Perm(len(d.Lines))
	}
	return r
}

// line is the nth one, from 0; not ok if there is none.
func (d *dealer) line(n int64) (line []string, ok bool) {
	many := int64(len(d.Lines))
	switch {
	case d.AtEnd == EndUsers && n >= many:
		return nil, false
	case d.AtEnd == GiveEOF && n >= many:
		return d.last, true
	case d.Order == AnyTime:
		at, _ := bits.Mul64(mixed(d.seed+uint64(n)), uint64(many))
		return d.Lines[at], true
	case d.order != nil:
		return d.Lines[d.order[n%many]], true
	}
	return d.Lines[n%many], true
}

// deal sets the variables of the iteration's lines, and reports whether there is one of each.
func (u *user) deal() bool {
	for _, d := range u.script.data {
		n := u.turnAmong(d.Per, d.users, d.before)
		if d.ForLife {
			n = u.seat(d)
		}
		line, ok := d.line(n)
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
