package cluster

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"stickbench/loadgen"
)

// A batch is samples of one agent on the wire, in order of completion: a head, and behind it columns in zstd.
//
//	head     agent, epoch, number, first, count, through
//	columns  flags │ ends │ elapsed │ … │ labels │ nodes │ … │ new texts
//
// A column of nothing but zeros is empty, as many are where connections are kept alive and nothing fails.
// Times of completion are differences of neighbours. What stays with a user, such as its thread, session and node, or
// grows with it, such as its iteration, is told as the difference from the user's sample before. Texts are numbers of
// a dictionary that each batch builds up itself, so that any batch can be read without the others.
type batch struct {
	head
	columns  []byte // as they came
	sequence uint64 // in the stream, 0 if it did not come by one
}

// head is what is known of a batch without reading its samples.
type head struct {
	agent string
	// epoch tells an agent's lives apart: one that was started again under its name has another.
	epoch uint64
	// number counts the agent's batches from 0, first the samples before this one, count those in it.
	number, first uint64
	count         int
	// through is a time, in microseconds since 1970, before which all that was complete is in this batch or in one
	// before it.
	through int64
}

// last reports whether the agent sends no batch after this one.
func (h *head) last() bool { return h.through == endOfTime }

const endOfTime = 1<<63 - 1

// The columns. Each is a row of signed varints.
const (
	flagsColumn = iota
	endColumn
	elapsedColumn
	latencyColumn
	connectColumn
	userColumn
	iterationColumn
	groupColumn
	allColumn
	statusColumn
	receivedColumn
	sentColumn
	lifeColumn
	counterColumn
	rareColumn // of those samples only that have something in it
	textColumn
	columnsOfTexts = 9
	columns        = textColumn + columnsOfTexts
)

// The flags of a sample.
const (
	fineFlag = 1 << iota
	counterFlag
	arrivalFlag
	markFlag
	transactionFlag
	rareFlag
	innerFlag
)

// texts are the samples' texts, in the order of their columns.
func texts(s *loadgen.Sample) [columnsOfTexts]*string {
	return [...]*string{&s.Label, &s.Thread, &s.Reason, (*string)(&s.Kind), &s.Failure, &s.URL, &s.DataType, &s.Node, &s.Session}
}

// memory is what a batch remembers of a user's last sample: what the next one is told by. Its texts are what the encoder
// compares with, and what the decoder finds in its dictionary.
type memory[Text string | uint32] struct {
	texts                   [columnsOfTexts]Text
	iteration, life, status int
	received, sent, counter int64
}

func (m *memory[Text]) keep(s *loadgen.Sample) {
	m.iteration, m.life, m.status = s.Iteration, s.Life, s.Status
	m.received, m.sent, m.counter = s.Received, s.Sent, s.Counter
}

// memories are those of a batch's users.
type memories[Text string | uint32] struct {
	of  map[int]int32
	all []memory[Text]
}

// user is what is remembered of a user's last sample; zero before its first one.
func (m *memories[Text]) user(number int) *memory[Text] {
	at, ok := m.of[number]
	if !ok {
		at = int32(len(m.all))
		m.of[number] = at
		m.all = append(m.all, memory[Text]{})
	}
	return &m.all[at]
}

func (m *memories[Text]) reset() {
	if m.of == nil {
		m.of = map[int]int32{}
	}
	clear(m.of)
	m.all = m.all[:0]
}

// encoder makes batches. It is for one goroutine.
type encoder struct {
	users   memories[string]
	columns [columns][]byte
	told    [columns]bool // has something other than zeros
	known   map[string]uint64
	fresh   []byte // new texts
	count   int
	end     int64
	user    int
	group   int64
	all     int64
	raw     []byte
	zstd    *zstd.Encoder
}

func newEncoder() *encoder {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err) // of options that are none
	}
	e := &encoder{zstd: z}
	e.reset()
	return e
}

func (e *encoder) reset() {
	e.users.reset()
	for i := range e.columns {
		e.columns[i] = e.columns[i][:0]
	}
	clear(e.told[:])
	if e.known == nil {
		e.known = map[string]uint64{}
	}
	clear(e.known)
	e.fresh = e.fresh[:0]
	e.count, e.end, e.user, e.group, e.all = 0, 0, 0, 0, 0
}

