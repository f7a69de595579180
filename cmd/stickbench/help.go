package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"stickbench"
	"stickbench/internal/help"
	"stickbench/internal/nearest"
)

// topicWidth is how wide topics are at most: longer lines are hard to read.
const topicWidth = 100

// helpCommand explains topics, and commands as --help does. A topic that is called as a command explains more
// than the flags, and comes first.
func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [TOPIC|COMMAND]",
		Short: "Explain a topic, or a command: without one, list the topics",
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, t := range topics() {
				names = append(names, t.Name+"\t"+t.Summary)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.listTopics()
			}
			name, all := strings.Join(args, " "), topics()
			command, rest, err := c.Root().Find(args)
			isCommand := err == nil && len(rest) == 0
			if i := slices.IndexFunc(all, func(t help.Topic) bool { return t.Name == name }); i >= 0 {
				return a.printTopic(all[i], isCommand)
			}
			if isCommand {
				return command.Help()
			}
			return fmt.Errorf("unknown topic %q: %s\nSee: stickbench help", name, nearest.Hint(name, topicNames(all)))
		},
	}
}

// topics are those of the binary, which a test has read.
func topics() []help.Topic {
	all, err := help.Topics(stickbench.Topics)
	if err != nil {
		panic(err)
	}
	return all
}

func topicNames(all []help.Topic) (names []string) {
	for _, t := range all {
		names = append(names, t.Name)
	}
	return names
}

func (a *app) listTopics() error {
	all, widest := topics(), 0
	for _, t := range all {
		widest = max(widest, len(t.Name))
	}
	var b strings.Builder
	b.WriteString("Topics:\n")
	for _, t := range all {
		fmt.Fprintf(&b, "  %-*s  %s\n", widest, t.Name, t.Summary)
	}
	b.WriteString("\nstickbench help TOPIC explains one, stickbench --help lists the commands,\nstickbench COMMAND --help the flags of one.\n")
	_, err := fmt.Fprint(a.stdout, b.String())
	return err
}

func (a *app) printTopic(t help.Topic, isCommand bool) error {
	o := a.textOptions()
	if err := help.Render(a.stdout, t, help.Options{Width: min(topicWidth, o.Width), Color: o.Color}); err != nil {
		return err
	}
	if !isCommand {
		return nil
	}
	_, err := fmt.Fprintf(a.stdout, "\nThe flags: stickbench %s --help\n", t.Name)
	return err
}
