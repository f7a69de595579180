package loadgen

import (
	"iter"
	"time"

	"stickbench/assert"
)

// Step is one thing a user does, or a block of steps: a plan is a tree. A step without Steps is exactly one of
// Request, Think, Mark, Set, Counter, Jump, Together and Pace. A block has Steps, and at most one of Together,
// Pace, Loop, Once, Transaction, Pick, Share and Parallel says how they are done; without one they are done one
// after the other.
type Step struct {
	// When must hold for the step to be done; nil always holds. It sees the user's last response.
	When    *assert.Condition
	Request *Request
	Think   *Think
	// Mark is the label of a row that only counts; MarkText is it where it has values, else nil.
	Mark     string
	MarkText *Template
	// Assert must hold for a mark, all of them: one that does not makes a failure of it. They see the last response.
	Assert  []*assert.Condition
	Set     []Assignment
	Counter *Counter
	Jump    Jump

	Together *Together
	Pace     *Pace

	// Name is for readers of the plan, "" for none.
	Name string
	Loop *Loop
	// Once does a block the first time that a user comes to it, and never again.
	Once        bool
	Transaction *Transaction
	Pick        *Pick
	Share       *Share
	// Parallel is how many of a block's requests, which are its steps, are under way at the same time.
	Parallel int
	Steps    []Step
}

// Assignment sets the variable Name to a text.
type Assignment struct {
	Name  string
	Value *Template
}

// Jump is a step that goes elsewhere.
type Jump int

const (
	NoJump    Jump = iota
	BreakLoop      // leaves the nearest loop
	NextPass       // begins the nearest loop's next pass; without a loop, the next iteration
	EndIteration
	EndUser
	EndRun
	CutRun // and cuts what is in flight
)

// Loop does a block again and again: as often as Times says, as long as While holds, for so long, or once for
// each element of a list. Exactly one of Times, While, For and Each is set.
type Loop struct {
	Times *Template // a whole number; anything else is 0, with a warning
	While *assert.Condition
	// For begins no pass after so long; one that has begun is ended.
	For  time.Duration
	Each *Each
	// Index is the variable that numbers the passes from 1, "" for none.
	Index string
}

// Each sets the variable Name to each element of a list: of List, which names a variable with many values, or
// of Of.
type Each struct {
	Name, List string
	Of         []*Template
	// From and To are indexes from 0, To that behind the last; To is 0 for all.
	From, To int
}

// Share does a block only at a part of the times that users come to it: at Part of them, 0 < Part <= 1, or the
// first Times of each user, or of all together.
type Share struct {
	Part  float64
	Times int64 // 0 where Part counts
	Per   Sharing
}

// Transaction records a row of its own from a block's first step to its last, one that fails if a request in
// it does.
type Transaction struct {
	Label     string
	LabelText *Template // where the label has values, else nil
	// Pauses says that pauses within it count. Without them the row is the time of its requests.
	Pauses bool
	// Only says that the row stands for all that is in the transaction, which has no rows of its own: its samples are
	// recorded as Inner.
	Only bool
}

// Choice says in which way a block or a request picks.
type Choice int

const (
	AtRandom Choice = iota // one, at random, by Weights if there are any
	InTurn                 // one, the next each time
	Shuffled               // of a block: all, in random order
)

// Pick does only one of a block's steps, or all in random order.
type Pick struct {
	Choice Choice
	// Weights are those of the steps in their order, nil for equal ones.
	Weights []float64
}

// Sharing says among whom lines, numbers or turns are shared.
type Sharing int

const (
	PerUser  Sharing = iota // everybody has all of them
	PerGroup                // the users of a group
	PerRun                  // all users of the run
	// EachIteration is for counters alone: everybody has all of them, from the first one in each iteration.
	EachIteration
)

// Counter sets the variable Name to the next number each time a user comes to it: Start, Start + Step, … End,
// and Start again. Shared numbers are dealt out by arithmetic on user and iteration, so that machines that make
// a load together need not talk: no two users get the same one, in any order.
type Counter struct {
	Name             string
	Start, Step, End int64 // End is the last one; the largest number for none
	// Before and After stand around the number, which has at least Digits of them.
	Before, After string
	Digits        int
	Per           Sharing
}

// Together makes users wait until Users of the group are here, or all that are still at work if those are
// fewer. Users is 0 for all.
type Together struct {
	Users   int
	Timeout time.Duration // after which those who are here go on; 0 for none
}

// Pace makes users wait for their turn: at most Rate a second begin, of each user, of the group's or of all
// together.
type Pace struct {
	Rate   float64
	Spread Spread
	Per    Sharing
}

// Label names the row of the report that the step makes, "" if it makes none.
func (s *Step) Label() string {
	switch {
	case s.Request != nil:
		return s.Request.Label
	case s.Transaction != nil:
		return s.Transaction.Label
	}
	return s.Mark
}

// Labelled are the steps under steps that may have rows: those within a transaction that has a row for all of them
// do not.
func Labelled(steps []Step) iter.Seq[*Step] {
	return func(yield func(*Step) bool) {
		walk(steps, yield, func(s *Step) bool { return s.Transaction == nil || !s.Transaction.Only })
	}
}

// All are the steps under steps, blocks before what is in them.
func All(steps []Step) iter.Seq[*Step] {
	return func(yield func(*Step) bool) { walk(steps, yield, func(*Step) bool { return true }) }
}

// walk goes through steps, and through those below them where enter says so, until yield ends it.
func walk(steps []Step, yield, enter func(*Step) bool) bool {
	for i := range steps {
		if s := &steps[i]; !yield(s) || enter(s) && !walk(s.Steps, yield, enter) {
			return false
		}
	}
	return true
}
