package jtl

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"stickbench/loadgen"
)

// Ours are quoted like JMeter's sample variables, which JMeter takes for columns to pass over: a bare
// name that it does not know would make it reject the whole header.
const jtlHeader = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage," +
	"bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect," +
	`"elapsed_us","latency_us","connect_us","user","iteration","node","session","counter","kind"` + "\n"

// lateHeader follows in the header of a plan with arrivals.
const lateHeader = `,"late_us"` + "\n"

// jtlBatch is the size from which lines are handed on, in bytes.
const jtlBatch = 64 << 10

// What stands in the kind column of a mark, and of a success that redirects led to.
const (
	markKind       = "mark"
	redirectedKind = "redirected"
	// innerPrefix stands in front where a transaction's row stands for the sample.
	innerPrefix = "inner_"
)

// errManySamples refuses what the file has no column for.
var errManySamples = errors.New("write samples.jtl: a row that stands for many samples (SampleCount) cannot be written")

// Writer writes samples as JMeter 5's CSV: its 17 default columns in their order, then nine of ours.
// ReadJTL reads them back without loss, except that Start is cut to the millisecond and durations to the
// microsecond, and Hops to whether there were any (of failures, to none). Times in JMeter's columns are whole milliseconds, rounded half up.
//
//   - elapsed_us, latency_us, connect_us: microseconds; null in samples that were not measured so.
//   - user, iteration: numbers from 1; 0 where they are not known.
//   - node: the node that answered. counter: what the session counted.
//   - session: "<digest>.<life>", the salted digest of the session id and the number of the life of the
//     user's cookie jar. User and life together are a session in the sense of the reports, also where
//     a response had no id (".1").
//   - kind: why the sample failed, a loadgen.Kind; or "mark"; or "redirected" where it did not fail and
//     redirects were followed (Hops is 1 when it is read back, however many they were); with "inner_" in front
//     where the row of a transaction stands for the sample.
//   - late_us, only after WithLate: microseconds that the first request of an arrival began after it was
//     due; null in all others.
//
// What is not there is null, in our columns and in URL: JMeter's own word for a variable that is not
// set. A value that really is the text null is written in quotes, which ReadJTL tells apart. The last
// column is never empty, so that every line that was cut short can be told.
//
// Failures without a response have JMeter's words in responseCode and responseMessage ("Non HTTP
// response code: java.net.SocketTimeoutException"), for scripts that look for them, and what was seen in
// failureMessage. Unlike JMeter, which puts the length of a stack trace there, bytes are those that came.
//
// Lines reach the underlying writer whole, many at a time: whatever kills the run, every line that is
// there can be read. A JTLWriter is not safe for concurrent use.
type Writer struct {
	w      io.Writer
	buf    []byte
	err    error
	millis int64  // the start whose digits are in stamp
	stamp  []byte // as most samples begin in the same millisecond as the one before
	plain  [plainTexts]string
	late   bool
}

// The texts of a line that mostly are those of the line before, or of few different ones. Those that were
// found to need no quotes are remembered.
const (
	plainLabel = iota
	plainReason
	plainThread
	plainType
	plainURL
	plainNode
	plainTexts
)

// NewWriter returns a writer to w. The header goes out with the first lines, or with Flush.
func NewWriter(w io.Writer) *Writer {
	return &Writer{w: w, buf: append(make([]byte, 0, jtlBatch+4096), jtlHeader...), millis: -1}
}

// WithLate adds the column late_us, which the samples of plans with arrivals need. It comes before all
// samples.
func (w *Writer) WithLate() *Writer {
	w.late = true
	w.buf = append(w.buf[:len(w.buf)-1], lateHeader...)
	return w
}

// Write adds a line for s and keeps nothing of it. It returns the first error of the underlying writer,
// from then on always, and an error for a sample that stands for many (Count other than 0).
func (w *Writer) Write(s *loadgen.Sample) error {
	if w.err == nil && s.Count != 0 {
		w.err = errManySamples
	}
	if w.err != nil {
		return w.err
	}
	w.buf = w.ours(w.amounts(w.response(w.buf, s), s), s)
	if len(w.buf) >= jtlBatch {
		return w.Flush()
	}
	return nil
}

// Flush hands all lines so far to the underlying writer. It returns the first error of that writer.
func (w *Writer) Flush() error {
	if w.err == nil && len(w.buf) > 0 {
		_, w.err = w.w.Write(w.buf)
	}
	w.buf = w.buf[:0]
	return w.err
}

// response appends timeStamp to failureMessage.
func (w *Writer) response(b []byte, s *loadgen.Sample) []byte {
	if ms := s.StartMillis(); ms != w.millis || len(w.stamp) == 0 {
		w.millis, w.stamp = ms, appendNumber(w.stamp[:0], ms)
	}
	b = append(b, w.stamp...)
	b = appendNumber(b, s.WholeMillis())
	b = w.cached(b, plainLabel, s.Label)
	if s.Status != 0 {
		b = appendNumber(b, int64(s.Status))
		b = w.cached(b, plainReason, s.Reason)
	} else {
		b = appendNoResponse(b, s)
	}
	b = w.cached(b, plainThread, s.Thread)
	b = w.cached(b, plainType, s.DataType)
	if s.Failed() {
		return appendText(append(b, "false,"...), s.Failure)
	}
	return append(b, "true,,"...)
}

// appendNoResponse appends responseCode and responseMessage of a sample without a status.
func appendNoResponse(b []byte, s *loadgen.Sample) []byte {
	b = append(appendCode(b, s), ',')
	if s.Reason != "" {
		return appendText(b, s.Reason)
	}
	start := len(b)
	return quoteFrom(appendMessage(b, s.Kind, s.URL), start)
}

