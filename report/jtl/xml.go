package jtl

import (
	"bufio"
	"encoding/xml"
	"io"
	"strings"
)

// xmlColumns are JMeter's attributes (SampleResultConverter); our columns keep their names, as JMeter's
// variables do in XML. rs is what early versions wrote for rc; the long names are those of sampleResult, before 2.1.
var xmlColumns = map[string]column{
	"t": colElapsed, "it": colIdle, "lt": colLatency, "ct": colConnect, "ts": colTimeStamp, "s": colSuccess,
	"lb": colLabel, "rc": colCode, "rs": colCode, "rm": colMessage, "tn": colThread, "dt": colType, "by": colBytes,
	"sby": colSentBytes, "sc": colSampleCount, "ec": colErrorCount, "ng": colGroupThreads, "na": colAllThreads,
	"timeStamp": colTimeStamp, "time": colElapsed, "label": colLabel, "responseCode": colCode, "responseMessage": colMessage,
	"threadName": colThread, "dataType": colType, "success": colSuccess,
}

// xmlReader reads JMeter's XML: testResults with httpSample and sample elements, which may be nested.
type xmlReader struct {
	in     *jtlReader
	source *xmlSource
	d      *xml.Decoder

	line    int    // where the sample begins
	path    []byte // of the elements within the sample: what each of them is
	told    bool   // the sample has a failed assertion, which says why it failed
	failed  bool   // of the assertionResult read
	message []byte // its text
	text    []byte // of the element read
}

// The elements within a sample that matter.
const (
	xmlOther = iota
	xmlSample
	xmlAssertion
	xmlFailure
	xmlFailureMessage
	xmlURL
)

// readXML reads an XML file up to its last complete sample.
func (in *jtlReader) readXML(r *bufio.Reader) error {
	x := &xmlReader{in: in, source: &xmlSource{r: r}}
	x.d = xml.NewDecoder(x.source)
	x.d.CharsetReader = charset
	for {
		x.source.n = 0
		token, err := x.d.RawToken()
		if err == io.EOF || err != nil && x.source.ended {
			if err != io.EOF || len(x.path) > 0 {
				in.info.Incomplete = 1
			} else if x.source.open > 0 {
				in.info.Warnings = append(in.info.Warnings, "The file has no </testResults> at its end: what wrote it was killed or still runs.")
			}
			return x.nothing()
		}
		if err != nil {
			return x.broken(err)
		}
		if err := x.token(token); err != nil {
			return err
		}
	}
}

// nothing complains about a file that is no JTL at all.
func (x *xmlReader) nothing() error {
	if x.in.info.Samples == 0 && x.in.info.Incomplete == 0 && !x.source.results {
		return &Error{Line: 1, Reason: "the XML has no testResults: it is not a JTL file"}
	}
	return nil
}

// broken explains an error of the decoder.
func (x *xmlReader) broken(err error) error {
	if x.source.err != nil {
		return readError(x.source.err)
	}
	line, _ := x.d.InputPos()
	return &Error{Line: line, Reason: "this is not XML (" + strings.TrimPrefix(err.Error(), "XML syntax error on ") +
		"): repair the place, or save as CSV with jmeter.save.saveservice.output_format=csv"}
}

func (x *xmlReader) token(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		return x.start(t)
	case xml.EndElement:
		if t.Name.Local == "testResults" {
			x.source.open--
		}
		return x.end()
	case xml.CharData:
		if x.wanted() {
			x.text = append(x.text, t...)
		}
	}
	return nil
}

// wanted reports whether the text of the current element is of use.
func (x *xmlReader) wanted() bool {
	n := len(x.path)
	if n == 2 {
		return x.path[1] == xmlURL
	}
	return n == 3 && x.path[1] == xmlAssertion && x.path[2] != xmlOther
}

// start enters an element. Outside of samples only samples count.
func (x *xmlReader) start(t xml.StartElement) error {
	x.text = x.text[:0]
	what := byte(xmlOther)
	switch t.Name.Local {
	case "sample", "httpSample", "statSample", "sampleResult":
		what = xmlSample
	case "assertionResult":
		what = xmlAssertion
		x.failed, x.message = false, x.message[:0]
	case "failure", "error":
		what = xmlFailure
	case "failureMessage":
		what = xmlFailureMessage
	case "java.net.URL":
		what = xmlURL
	case "testResults":
		x.source.results = true
		x.source.open++
	}
	if len(x.path) > 0 {
		x.path = append(x.path, what)
		return nil
	}
	if what != xmlSample {
		return nil
	}
	x.path = append(x.path, what)
	x.line, _ = x.d.InputPos()
	return x.sample(t.Attr)
}

// sample takes the attributes of a sample. What is not there is 0, or true for s, as in JMeter.
func (x *xmlReader) sample(attributes []xml.Attr) error {
	row := x.in.row
	row.reset()
	row.success, x.told = 1, false
	for _, a := range attributes {
		c, ok := x.in.reading.column(a.Name.Local, xmlColumns)
		if !ok {
			if c = columnNames[a.Name.Local]; !c.isOurs() {
				continue
			}
		}
		if err := row.set(c, []byte(a.Value), false); err != nil {
			return &Error{Line: x.line, Column: a.Name.Local, Reason: err.Error()}
		}
	}
	return nil
}

// end leaves an element.
func (x *xmlReader) end() error {
	n := len(x.path)
	if n == 0 {
		return nil
	}
	row := x.in.row
	what := x.path[n-1]
	x.path = x.path[:n-1]
	switch {
	case n == 1:
		return x.in.emit()
	case n == 2 && what == xmlURL:
		row.setText(colURL, x.text, true)
	case n == 2 && what == xmlAssertion && x.failed && !x.told:
		x.told = true
		row.setText(colFailure, x.message, true)
	case n == 3 && what == xmlFailure && x.path[1] == xmlAssertion:
		x.failed = x.failed || string(x.text) == "true"
	case n == 3 && what == xmlFailureMessage && x.path[1] == xmlAssertion:
		x.message = append(x.message[:0], x.text...)
	}
	x.text = x.text[:0]
	return nil
}
