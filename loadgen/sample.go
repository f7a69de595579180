package loadgen

import (
	"time"

	"stickbench/loadgen/internal/wire"
)

// Kind is why a sample failed; the empty Kind is a success.
type Kind = wire.Kind

// The kinds of failure. Those up to KindReset concern the connection, those up to KindVariable the
// exchange, and the last ones what the plan asked of a complete response. `stickbench help failures` has what
// leads to each.
const (
	OK                   = wire.OK
	KindDNS              = wire.KindDNS       // the host has no address
	KindRefused          = wire.KindRefused   // nothing listens there
	KindConnTime         = wire.KindConnTime  // the timeout passed while connecting, TLS included
	KindConnect          = wire.KindConnect   // any other failure to connect
	KindLocal            = wire.KindLocal     // a limit of the machine that makes the load: files, ports, memory
	KindTLS              = wire.KindTLS       // the handshake, the certificate, or what came later and is not TLS
	KindTimeout          = wire.KindTimeout   // the timeout passed while waiting for the response
	KindClosed           = wire.KindClosed    // the connection ended before the first byte of a response
	KindReset            = wire.KindReset     // the connection, or the stream of HTTP/2, was reset by the server
	KindTruncated        = wire.KindTruncated // the connection ended within the response
	KindMalformed        = wire.KindMalformed // the response is not HTTP
	KindTooLarge         = wire.KindTooLarge  // the response's header is larger than the engine reads
	KindRedirect    Kind = "redirect"         // too many hops
	KindVariable         = wire.KindVariable  // a variable the request needs has no value; nothing was sent
	KindStatus      Kind = "status"           // a status outside 200 to 399
	KindExtraction  Kind = "extraction"       // nothing matched an `extract` of the step
	KindAssertion   Kind = "assertion"        // an assertion of the step did not hold
	KindTransaction Kind = "transaction"      // a request within the transaction failed
	KindMark        Kind = "mark"             // an assertion of the mark did not hold
	KindOther       Kind = "other"            // a failure of a recording whose cause it does not say
)

// Sample is one measured request, or one mark. It is what a run records and what every report is
// folded from; a samples.jtl holds it without loss except for Start, which is cut to milliseconds
// there. Reports must therefore use StartMillis, so that a recording gives the same report.
type Sample struct {
	// Start is the moment before connecting or sending, in microseconds since 1970 (UTC).
	Start int64
	// Elapsed lasts from Start to the last byte of the response (redirects followed included), Latency
	// to its first byte, and Connect is the part spent in connecting and in the TLS handshake, 0 on a
	// connection kept alive. All have microsecond resolution; Fine reports whether they were measured
	// so, or are milliseconds from another tool's recording.
	Elapsed, Latency, Connect time.Duration
	Fine                      bool

	// Label names the row of the report that the sample belongs to.
	Label string
	// Thread is JMeter's thread name: "<group> <number of group>-<number of user in group>".
	Thread string
	// User is the user's number in the run, from 1; 0 in other tools' recordings.
	User int
	// Iteration is the iteration's number within the user, from 1.
	Iteration int
	// ActiveGroup and ActiveAll are the users that were active in the group and in the run when the
	// sample ended, JMeter's grpThreads and allThreads.
	ActiveGroup, ActiveAll int

	// Status is the HTTP status, 0 when there was no response. Reason is its phrase, or what stood in
	// its place in another tool's recording.
	Status int
	Reason string
	// Kind is why the sample failed, OK if it did not, and Failure what was seen.
	Kind    Kind
	Failure string
	// URL is the one that was answered, after redirects; "" for marks. Values from responses stand in it as the
	// plan words them, "${name}", and those of parameters in its path not at all, as they may be credentials.
	URL string
	// DataType is JMeter's: "text", "bin", or "" without a Content-Type.
	DataType string
	// Received and Sent count bytes on the wire, headers and redirects included.
	Received, Sent int64
	// Hops are the redirects followed within the sample.
	Hops int

	// Node, Counter and Session are what the response said (package assert). Session here is a salted
	// digest, and Life numbers the lives of the user's cookie jar, from 1: it grows by one whenever
	// the jar is cleared. A session in the sense of the reports is one life of one user's jar.
	Node       string
	Session    string
	Life       int
	Counter    int64
	HasCounter bool

	// Arrival says that the sample is the first request of an arrival (Group.Arrivals), which began Late
	// after it was due, pauses of the plan before it included, in whole microseconds. Late + Elapsed is the time from the intended start,
	// Elapsed that from the real one. Requests after the first follow from it and have no schedule.
	Arrival bool
	Late    time.Duration

	// Mark says that this is a mark: a row of no cost that only counts. Transaction says that it is the row of
	// a block of requests, which are samples of their own.
	Mark, Transaction bool
	// Inner says that the sample is within a transaction whose row stands for it: it has no row of its own.
	Inner bool
	// Count and Errors are other than 0 only in other tools' recordings, where one row may stand for
	// many samples (JMeter's SampleCount and ErrorCount).
	Count, Errors int
}

// StartMillis is the start in milliseconds since 1970, JMeter's timeStamp.
func (s *Sample) StartMillis() int64 { return s.Start / 1000 }

// ElapsedMillis is the elapsed time in whole milliseconds, rounded half up: JMeter's elapsed. Rounding,
// unlike cutting, leaves the mean of many samples where it was.
func (s *Sample) ElapsedMillis() int64 { return Millis(s.Elapsed) }

// WholeMillis is the elapsed time in JMeter's whole milliseconds: rounded where it was measured finely, as
// recorded where it was not.
func (s *Sample) WholeMillis() int64 {
	if s.Fine {
		return s.ElapsedMillis()
	}
	return s.Elapsed.Milliseconds()
}

// Weight is how many samples and how many errors s stands for. A row of another tool's recording that
// stands for many counts the errors it says, as JMeter's StatisticalSampleResult does.
func (s *Sample) Weight() (samples, errors int64) {
	if s.Count > 0 {
		return int64(s.Count), int64(s.Errors)
	}
	if s.Failed() {
		return 1, 1
	}
	return 1, 0
}

// Millis rounds d to whole milliseconds, half up.
func Millis(d time.Duration) int64 { return (d.Microseconds() + 500) / 1000 }

// IsRequest reports whether the sample is a request, and not a row about others.
func (s *Sample) IsRequest() bool { return !s.Mark && !s.Transaction }

// Failed reports whether the sample counts as an error.
func (s *Sample) Failed() bool { return s.Kind != OK }
