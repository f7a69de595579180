//go:build !race

// One goroutine computes much here: the race detector finds nothing, and makes it ten times as dear.

package compare

import (
	"bytes"
	"flag"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"stickbench/internal/stats"
)

var (
	auditAll   = flag.Bool("audit", false, "audit the verdicts in all cells, and write the table of the help topic anew")
	auditOnly  = flag.String("audit-cell", "", "audit only the cells whose name has this")
	auditPairs = flag.Int("audit-pairs", 200, "pairs of sides in a cell")
)

// cell is a kind of comparison whose right verdict is known, since both sides were made.
type cell struct {
	name          string
	before, after load
	n, m          int     // runs a side
	spread        float64 // Options.RunSpread
	// power is the least share of pairs that must fail; where it is 0 the sides are alike, and at most falseAlarms
	// may. A cell that only shows its power has a negative one.
	power float64
}

// falseAlarms and coverage are what every cell of twins keeps.
const (
	falseAlarms   = 0.05
	leastCoverage = 0.90
)

func (c *cell) twins() bool { return c.power == 0 }

// often are the cells of every run of the tests: of each kind the ones that take least.
var often = []string{
	"independent, 3 s/1 v 1", "AR(1), τ 0.2 s, 3 s/1 v 1", "AR(1), τ 1 s, 3 s/1 v 1", "AR(1), τ 5 s, 3 s/1 v 1", "pauses, 3 s/1 v 1",
	"runs differ by 10 %, 3 s/1 v 2", "AR(1), τ 1 s, 3 s/2 v 2",
	"independent, × 1.5, 10 s/1 v 1", "errors 0 → 0.5 %, 10 s/1 v 1", "runs differ by 3 %, × 2, 3 s/2 v 2",
}

// id names the cell with its runs.
func (c *cell) id() string { return fmt.Sprintf("%s/%d v %d", c.name, c.n, c.m) }

// twin is a cell of one run a side, whose sides are alike.
func twin(name string, l load) cell { return twins(name, 1, 1, l) }

func twins(name string, n, m int, l load) cell {
	return cell{name: fmt.Sprintf("%s, %.3g s", name, l.dur), before: l, after: l, n: n, m: m, spread: DefaultRunSpread}
}

// worse is a cell whose side after is worse.
func worse(name string, n int, spread, power float64, before, after load) cell {
	after.dur = before.dur
	return cell{name: fmt.Sprintf("%s, %.3g s", name, before.dur), before: before, after: after, n: n, m: n, spread: spread, power: power}
}

// auditCells are all cells: alike first.
func auditCells() []cell {
	return slices.Concat(twinsOfOneRun(), twinsOfRuns(), worseOfOneRun(), worseOfRuns())
}

func twinsOfOneRun() (list []cell) {
	for _, dur := range []float64{3, 10, 60} {
		list = append(list, twin("independent", load{dur: dur}))
		for _, tau := range []float64{0.2, 1, 5} {
			list = append(list, twin(fmt.Sprintf("AR(1), τ %g s", tau), load{dur: dur, tau: tau, env: 0.3}))
		}
		list = append(list, twin("pauses", load{dur: dur, pauses: 0.5}))
	}
	for _, dur := range []float64{10, 60} {
		list = append(list,
			twin("queue, ρ 0.7", load{dur: dur, rho: 0.7}), twin("queue, ρ 0.9", load{dur: dur, rho: 0.9}),
			twin("drift ±15 % in 600 s", load{dur: dur, drift: 0.15, period: 600}), twin("outages", load{dur: dur, outages: 0.2}))
	}
	return append(list,
		twin("drift ±15 % in 20 s", load{dur: 10, drift: 0.15, period: 20}), twin("drift ±15 % in 20 s", load{dur: 60, drift: 0.15, period: 20}),
		twin("runs differ by 3 %", load{dur: 10, run: 0.03}), twin("runs differ by 10 %", load{dur: 10, run: 0.1}),
		twin("heavy tail, σ 1.2", load{dur: 10, sigma: 1.2}), twin("Pareto 1.5", load{dur: 10, pareto: 1.5}), twin("Pareto 2.5", load{dur: 10, pareto: 2.5}),
		twin("10 % ten times slower", load{dur: 10, slow: 0.1}), twin("5 % ten times slower", load{dur: 10, slow: 0.05}), twin("1 % ten times slower", load{dur: 10, slow: 0.01}),
		twin("20 samples", load{dur: 60, users: 1, most: 20}), twin("200 samples", load{dur: 60, users: 1, most: 200}), twin("1000 samples", load{dur: 60, users: 1, most: 1000}),
		twin("whole milliseconds", load{dur: 10, median: 0.002, users: 2, whole: true}), twin("errors 1 %", load{dur: 10, err: 0.01}),
		twin("50 users that think", load{dur: 10, users: 50, think: 0.1}), twin("moves 1 %", load{dur: 10, move: 0.01}), twin("one response of 30 s", load{dur: 10, straggler: true}))
}

