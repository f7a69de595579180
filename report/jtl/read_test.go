package jtl

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stickbench/internal/sampletest"
	"stickbench/loadgen"
	"stickbench/report"
	"stickbench/report/fold"
)

const (
	row10 = "1795398094962,61,GET /,200,OK,Thread Group 1-1,text,true,566,60"
	row12 = "1795398094962,61,GET /,200,OK,Thread Group 1-1,text,true,566,1,2,60"
	row14 = "1795398094962,61,GET /,200,OK,Thread Group 1-1,text,true,,566,1,2,60,0"
	row16 = "1795398094962,61,GET /,200,OK,Thread Group 1-1,text,true,,566,120,1,2,60,0,5"
	row17 = "1795398094962,61,GET /,200,OK,Thread Group 1-1,text,true,,566,120,1,2,http://h/,60,0,5"
	head5 = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect"
	// every column that JMeter's SampleSaveConfiguration knows
	headAll = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Filename,Latency,Encoding,SampleCount,ErrorCount,Hostname,IdleTime,Connect"
)

func jmeterSample() loadgen.Sample {
	return loadgen.Sample{
		Start: 1795398094962000, Elapsed: 61 * time.Millisecond, Latency: 60 * time.Millisecond, Connect: 5 * time.Millisecond,
		Label: "GET /", Thread: "Thread Group 1-1", ActiveGroup: 1, ActiveAll: 2, Status: 200, Reason: "OK", URL: "http://h/",
		DataType: "text", Received: 566, Sent: 120,
	}
}

// without is a sample of a version of JMeter that did not save that yet.
func without(change func(*loadgen.Sample)) loadgen.Sample {
	s := jmeterSample()
	change(&s)
	return s
}