func (e *encoder) put(column int, v int64) {
	zigzag := uint64(v)<<1 ^ uint64(v>>63)
	e.told[column] = e.told[column] || v != 0
	if zigzag < 0x80 {
		e.columns[column] = append(e.columns[column], byte(zigzag))
		return
	}
	e.columns[column] = binary.AppendUvarint(e.columns[column], zigzag)
}

// add takes a sample; times below a microsecond are lost, as they are in samples.jtl.
func (e *encoder) add(s *loadgen.Sample) {
	m := e.users.user(s.User)
	elapsed := s.Elapsed.Microseconds()
	end := s.Start + elapsed
	flags := flagsOf(s)
	e.put(flagsColumn, flags)
	e.put(endColumn, end-e.end)
	e.put(elapsedColumn, elapsed)
	e.put(latencyColumn, elapsed-s.Latency.Microseconds())
	e.put(connectColumn, s.Connect.Microseconds())
	e.put(userColumn, int64(s.User-e.user))
	e.put(iterationColumn, int64(s.Iteration-m.iteration))
	e.put(groupColumn, int64(s.ActiveGroup)-e.group)
	e.put(allColumn, int64(s.ActiveAll)-e.all)
	e.put(statusColumn, int64(s.Status-m.status))
	e.put(receivedColumn, s.Received-m.received)
	e.put(sentColumn, s.Sent-m.sent)
	e.put(lifeColumn, int64(s.Life-m.life))
	e.put(counterColumn, s.Counter-m.counter)
	if flags&rareFlag != 0 {
		for _, v := range []int64{int64(s.Hops), s.Late.Microseconds(), int64(s.Count), int64(s.Errors)} {
			e.put(rareColumn, v)
		}
	}
	for i, t := range texts(s) {
		e.text(textColumn+i, *t, &m.texts[i])
	}
	m.keep(s)
	e.end, e.user, e.group, e.all = end, s.User, int64(s.ActiveGroup), int64(s.ActiveAll)
	e.count++
}

func flagsOf(s *loadgen.Sample) (flags int64) {
	set := func(flag int64, is bool) {
		if is {
			flags |= flag
		}
	}
	set(fineFlag, s.Fine)
	set(counterFlag, s.HasCounter)
	set(arrivalFlag, s.Arrival)
	set(markFlag, s.Mark)
	set(transactionFlag, s.Transaction)
	set(innerFlag, s.Inner)
	set(rareFlag, s.Hops != 0 || s.Late != 0 || s.Count != 0 || s.Errors != 0)
	return flags
}

