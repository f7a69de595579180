package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"stickbench/internal/lab"
	"stickbench/internal/live"
)

func (a *app) labCommand() *cobra.Command {
	c := lab.Config{}
	var nodes []string
	var writeConfig string
	cmd := &cobra.Command{
		Use:   "lab",
		Short: "Run the laboratory in the foreground until Ctrl-C",
		Long: `Run the laboratory in the foreground until Ctrl-C, and print its addresses: a balancer in front of
nodes that count a session's views (GET /) and can be slowed down (POST /delay {"delay": 250}).`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			var err error
			if c.Nodes, err = parseNodes(nodes); err != nil {
				return err
			}
			if writeConfig != "" {
				return a.writeLabConfig(writeConfig, c)
			}
			return a.lab(c)
		},
	}
	f := cmd.Flags()
	f.StringVar(&c.Balancer, "balancer", "embedded", "`embedded|haproxy`")
	f.StringVar(&c.Algorithm, "algorithm", "roundrobin", "HAProxy's `word` for the balancing algorithm")
	f.StringVar(&c.Sticky, "sticky", "cookie SERVERID insert indirect nocache", "HAProxy's cookie `directive`; empty for no stickiness")
	f.StringArrayVar(&nodes, "node", []string{"s1", "s2"}, "a node: `TAG[,weight=2][,delay=250ms][,listen=HOST:PORT]`; repeat for more")
	f.StringVar(&c.Listen, "listen", "", "the balancer's `address`, such as 127.0.0.1:8080 (default a free port of 127.0.0.1)")
	f.StringVar(&writeConfig, "write-config", "", "only write HAProxy's configuration to `FILE` (- for standard output)")
	return cmd
}

func (a *app) lab(c lab.Config) error {
	if err := errors.Join(c.Validate()...); err != nil {
		return err
	}
	stops := watchSignals(live.NewNotices(io.Discard))
	defer stops.release()
	ctx := stops.graceful
	l, err := lab.Start(ctx, c)
	if err != nil {
		return &exitError{exitCannotRun, err}
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, at := range l.Addresses() {
		fmt.Fprintf(w, "%s\t%s\n", at.Name, at.URL)
	}
	w.Flush()
	fmt.Fprintln(a.stderr, "the laboratory is open; Ctrl-C closes it")
	<-ctx.Done()
	return l.Close()
}

func (a *app) writeLabConfig(path string, c lab.Config) error {
	if path == "-" {
		return lab.WriteConfig(a.stdout, c)
	}
	var config bytes.Buffer
	if err := lab.WriteConfig(&config, c); err != nil {
		return err
	}
	if err := os.WriteFile(path, config.Bytes(), 0o666); err != nil {
		return cannotRun("%w", err)
	}
	return nil
}
