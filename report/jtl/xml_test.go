package jtl

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stickbench/loadgen"
)

const xmlFile = `<?xml version="1.0" encoding="UTF-8"?>
<testResults version="1.2">
<httpSample t="61" it="0" lt="60" ct="5" ts="1795398094962" s="true" lb="GET /" rc="200" rm="OK" tn="Thread Group 1-1" dt="text" by="566" sby="120" ng="1" na="2" TAG="s1">
  <httpSample t="20" it="0" lt="20" ct="5" ts="1795398094962" s="true" lb="GET /-0" rc="302" rm="Found" tn="Thread Group 1-1" dt="text" by="100" sby="60" ng="1" na="2">
    <java.net.URL>http://h/old</java.net.URL>
  </httpSample>
  <responseData class="java.lang.String">{&quot;tag&quot;: &quot;s1&quot;} </responseData>
  <cookies class="java.lang.String"></cookies>
  <java.net.URL>http://h/</java.net.URL>
</httpSample>
<sample t="3" ts="1795398094990" lb="a &lt;&amp;&#10;&quot;b&quot;" s="false" rc="200" rm="OK" node="s2" counter="4">
  <assertionResult>
    <name>fine</name>
    <failure>false</failure>
    <error>false</error>
    <failureMessage>not this</failureMessage>
  </assertionResult>
  <assertionResult>
    <name>increments</name>
    <failure>true</failure>
    <error>false</error>
    <failureMessage>counter 1 after 7</failureMessage>
  </assertionResult>
</sample>
<sample t="40" ts="1795398095000" lb="many" sc="4" ec="1" rs="500" s="false"/>

</testResults>
`

func xmlSamples() []loadgen.Sample {
	return []loadgen.Sample{
		jmeterSample(),
		{
			Start: 1795398094990000, Elapsed: 3 * time.Millisecond, Label: "a <&\n\"b\"", Status: 200, Reason: "OK",
			Kind: loadgen.KindAssertion, Failure: "counter 1 after 7", Node: "s2", Counter: 4, HasCounter: true,
		},
		{Start: 1795398095000000, Elapsed: 40 * time.Millisecond, Label: "many", Status: 500, Kind: loadgen.KindStatus, Count: 4, Errors: 1},
	}
}

func TestReadXML(t *testing.T) {
	latin1 := strings.Replace(strings.Replace(xmlFile, "UTF-8", "ISO-8859-1", 1), `lb="many"`, "lb=\"m\xe4ny\"", 1)
	umlaut := xmlSamples()
	umlaut[2].Label = "mäny"
	for _, c := range []struct {
		name, file string
		want       []loadgen.Sample
		incomplete int
	}{
		{"whole", xmlFile, xmlSamples(), 0},
		{"killed between samples", strings.Replace(xmlFile, "\n</testResults>\n", "", 1), xmlSamples(), 0},
		{"killed within a sample", xmlFile[:strings.Index(xmlFile, "<name>incr")], xmlSamples()[:1], 1},
		{"killed within a tag", xmlFile[:strings.Index(xmlFile, `rs="500"`)], xmlSamples()[:2], 1},
		{"killed within the first", xmlFile[:200], nil, 1},
		{"two files", xmlFile + xmlFile, append(xmlSamples(), xmlSamples()...), 0},
		{"ISO 8859-1", latin1, umlaut, 0},
		{"control characters", strings.Replace(xmlFile, "{&quot;tag", "\x00\x1b{&quot;tag", 1), xmlSamples(), 0},
		{"no samples", `<testResults version="1.2">`, nil, 0},
		{"before 2.1", `<?xml version="1.0"?><testResults><sampleResult timeStamp="1144371014619" dataType="text" threadName="Listen 1-1" label="Login" time="141" responseMessage="Gone" responseCode="410" success="false"><property/></sampleResult></testResults>`,
			[]loadgen.Sample{{Start: 1144371014619000, Elapsed: 141 * time.Millisecond, Label: "Login", Thread: "Listen 1-1", DataType: "text", Status: 410, Reason: "Gone", Kind: loadgen.KindStatus}}, 0},
	} {
		got, info, err := readAll(strings.NewReader(c.file))
		if err != nil || info.Format != "xml" || info.Incomplete != c.incomplete {
			t.Errorf("%s: %+v, %v", c.name, info, err)
		}
		// A file that was cut between two samples is not whole either.
		if open := !strings.Contains(c.file, "</testResults>") && c.incomplete == 0; open != (len(info.Warnings) == 1) {
			t.Errorf("%s: warnings %q", c.name, info.Warnings)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}

// Wherever the file is cut, the samples that are whole are read and nothing fails.
func TestCutXML(t *testing.T) {
	for cut := 1; cut < len(xmlFile); cut++ {
		got, info, err := readAll(strings.NewReader(xmlFile[:cut]))
		if err != nil && cut > len(`<?xml version="1.0" encoding="UTF-8"?>`)+15 {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		whole := strings.Count(xmlFile[:cut], "\n</httpSample>") + strings.Count(xmlFile[:cut], "\n</sample>") + strings.Count(xmlFile[:cut], `s="false"/>`)
		if len(got) != whole || info.Samples != int64(whole) {
			t.Fatalf("cut at %d: %d samples, want %d", cut, len(got), whole)
		}
	}
}
