package jtl

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stickbench/internal/sampletest"
	"stickbench/loadgen"
)

// write is the file that the samples become.
func write(t testing.TB, samples []loadgen.Sample) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b)
	if slices.ContainsFunc(samples, func(s loadgen.Sample) bool { return s.Arrival }) {
		w.WithLate()
	}
	for i := range samples {
		if err := w.Write(&samples[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// readAll reads all samples of a file.
func readAll(r io.Reader) ([]loadgen.Sample, Info, error) {
	var all []loadgen.Sample
	info, err := new(Reading).Read(r, func(s *loadgen.Sample) error {
		all = append(all, *s)
		return nil
	})
	return all, info, err
}

func usual() loadgen.Sample {
	return loadgen.Sample{
		Start: 1795398094962123, Elapsed: 61499 * time.Microsecond, Latency: 60501 * time.Microsecond, Connect: 250 * time.Microsecond,
		Fine: true, Label: "GET /", Thread: "Thread Group 1-1", User: 1, Iteration: 3, ActiveGroup: 2, ActiveAll: 2,
		Status: 200, Reason: "OK", URL: "http://127.0.0.1:8080/", DataType: "text", Received: 566, Sent: 120,
		Node: "s1", Session: "1f2e3d4c5b6a7988", Life: 1, Counter: 7, HasCounter: true,
	}
}

func TestJTLLines(t *testing.T) {
	refused := usual()
	refused.Status, refused.Reason, refused.DataType, refused.Received = 0, "", "", 0
	refused.Kind, refused.Failure = loadgen.KindRefused, "nothing listens on 127.0.0.1:8080"
	refused.Node, refused.Session, refused.HasCounter, refused.Counter = "", "", false, 0
	failed := usual()
	failed.Kind, failed.Failure, failed.Label = loadgen.KindAssertion, `node in ["s1", "s2"]: s3`, "a,\n\"b\""
	failed.Node = "null"
	mark := loadgen.Sample{
		Start: 1795398094962123, Fine: true, Label: "S1 reached", Thread: "Thread Group 1-1", User: 1, Iteration: 3, ActiveGroup: 2,
		ActiveAll: 2, Status: 200, Reason: "OK", DataType: "text", Life: 1, Mark: true,
	}
	foreign := loadgen.Sample{Start: 1795398094962000, Elapsed: 5 * time.Millisecond, Label: "SELECT", Thread: "x 1-1"}

	got := string(write(t, []loadgen.Sample{usual(), refused, failed, mark, foreign}))
	want := `timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect,"elapsed_us","latency_us","connect_us","user","iteration","node","session","counter","kind"
1795398094962,61,GET /,200,OK,Thread Group 1-1,text,true,,566,120,2,2,http://127.0.0.1:8080/,61,0,0,61499,60501,250,1,3,s1,1f2e3d4c5b6a7988.1,7,null
1795398094962,61,GET /,Non HTTP response code: org.apache.http.conn.HttpHostConnectException,Non HTTP response message: Connect to 127.0.0.1:8080 failed: Connection refused,Thread Group 1-1,,false,nothing listens on 127.0.0.1:8080,0,120,2,2,http://127.0.0.1:8080/,61,0,0,61499,60501,250,1,3,null,.1,null,connect_refused
1795398094962,61,"a,
""b""",200,OK,Thread Group 1-1,text,false,"node in [""s1"", ""s2""]: s3",566,120,2,2,http://127.0.0.1:8080/,61,0,0,61499,60501,250,1,3,"null",1f2e3d4c5b6a7988.1,7,assertion
1795398094962,0,S1 reached,200,OK,Thread Group 1-1,text,true,,0,0,2,2,null,0,0,0,0,0,0,1,3,null,.1,null,mark
1795398094962,5,SELECT,,,x 1-1,,true,,0,0,0,0,null,0,0,0,null,null,null,0,0,null,null,null,null
`
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
		t.Error(diff)
	}
}

// awkward are texts that break careless readers and writers.
var awkward = []string{
	"", "null", "\"null\"", "a", "GET /", "ü€𝄞", "a,b", "\"", "\"\"", "a\"b", "\n", "\r", "\r\n", "a\nb,\"c\"\r", ",", ",,",
	" lead and trail ", "\t", ";", "|", "true", "1795398094962", "1795398094962,1,GET /", "timeStamp", "\x00", "\xff\xfe", "\ufeff",
	"mark", "=1+1", "<httpSample/>", strings.Repeat("x", 300), strings.Repeat("\"", 99),
}

var kinds = []loadgen.Kind{
	loadgen.KindDNS, loadgen.KindRefused, loadgen.KindConnTime, loadgen.KindConnect, loadgen.KindTLS, loadgen.KindTimeout,
	loadgen.KindClosed, loadgen.KindReset, loadgen.KindTruncated, loadgen.KindMalformed, loadgen.KindTooLarge, loadgen.KindRedirect,
	loadgen.KindVariable, loadgen.KindStatus, loadgen.KindExtraction, loadgen.KindAssertion, loadgen.KindOther,
}

// randomSample is one that a run or the reading of another recording could bring about.
func randomSample(rng *rand.Rand) loadgen.Sample {
	text := func() string {
		if rng.IntN(3) == 0 {
			return awkward[rng.IntN(len(awkward))] + awkward[rng.IntN(len(awkward))]
		}
		return awkward[rng.IntN(len(awkward))]
	}
	d := func() time.Duration { return time.Duration(rng.Int64N(1<<uint(1+rng.IntN(40)))) * time.Microsecond }
	s := loadgen.Sample{
		Start: rng.Int64N(1<<50) * 1000, Elapsed: d(), Latency: d(), Connect: d(), Fine: rng.IntN(4) > 0,
		Label: text(), Thread: text(), User: rng.IntN(1e5), Iteration: rng.IntN(1e6), ActiveGroup: rng.IntN(100), ActiveAll: rng.IntN(1000),
		Status: 100 + rng.IntN(500), Reason: text(), URL: text(), DataType: text(), Received: rng.Int64N(1 << 40), Sent: rng.Int64N(1 << 20),
		Node: text(), Session: text(), Life: rng.IntN(5),
	}
	if !s.Fine {
		s.Elapsed, s.Latency, s.Connect = s.Elapsed.Truncate(time.Millisecond), s.Latency.Truncate(time.Millisecond), s.Connect.Truncate(time.Millisecond)
	}
	if rng.IntN(2) == 0 {
		s.Counter, s.HasCounter = rng.Int64()-rng.Int64(), true
	}
	switch rng.IntN(6) {
	case 0:
		s.Kind, s.Failure = kinds[rng.IntN(len(kinds))], text()
		if rng.IntN(2) == 0 {
			s.Status, s.Reason = 0, ""
		}
	case 1:
		s.Mark, s.Status, s.Reason, s.DataType, s.URL = true, 200, "OK", "text", ""
		if rng.IntN(2) == 0 {
			s.Kind, s.Failure = loadgen.KindMark, text()
		}
	case 2:
		s.Hops = 1
	case 3: // rows of transactions are read as what they are, or their requests would count twice
		s.Transaction, s.Reason, s.URL = true, "Number of samples in transaction : 2, number of failing samples : 0", ""
	case 4:
		s.Transaction, s.Reason, s.URL = true, "Number of samples in transaction : 2, number of failing samples : 1", ""
		s.Status, s.Kind, s.Failure = 0, loadgen.KindTransaction, "1 of 2 requests failed"
	}
	s.Bound() // as everything that is recorded
	return s
}

func TestJTLRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 17))
	for range 30 {
		samples := make([]loadgen.Sample, 200)
		for i := range samples {
			samples[i] = randomSample(rng)
		}
		file := write(t, samples)
		got, info, err := readAll(bytes.NewReader(file))
		if err != nil || info.Samples != 200 || info.Incomplete != 0 || info.Warnings != nil {
			t.Fatalf("%+v, %v", info, err)
		}
		if diff := cmp.Diff(samples, got); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestStartIsCutToMilliseconds(t *testing.T) {
	got, _, err := readAll(bytes.NewReader(write(t, []loadgen.Sample{usual()})))
	if err != nil || got[0].Start != 1795398094962000 {
		t.Errorf("%v, %v", got[0].Start, err)
	}
}

// A run may be killed at any moment, and what is on disk may end anywhere: every line that has its end is
// read, and nothing else. The digits of a number that was cut look like a number, the kind "connect" like
// a piece of "connect_refused".
func TestCutFileKeepsItsCompleteLines(t *testing.T) {
	refused := usual()
	refused.Status, refused.Reason, refused.Kind, refused.Failure = 0, "", loadgen.KindRefused, "a \"quoted\"\nfailure, of two lines"
	file := write(t, []loadgen.Sample{usual(), refused, usual()})
	whole := bytes.Index(file, []byte("\n")) + 1
	ends := map[int]int64{whole: 0}
	for i, n := whole, int64(0); ; {
		k := bytes.IndexByte(file[i:], '\n')
		if k < 0 {
			break
		}
		i += k + 1
		if n == 0 || file[i-2] != '"' && !bytes.HasSuffix(file[:i-1], []byte("\"\"quoted\"\"")) {
			n++
			ends[i] = n
		}
	}
	for cut := 10; cut <= len(file); cut++ {
		got, info, err := readAll(bytes.NewReader(file[:cut]))
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		want, incomplete := int64(0), 1
		for end, n := range ends {
			if end <= cut {
				want = max(want, n)
			}
			if end == cut {
				incomplete = 0
			}
		}
		if int64(len(got)) != want || info.Samples != want || info.Incomplete != incomplete {
			t.Fatalf("cut at %d (%q): %d samples, want %d, %+v", cut, file[max(0, cut-20):cut], len(got), want, info)
		}
	}
}

// lineWriter sees to it that only whole lines arrive.
type lineWriter struct{ calls, bytes int }

func (w *lineWriter) Write(p []byte) (int, error) {
	if len(p) == 0 || p[len(p)-1] != '\n' {
		return 0, fmt.Errorf("a batch that ends in %q", p[max(0, len(p)-10):])
	}
	w.calls++
	w.bytes += len(p)
	return len(p), nil
}

func TestJTLWriterHandsOnWholeLines(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	out := &lineWriter{}
	w := NewWriter(out)
	for range 3000 {
		s := randomSample(rng)
		if err := w.Write(&s); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil || out.calls < 5 || out.bytes/out.calls < 30<<10 {
		t.Errorf("%d bytes in %d calls, %v", out.bytes, out.calls, err)
	}
}

func TestJTLWriterKeepsItsFirstError(t *testing.T) {
	w := NewWriter(&sampletest.BrokenWriter{After: 1})
	s := usual()
	failed := 0
	for range 2000 {
		if err := w.Write(&s); err != nil {
			if !errors.Is(err, sampletest.ErrBroken) {
				t.Fatal(err)
			}
			failed++
		}
	}
	if failed == 0 || !errors.Is(w.Flush(), sampletest.ErrBroken) || !errors.Is(w.Write(&s), sampletest.ErrBroken) {
		t.Errorf("%d failures", failed)
	}
}

func TestJTLWriterRefusesRowsOfMany(t *testing.T) {
	s := usual()
	s.Count = 5
	if err := NewWriter(io.Discard).Write(&s); !errors.Is(err, errManySamples) {
		t.Error(err)
	}
}

func TestJTLWriterDoesNotAllocate(t *testing.T) {
	w := NewWriter(io.Discard)
	samples := benchSamples()
	for i := range samples {
		if err := w.Write(&samples[i]); err != nil {
			t.Fatal(err)
		}
	}
	i := 0
	if n := testing.AllocsPerRun(5000, func() { i++; w.Write(&samples[i%len(samples)]) }); n != 0 {
		t.Errorf("%v allocations per line", n)
	}
}

// benchSamples are those of fifty users, as they come from a recorder.
func benchSamples() []loadgen.Sample {
	rng := rand.New(rand.NewPCG(5, 5))
	samples := make([]loadgen.Sample, 1000)
	for i := range samples {
		s := usual()
		s.Start += int64(i * 20)
		s.Elapsed = time.Duration(200+rng.IntN(2000)) * time.Microsecond
		s.Latency = s.Elapsed - 10*time.Microsecond
		s.Connect, s.User, s.Iteration = 0, i%50+1, i/50+1
		s.Thread = fmt.Sprintf("Thread Group 1-%d", s.User)
		s.Session = fmt.Sprintf("%016x", s.User*7919)
		s.Counter = int64(s.Iteration)
		s.Node = []string{"s1", "s2"}[i%2]
		samples[i] = s
	}
	return samples
}

func BenchmarkJTLWrite(b *testing.B) {
	w := NewWriter(io.Discard)
	samples := benchSamples()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := w.Write(&samples[i%len(samples)]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkJTLRead(b *testing.B) {
	file := write(b, benchSamples())
	b.SetBytes(int64(len(file)) / 1000)
	b.ReportAllocs()
	left := 0
	for b.Loop() {
		if left--; left > 0 {
			continue
		}
		left = 1000
		if _, err := new(Reading).Read(bytes.NewReader(file), func(*loadgen.Sample) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

func TestJTLNumbers(t *testing.T) {
	for _, n := range []int64{0, 9, 10, 11, 99, 100, 101, 999, 1000, 1234, 12345, 99999, 100000, 1234567, 99999999, 100000000, 1795398094962, -1, -100, 1<<63 - 1, -1 << 63} {
		if got, want := string(appendNumber(nil, n)), fmt.Sprintf("%d,", n); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
