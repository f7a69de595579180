package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"stickbench/internal/cluster"
	"stickbench/loadgen"
	"stickbench/plans"
	"stickbench/report"
	"stickbench/report/jtl"
)

// agentsRecord is what run.json knows of a run's agents from its beginning.
type agentsRecord struct {
	Run     string   `json:"run"`
	Names   []string `json:"names"`
	Weights []int    `json:"weights"`
	// Kept says that nothing is missing of the run but what its agents keep.
	Kept bool `json:"kept,omitempty"`
}

// merge adds what agents kept to the run in a folder: samples that its coordinator had not recorded when it was gone.
func (a *app) merge(dir string, files []string) error {
	f := &folder{dir}
	r, err := f.readRecord()
	if err != nil {
		return err
	}
	if r.Cluster == nil {
		return fmt.Errorf("%s is not a run of many machines: there is nothing to merge with it", dir)
	}
	source, err := readNamed(f.path(planFile), plans.Largest)
	if err != nil {
		return err
	}
	r.Override.Replay = true
	plan, err := plans.Read(f.path(planFile), source, r.Override)
	if err != nil {
		return err
	}
	var kept []*cluster.Leftover
	for _, name := range files {
		l, err := cluster.ReadLeftover(name)
		if err != nil {
			return err
		}
		if l.Run != r.Cluster.Run || !slices.Contains(r.Cluster.Names, l.Agent) {
			return fmt.Errorf("%s is of another run than %s", name, dir)
		}
		kept = append(kept, l)
	}
	m := &merger{folder: f, plan: plan, agents: r.Cluster, owner: cluster.Owner(&plan.Load, r.Cluster.Weights), counts: make([]agentCount, len(r.Cluster.Names))}
	if err := m.count(); err != nil {
		return err
	}
	rest, err := cluster.Rest(kept, func(agent string) uint64 { return m.counts[slices.Index(r.Cluster.Names, agent)].rows })
	if err != nil {
		return err
	}
	if err := m.write(rest); err != nil {
		return cannotRun("the merged recording: %w", err)
	}
	m.settle(r, kept)
	fmt.Fprintf(a.stderr, "%d samples added to %s\n", len(rest), dir)
	if err := f.writeRecord(r); err != nil {
		return cannotRun("%w", err)
	}
	return nil
}

// merger merges samples into a folder's.
type merger struct {
	*folder
	plan   *plans.Plan
	agents *agentsRecord
	owner  func(user int) int
	counts []agentCount // by the agent's place
	last   int64        // when the last sample ended, in microseconds since 1970
}

// agentCount counts the rows of an agent, and of them the requests.
type agentCount struct {
	rows       uint64
	ok, failed int64
}

func (m *merger) add(s *loadgen.Sample) {
	n := &m.counts[m.owner(s.User)]
	n.rows++
	if s.IsRequest() {
		if s.Failed() {
			n.failed++
		} else {
			n.ok++
		}
	}
	m.last = max(m.last, s.Start+s.Elapsed.Microseconds())
}

// each reads the folder's samples.
func (m *merger) each(do func(*loadgen.Sample) error) error {
	in, err := os.Open(m.path(samplesFile))
	if err != nil {
		return err
	}
	defer in.Close()
	_, err = (&jtl.Reading{}).Read(in, do)
	return err
}

// count counts what is there.
func (m *merger) count() error {
	return m.each(func(s *loadgen.Sample) error {
		m.add(s)
		return nil
	})
}

// write writes the samples anew, with the rest among them: the file is the old one or the new one, whatever happens.
func (m *merger) write(rest []loadgen.Sample) error {
	tmp := m.path("." + samplesFile + ".tmp")
	out, err := newSamples(tmp, m.plan.Load.Open())
	if err != nil {
		return err
	}
	upTo := func(end int64) (err error) {
		for len(rest) > 0 && rest[0].Start+rest[0].Elapsed.Microseconds() < end && err == nil {
			m.add(&rest[0])
			err = out.Record(&rest[0])
			rest = rest[1:]
		}
		return err
	}
	err = m.each(func(s *loadgen.Sample) error {
		return errors.Join(upTo(s.Start+s.Elapsed.Microseconds()), out.Record(s))
	})
	err = errors.Join(err, upTo(1<<63-1), out.Close())
	if err == nil {
		err = os.Rename(tmp, m.path(samplesFile))
	}
	if err != nil {
		os.Remove(tmp)
	}
	return err
}

// settle makes up the account of the run: of each agent its ledger, or what is there of it. Those that the coordinator had
// all samples of, or that were merged before, are as they were.
func (m *merger) settle(r *record, kept []*cluster.Leftover) {
	before := r.Agents
	var all report.Requests
	if r.Requests != nil {
		all.Connections, all.Redirects = r.Requests.Connections, r.Requests.Redirects
	}
	r.Requests = &all
	r.Agents = nil
	for i, name := range m.agents.Names {
		n := &m.counts[i]
		x := report.Agent{Agent: name, Users: usersOf(cluster.Ranges(&m.plan.Load, m.agents.Weights, i)), Generator: &report.Generator{}, OK: n.ok, Failed: n.failed}
		at := slices.IndexFunc(kept, func(l *cluster.Leftover) bool { return l.Agent == name })
		switch {
		case i < len(before) && (before[i].Lost == "" || at < 0):
			x = before[i]
		case i < len(before) && before[i].Generator != nil && before[i].Generator.WallMS > 0: // its ledger came, and not all samples
			x = before[i]
			x.Lost = ""
		case at < 0 || kept[at].Ledger == nil:
			x.Lost = "its file is not merged"
		default:
			account := &kept[at].Ledger.Account
			x.OK, x.Failed, x.Cut, x.Generator = account.OK, account.Failed, account.Cut, generatorOf(account)
			r.Requests.Connections += account.Connections
			r.Requests.Redirects += account.Redirects
		}
		x.Started = x.OK + x.Failed + x.Cut
		r.Requests.Started += x.Started
		r.Requests.OK += x.OK
		r.Requests.Failed += x.Failed
		r.Requests.Cut += x.Cut
		r.Agents = append(r.Agents, x)
	}
	if r.End == nil {
		end := time.UnixMicro(m.last).UTC()
		r.End, r.Stopped = &end, stoppedByFailure
		r.Warnings = append(r.Warnings, "the coordinator was killed before the end of the run: the samples of its agents were merged afterwards")
	}
	if r.Cluster.Kept && !slices.ContainsFunc(r.Agents, func(x report.Agent) bool { return x.Lost != "" }) {
		r.Cluster.Kept, r.Stopped = false, ""
		r.Warnings = slices.DeleteFunc(r.Warnings, func(w string) bool { return strings.HasPrefix(w, cutShort) })
		r.Warnings = append(r.Warnings, "samples of its agents did not reach the coordinator: they were merged afterwards")
	}
	r.Results = nil
}