// text puts a text into its column: 0 for the one of the user's sample before, or else one more than its number in the
// dictionary, where the next free number brings a new one.
func (e *encoder) text(column int, text string, before *string) {
	if text == *before {
		e.put(column, 0)
		return
	}
	*before = text
	n, ok := e.known[text]
	if !ok {
		n = uint64(len(e.known))
		e.known[text] = n
		e.fresh = appendText(e.fresh, text)
	}
	e.put(column, int64(n+1))
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// take is the batch of the samples that were added, and begins the next one. h.count is set.
func (e *encoder) take(h head) []byte {
	h.count = e.count
	out := h.append(nil)
	if e.count > 0 {
		raw := e.raw[:0]
		e.told[flagsColumn] = true // by its length a batch is as long as it says
		for i := range e.columns {
			if !e.told[i] {
				e.columns[i] = e.columns[i][:0]
			}
			raw = binary.AppendUvarint(raw, uint64(len(e.columns[i])))
		}
		for i := range e.columns {
			raw = append(raw, e.columns[i]...)
		}
		e.raw = append(raw, e.fresh...)
		out = e.zstd.EncodeAll(e.raw, out)
	}
	e.reset()
	return out
}

// magic begins each batch; its last byte is the version of the form.
const magic = "sbb\x03"

func (h *head) append(b []byte) []byte {
	b = appendText(append(b, magic...), h.agent)
	for _, v := range []uint64{h.epoch, h.number, h.first, uint64(h.count), uint64(h.through)} {
		b = binary.AppendUvarint(b, v)
	}
	return b
}

// The most that a batch may claim to be: what its numbers say is not believed before it was read.
const (
	mostSamples = 1 << 20
	mostRaw     = 1 << 28
)

var errBatch = errors.New("not a batch of samples, or a damaged one")

// parseBatch reads a batch's head. Its columns are b's.
func parseBatch(b []byte) (*batch, error) {
	r := reader{row: b}
	if string(r.bytes(uint64(len(magic)))) != magic {
		return nil, errBatch
	}
	var h head
	h.agent = r.text()
	h.epoch, h.number, h.first = r.unsigned(), r.unsigned(), r.unsigned()
	count := r.unsigned()
	h.through = int64(r.unsigned())
	if r.bad || count > mostSamples {
		return nil, errBatch
	}
	h.count = int(count)
	return &batch{head: h, columns: r.rest()}, nil
}

// samples are those of the batch.
func (b *batch) samples() ([]loadgen.Sample, error) {
	var d decoder
	if err := d.open(b); err != nil {
		return nil, err
	}
	all := make([]loadgen.Sample, b.count)
	for i := range all {
		d.next(&all[i])
	}
	return all, d.close()
}

// reader reads a column, or any row of numbers and texts. After a mistake all it gives is zero.
type reader struct {
	row   []byte
	at    int
	bad   bool
	zeros bool // it has none of its numbers: all are zero
}

func (r *reader) unsigned() uint64 {
	if i := r.at; i < len(r.row) {
		if v := r.row[i]; v < 0x80 {
			r.at = i + 1
			return uint64(v)
		}
	}
	return r.long()
}

// long reads a number of several bytes.
func (r *reader) long() uint64 {
	if r.zeros {
		return 0
	}
	v, n := binary.Uvarint(r.rest())
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.at += n
	return v
}

// rest is what was not read yet.
func (r *reader) rest() []byte { return r.row[r.at:] }

func (r *reader) signed() int64 {
	v := r.unsigned()
	return int64(v>>1) ^ -int64(v&1)
}

// signeds reads as many numbers as there is room for, and reports whether one is other than zero. Most take a byte or two.
func (r *reader) signeds(to []int64) bool {
	row, at, all := r.row, r.at, uint64(0)
	for i := range to {
		var v uint64
		switch {
		case at < len(row) && row[at] < 0x80:
			v = uint64(row[at])
			at++
		case at+1 < len(row) && row[at+1] < 0x80:
			v = uint64(row[at]&0x7f) | uint64(row[at+1])<<7
			at += 2
		default:
			r.at = at
			v = r.long()
			at = r.at
		}
		to[i] = int64(v>>1) ^ -int64(v&1)
		all |= v
	}
	r.at = at
	return all != 0
}

func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.row)-r.at) {
		r.bad = true
		return nil
	}
	r.at += int(n)
	return r.row[r.at-int(n) : r.at]
}

func (r *reader) text() string { return string(r.bytes(r.unsigned())) }

var decoders = sync.OnceValue(func() *zstd.Decoder {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(mostRaw))
	if err != nil {
		panic(err)
	}
	return z
})

// decoder reads what an encoder wrote, one batch after the other, without allocating for any but new texts. It reads the
// numbers of some samples at once, column by column, and then makes the samples of them.
type decoder struct {
	raw      []byte
	columns  [columns]reader
	numbers  [columns][rows]int64 // of the samples that come next; all are zero in columns that have none
	row      int                  // of the next sample among them
	left     int                  // samples of the batch behind them
	texted   []int                // the columns of texts that change within them
	fresh    reader
	known    []string // the batch's dictionary; the first is "", which all begin with
	interned map[string]string
	users    memories[uint32]
	before   struct{ user, group, all int }
	end      int64
	bad      bool
}

const (
	// rows is how many samples' numbers are read at once: what they take stays in the nearest cache.
	rows = 64
	// mostInterned is how many texts a decoder knows from batches before.
	mostInterned = 1 << 16
)

// open begins a batch. It can be read until close.
func (d *decoder) open(b *batch) (err error) {
	if d.raw, err = decoders().DecodeAll(b.columns, d.raw[:0]); err != nil && b.count > 0 {
		return fmt.Errorf("%w: %v", errBatch, err)
	}
	r := reader{row: d.raw}
	var sizes [columns]uint64
	if b.count > 0 {
		for i := range sizes {
			sizes[i] = r.unsigned()
		}
	}
	for i := range sizes {
		d.columns[i] = reader{row: r.bytes(sizes[i]), zeros: sizes[i] == 0}
		if d.columns[i].zeros {
			d.numbers[i] = [rows]int64{}
		}
	}
	d.fresh = reader{row: r.rest()}
	if d.interned == nil || len(d.interned) > mostInterned {
		d.interned = map[string]string{}
	}
	d.known = append(d.known[:0], "")
	d.users.reset()
	d.before.user, d.before.group, d.before.all, d.end, d.bad = 0, 0, 0, 0, false
	d.row, d.left = rows, b.count
	if r.bad || len(d.columns[flagsColumn].row) < b.count { // a byte at least for each
		return errBatch
	}
	return nil
}

