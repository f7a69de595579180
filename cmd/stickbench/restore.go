package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"stickbench/internal/bounded"
	"stickbench/internal/events"
)

// restoreFile is what would put back what a run has changed on a balancer. It is there from before the first
// change until all is put back: a run that was killed leaves it.
const restoreFile = "restore.json"

// largestRestore bounds it, in bytes.
const largestRestore = 1 << 20

// undo keeps what would put the balancer back now.
func (s *recording) undo(u events.Undo) {
	if s.folder == nil {
		return
	}
	if u.Empty() {
		os.Remove(s.folder.path(restoreFile))
		return
	}
	if b, err := json.MarshalIndent(u, "", "  "); err == nil {
		s.folder.write(restoreFile, append(b, '\n'), fileMode) // a full disk keeps no event from being done
	}
}

// restoreHint is the command that puts back what a run has left, within a sentence; "" where nothing keeps it.
func (s *recording) restoreHint() string {
	if s.folder == nil {
		return ""
	}
	return fmt.Sprintf(" (stickbench restore %s tries again)", s.folder.dir)
}

func (a *app) restoreCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "restore FOLDER",
		Short: "Put back what a killed run has left on its balancer and its nodes",
		Long: `Put back what a run that was killed has left on its balancer and its nodes: states and weights of servers,
delays of nodes. A run puts them back by itself when it ends, also after Ctrl-C; its folder holds what is
left to do. The run must have ended.

Exit codes: 0 put back, or nothing to do; 2 no folder of a run; 3 something could not be put back, and how to
do it by hand.`,
		Args: one("FOLDER"),
		RunE: func(_ *cobra.Command, args []string) error { return a.restore(&folder{args[0]}) },
	}
}

func (a *app) restore(f *folder) error {
	if _, err := f.readRecord(); err != nil {
		return err
	}
	text, err := bounded.File(f.path(restoreFile), largestRestore)
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(a.stdout, "nothing to put back: the run in %s has left nothing\n", f.dir)
		return nil
	}
	var u events.Undo
	if err == nil {
		err = json.Unmarshal(text, &u)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f.path(restoreFile), err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), restoreWithin)
	defer cancel()
	done, err := u.Do(ctx)
	for _, what := range done {
		fmt.Fprintf(a.stdout, "put back: %s\n", what)
	}
	if err != nil {
		return cannotRun("not everything was put back:\n%w", err)
	}
	return os.Remove(f.path(restoreFile))
}