// amounts appends bytes to Connect.
func (w *Writer) amounts(b []byte, s *loadgen.Sample) []byte {
	b = appendNumber(b, s.Received)
	b = appendNumber(b, s.Sent)
	b = appendNumber(b, int64(s.ActiveGroup))
	b = appendNumber(b, int64(s.ActiveAll))
	b = w.optional(b, plainURL, s.URL)
	b = appendNumber(b, asMillis(s.Latency, s.Fine))
	b = append(b, "0,"...)
	return appendNumber(b, asMillis(s.Connect, s.Fine))
}

// ours appends our columns and ends the line.
func (w *Writer) ours(b []byte, s *loadgen.Sample) []byte {
	if s.Fine {
		b = appendNumber(b, s.Elapsed.Microseconds())
		b = appendNumber(b, s.Latency.Microseconds())
		b = appendNumber(b, s.Connect.Microseconds())
	} else {
		b = append(b, "null,null,null,"...)
	}
	b = appendNumber(b, int64(s.User))
	b = appendNumber(b, int64(s.Iteration))
	b = w.optional(b, plainNode, s.Node)
	b = appendSession(b, s)
	if s.HasCounter {
		b = appendNumber(b, s.Counter)
	} else {
		b = append(b, "null,"...)
	}
	if s.Inner {
		b = append(b, innerPrefix...)
	}
	switch {
	case s.Failed():
		b = append(b, s.Kind...)
	case s.Mark:
		b = append(b, markKind...)
	case s.Transaction:
		b = append(b, loadgen.KindTransaction...)
	case s.Hops > 0:
		b = append(b, redirectedKind...)
	default:
		b = append(b, "null"...)
	}
	if w.late {
		b = appendLate(b, s)
	}
	return append(b, '\n')
}

func appendLate(b []byte, s *loadgen.Sample) []byte {
	if !s.Arrival {
		return append(b, ",null"...)
	}
	return strconv.AppendInt(append(b, ','), s.Late.Microseconds(), 10)
}

// appendSession appends the digest and the life.
func appendSession(b []byte, s *loadgen.Sample) []byte {
	if s.Session == "" && s.Life == 0 {
		return append(b, "null,"...)
	}
	start := len(b)
	b = append(append(b, s.Session...), '.')
	return quoteFrom(strconv.AppendInt(b, int64(s.Life), 10), start)
}

// cached appends a text that is likely to be the one of the line before, and a comma.
func (w *Writer) cached(b []byte, column int, s string) []byte {
	if s != w.plain[column] {
		if needsQuotes(s) {
			return append(appendQuoted(b, s), ',')
		}
		w.plain[column] = s
	}
	return append(append(b, s...), ',')
}

// optional appends a text of a column in which null means that there is none, and a comma.
func (w *Writer) optional(b []byte, column int, s string) []byte {
	switch s {
	case "":
		return append(b, "null,"...)
	case "null":
		return append(b, `"null",`...)
	}
	return w.cached(b, column, s)
}

// appendNumber appends n and a comma. A line has fourteen numbers, most of them short: strconv, which is made
// for all, takes half of a line's time.
func appendNumber(b []byte, n int64) []byte {
	if uint64(n) < 10 {
		return append(b, byte('0'+n), ',')
	}
	if uint64(n) >= 1e8 {
		return append(strconv.AppendInt(b, n, 10), ',')
	}
	v, length := uint32(n), 2
	for limit := uint32(100); v >= limit; limit *= 10 {
		length++
	}
	b = append(b, "00000000,"[8-length:]...)
	i := len(b) - 1
	for ; v >= 10; v /= 100 {
		i -= 2
		b[i], b[i+1] = pairs[v%100*2], pairs[v%100*2+1]
	}
	if v > 0 {
		b[i-1] = byte('0' + v)
	}
	return b
}

// pairs are the numbers from 00 to 99.
const pairs = "0001020304050607080910111213141516171819" +
	"2021222324252627282930313233343536373839" +
	"4041424344454647484950515253545556575859" +
	"6061626364656667686970717273747576777879" +
	"8081828384858687888990919293949596979899"

// appendText appends any text and a comma.
func appendText(b []byte, s string) []byte {
	if needsQuotes(s) {
		return append(appendQuoted(b, s), ',')
	}
	return append(append(b, s...), ',')
}

// quoteFrom puts what b holds from start into quotes if it has to be, and appends a comma.
func quoteFrom(b []byte, start int) []byte {
	if needsQuotes(b[start:]) {
		text := string(b[start:])
		b = appendQuoted(b[:start], text)
	}
	return append(b, ',')
}

// asMillis is d in JMeter's whole milliseconds.
func asMillis(d time.Duration, fine bool) int64 {
	if fine {
		return loadgen.Millis(d)
	}
	return d.Milliseconds()
}

// needsQuotes reports whether JMeter quotes the text (CSVSaveService.quoteDelimiters).
func needsQuotes[T string | []byte](s T) bool {
	for i := range len(s) {
		if c := s[i]; c <= ',' && (c == ',' || c == '"' || c == '\r' || c == '\n') {
			return true
		}
	}
	return false
}

// appendQuoted appends s in quotes, those in it doubled.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for {
		before, after, found := strings.Cut(s, `"`)
		b = append(b, before...)
		if !found {
			return append(b, '"')
		}
		b = append(b, `""`...)
		s = after
	}
}
