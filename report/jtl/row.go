package jtl

import (
	"bytes"
	"fmt"
	"math"
	"time"

	"stickbench/loadgen"
)

// column is something a recording can say of a sample.
type column uint8

const (
	colIgnored column = iota
	colTimeStamp
	colElapsed
	colLabel
	colCode
	colMessage
	colThread
	colType
	colSuccess
	colFailure
	colBytes
	colSentBytes
	colGroupThreads
	colAllThreads
	colURL
	colLatency
	colIdle
	colConnect
	colSampleCount
	colErrorCount
	colElapsedMicros
	colLatencyMicros
	colConnectMicros
	colUser
	colIteration
	colNode
	colSession
	colCounter
	colKind
	colLateMicros
)

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

// jtlRow becomes a sample, column by column. The slices are valid until the next row is read.
type jtlRow struct {
	sample loadgen.Sample
	// strict means that the row is one of ours, in which every column must be right. A JMeter variable
	// that only has the name of one of ours is passed over if it does not fit.
	strict bool

	code, message, failure, kind, url []byte
	micros                            [3]int64 // elapsed_us, latency_us and connect_us, -1 where not said
	success                           int8     // 1 and -1 for true and false, 0 for not said
	errorsSaid                        bool
	nothing                           bool // it stands for no sample
	known                             *interner
	stamps                            stampReader
	scratch                           []byte
}

func newJTLRow() *jtlRow { return &jtlRow{known: &interner{texts: map[string]known{}}} }

// reset makes the row ready for the next sample.
func (r *jtlRow) reset() {
	r.sample = loadgen.Sample{}
	r.known.odd = false
	r.code, r.message, r.failure, r.kind, r.url = nil, nil, nil, nil, nil
	r.micros = [3]int64{-1, -1, -1}
	r.success, r.errorsSaid, r.nothing = 0, false, false
}

// maxBytes is what a sample may have sent or received: 1 PiB, of which 8000 add up without an overflow.
const maxBytes = 1 << 50

// set takes one column. The error says what is wrong, without line and column.
func (r *jtlRow) set(c column, text []byte, quoted bool) error {
	s := &r.sample
	var err error
	switch c {
	case colTimeStamp:
		s.Start, err = r.stamps.parse(text)
	case colElapsed:
		s.Elapsed, err = parseMillis(text)
	case colLabel:
		s.Label = r.known.text(text)
	case colCode:
		r.code = text
	case colMessage:
		r.message = text
	case colThread:
		s.Thread = r.known.text(text)
	case colType:
		s.DataType = r.known.text(text)
	case colSuccess:
		r.success, err = parseSuccess(text)
	case colFailure:
		r.failure = text
	case colBytes:
		s.Received, err = parseAmount(text, maxBytes)
	case colSentBytes:
		s.Sent, err = parseAmount(text, maxBytes)
	case colGroupThreads:
		s.ActiveGroup, err = parseCount(text)
	case colAllThreads:
		s.ActiveAll, err = parseCount(text)
	case colURL:
		r.url = orNothing(text, quoted)
	case colLatency:
		s.Latency, err = optionalMillis(text)
	case colConnect:
		s.Connect, err = optionalMillis(text)
	case colSampleCount:
		s.Count, err = parseCount(text)
		r.nothing = err == nil && len(text) > 0 && s.Count == 0
	case colErrorCount:
		s.Errors, err = parseCount(text)
		r.errorsSaid = true
	case colIgnored, colIdle:
	default:
		if err = r.setOurs(c, orNothing(text, quoted)); err != nil && !r.strict {
			err = nil
		}
	}
	return err
}