func twinsOfRuns() (list []cell) {
	slow, differ := load{dur: 3, tau: 1, env: 0.3}, load{dur: 3, run: 0.1}
	for _, n := range []int{2, 3, 4, 5, 10} {
		list = append(list, twins("AR(1), τ 1 s", n, n, slow), twins("runs differ by 10 %", n, n, differ))
	}
	for _, sides := range [][2]int{{1, 2}, {1, 3}, {1, 5}, {5, 1}, {5, 3}} {
		list = append(list, twins("AR(1), τ 1 s", sides[0], sides[1], slow), twins("runs differ by 10 %", sides[0], sides[1], differ))
	}
	return append(list, twins("pauses", 3, 3, load{dur: 3, pauses: 0.5}), twins("pauses", 5, 5, load{dur: 3, pauses: 0.5}),
		twins("queue, ρ 0.9", 5, 5, load{dur: 10, rho: 0.9}), twins("outages", 3, 3, load{dur: 10, outages: 0.2}), twins("outages", 5, 5, load{dur: 10, outages: 0.2}))
}

func worseOfOneRun() []cell {
	const told, seen = DefaultRunSpread, -1
	return []cell{
		worse("independent, × 1.5", 1, told, 0.95, load{dur: 10}, load{scale: 1.5}),
		worse("pauses, × 1.5", 1, told, 0.90, load{dur: 10, pauses: 0.5}, load{scale: 1.5, pauses: 0.5}),
		worse("AR(1), τ 0.2 s, × 1.5", 1, told, seen, load{dur: 10, tau: 0.2, env: 0.3}, load{scale: 1.5, tau: 0.2, env: 0.3}),
		worse("AR(1), τ 0.2 s, × 1.5", 1, told, seen, load{dur: 60, tau: 0.2, env: 0.3}, load{scale: 1.5, tau: 0.2, env: 0.3}),
		worse("independent, × 9", 1, told, 0.95, load{dur: 10}, load{scale: 9}),
		worse("one response of 30 s, × 2", 1, told, 0.95, load{dur: 10}, load{scale: 2, straggler: true}),
		worse("errors 0 → 0.5 %", 1, told, 0.95, load{dur: 10}, load{err: 0.005}),
		worse("errors 1 → 2 %", 1, told, seen, load{dur: 10, err: 0.01}, load{err: 0.02}),
		worse("moves 0.1 → 2 %", 1, told, 0.95, load{dur: 10, move: 0.001}, load{move: 0.02}),
		worse("independent, × 1.1, spread 0", 1, 0, 0.98, load{dur: 10}, load{scale: 1.1}),
		worse("independent, × 1.1, spread 0", 1, 0, 0.98, load{dur: 60}, load{scale: 1.1}),
		worse("AR(1), τ 0.2 s, × 1.2, spread 0", 1, 0, 0.85, load{dur: 60, tau: 0.2, env: 0.3}, load{scale: 1.2, tau: 0.2, env: 0.3}),
		worse("queue, ρ 0.6, × 1.2, spread 0", 1, 0, 0.85, load{dur: 60, rho: 0.6}, load{scale: 1.2, rho: 0.6}),
	}
}

func worseOfRuns() []cell {
	runs := load{dur: 3, run: 0.03}
	slower := func(by float64) load { return load{run: 0.03, scale: by} }
	return []cell{
		worse("runs differ by 3 %, × 1.1", 5, DefaultRunSpread, 0.85, runs, slower(1.1)),
		worse("runs differ by 3 %, × 1.2", 4, DefaultRunSpread, 0.90, runs, slower(1.2)),
		worse("runs differ by 3 %, × 1.2", 3, DefaultRunSpread, 0.90, runs, slower(1.2)),
		worse("runs differ by 3 %, × 2", 2, DefaultRunSpread, 0.90, runs, slower(2)),
		worse("runs differ by 3 %, × 1.2", 10, DefaultRunSpread, 0.95, runs, slower(1.2)),
	}
}

// audited is what became of a cell.
type audited struct {
	cell
	failed, told, coverage float64 // shares of the pairs: exit code 1, any verdict but cannot tell, intervals that hold the truth
	covered                map[string][2]int
	changes                []map[string]float64 // of each pair, the changes that were tested, on their scales
}

// audit compares pairs of sides.
func (c cell) audit(t *testing.T, pairs int) audited {
	out := audited{cell: c, covered: map[string][2]int{}}
	name := fnv.New64()
	fmt.Fprintf(name, "%s %d %d", c.name, c.n, c.m)
	var lock sync.Mutex
	var wait sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for pair := range next {
				side := func(l load, runs, which int) (list []*Series) {
					for i := range runs {
						list = append(list, l.series(rand.New(rand.NewPCG(name.Sum64(), uint64(pair*1000+which*100+i)))))
					}
					return list
				}
				r, err := Compare(side(c.before, c.n, 0), side(c.after, c.m, 1), Options{Margin: DefaultMargin, RunSpread: c.spread})
				if err != nil {
					t.Error(err)
					continue
				}
				lock.Lock()
				out.count(r)
				lock.Unlock()
			}
		})
	}
	for pair := range pairs {
		next <- pair
	}
	close(next)
	wait.Wait()
	out.failed, out.told, out.coverage = out.failed/float64(pairs), out.told/float64(pairs), math.NaN()
	for _, c := range out.covered {
		if share := float64(c[0]) / float64(c[1]); math.IsNaN(out.coverage) || share < out.coverage {
			out.coverage = share
		}
	}
	return out
}