// fill reads the numbers of the samples that come next. Those that are rare are read by whoever has one.
func (d *decoder) fill() {
	n := min(rows, d.left)
	d.row, d.left = 0, d.left-n
	d.texted = d.texted[:0]
	for i := range d.columns {
		if d.columns[i].zeros || i == rareColumn {
			continue
		}
		if any := d.columns[i].signeds(d.numbers[i][:n]); any && i >= textColumn {
			d.texted = append(d.texted, i)
		}
	}
}

// next reads the next sample. There are as many as the batch says.
func (d *decoder) next(s *loadgen.Sample) {
	if d.row == rows {
		d.fill()
	}
	v, i := &d.numbers, d.row&(rows-1)
	d.row++
	flags := v[flagsColumn][i]
	s.Fine, s.HasCounter, s.Arrival = flags&fineFlag != 0, flags&counterFlag != 0, flags&arrivalFlag != 0
	s.Mark, s.Transaction, s.Inner = flags&markFlag != 0, flags&transactionFlag != 0, flags&innerFlag != 0
	d.end += v[endColumn][i]
	elapsed := v[elapsedColumn][i]
	s.Start, s.Elapsed = d.end-elapsed, micros(elapsed)
	s.Latency, s.Connect = micros(elapsed-v[latencyColumn][i]), micros(v[connectColumn][i])
	d.before.user += int(v[userColumn][i])
	d.before.group += int(v[groupColumn][i])
	d.before.all += int(v[allColumn][i])
	s.User, s.ActiveGroup, s.ActiveAll = d.before.user, d.before.group, d.before.all
	m := d.users.user(s.User)
	m.iteration += int(v[iterationColumn][i])
	m.status += int(v[statusColumn][i])
	m.received += v[receivedColumn][i]
	m.sent += v[sentColumn][i]
	m.life += int(v[lifeColumn][i])
	m.counter += v[counterColumn][i]
	s.Iteration, s.Life, s.Status = m.iteration, m.life, m.status
	s.Received, s.Sent, s.Counter = m.received, m.sent, m.counter
	s.Hops, s.Late, s.Count, s.Errors = 0, 0, 0, 0
	if flags&rareFlag != 0 {
		rare := &d.columns[rareColumn]
		s.Hops, s.Late = int(rare.signed()), micros(rare.signed())
		s.Count, s.Errors = int(rare.signed()), int(rare.signed())
	}
	for _, c := range d.texted {
		d.text(uint64(v[c][i]), &m.texts[c-textColumn])
	}
	t, of := &m.texts, d.known // a loop over texts(s) takes twice as long
	s.Label, s.Thread, s.Reason, s.Kind, s.Failure = of[t[0]], of[t[1]], of[t[2]], loadgen.Kind(of[t[3]]), of[t[4]]
	s.URL, s.DataType, s.Node, s.Session = of[t[5]], of[t[6]], of[t[7]], of[t[8]]
}

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }

// text is told which text a sample has, by its number in the dictionary; so far it is that of the user's sample before.
func (d *decoder) text(n uint64, number *uint32) {
	switch {
	case n == 0:
		return
	case n == uint64(len(d.known)):
		d.known = append(d.known, d.intern(d.fresh.bytes(d.fresh.unsigned())))
		fallthrough
	case n < uint64(len(d.known)):
		*number = uint32(n)
	default:
		d.bad = true
	}
}

// intern makes a text of bytes, one for all batches.
func (d *decoder) intern(b []byte) string {
	text, ok := d.interned[string(b)]
	if !ok {
		text = string(b)
		d.interned[text] = text
	}
	return text
}

// close ends a batch. The error says that something was missing, or left.
func (d *decoder) close() error {
	bad := d.bad || d.fresh.bad || len(d.fresh.rest()) > 0
	for i := range d.columns {
		bad = bad || d.columns[i].bad || len(d.columns[i].rest()) > 0
	}
	if bad {
		return errBatch
	}
	return nil
}