func TestReadJMeterCSV(t *testing.T) {
	before5 := without(func(s *loadgen.Sample) { s.URL = "" })
	before31 := without(func(s *loadgen.Sample) { s.URL, s.Sent, s.Connect = "", 0, 0 })
	before213 := without(func(s *loadgen.Sample) { s.URL, s.Sent, s.Connect, s.ActiveGroup, s.ActiveAll = "", 0, 0, 0, 0 })
	tabs := strings.NewReplacer(",", "\t")
	for _, c := range []struct {
		name, file string
		want       []loadgen.Sample
	}{
		{"2.9", row10 + "\n" + row10 + "\n", []loadgen.Sample{before213, before213}},
		{"2.13", row12 + "\n", []loadgen.Sample{before31}},
		{"3.0 without header", row14 + "\n", []loadgen.Sample{before31}},
		{"4.0 without header", row16 + "\n", []loadgen.Sample{before5}},
		{"4.0", strings.Replace(head5, "URL,", "", 1) + "\n" + row16 + "\n", []loadgen.Sample{before5}},
		{"5 without header", row17 + "\n", []loadgen.Sample{jmeterSample()}},
		{"5", head5 + "\n" + row17 + "\n", []loadgen.Sample{jmeterSample()}},
		{"no end of the last line", head5 + "\n" + row17, []loadgen.Sample{jmeterSample()}},
		{"CRLF", head5 + "\r\n" + row17 + "\r\n" + row17 + "\r\n", []loadgen.Sample{jmeterSample(), jmeterSample()}},
		{"CR", head5 + "\r" + row17 + "\r" + row17 + "\r", []loadgen.Sample{jmeterSample(), jmeterSample()}},
		{"byte order mark", "\ufeff" + head5 + "\n" + row17 + "\n", []loadgen.Sample{jmeterSample()}},
		{"blank lines", "\n" + head5 + "\n\n" + row17 + "\n\n", []loadgen.Sample{jmeterSample()}},
		{"tabs", tabs.Replace(head5 + "\n" + row17 + "\n"), []loadgen.Sample{jmeterSample()}},
		{"tabs without header", tabs.Replace(row12 + "\n"), []loadgen.Sample{before31}},
		{"semicolons", strings.ReplaceAll(head5+"\n"+row17+"\n", ",", ";"), []loadgen.Sample{jmeterSample()}},
		{"bars without header", strings.ReplaceAll(row16+"\n", ",", "|"), []loadgen.Sample{before5}},
		{"a delimiter of two bytes", strings.ReplaceAll(head5+"\n"+row17+"\n", ",", "¦"), []loadgen.Sample{jmeterSample()}},
		{"one header per file put together", head5 + "\n" + row17 + "\n" + head5 + "\n" + row17 + "\n", []loadgen.Sample{jmeterSample(), jmeterSample()}},
		{
			"headers one behind the other, of short names", "elapsed,label\n1,a\nelapsed,label\nelapsed,label\n1,a\n",
			[]loadgen.Sample{{Elapsed: time.Millisecond, Label: "a"}, {Elapsed: time.Millisecond, Label: "a"}},
		},
		{"header in quotes, as spreadsheets write it", `"` + strings.ReplaceAll(head5, ",", `","`) + "\"\n" + row17 + "\n", []loadgen.Sample{jmeterSample()}},
		{
			"all columns and variables", headAll + `,"TAG","user"` + "\n" +
				"1795398094962,61,GET /,200,OK,Thread Group 1-1,text,true,,566,120,1,2,http://h/,f.bin,60,utf-8,1,0,box,0,5,s1,carol\n",
			[]loadgen.Sample{jmeterSample()},
		},
		{
			"rows of many", headAll + "\n1795398094962,61,GET /,200,OK,Thread Group 1-1,text,false,,566,120,1,2,http://h/,,60,utf-8,7,3,box,0,5\n",
			[]loadgen.Sample{without(func(s *loadgen.Sample) { s.Count, s.Errors, s.Kind = 7, 3, loadgen.KindOther })},
		},
		{
			"a selection in another order, other columns", "elapsed,timeStamp,extra,success\n61,1795398094962,\"x,\",TRUE\n",
			[]loadgen.Sample{{Start: 1795398094962000, Elapsed: 61 * time.Millisecond}},
		},
		{
			"a field of several lines", head5 + "\n" + strings.Replace(row17, "GET /", "\"a\nb, \"\"c\"\"\r\n\"", 1) + "\n",
			[]loadgen.Sample{without(func(s *loadgen.Sample) { s.Label = "a\nb, \"c\"\r\n" })},
		},
		{
			"fields in quotes, alike up to a delimiter", "elapsed,label\n1,\"a,b\"\n1,\"a,c\"\n",
			[]loadgen.Sample{{Elapsed: time.Millisecond, Label: "a,b"}, {Elapsed: time.Millisecond, Label: "a,c"}},
		},
		{
			"columns named like ours", "timeStamp,elapsed,\"node\",\"session\",\"counter\"\n1,2,s1,abc,7\n1,2\n1,2,s1,abc,7\n1,2,null,null,seven\n",
			[]loadgen.Sample{
				{Start: 1000, Elapsed: 2 * time.Millisecond, Node: "s1", Session: "abc", Counter: 7, HasCounter: true},
				{Start: 1000, Elapsed: 2 * time.Millisecond},
				{Start: 1000, Elapsed: 2 * time.Millisecond, Node: "s1", Session: "abc", Counter: 7, HasCounter: true},
				{Start: 1000, Elapsed: 2 * time.Millisecond},
			},
		},
		{"a clock set back", "timeStamp,elapsed\n1000,-5\n", []loadgen.Sample{{Start: 1000000, Elapsed: -5 * time.Millisecond}}},
		{"no success, good code", "elapsed,responseCode\n1,302\n", []loadgen.Sample{{Elapsed: time.Millisecond, Status: 302}}},
		{"no success, bad code", "elapsed,responseCode\n1,404\n", []loadgen.Sample{{Elapsed: time.Millisecond, Status: 404, Kind: loadgen.KindStatus}}},
		{"a header and no rows", head5 + "\n", nil},
	} {
		for _, r := range []io.Reader{strings.NewReader(c.file), iotest.OneByteReader(strings.NewReader(c.file)), iotest.DataErrReader(strings.NewReader(c.file))} {
			got, info, err := readAll(r)
			if err != nil || info.Format != "csv" || info.Incomplete != 0 || int(info.Samples) != len(got) {
				t.Errorf("%s: %+v, %v", c.name, info, err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s:\n%s", c.name, diff)
			}
		}
	}
}

func TestReadGzip(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, head5+"\n"+strings.Repeat(row17+"\n", 1000))
	z.Close()
	if got, _, err := readAll(&b); err != nil || len(got) != 1000 {
		t.Errorf("%d samples, %v", len(got), err)
	}
}