// count counts a pair.
func (a *audited) count(r *Comparison) {
	told, changes := false, map[string]float64{}
	if r.Regression {
		a.failed++
	}
	for _, ch := range r.Gating() {
		told = told || ch.Verdict != CannotTell
		if ch.P != nil {
			changes[ch.Metric] = ch.size.value
		}
		c := a.covered[ch.Metric]
		if (ch.Low == nil || *ch.Low <= 1e-12) && (ch.High == nil || *ch.High >= -1e-12) {
			c[0]++
		}
		c[1]++
		a.covered[ch.Metric] = c
	}
	if told {
		a.told++
	}
	a.changes = append(a.changes, changes)
}

// oracle is the share of the pairs that a test would find which knows how much the changes of the kind vary, and need
// not estimate it: the most that any test can find at the level and with the spread that runs are taken to have.
func (a *audited) oracle() (found float64) {
	all := map[string][]float64{}
	for _, pair := range a.changes {
		for metric, x := range pair {
			all[metric] = append(all[metric], x)
		}
	}
	for _, pair := range a.changes {
		for metric, x := range pair {
			variance := stats.Variance(all[metric])
			if metric != "error_rate" && metric != "affinity" && testOf(a.n, a.m) == TestBatches {
				variance += a.spread * a.spread * (1/float64(a.n) + 1/float64(a.m))
			}
			if math.Abs(x) > stats.Quantile(1-stats.Alpha/2/float64(len(pair)), math.Inf(1))*math.Sqrt(variance) {
				found += 1 / float64(len(a.changes))
				break
			}
		}
	}
	return found
}

// The verdicts keep what they promise in every cell: of twins at most one in twenty raises an alarm, nine of ten
// intervals of each metric hold the truth, and what is worse is found.
func TestAudit(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // most of what is made is thrown away at once
	var done []audited
	for _, c := range auditCells() {
		if !slices.Contains(often, c.id()) && !*auditAll || !strings.Contains(c.id(), *auditOnly) {
			continue
		}
		t.Run(c.id(), func(t *testing.T) {
			a := c.audit(t, *auditPairs)
			done = append(done, a)
			t.Logf("%.1f %% told, covered %v\n%s", 100*a.told, a.covered, a.row())
			if c.twins() && a.failed > falseAlarms {
				t.Errorf("%.1f %% of twins raise an alarm", 100*a.failed)
			}
			if c.twins() && a.coverage < leastCoverage {
				t.Errorf("%.1f %% of intervals hold the truth", 100*a.coverage)
			}
			if !c.twins() && a.failed < c.power {
				t.Errorf("%.1f %% are found, want %.0f %%", 100*a.failed, 100*c.power)
			}
		})
	}
	if *auditOnly == "" && len(done) < len(often) {
		t.Errorf("%d cells were audited, want at least %d", len(done), len(often))
	}
	if *auditAll && *auditOnly == "" && !t.Failed() {
		writeAudit(t, done)
	}
}

// helpTopic is the page of method, whose table lies between the marks.
const (
	helpTopic   = "../help_compare.md"
	auditHeader = "| what | runs | alarms | coverage |\n|---|---|---:|---:|\n"
	powerHeader = "| what | runs | found | at best |\n|---|---|---:|---:|\n"
)

// row is the cell's row in its table.
func (a *audited) row() string {
	row := fmt.Sprintf("| %s | %d v %d | %.1f %% |", a.name, a.n, a.m, 100*a.failed)
	if a.twins() {
		return row + fmt.Sprintf(" %.1f %% |\n", 100*a.coverage)
	}
	return row + fmt.Sprintf(" %.0f %% |\n", 100*a.oracle())
}

// writeAudit writes the tables of the help topic anew.
func writeAudit(t *testing.T, done []audited) {
	alike, found := auditHeader, powerHeader
	for _, a := range done {
		if a.twins() {
			alike += a.row()
		} else {
			found += a.row()
		}
	}
	page, err := os.ReadFile(helpTopic)
	if err != nil {
		t.Fatal(err)
	}
	page = replaceTable(t, replaceTable(t, page, auditHeader, alike), powerHeader, found)
	if err := os.WriteFile(helpTopic, page, 0o644); err != nil {
		t.Fatal(err)
	}
}

// replaceTable replaces the table with that header.
func replaceTable(t *testing.T, page []byte, header, table string) []byte {
	from := bytes.Index(page, []byte(header))
	if from < 0 {
		t.Fatalf("%s has no table %q", helpTopic, header)
	}
	length := bytes.Index(page[from:], []byte("\n\n"))
	if length < 0 {
		length = len(page) - from - 1
	}
	return slices.Concat(page[:from], []byte(table), page[from+length+1:])
}
