package jtl

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"stickbench/loadgen"
)

// column is something a recording can say of a sample: first those that are neither text nor number, then texts, then
// numbers, JMeter's before ours.
type column uint8

const (
	colIgnored column = iota
	colIdle
	colTimeStamp
	colSuccess

	colLabel
	colCode
	colMessage
	colThread
	colType
	colFailure
	colURL
	colNode
	colSession
	colKind

	colElapsed
	colBytes
	colSentBytes
	colGroupThreads
	colAllThreads
	colLatency
	colConnect
	colSampleCount
	colErrorCount
	colElapsedMicros
	colLatencyMicros
	colConnectMicros
	colUser
	colIteration
	colCounter
	colLateMicros
	colCount
)

func (c column) isNumber() bool { return c >= colElapsed }
func (c column) isText() bool   { return c >= colLabel && c < colElapsed }

// isOurs reports whether JMeter has no such column, so that it may be any variable of that name.
func (c column) isOurs() bool { return c >= colElapsedMicros || c >= colNode && c < colElapsed }

// columnNames are the names of the columns in a CSV header: JMeter's, and from elapsed_us ours.
var columnNames = map[string]column{
	"timeStamp": colTimeStamp, "elapsed": colElapsed, "label": colLabel, "responseCode": colCode,
	"responseMessage": colMessage, "threadName": colThread, "dataType": colType, "success": colSuccess,
	"failureMessage": colFailure, "bytes": colBytes, "sentBytes": colSentBytes, "grpThreads": colGroupThreads,
	"allThreads": colAllThreads, "URL": colURL, "Filename": colIgnored, "Latency": colLatency, "Encoding": colIgnored,
	"SampleCount": colSampleCount, "ErrorCount": colErrorCount, "Hostname": colIgnored, "IdleTime": colIdle,
	"Connect": colConnect, "elapsed_us": colElapsedMicros, "latency_us": colLatencyMicros,
	"connect_us": colConnectMicros, "user": colUser, "iteration": colIteration, "node": colNode,
	"session": colSession, "counter": colCounter, "kind": colKind, "late_us": colLateMicros,
}

// numbers are the columns of whole numbers, and timeStamp in milliseconds, with the smallest and the largest that they hold.
var numbers = [colCount]struct {
	least, most int64
	of          string
}{
	colTimeStamp: {math.MinInt64 / 1000, math.MaxInt64 / 1000, ""},
	colElapsed:   {-maxMillis, maxMillis, " of milliseconds"}, colLatency: {-maxMillis, maxMillis, " of milliseconds"},
	colConnect: {-maxMillis, maxMillis, " of milliseconds"}, colBytes: {0, maxBytes, ""}, colSentBytes: {0, maxBytes, ""},
	colGroupThreads: {0, math.MaxInt32, ""}, colAllThreads: {0, math.MaxInt32, ""},
	colSampleCount: {0, math.MaxInt32, ""}, colErrorCount: {0, math.MaxInt32, ""},
	colElapsedMicros: {0, maxMicros, ""}, colLatencyMicros: {0, maxMicros, ""}, colConnectMicros: {0, maxMicros, ""},
	colLateMicros: {0, maxMicros, ""}, colUser: {0, maxMicros, ""}, colIteration: {0, maxMicros, ""},
	colCounter: {math.MinInt64, math.MaxInt64, ""},
}

const (
	// maxBytes is what a sample may have sent or received: 1 PiB, of which 8000 add up without an overflow.
	maxBytes  = 1 << 50
	maxMicros = math.MaxInt64 / int64(time.Microsecond)
	// maxMillis is how long a sample may take; JMeter writes negative times if the clock was set back.
	maxMillis = math.MaxInt64 / int64(time.Millisecond)
)