func TestTimeStamps(t *testing.T) {
	local := time.Date(2026, 7, 9, 14, 3, 2, 0, time.Local).UnixMilli()
	for text, want := range map[string]int64{
		"2026/07/09 14:03:02.045": local + 45, "2026/07/09 14:03:02": local, "2026-07-09 14:03:02.045": local + 45,
		"2026-07-09 14:03:02": local, "07/09/26 14:03:02": local, "2026-07-09T14:03:02.045Z": 1783605782045,
		"2026-07-09T14:03:02+02:00": 1783605782000 - 7200000, "1795398094962": 1795398094962,
	} {
		for _, file := range []string{
			"timeStamp,elapsed\n" + text + ",61\n" + text + ",61\n",
			strings.Replace(row12, "1795398094962", text, 1) + "\n" + strings.Replace(row12, "1795398094962", text, 1) + "\n",
		} {
			got, _, err := readAll(strings.NewReader(file))
			if err != nil || len(got) != 2 || got[1].StartMillis() != want || got[1].Elapsed != 61*time.Millisecond {
				t.Errorf("%s: %v, want %d, %v", text, got, want, err)
			}
		}
	}
}

func TestKindsOfOtherTools(t *testing.T) {
	const prefix, words = "Non HTTP response code: ", "Non HTTP response message: "
	for _, c := range []struct {
		code, message, failure string
		want                   loadgen.Kind
	}{
		{"404", "Not Found", "", loadgen.KindStatus},
		{"503", "Service Unavailable", "expected 200", loadgen.KindStatus},
		{"200", "OK", "expected s1", loadgen.KindAssertion},
		{"200", "OK", "", loadgen.KindOther},
		{"", "", "", loadgen.KindOther},
		{prefix + "java.net.ConnectException", words + "Connection refused", "", loadgen.KindRefused},
		{prefix + "java.net.ConnectException", words + "Connection timed out", "", loadgen.KindConnTime},
		{prefix + "org.apache.http.conn.HttpHostConnectException", words + "Connect to h:80 [h/1.2.3.4] failed: Connection refused", "", loadgen.KindRefused},
		{prefix + "org.apache.http.conn.ConnectTimeoutException", words + "x", "", loadgen.KindConnTime},
		{prefix + "java.net.SocketTimeoutException", words + "Read timed out", "", loadgen.KindTimeout},
		{prefix + "java.net.SocketTimeoutException", words + "Connect timed out", "", loadgen.KindConnTime},
		{prefix + "java.net.SocketException", words + "Connection reset", "", loadgen.KindReset},
		{prefix + "java.net.SocketException", words + "Socket closed", "", loadgen.KindOther},
		{prefix + "org.apache.http.NoHttpResponseException", words + "h:80 failed to respond", "", loadgen.KindClosed},
		{prefix + "org.apache.http.ConnectionClosedException", words + "Premature end", "", loadgen.KindTruncated},
		{prefix + "org.apache.http.TruncatedChunkException", words + "Truncated chunk", "", loadgen.KindTruncated},
		{prefix + "org.apache.http.client.ClientProtocolException", words + "null", "", loadgen.KindMalformed},
		{prefix + "java.net.UnknownHostException", words + "h", "", loadgen.KindDNS},
		{prefix + "javax.net.ssl.SSLHandshakeException", words + "x", "", loadgen.KindTLS},
		{prefix + "java.lang.IllegalArgumentException", words + "Missing location header in redirect for x", "", loadgen.KindRedirect},
		{prefix + "java.io.IOException", words + "Exceeded maximum number of redirects: 20", "", loadgen.KindRedirect},
		{prefix + "java.net.BindException", words + "Cannot assign requested address", "", loadgen.KindLocal},
		{prefix + "com.example.Odd", words + "x", "", loadgen.KindOther},
	} {
		file := "elapsed,responseCode,responseMessage,success,failureMessage\n1," + c.code + "," + c.message + ",false," + c.failure + "\n"
		got, _, err := readAll(strings.NewReader(file))
		if err != nil || len(got) != 1 || got[0].Kind != c.want || got[0].Failure != c.failure {
			t.Errorf("%s, %s: %+v, want %s, %v", c.code, c.message, got, c.want, err)
		}
	}
	// what our writer says of each kind is understood without our columns, too
	for kind := range jmeterWords {
		s := usual()
		s.Status, s.Reason, s.Kind = 0, "", kind
		file, _, _ := strings.Cut(string(write(t, []loadgen.Sample{s})), `,"elapsed_us"`)
		line := strings.Split(string(write(t, []loadgen.Sample{s})), "\n")[1]
		got, _, err := readAll(strings.NewReader(file + "\n" + line + "\n"))
		if err != nil || got[0].Kind != kind {
			t.Errorf("%s became %s, %v", kind, got[0].Kind, err)
		}
	}
}

