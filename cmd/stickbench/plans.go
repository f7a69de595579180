package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"stickbench/internal/format"
	"stickbench/plans"
)

func (a *app) plansCommand() *cobra.Command {
	var long bool
	c := &cobra.Command{
		Use:   "plans",
		Short: "List the catalogue of plans",
		Long: `List the catalogue of plans, one a line; with --long each with the experiment it is and what it shows. Any of
them runs by its name: stickbench run two-users.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if long {
				a.tellPlans()
				return nil
			}
			names, width := 0, a.textOptions().Width
			for _, e := range plans.Catalogue() {
				names = max(names, len(e.Name))
			}
			for _, e := range plans.Catalogue() {
				first, _, _ := strings.Cut(strings.ReplaceAll(e.Description, "\n", " "), ". ")
				line := fmt.Sprintf("%-*s  %s", names, e.Name, strings.TrimSuffix(first, "."))
				fmt.Fprintln(a.stdout, format.Cells.Truncate(line, width, "…"))
			}
			return nil
		},
	}
	c.Flags().BoolVar(&long, "long", false, "with the prose of each plan")
	return c
}

// tellPlans prints the catalogue with its prose.
func (a *app) tellPlans() {
	const indent = "  "
	width := min(100, a.textOptions().Width)
	for i, e := range plans.Catalogue() {
		if i > 0 {
			fmt.Fprintln(a.stdout)
		}
		fmt.Fprintf(a.stdout, "%s — %s\n", e.Name, e.Title)
		for paragraph := range strings.SplitSeq(e.Description, "\n") {
			lines := format.Wrap(paragraph, width-len(indent))
			if len(lines) == 0 {
				fmt.Fprintln(a.stdout)
			}
			for _, line := range lines {
				fmt.Fprintln(a.stdout, strings.TrimRight(indent+line, " "))
			}
		}
	}
}

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of plans, for editors",
		Long: `Print the JSON Schema of plans: their keys with texts, words and bounds. Editors complete and check a plan that
names it in its first line.

  stickbench schema > plan.schema.json
  #:schema plan.schema.json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			schema, err := plans.Schema()
			if err == nil {
				_, err = a.stdout.Write(schema)
			}
			if err != nil {
				return cannotRun("the schema could not be printed: %w", err)
			}
			return nil
		},
	}
}