// jtlRow becomes a sample, column by column. What a column said holds until it says something else: most say the same
// in row after row.
type jtlRow struct {
	sample loadgen.Sample
	// strict means that the row is one of ours, in which every column must be right. A JMeter variable
	// that only has the name of one of ours is passed over if it does not fit.
	strict bool

	numbers [colCount]number
	texts   [colCount]*known
	odds    int  // how many of them Bound may change
	success int8 // 1 and -1 for true and false, 0 for not said
	failed  bool
	stale   bool // code, message, failure, kind or success changed
	longer  int  // rows that had more fields than there are columns

	known   *interner
	stamps  stampReader
	scratch []byte
}

// number is what a column of numbers says: 0 where it says none.
type number struct {
	value int64
	said  bool
}

func newJTLRow() *jtlRow {
	r := &jtlRow{known: newInterner()}
	r.reset()
	return r
}

// reset makes the row one of which no column says anything.
func (r *jtlRow) reset() {
	*r = jtlRow{known: r.known, stamps: r.stamps, scratch: r.scratch, stale: true}
	for c := range r.texts {
		r.texts[c] = nothing
	}
}

// set takes one column. The error says what is wrong, without line and column.
func (r *jtlRow) set(c column, b []byte, quoted bool) (err error) {
	switch {
	case c.isText():
		r.setText(c, b, quoted)
	case c.isNumber():
		if err = r.setNumber(c, b); c.isOurs() && !r.strict {
			err = nil
		}
	case c == colTimeStamp:
		r.numbers[c].value, err = r.stamps.parse(b)
	case c == colSuccess:
		was := r.success
		r.success, err = parseSuccess(b)
		r.stale = r.stale || r.success != was
	}
	return err
}

// missing takes the columns that the row does not have, because it has only so many fields.
func (r *jtlRow) missing(cells []cell, has int) (int, error) {
	for i := has; i < len(cells); i++ {
		c := cells[i].column
		if c != colIgnored && (!c.isOurs() || r.strict) { // others are variables, which JMeter does not miss either
			return i, fmt.Errorf("the row ends before it, after %d of %d fields: complete the row, or remove it", has, len(cells))
		}
		cells[i].forget()
		r.set(c, nil, false) // without a text there is no error
	}
	return 0, nil
}

// setNumber takes a column of numbers. Only elapsed must have one.
func (r *jtlRow) setNumber(c column, b []byte) error {
	r.numbers[c] = number{}
	if c != colElapsed && orNothing(b, false) == nil {
		return nil
	}
	n, err := parseInt(b)
	switch {
	case err != nil:
		return fmt.Errorf("%w%s", err, numbers[c].of)
	case n < numbers[c].least || n > numbers[c].most:
		return fmt.Errorf("%q is out of range", b)
	}
	r.numbers[c] = number{n, true}
	return nil
}

// setText takes a column of texts.
func (r *jtlRow) setText(c column, b []byte, quoted bool) {
	if c >= colURL {
		b = orNothing(b, quoted)
	}
	t := r.known.text(b)
	changed := t != r.texts[c]
	r.odds += t.odds - r.texts[c].odds
	r.texts[c] = t
	s := &r.sample
	switch c {
	case colLabel:
		s.Label = t.text
	case colThread:
		s.Thread = t.text
	case colType:
		s.DataType = t.text
	case colURL:
		s.URL = t.text
		r.stale = r.stale || changed && s.Status == 0
	case colNode:
		s.Node = t.text
	case colSession:
		if changed {
			s.Session, s.Life = r.session(t.text)
		}
	default:
		r.stale = r.stale || changed
	}
}

// session takes "<digest>.<life>" apart. Another tool's variable of that name is a session as it is.
func (r *jtlRow) session(text string) (string, int) {
	if dot := strings.LastIndexByte(text, '.'); dot >= 0 {
		if life, err := parseInt([]byte(text[dot+1:])); err == nil && life >= 0 && life <= math.MaxInt32 {
			return text[:dot], int(life)
		}
	}
	return text, 0
}