func TestJTLErrors(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"empty", "", "line 1: the file is empty"},
		{"blank", " \n\n", "line 1: the file is empty"},
		{"prose", "hello, world\n", "line 1: this is neither a header with JMeter's column names nor a row"},
		{"JSON", "{\"a\": 1}\n", "line 1: this is neither a header"},
		{"UTF-16", "\xff\xfet\x00", "line 1: the file is UTF-16: convert it"},
		{"no elapsed", "timeStamp,label\n1,x\n", "line 1, column elapsed: there is no such column"},
		{"number of columns", "1795398094962,61,GET /,200\n", "line 1: there is no header, and 4 columns are not the default of any JMeter (10, 12, 14, 16 or 17, and sample variables)"},
		{"elapsed", head5 + "\n" + row17 + "\n" + strings.Replace(row17, ",61,", ",fast,", 1) + "\n", `line 3, column elapsed: "fast" is not a whole number of milliseconds`},
		{"timeStamp", "timeStamp,elapsed\nyesterday,1\n", `line 2, column timeStamp: "yesterday" is neither milliseconds since 1970 nor a date`},
		{"empty timeStamp in the first row", "timeStamp,elapsed\n,1\n", `line 2, column timeStamp: "" is neither milliseconds since 1970 nor a date`},
		{"huge timeStamp", "timeStamp,elapsed\n9223372036854775807,1\n", `line 2, column timeStamp: "9223372036854775807" is out of range`},
		{"huge elapsed", "timeStamp,elapsed\n1,9223372036854775807\n", `line 2, column elapsed: "9223372036854775807" is out of range`},
		{"success", head5 + "\n" + strings.Replace(row17, "GET /,", "GET /,x,", 1) + "\n", `line 2, column success: "text" is neither true nor false: look whether the columns of this line are shifted`},
		{"bytes", head5 + "\n" + strings.Replace(row17, ",566,", ",-1,", 1) + "\n", `line 2, column bytes: "-1" is out of range`},
		{"short row", head5 + "\n1795398094962,61,GET /\n" + row17 + "\n", "line 2, column responseCode: the row ends before it, after 3 of 17 fields"},
		{"short row that ends at a column passed over", headAll + "\n" + strings.TrimSuffix(row17, ",60,0,5") + "\n", "line 2, column Latency: the row ends before it, after 14 of 22 fields"},
		{"stray quote", head5 + "\n" + strings.Replace(row17, "GET", "G\"E\"T", 1) + "\n" + row17 + "\n", "line 2: a quote (\") within a field, after \"G\\\"E\\\"T /\""},
		{"text behind a quote", head5 + "\n" + strings.Replace(row17, "GET /", `"GET"/`, 1) + "\n", "line 2: a quote (\") within a field"},
		{"quote never closed", head5 + "\n" + row17 + "\n" + strings.Replace(row17, "GET /", `"GET`, 1) + "\n" + strings.Repeat(row17+"\n", 3), "line 3: a quote (\") that begins in this row is never closed"},
		{"endless row", head5 + "\n1,2,\"" + strings.Repeat("x\n", 6<<20), "line 2: a quote (\") that begins in this row is never closed"},
		{"our column", `timeStamp,elapsed,"elapsed_us","kind"` + "\n1,2,x,null\n", `line 2, column elapsed_us: "x" is not a whole number`},
		{"delimiter", "timeStamp\"elapsed\n", "line 1: "},
		{"XML of something else", "<html><body/></html>", "line 1: the XML has no testResults"},
		{"no XML", "<testResults><httpSample t=1/>\n</testResults>", "line 1: this is not XML"},
		{"XML attribute", "<testResults>\n<httpSample t=\"x\"/>\n</testResults>", `line 2, column t: "x" is not a whole number of milliseconds`},
	} {
		_, _, err := readAll(strings.NewReader(c.file))
		var e *Error
		if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s:\n%v\nwant %s", c.name, err, c.want)
		}
	}
}

