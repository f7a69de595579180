package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// root is the command line.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "stickbench",
		Short: "Load tests for web applications whose sessions must stick behind a load balancer",
		Long: `stickbench lets virtual users, each with its own cookies and its own connection, hit a load balancer,
and reads from every response which node sent it and whether the session goes on.

  stickbench run two-users        the main example, in the laboratory that comes along
  stickbench plans                the catalogue of experiments
  stickbench run http://HOST/     a URL, without a plan
  stickbench run PLAN.toml        a plan of your own
  stickbench help                 what is explained, topic by topic`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(a.runCommand(), a.checkCommand(), a.reportCommand(), a.compareCommand(), a.limitCommand(), a.traceCommand(), a.probeCommand(), a.newCommand(), a.labCommand(), a.plansCommand(), a.schemaCommand(), a.versionCommand(), a.importCommand(), a.ctlCommand(), a.restoreCommand(), a.agentCommand())
	root.SetHelpCommand(a.helpCommand())
	completions(root)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fmt.Errorf("%w\nSee: %s --help", err, c.CommandPath())
	})
	return root
}

func (a *app) checkCommand() *cobra.Command {
	var o overrides
	c := &cobra.Command{
		Use:   "check PLAN...",
		Short: "Read and explain plans without running them",
		Args:  atLeastOne("PLAN"),
		RunE: func(c *cobra.Command, args []string) error {
			var wrong error
			for i, name := range args {
				plan, err := a.open(name, o.over(c))
				if err != nil {
					wrong = errors.Join(wrong, err)
					continue
				}
				if i > 0 {
					fmt.Fprintln(a.stdout)
				}
				plan.Explain(a.stdout)
			}
			return wrong
		},
	}
	o.flags(c)
	return c
}

func atLeastOne(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("%s needs a %s\nSee: %s --help", c.CommandPath(), what, c.CommandPath())
		}
		return nil
	}
}

func one(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("%s takes one %s, not %d\nSee: %s --help", c.CommandPath(), what, len(args), c.CommandPath())
		}
		return nil
	}
}
