package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

// figures is what a tool says of its own run.
type figures struct {
	Requests  int64 // completed, the failed ones included
	Failed    int64 // answered with an error, or not at all
	PerSecond float64
	P99       time.Duration // notSaid if the tool does not say
}

// notSaid is the time of a tool that reports none; nought is what ab prints of less than half a
// millisecond.
const notSaid = time.Duration(-1)

// milliseconds is for tools that speak of them.
func milliseconds(ms float64) time.Duration {
	return time.Duration(math.Round(ms * float64(time.Millisecond)))
}

func parseStickbench(output []byte) (figures, error) {
	var r struct {
		Total *struct {
			Samples, Errors int64
			P99MS           float64 `json:"p99_ms"`
			PerSecond       float64 `json:"throughput_per_s"`
		}
	}
	if err := json.Unmarshal(output, &r); err != nil {
		return figures{}, err
	}
	if r.Total == nil {
		return figures{}, errors.New("no total in the results")
	}
	return figures{r.Total.Samples, r.Total.Errors, r.Total.PerSecond, milliseconds(r.Total.P99MS)}, nil
}

func parseVegeta(output []byte) (figures, error) {
	var r struct {
		Latencies struct {
			P99 time.Duration `json:"99th"`
		}
		Requests            *int64
		Throughput, Success float64 // throughput is of successes
	}
	if err := json.Unmarshal(output, &r); err != nil {
		return figures{}, err
	}
	if r.Requests == nil {
		return figures{}, errors.New("no requests in the report")
	}
	n := *r.Requests
	failed := n - int64(math.Round(float64(n)*r.Success))
	return figures{n, failed, r.Throughput, r.Latencies.P99}, nil
}

// parseK6 reads what handleSummary of our script prints. A failed check is a failed request, as a failed
// assertion is elsewhere, if only for the warning.
func parseK6(output []byte) (figures, error) {
	type metric struct {
		Values struct {
			Count, Rate   float64
			Fails, Passes int64
			P99           float64 `json:"p(99)"`
		}
	}
	var r struct{ Metrics map[string]*metric }
	if err := json.Unmarshal(output, &r); err != nil {
		return figures{}, err
	}
	requests, duration := r.Metrics["http_reqs"], r.Metrics["http_req_duration"]
	if requests == nil || duration == nil {
		return figures{}, errors.New("no http_reqs or no http_req_duration in the summary")
	}
	f := figures{Requests: int64(requests.Values.Count), PerSecond: requests.Values.Rate, P99: milliseconds(duration.Values.P99)}
	if m := r.Metrics["http_req_failed"]; m != nil {
		f.Failed += m.Values.Passes // of "it failed"
	}
	if m := r.Metrics["checks"]; m != nil {
		f.Failed += m.Values.Fails
	}
	return f, nil
}

func parseWrk(output []byte) (figures, error) {
	t := text(output)
	f := figures{Requests: t.count(`(\d+) requests in `), PerSecond: t.number(`Requests/sec:\s+([\d.]+)`), P99: notSaid}
	f.Failed = t.sum(`Non-2xx or 3xx responses: (\d+)`) + t.sum(`Socket errors: connect (\d+)`) +
		t.sum(`Socket errors: .*read (\d+)`) + t.sum(`Socket errors: .*write (\d+)`) + t.sum(`Socket errors: .*timeout (\d+)`)
	if p99, err := time.ParseDuration(t.match(`\n\s+99%\s+([\d.]+(?:us|ms|s|m|h))`)); err == nil {
		f.P99 = p99
	}
	return f, f.complete("wrk")
}

// parseHey takes requests from their rate when hey has seen more than it keeps: a million.
func parseHey(output []byte) (figures, error) {
	const kept = 1_000_000
	t := text(output)
	ok := t.sum(`\[2\d\d\]\s+(\d+) responses`)
	f := figures{Requests: t.sum(`\[\d+\]\s+(\d+) responses`), PerSecond: t.number(`Requests/sec:\s+([\d.]+)`), P99: notSaid}
	f.Failed = f.Requests - ok
	if f.Requests >= kept {
		f.Requests = int64(math.Round(f.PerSecond * t.number(`Total:\s+([\d.]+) secs`)))
	}
	if broken := t.sum(`(?m)^\s+\[(\d+)\]\s+(?:Get|Head|Post) "?http`); broken > 0 {
		f.Requests, f.Failed = f.Requests+broken, f.Failed+broken
	}
	if p99 := t.match(`99% in ([\d.]+) secs`); p99 != "" {
		f.P99 = milliseconds(1000 * t.number(`99% in ([\d.]+) secs`))
	}
	return f, f.complete("hey")
}

// parseAb: ab's percentiles are whole milliseconds.
func parseAb(output []byte) (figures, error) {
	t := text(output)
	f := figures{Requests: t.count(`Complete requests:\s+(\d+)`), PerSecond: t.number(`Requests per second:\s+([\d.]+)`), P99: notSaid}
	f.Failed = t.sum(`Failed requests:\s+(\d+)`) + t.sum(`Non-2xx responses:\s+(\d+)`)
	if p99 := t.match(`\n\s+99%\s+(\d+)`); p99 != "" {
		f.P99 = time.Duration(t.count(`\n\s+99%\s+(\d+)`)) * time.Millisecond
	}
	return f, f.complete("ab")
}

// parseH2load: h2load knows mean and deviation, but no percentiles.
func parseH2load(output []byte) (figures, error) {
	t := text(output)
	f := figures{Requests: t.count(`requests: .* (\d+) done`), PerSecond: t.number(`finished in .*, ([\d.]+) req/s`), P99: notSaid}
	f.Failed = t.sum(` (\d+) failed, `) + t.sum(` (\d+) 4xx`) + t.sum(` (\d+) 5xx`)
	return f, f.complete("h2load")
}

// parseJMeter reads the last line of the summariser, which has no percentiles.
func parseJMeter(output []byte) (figures, error) {
	t := text(output)
	f := figures{Requests: t.count(`summary =\s+(\d+) in `), PerSecond: t.number(`summary =\s+\d+ in\s+\S+ =\s+([\d.]+)/s`), P99: notSaid}
	f.Failed = t.count(`summary = .*Err:\s+(\d+) `)
	return f, f.complete("JMeter")
}

// complete is an error unless there are requests: the output was not what the parser knows, or the tool
// did not reach the server.
func (f figures) complete(tool string) error {
	if f.Requests <= 0 || f.PerSecond <= 0 {
		return fmt.Errorf("the output of %s does not say how many requests it made", tool)
	}
	return nil
}

// text is the output of a tool that writes for people.
type text []byte

// match is the first group of the last match of pattern; "" without one.
func (t text) match(pattern string) string {
	all := regexp.MustCompile(pattern).FindAllSubmatch(t, -1)
	if all == nil {
		return ""
	}
	return string(all[len(all)-1][1])
}

// number is the last match as a number; 0 without one.
func (t text) number(pattern string) float64 {
	v, _ := strconv.ParseFloat(t.match(pattern), 64)
	return v
}

// count is the last match as a whole number; 0 without one.
func (t text) count(pattern string) int64 {
	v, _ := strconv.ParseInt(t.match(pattern), 10, 64)
	return v
}

// sum adds all matches up.
func (t text) sum(pattern string) int64 {
	var n int64
	for _, m := range regexp.MustCompile(pattern).FindAllSubmatch(t, -1) {
		v, _ := strconv.ParseInt(string(m[1]), 10, 64)
		n += v
	}
	return n
}