func TestJTLPassesErrorsOn(t *testing.T) {
	stop := errors.New("stop")
	if _, err := new(Reading).Read(strings.NewReader(row12), func(*loadgen.Sample) error { return stop }); err != stop {
		t.Error(err)
	}
	long := head5 + "\n" + strings.Repeat(row17+"\n", 2000)
	for _, file := range []string{"", long, "<testResults>" + strings.Repeat("<sample/>", 20000)} {
		r := io.MultiReader(strings.NewReader(file), iotest.ErrReader(sampletest.ErrBroken))
		_, err := new(Reading).Read(r, func(*loadgen.Sample) error { return nil })
		var e *Error
		if !errors.Is(err, sampletest.ErrBroken) || errors.As(err, &e) {
			t.Error(err)
		}
	}
}

func TestIncompleteForeignFiles(t *testing.T) {
	for _, c := range []struct {
		file       string
		samples    int64
		incomplete int
	}{
		{row12 + "\n" + row12[:30], 1, 1},
		{row12 + "\n" + row12, 2, 0},
		{head5 + "\n" + row17 + "\n" + `1795398094962,61,"GET`, 1, 1},
		{head5 + "\n" + row17 + "\n" + "1795398094962,61,\"GET\nsecond", 1, 1},
		{head5[:40], 0, 1},
	} {
		_, info, err := readAll(strings.NewReader(c.file))
		if err != nil || info.Samples != c.samples || info.Incomplete != c.incomplete {
			t.Errorf("%q: %+v, %v", c.file, info, err)
		}
	}
}

// What cannot be is told as what it is: 9 EB for one sample made a sum of bytes that was wrong, and a file without line
// ends was said to have an open quote.
func TestImpossibleRows(t *testing.T) {
	for _, c := range []struct{ file, says string }{
		{head5 + "\n" + strings.Replace(row17, ",566,", ",9223372036854775807,", 1) + "\n", `column bytes: "9223372036854775807" is out of range`},
		{head5 + "\n" + strings.Repeat("x", maxRow+readSize*4), "line 2: a row of more than 8 MB"},
		{head5 + "\n" + `1795398094962,61,"` + strings.Repeat("x", maxRow+readSize*4), "is never closed"},
	} {
		if _, _, err := readAll(strings.NewReader(c.file)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%.200q: %v, want %s", c.file, err, c.says)
		}
	}
	_, info, err := readAll(strings.NewReader("timeStamp,elapsed,label,label,success,bytes\n1795398094962,1,a,b,true,1\n"))
	if err != nil || len(info.Warnings) != 1 || info.Warnings[0] != `Two columns are called "label": the first is read.` {
		t.Errorf("%q, %v", info.Warnings, err)
	}
}

