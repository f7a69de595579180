package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"stickbench/internal/nearest"
	"stickbench/internal/steer"
	"stickbench/loadgen"
	"stickbench/plans"
)

// letSteer lets the run that has begun be steered: by those who have its control, and at the socket in its folder.
func (a *app) letSteer(runner engine, plan *plans.Plan, s *recording, steering *steering, stops *stops) *steer.Server {
	run := steer.Run{
		Plan: &plan.Load, Began: s.record.began, Progress: runner.Progress, Happened: s.happened, Stop: stops.stop,
		Steer: func(history []loadgen.Steering) error {
			err := runner.Steer(history)
			if err == nil {
				s.steered(history)
			}
			return err
		},
	}
	if steering != nil {
		run.Events = steering.driver
	}
	s.control.Begin(run)
	if s.folder == nil {
		return nil
	}
	server, err := s.control.Listen(s.folder.dir)
	if err != nil {
		fmt.Fprintf(a.notices, "stickbench ctl will not reach this run: %v\n", err)
	}
	return server
}

func (a *app) ctlCommand() *cobra.Command {
	var sure, asJSON bool
	c := &cobra.Command{
		Use:   "ctl [FOLDER] WORD...",
		Short: "Steer a run that goes on: " + strings.Join(ctlWordList(), ", "),
		Long: `Steer the run that goes on in FOLDER, or else the newest one of results/ that does:

` + ctlWords() + `
What is done is an event of the run and stands in its report, with who did it; the verdict says that the run was
steered. Numbers are within what the plan has.

Exit codes: 0 done; 2 wrong usage, or beyond the plan; 3 no run goes on there, or it was refused.`,
		Example: "  stickbench ctl pause\n  stickbench ctl results/two-users-20260102-030405 users +5\n  stickbench ctl --yes drain s1",
		RunE: func(c *cobra.Command, args []string) error {
			folder, said := splitOrder(args)
			around := func(flag string) (found bool) { // flags may stand on either side of the words
				if i := slices.Index(said, flag); len(said) > 1 && (i == 0 || i == len(said)-1) {
					said, found = slices.Delete(said, i, i+1), true
				}
				return found
			}
			if around("--help") || around("-h") {
				return c.Help()
			}
			sure = around("--yes") || around("-y") || sure
			asJSON = around("--json") || asJSON
			return a.ctl(folder, said, sure, asJSON)
		},
	}
	c.Flags().BoolVarP(&sure, "yes", "y", false, "confirm what acts on the balancer: drain, ready, maint")
	c.Flags().BoolVar(&asJSON, "json", false, "the status as JSON")
	c.Flags().SetInterspersed(false) // -5 is a number of users
	c.ValidArgsFunction = completeOrder
	return c
}

// statusWord is beside those that steer.
const statusWord = "status"

func ctlWords() string {
	var b strings.Builder
	for _, w := range append(slices.Clone(steer.Words), steer.Word{Word: statusWord, Does: "how the run is, and what can be done to it"}) {
		fmt.Fprintf(&b, "  %-28s  %s\n", strings.TrimSpace(w.Word+" "+w.Takes), w.Does)
	}
	return b.String()
}

// ctlWordList are the words alone.
func ctlWordList() []string { return append(steer.WordList(), statusWord) }

// splitOrder takes the folder, if there is one, from what is to be done.
func splitOrder(args []string) (folder string, said []string) {
	if len(args) > 0 && !slices.Contains(ctlWordList(), args[0]) {
		if info, err := os.Stat(args[0]); err == nil && info.IsDir() {
			return args[0], args[1:]
		}
	}
	return "", args
}

// steeredRun is a client of the run in the folder, or of the one of its repeats that goes on, or else of the newest run
// that answers, and how that is.
func steeredRun(folder string) (*steer.Client, *steer.Status, error) {
	folders, none := []string{folder}, error(nil)
	if folder == "" {
		folders, none = nil, fmt.Errorf("%w in results/: name the run's FOLDER", steer.ErrNoRun)
		for _, k := range keptRuns() {
			folders = append(folders, k.newest)
		}
	}
	repeats, _ := os.ReadDir(folder)
	for _, repeat := range repeats {
		if repeat.IsDir() {
			folders = append(folders, filepath.Join(folder, repeat.Name()))
		}
	}
	for _, folder := range folders {
		c := steer.NewClient(folder)
		status, err := c.Status()
		if err == nil {
			return c, status, nil
		}
		none = cmp.Or(none, err)
	}
	return nil, nil, none
}

func (a *app) ctl(folder string, said []string, sure, asJSON bool) error {
	switch words := ctlWordList(); {
	case len(said) == 0:
		return fmt.Errorf("say what to do: %s\nSee: stickbench ctl --help", nearest.Alternatives(words))
	case !slices.Contains(words, said[0]):
		return fmt.Errorf("%q is neither a folder nor a word: %s", said[0], nearest.Hint(said[0], words))
	}
	c, status, err := steeredRun(folder)
	if err != nil {
		return cannotRun("%w", err)
	}
	if said[0] == statusWord {
		if asJSON {
			b, err := json.MarshalIndent(status, "", "  ")
			fmt.Fprintf(a.stdout, "%s\n", b)
			return err
		}
		fmt.Fprint(a.stdout, status)
		return nil
	}
	r, err := c.Do(steer.Order{Words: said, Sure: sure, By: userName()})
	switch {
	case err != nil:
		return cannotRun("%w", err)
	case r.Confirm:
		return fmt.Errorf("%s: add --yes if that is wanted", r.Error)
	case r.Error != "" && (r.Refused || r.Over):
		return cannotRun("%s", r.Error)
	case r.Error != "":
		return errors.New(r.Error)
	}
	fmt.Fprintln(a.stdout, r.Said)
	return nil
}

// userName is who is at work.
func userName() string {
	u, err := user.Current()
	if err != nil {
		return "somebody"
	}
	return u.Username
}

// completeOrder completes words, folders of runs, and what the run that answers has of groups, events and nodes.
func completeOrder(_ *cobra.Command, args []string, _ string) (all []string, _ cobra.ShellCompDirective) {
	folder, said := splitOrder(args)
	if len(said) == 0 {
		for _, w := range steer.Words {
			all = append(all, w.Word+"\t"+w.Does)
		}
		all = append(all, statusWord)
		if folder == "" {
			for _, k := range keptRuns() {
				all = append(all, k.newest)
			}
		}
		return all, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
	_, status, err := steeredRun(folder)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return steer.Next(status, said), cobra.ShellCompDirectiveNoFileComp
}