// finish works out what several columns say together. It reports whether they stand for a sample at all.
func (r *jtlRow) finish() bool {
	s, n := &r.sample, &r.numbers
	if r.stale {
		r.judge()
		r.stale = false
	}
	s.Start = n[colTimeStamp].value * 1000
	s.Received, s.Sent = n[colBytes].value, n[colSentBytes].value
	s.ActiveGroup, s.ActiveAll = int(n[colGroupThreads].value), int(n[colAllThreads].value)
	s.User, s.Iteration = int(n[colUser].value), int(n[colIteration].value)
	s.Counter, s.HasCounter = n[colCounter].value, r.numbers[colCounter].said
	s.Late, s.Arrival = time.Duration(n[colLateMicros].value)*time.Microsecond, r.numbers[colLateMicros].said
	s.Fine = r.numbers[colElapsedMicros].said
	s.Elapsed = r.duration(colElapsed, colElapsedMicros)
	s.Latency = r.duration(colLatency, colLatencyMicros)
	s.Connect = r.duration(colConnect, colConnectMicros)
	r.count()
	return !r.numbers[colSampleCount].said || n[colSampleCount].value > 0
}

// duration prefers microseconds to milliseconds, if the whole was measured in them.
func (r *jtlRow) duration(millis, micros column) time.Duration {
	if r.sample.Fine && r.numbers[micros].said {
		return time.Duration(r.numbers[micros].value) * time.Microsecond
	}
	return time.Duration(r.numbers[millis].value) * time.Millisecond
}

// count settles how many samples the row stands for. One that stands for itself has Count 0.
func (r *jtlRow) count() {
	own := 0
	if r.failed {
		own = 1
	}
	count, errors := int(r.numbers[colSampleCount].value), own
	if r.numbers[colErrorCount].said {
		errors = int(r.numbers[colErrorCount].value)
	}
	if count == 0 || count == 1 && errors == own {
		count, errors = 0, 0
	}
	r.sample.Count, r.sample.Errors = count, errors
}

// judge works out what became of the sample.
func (r *jtlRow) judge() {
	s := &r.sample
	code, message, failure := r.texts[colCode].text, r.texts[colMessage].text, r.texts[colFailure].text
	s.Status = statusOf(code)
	r.failed = r.success < 0
	if r.success == 0 {
		r.failed = strings.HasPrefix(code, nonHTTPCode) || s.Status != 0 && (s.Status < 200 || s.Status >= 400)
	}
	var kind string
	kind, s.Inner = strings.CutPrefix(r.texts[colKind].text, innerPrefix)
	s.Transaction = kind == string(loadgen.KindTransaction)
	s.Mark, s.Hops, s.Kind, s.Failure = kind == markKind, 0, loadgen.OK, ""
	switch {
	case !r.failed:
		if kind == redirectedKind {
			s.Hops = 1
		}
	case kind != "" && isKind(kind):
		s.Kind = loadgen.Kind(kind)
	default:
		s.Kind = kindOf(code, message, failure, s.Status)
	}
	if r.failed {
		s.Failure = failure
	}
	s.Reason = message
	if s.Status == 0 && message != "" {
		r.scratch = appendMessage(r.scratch[:0], s.Kind, s.URL)
		if string(r.scratch) == message {
			s.Reason = ""
		}
	}
}

// statusOf is the HTTP status that a responseCode is, or 0.
func statusOf(code string) int {
	if len(code) != 3 || code[0] < '1' || code[0] > '9' {
		return 0
	}
	n, err := strconv.Atoi(code)
	if err != nil {
		return 0
	}
	return n
}

// isKind reports whether the text looks like a kind of failure. Kinds of later versions are kept as they are.
func isKind(text string) bool {
	for _, c := range []byte(text) {
		if (c < 'a' || c > 'z') && c != '_' && (c < '0' || c > '9') {
			return false
		}
	}
	return len(text) <= 32 && text != "null"
}