// setOurs takes one of our columns; text is nil if it was null.
func (r *jtlRow) setOurs(c column, text []byte) error {
	if text == nil {
		return nil
	}
	s := &r.sample
	switch c {
	case colNode:
		s.Node = r.known.text(text)
		return nil
	case colSession:
		s.Session, s.Life = r.session(text)
		return nil
	case colKind:
		r.kind = text
		return nil
	}
	n, err := parseInt(text)
	if err != nil {
		return err
	}
	if c == colCounter {
		s.Counter, s.HasCounter = n, true
		return nil
	}
	if n < 0 || n > math.MaxInt64/1000 {
		return fmt.Errorf("%q is out of range", text)
	}
	switch c {
	case colElapsedMicros, colLatencyMicros, colConnectMicros:
		r.micros[c-colElapsedMicros] = n
	case colLateMicros:
		s.Arrival, s.Late = true, time.Duration(n)*time.Microsecond
	case colUser:
		s.User = int(n)
	case colIteration:
		s.Iteration = int(n)
	}
	return nil
}

// session takes "<digest>.<life>" apart. Another tool's variable of that name is a session as it is.
func (r *jtlRow) session(text []byte) (string, int) {
	if dot := bytes.LastIndexByte(text, '.'); dot >= 0 {
		if life, err := parseInt(text[dot+1:]); err == nil && life >= 0 && life <= math.MaxInt32 {
			return r.known.text(text[:dot]), int(life)
		}
	}
	return r.known.text(text), 0
}

// finish works out what several columns say together.
func (r *jtlRow) finish() {
	s := &r.sample
	s.URL = r.known.text(r.url)
	s.Status = statusOf(r.code)
	failed := r.success < 0
	if r.success == 0 {
		failed = bytes.HasPrefix(r.code, []byte(nonHTTPCode)) || s.Status != 0 && (s.Status < 200 || s.Status >= 400)
	}
	r.kind, s.Inner = bytes.CutPrefix(r.kind, []byte(innerPrefix))
	s.Transaction = string(r.kind) == string(loadgen.KindTransaction)
	switch kind := string(r.kind); { // the conversion does not allocate
	case !failed:
		s.Mark = kind == markKind
		if kind == redirectedKind {
			s.Hops = 1
		}
	case kind != "" && kind != markKind && isKind(r.kind):
		s.Kind = loadgen.Kind(r.known.text(r.kind))
	default:
		s.Kind = kindOf(r.code, r.message, r.failure, s.Status)
	}
	if failed {
		s.Failure = r.known.text(r.failure)
	}
	s.Reason = r.known.text(r.message)
	if s.Status == 0 && len(r.message) > 0 {
		r.scratch = appendMessage(r.scratch[:0], s.Kind, s.URL)
		if bytes.Equal(r.scratch, r.message) {
			s.Reason = ""
		}
	}
	r.finishTimes()
	r.finishCount(failed)
}

// finishTimes prefers microseconds to milliseconds.
func (r *jtlRow) finishTimes() {
	s := &r.sample
	if r.micros[0] < 0 {
		return
	}
	s.Fine = true
	for i, d := range []*time.Duration{&s.Elapsed, &s.Latency, &s.Connect} {
		if r.micros[i] >= 0 {
			*d = time.Duration(r.micros[i]) * time.Microsecond
		}
	}
}

// finishCount settles how many samples the row stands for. One that stands for itself has Count 0.
func (r *jtlRow) finishCount(failed bool) {
	s := &r.sample
	own := 0
	if failed {
		own = 1
	}
	if !r.errorsSaid {
		s.Errors = own
	}
	if s.Count == 0 || s.Count == 1 && s.Errors == own {
		s.Count, s.Errors = 0, 0
	}
}

// statusOf is the HTTP status that a responseCode is, or 0.
func statusOf(code []byte) int {
	if len(code) != 3 || code[0] < '1' || code[0] > '9' {
		return 0
	}
	n, err := parseInt(code)
	if err != nil {
		return 0
	}
	return int(n)
}

// isKind reports whether the text looks like a kind of failure. Kinds of later versions are kept as they are.
func isKind(text []byte) bool {
	for _, c := range text {
		if (c < 'a' || c > 'z') && c != '_' && (c < '0' || c > '9') {
			return false
		}
	}
	return len(text) <= 32 && string(text) != "null"
}
