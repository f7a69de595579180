package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"stickbench/internal/bounded"
	"stickbench/internal/jmx"
	"stickbench/plans"
)

// importFlags are the options of `stickbench import`.
type importFlags struct {
	JSON, Native bool
	Map          []string
	Set          []string
	properties   map[string]string // the same, apart
	captured
}

func (a *app) importCommand() *cobra.Command {
	var o importFlags
	c := &cobra.Command{
		Use:   "import FILE.jmx|FILE.har|'curl ...'",
		Short: "Read a JMeter plan, a browser's HAR or curl commands, and print a plan of stickbench",
		Long: `Read a JMeter plan, a HAR file as browsers save it, or curl commands, and print them as a plan of
stickbench: a file, - for standard input, or a curl command itself, as browsers copy it for bash and for cmd.

  stickbench import login.jmx
  stickbench import shop.har --host shop.example.com
  stickbench import 'curl http://shop.example.com/cart -H "Accept: application/json"'

Of a HAR file the requests to the host of its first page are kept, or to those of --host, without images,
styles and scripts, with the pauses as they were. Redirects are followed, cookies are each user's own, and values
that came in an earlier response, such as tokens and ids, are taken from there.

The plan goes to standard output. What could not be carried over is told on standard error, element by
element, with its line, why, and what to do instead; a comment stands at its place in the plan, and a
sampler leaves a mark of its name. Disabled elements, listeners and caches go without a word.

Exit codes: 0 everything was carried over; 1 something was left out; 2 the file is no plan.`,
		Args: atLeastOne("file or curl command"),
		RunE: func(_ *cobra.Command, args []string) error {
			source, name, err := a.importSource(args)
			if err != nil {
				return err
			}
			if ok, err := a.importCapture(source, name, &o.captured, o.JSON); ok {
				return err
			}
			plan, err := importJMX(source, name, &o)
			if err != nil {
				return err
			}
			return a.printImport(plan, o.JSON)
		},
	}
	f := c.Flags()
	f.BoolVar(&o.JSON, "json", false, "print the account and the plan as one JSON document, and nothing else")
	f.BoolVar(&o.Cookies, "cookies", false, "of curl and HAR: keep their cookies, so that all users share the session")
	f.BoolVar(&o.Static, "static", false, "of HAR: keep images, styles, scripts, fonts and media")
	f.StringSliceVar(&o.Hosts, "host", nil, "of HAR: `hosts` whose requests are kept (default that of the first page)")
	f.BoolVar(&o.Native, "native", false, "add what stickbench says better: where responses name their node, increments(), expectations")
	mapFlag(f, &o.Map, "")
	f.StringArrayVar(&o.Set, "set", nil, "`name=value` of a property of JMeter, as its -J gives it; may be repeated")
	return c
}

// mapFlag is --map, with what else there is to say of it in front.
func mapFlag(f *pflag.FlagSet, to *[]string, of string) {
	f.StringArrayVar(to, "map", nil, of+"`OLD=NEW`: data files whose names begin with OLD; may be repeated")
}

// importJMX reads a JMeter plan, the content of the file of that name.
func importJMX(source []byte, name string, o *importFlags) (*jmx.Plan, error) {
	options := jmx.Options{File: filepath.Base(name), Native: o.Native, Properties: map[string]string{}}
	maps.Copy(options.Properties, o.properties)
	for _, m := range o.Map {
		from, to, ok := strings.Cut(m, "=")
		if !ok || from == "" {
			return nil, fmt.Errorf("invalid --map %s: want OLD=NEW", m)
		}
		options.Map = append(options.Map, jmx.Mapping{Old: from, New: to})
	}
	for _, s := range o.Set {
		property, value, ok := strings.Cut(s, "=")
		if !ok || property == "" {
			return nil, fmt.Errorf("invalid --set %s: want name=value", s)
		}
		options.Properties[property] = value
	}
	folder := filepath.Dir(name)
	options.Read = func(file string) ([]byte, error) {
		if !filepath.IsAbs(file) {
			file = filepath.Join(folder, file)
		}
		return readAll(file, nil)
	}
	plan, err := jmx.Import(source, options)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return plan, nil
}

// isJMX reports whether a plan is to be imported, by its file's name.
func isJMX(name string) bool { return strings.EqualFold(filepath.Ext(name), ".jmx") }

// importJob imports a JMeter plan to be run at once, and tells what was lost. Properties that the plan does not ask for
// are its variables, if it has such, and nothing otherwise unless they must be some.
func (a *app) importJob(name string, o *importFlags, must bool) (*job, error) {
	source, err := readAll(name, a.stdin)
	if err != nil {
		return nil, err
	}
	plan, err := importJMX(source, name, o)
	if err != nil {
		return nil, err
	}
	if !plan.Account.Whole() || len(plan.Account.Notes) > 0 {
		if err := plan.Account.WriteText(a.notices); err != nil {
			return nil, cannotRun("%w", err)
		}
	}
	j := &job{path: name, source: []byte(plan.TOML), jmx: true}
	for property, value := range o.properties {
		if slices.Contains(plan.Properties, property) || !must && !slices.Contains(plan.Variables, property) {
			continue
		}
		if j.over.Set == nil {
			j.over.Set = map[string]string{}
		}
		j.over.Set[property] = value
	}
	return j, nil
}

// readAll reads a file, or standard input for "-", as far as a JMeter plan may be large.
func readAll(name string, stdin io.Reader) ([]byte, error) {
	in := stdin
	if name != "-" || stdin == nil {
		f, err := bounded.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return nil, fmt.Errorf("%s is a folder, not a file", name)
		}
		in = f
	}
	return io.ReadAll(io.LimitReader(in, jmx.Largest+1))
}

func (a *app) printImport(plan *jmx.Plan, asJSON bool) error {
	var err error
	if asJSON {
		e := json.NewEncoder(a.stdout)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		err = e.Encode(struct {
			jmx.Account
			Plan string `json:"plan"`
		}{plan.Account, plan.TOML})
	} else {
		_, err = io.WriteString(a.stdout, plan.TOML)
		err = errors.Join(err, plan.Account.WriteText(a.stderr))
	}
	if err != nil {
		return cannotRun("the plan could not be printed: %w", err)
	}
	usable := len(plan.Account.Needs) > 0 || a.checkImported(plan.TOML) // what is asked for may stand anywhere
	if !usable || !plan.Account.Whole() {
		return &exitError{code: exitFailed}
	}
	return nil
}

// checkImported says what a plan that was printed still needs before it can run, and reports whether that is nothing.
func (a *app) checkImported(plan string) bool {
	_, err := plans.Read("the plan", []byte(plan), plans.Override{Replay: true})
	if err != nil {
		fmt.Fprintf(a.stderr, "the plan cannot run as it is:\n%v\n", err)
	}
	return err == nil
}