// A delimiter in a text without quotes cut the text short, and nothing said so.
func TestFieldsBehindTheLastColumn(t *testing.T) {
	for _, rows := range []string{"1,2,a,b\n2,3,c\n", "1,2,\"a\",b\n"} {
		info, err := new(Reading).Read(strings.NewReader("timeStamp,elapsed,label\n"+rows), func(*loadgen.Sample) error { return nil })
		if err != nil || !strings.Contains(strings.Join(info.Warnings, "\n"), "Rows with more fields than columns: 1.") {
			t.Errorf("%q: %q, %v", rows, info.Warnings, err)
		}
	}
}

func TestMissingColumnsWarn(t *testing.T) {
	_, info, err := readAll(strings.NewReader("elapsed,bytes\n1,2\n"))
	if err != nil || len(info.Warnings) != 3 || !strings.Contains(info.Warnings[0], "timeStamp") {
		t.Errorf("%q, %v", info.Warnings, err)
	}
}

// Files of others have texts of any length, in any encoding: what is folded is bounded, and UTF-8.
func TestReadTextsAreBounded(t *testing.T) {
	long := strings.Repeat("n", 60_000)
	file := headAll + ",\"node\"\n1795398094962,61,caf\xe9 " + long + ",500,gr\xfc\xdfe,Thread Group 1-1,text,false," + long + ",566,120,1,2,http://h/" + long + ",,60,,1,0,h,0,5,s1" + long + "\n"
	samples, _, err := readAll(strings.NewReader(file))
	if err != nil || len(samples) != 1 {
		t.Fatal(len(samples), err)
	}
	s := samples[0]
	if !strings.HasPrefix(s.Label, `caf\xe9 nnn`) || s.Reason != `gr\xfc\xdfe` || !strings.HasPrefix(s.Node, "s1nnn") {
		t.Errorf("label %.20s…, reason %.20s, node %.20s…", s.Label, s.Reason, s.Node)
	}
	for _, text := range []string{s.Label, s.Failure, s.URL, s.Node} {
		if len(text) > 2000 {
			t.Errorf("%d bytes of %.20s…", len(text), text)
		}
	}
}

// Reading keeps nothing of the rows: texts that never come again must not add up.
func TestReadingIsBounded(t *testing.T) {
	known := newInterner()
	for i := range internTexts + 1000 {
		known.text([]byte(strings.Repeat("x", i%7) + string(rune('a'+i%26)) + time.Duration(i).String()))
	}
	known.text(bytes.Repeat([]byte("y"), internLength+1))
	if len(known.texts) > internTexts {
		t.Errorf("%d texts are kept", len(known.texts))
	}
}

func FuzzReadJTL(f *testing.F) {
	rng := rand.New(rand.NewPCG(2, 3))
	f.Add(write(f, []loadgen.Sample{usual(), randomSample(rng), randomSample(rng), randomSample(rng)}))
	for _, seed := range []string{
		row10, row12 + "\n", row14, row16, row17, head5 + "\n" + row17 + "\n", headAll + "\n", "\ufeff" + strings.ReplaceAll(head5+"\r\n"+row17, ",", "\t"),
		"timeStamp;elapsed;\"node\"\n2026-07-09 14:03:02.045;1;\"a\"\"b\n\"", xmlFile, xmlFile[:300], "elapsed,responseCode,success\n1,Non HTTP response code: x.y,false\n",
		"elapsed,\"session\",\"kind\",success,\"elapsed_us\"\n1,.5,mark,true,9\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		samples, info, err := readAll(bytes.NewReader(file))
		if int(info.Samples) != len(samples) {
			t.Fatalf("%+v with %d samples", info, len(samples))
		}
		var e *Error
		if err != nil && !errors.As(err, &e) && !bytes.HasPrefix(file, []byte{0x1f, 0x8b}) {
			t.Fatalf("an error without its place: %v", err)
		}
		builder := fold.NewBuilder()
		single := samples[:0:0]
		for i := range samples {
			builder.Add(&samples[i])
			if samples[i].Count == 0 { // the others cannot be written
				single = append(single, samples[i])
			}
		}
		builder.Freeze(report.Run{})
		again, _, err := readAll(bytes.NewReader(write(t, single)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(single, again); diff != "" && len(single) > 0 {
			t.Fatal(diff)
		}
	})
}
