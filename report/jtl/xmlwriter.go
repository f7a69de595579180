package jtl

import (
	"encoding/xml"
	"io"
	"strconv"
	"strings"

	"stickbench/loadgen"
)

const (
	xmlHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<testResults version="1.2">` + "\n"
	xmlFoot = "\n</testResults>\n"
)

// xmlWriter writes JMeter 5's XML (SampleResultConverter, HTTPResultConverter): its default attributes in their
// order, and our columns behind them, as JMeter writes sample variables.
type xmlWriter struct {
	w   io.Writer
	buf []byte
	err error
}

func (w *xmlWriter) Write(s *loadgen.Sample) error {
	if w.err == nil && s.Count != 0 {
		w.err = errManySamples
	}
	if s.Inner { // JMeter has it within the transaction
		return w.err
	}
	tag := "httpSample"
	if s.URL == "" {
		tag = "sample"
	}
	w.text("<" + tag)
	w.number("t", s.WholeMillis())
	w.number("it", 0)
	w.number("lt", asMillis(s.Latency, s.Fine))
	w.number("ct", asMillis(s.Connect, s.Fine))
	w.number("ts", s.StartMillis())
	w.attribute("s", strconv.FormatBool(!s.Failed()))
	w.attribute("lb", s.Label)
	w.code(s)
	w.attribute("tn", s.Thread)
	w.attribute("dt", s.DataType)
	w.number("by", s.Received)
	w.number("sby", s.Sent)
	w.number("ng", int64(s.ActiveGroup))
	w.number("na", int64(s.ActiveAll))
	w.ours(s)
	w.text(">\n")
	if s.Failed() && s.Status != 0 && s.Failure != "" {
		w.text("  <assertionResult>\n    <name>" + escaped(s.Label) + "</name>\n    <failure>true</failure>\n    <error>false</error>\n    <failureMessage>" + escaped(s.Failure) + "</failureMessage>\n  </assertionResult>\n")
	}
	if s.URL != "" {
		w.text("  <java.net.URL>" + escaped(s.URL) + "</java.net.URL>\n")
	}
	w.text("</" + tag + ">\n")
	if len(w.buf) >= jtlBatch {
		return w.Flush()
	}
	return w.err
}

// code writes rc and rm.
func (w *xmlWriter) code(s *loadgen.Sample) {
	code, message := strconv.Itoa(s.Status), s.Reason
	if s.Status == 0 {
		code = string(appendCode(nil, s))
		if message == "" {
			message = string(appendMessage(nil, s.Kind, s.URL))
		}
	}
	w.attribute("rc", code)
	w.attribute("rm", message)
}

// ours writes our columns that have a value.
func (w *xmlWriter) ours(s *loadgen.Sample) {
	if s.Fine {
		w.number("elapsed_us", s.Elapsed.Microseconds())
		w.number("latency_us", s.Latency.Microseconds())
		w.number("connect_us", s.Connect.Microseconds())
	}
	w.number("user", int64(s.User))
	w.number("iteration", int64(s.Iteration))
	if s.Node != "" {
		w.attribute("node", s.Node)
	}
	if session := strings.TrimSuffix(string(appendSession(nil, s)), ","); session != "" && session != "null" {
		w.attribute("session", session)
	}
	if s.HasCounter {
		w.number("counter", s.Counter)
	}
	switch {
	case s.Failed():
		w.attribute("kind", string(s.Kind))
	case s.Mark:
		w.attribute("kind", markKind)
	}
}

func (w *xmlWriter) text(s string)                { w.buf = append(w.buf, s...) }
func (w *xmlWriter) number(name string, n int64)  { w.attribute(name, strconv.FormatInt(n, 10)) }
func (w *xmlWriter) attribute(name, value string) { w.text(" " + name + `="` + escaped(value) + `"`) }

// escaped is text as XML has it; what XML allows nowhere becomes U+FFFD.
func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder never fails
	return b.String()
}

func (w *xmlWriter) Flush() error {
	if w.err == nil && len(w.buf) > 0 {
		_, w.err = w.w.Write(w.buf)
	}
	w.buf = w.buf[:0]
	return w.err
}
