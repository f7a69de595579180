package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stickbench/internal/live"
	"stickbench/plans"
)

// jmeterOptions are the options of JMeter's command line that mean something here. `stickbench -n -t plan.jmx`
// is understood as JMeter understands it, so that scripts go on with the program's name changed.
type jmeterOptions struct {
	plan, jtl, jtlOnly, out, log string
	noWindow, report, force      bool
	files                        []string          // of properties, -p and -q, in their order
	properties                   map[string]string // of the files, and of -J, which counts more
	proxyHost, proxyPort         string
	version, help                bool
}

// jmeterOption is one option: the names of JMeter's own, and what it does. take gets the value of one that has one.
type jmeterOption struct {
	short byte
	long  string
	set   func(*jmeterOptions)
	take  func(*jmeterOptions, string) error
}

func ignored(*jmeterOptions, string) error { return nil }

var jmeterCommandLine = []jmeterOption{
	{short: 'n', long: "nongui", set: func(o *jmeterOptions) { o.noWindow = true }},
	{short: 't', long: "testfile", take: func(o *jmeterOptions, v string) error { o.plan = v; return nil }},
	{short: 'l', long: "logfile", take: func(o *jmeterOptions, v string) error { o.jtl = v; return nil }},
	{short: 'g', long: "reportonly", take: func(o *jmeterOptions, v string) error { o.jtlOnly = v; return nil }},
	{short: 'e', long: "reportatendofloadtests", set: func(o *jmeterOptions) { o.report = true }},
	{short: 'o', long: "reportoutputfolder", take: func(o *jmeterOptions, v string) error { o.out = v; return nil }},
	{short: 'f', long: "forceDeleteResultFile", set: func(o *jmeterOptions) { o.force = true }},
	{short: 'j', long: "jmeterlogfile", take: func(o *jmeterOptions, v string) error { o.log = v; return nil }},
	{short: 'J', long: "jmeterproperty", take: (*jmeterOptions).property},
	{short: 'G', long: "globalproperty", take: (*jmeterOptions).property},
	{short: 'D', long: "systemproperty", take: ignored},
	{short: 'S', long: "systemPropertyFile", take: ignored},
	{short: 'q', long: "addprop", take: func(o *jmeterOptions, v string) error { o.files = append(o.files, v); return nil }},
	{short: 'p', long: "propfile", take: func(o *jmeterOptions, v string) error { o.files = append([]string{v}, o.files...); return nil }},
	{short: 'L', long: "loglevel", take: ignored},
	{short: 'i', long: "jmeterlogconf", take: ignored},
	{short: 'd', long: "homedir", take: ignored},
	{short: 'H', long: "proxyHost", take: func(o *jmeterOptions, v string) error { o.proxyHost = v; return nil }},
	{short: 'P', long: "proxyPort", take: func(o *jmeterOptions, v string) error { o.proxyPort = v; return nil }},
	{short: 'N', long: "nonProxyHosts", take: ignored},
	{short: 'v', long: "version", set: func(o *jmeterOptions) { o.version = true }},
	{short: 'h', long: "help", set: func(o *jmeterOptions) { o.help = true }},
	{short: '?', long: "?", set: func(o *jmeterOptions) { o.help = true }},
}

// elsewhere are options of JMeter that stickbench does otherwise.
var elsewhere = map[string]string{
	"-r": "runs on other machines: see stickbench help machines", "-R": "runs on other machines: see stickbench help machines",
	"--runremote": "runs on other machines: see stickbench help machines", "--remotestart": "runs on other machines: see stickbench help machines",
	"-s": "a server of JMeter's: see stickbench help machines", "--server": "a server of JMeter's: see stickbench help machines",
	"-X": "ends servers of JMeter's: there are none", "--remoteexit": "ends servers of JMeter's: there are none",
	"-u": "a proxy's user: write it into the proxy's URL, stickbench run FILE.jmx --proxy http://USER:PASSWORD@HOST:PORT",
	"-a": "a proxy's password: write it into the proxy's URL, stickbench run FILE.jmx --proxy http://USER:PASSWORD@HOST:PORT",
}

// likeJMeter reports whether a command line is one of JMeter's: it begins with an option, and one of those says
// that there is no window, or which plan or results are meant.
func likeJMeter(args []string) bool {
	if len(args) == 0 || !strings.HasPrefix(args[0], "-") {
		return false
	}
	return slices.ContainsFunc(args, func(a string) bool {
		return slices.Contains([]string{"-n", "-t", "-g", "--nongui", "--testfile", "--reportonly"}, a) ||
			len(a) > 2 && (strings.HasPrefix(a, "-t") || strings.HasPrefix(a, "-J"))
	})
}

// parseJMeter reads JMeter's command line: -x value, -xvalue, --long value and --long=value.
func parseJMeter(args []string) (*jmeterOptions, error) {
	o := &jmeterOptions{properties: map[string]string{}}
	for len(args) > 0 {
		a := args[0]
		args = args[1:]
		if why := elsewhere[a]; why != "" {
			return nil, fmt.Errorf("%s: %s", a, why)
		}
		option, value, given := findOption(a)
		switch {
		case option == nil && !strings.HasPrefix(a, "-"):
			return nil, fmt.Errorf("unexpected argument %q; the plan stands behind -t", a)
		case option == nil:
			return nil, fmt.Errorf("unknown option %s of JMeter's command line", a)
		case option.take == nil:
			option.set(o)
			continue
		case !given && len(args) == 0:
			return nil, fmt.Errorf("%s needs a value", a)
		case !given:
			value, args = args[0], args[1:]
		}
		if err := option.take(o, value); err != nil {
			return nil, fmt.Errorf("%s: %w", a, err)
		}
	}
	return o, o.readFiles()
}

// findOption is the option of a name, and the value that stands within it.
func findOption(a string) (option *jmeterOption, value string, given bool) {
	for i := range jmeterCommandLine {
		option := &jmeterCommandLine[i]
		name, value, given := strings.Cut(a, "=")
		if name == "--"+option.long && (given == (option.take != nil) || !given) {
			return option, value, given
		}
		if len(a) >= 2 && a[0] == '-' && a[1] == option.short && (len(a) == 2 || option.take != nil) {
			return option, a[2:], len(a) > 2
		}
	}
	return nil, "", false
}

func (o *jmeterOptions) property(v string) error {
	name, value, _ := strings.Cut(v, "=")
	if name == "" {
		return fmt.Errorf("invalid property %q: want name=value", v)
	}
	o.properties[name] = value
	return nil
}

// readFiles reads the files of properties: later ones replace what earlier ones say, and -J all of them.
func (o *jmeterOptions) readFiles() error {
	given := o.properties
	o.properties = map[string]string{}
	for _, name := range o.files {
		source, err := readNamed(name, 1<<20)
		if err != nil {
			return err
		}
		maps.Copy(o.properties, javaProperties(string(source)))
	}
	maps.Copy(o.properties, given)
	return nil
}

// jmeter does what JMeter's command line says.
func (a *app) jmeter(args []string) error {
	o, err := parseJMeter(args)
	switch {
	case err != nil:
		return fmt.Errorf("%w\nSee: stickbench help from-jmeter", err)
	case o.help:
		return a.root().Help()
	case o.version:
		_, err := fmt.Fprintf(a.stdout, "stickbench %s, in place of JMeter\n", version())
		return err
	case o.jtlOnly != "":
		return a.jmeterReport(o)
	case !o.noWindow:
		return errors.New("there is no window: add -n")
	case o.plan == "":
		return errors.New("-n needs a plan: -t FILE.jmx")
	case o.report && o.jtl == "":
		return errors.New("-e needs the results: -l FILE.jtl")
	case o.report && o.out == "":
		o.out = "report-output" // JMeter's jmeter.reportgenerator.outputdir
	}
	if err := o.clear(); err != nil {
		return err
	}
	if o.log != "" {
		f, err := os.Create(o.log)
		if err != nil {
			return cannotRun("-j: %w", err)
		}
		defer f.Close()
		a = &app{stdin: a.stdin, stdout: a.stdout, stderr: io.MultiWriter(a.stderr, f), notices: live.NewNotices(io.MultiWriter(a.stderr, f))}
	}
	return a.jmeterRun(o)
}

// clear removes what -f is to remove, and refuses what JMeter refuses without it.
func (o *jmeterOptions) clear() error {
	if o.force {
		if o.jtl != "" {
			if err := os.Remove(o.jtl); err != nil && !errors.Is(err, os.ErrNotExist) {
				return cannotRun("-f: %w", err)
			}
		}
		return o.clearFolder()
	}
	if info, err := os.Stat(o.jtl); o.report && err == nil && info.Size() > 0 {
		return fmt.Errorf("-e: %s holds results already, which the report would mix with those of this run: add -f, or name another file", o.jtl)
	}
	if files, err := os.ReadDir(o.out); o.report && err == nil && len(files) > 0 {
		return fmt.Errorf("-o: %s is not empty: add -f, or name another folder", o.out)
	}
	return nil
}

// clearFolder removes an earlier report, and nothing else: a folder that holds anything besides stays.
func (o *jmeterOptions) clearFolder() error {
	files, err := os.ReadDir(o.out)
	if !o.report || err != nil {
		return nil
	}
	if !slices.ContainsFunc(files, func(f os.DirEntry) bool { return f.Name() == indexFile || f.Name() == statisticsFile }) && len(files) > 0 {
		return fmt.Errorf("-f: %s is no folder of a report, and is not removed: name another folder", o.out)
	}
	if err := os.RemoveAll(o.out); err != nil {
		return cannotRun("-f: %w", err)
	}
	return nil
}

// jmeterRun imports the plan and runs it, with JMeter's lines on standard output where that is no terminal.
func (a *app) jmeterRun(o *jmeterOptions) error {
	j, err := a.importJob(o.plan, &importFlags{properties: o.properties}, false)
	if err != nil {
		return err
	}
	if o.proxyHost != "" {
		j.over.Proxy = "http://" + o.proxyHost
		if o.proxyPort != "" {
			j.over.Proxy += ":" + o.proxyPort
		}
	}
	plan, err := j.read()
	if err != nil {
		return err
	}
	if a.apdex, err = o.apdex(); err != nil {
		return err
	}
	if a.apdex != nil {
		plan.Apdex = a.apdex
	}
	run := &runFlags{Progress: live.Auto, NoOut: o.jtl != "" || o.out != ""}
	run.Log, run.Dashboard = o.jtl, o.out
	run.LogFormat = strings.ToLower(o.properties["jmeter.save.saveservice.output_format"])
	if _, terminal := live.Terminal(a.stdout); !terminal {
		interval := 30 * time.Second
		if d, err := time.ParseDuration(o.properties["summariser.interval"] + "s"); err == nil && d >= window {
			interval = d
		}
		run.Progress, run.summary = live.None, newSummariser(a.stdout, interval)
		fmt.Fprintf(a.stdout, "Creating summariser <summary>\nCreated the tree successfully using %s\n%s", o.plan, moment("Starting standalone test"))
	}
	err = a.run(plan, run, j.over)
	if run.summary != nil {
		fmt.Fprint(a.stdout, "... end of run\n")
	}
	return err
}

// apdex are the times of the dashboard's properties, in milliseconds; nil where none is given.
func (o *jmeterOptions) apdex() (*plans.Apdex, error) {
	const satisfied, tolerated = "jmeter.reportgenerator.apdex_satisfied_threshold", "jmeter.reportgenerator.apdex_tolerated_threshold"
	t, f := o.properties[satisfied], o.properties[tolerated]
	if t == "" && f == "" {
		return nil, nil
	}
	times := (*plans.Apdex)(nil)
	if err := (&apdexFlag{&times}).Set(cmp.Or(t, "500") + "ms," + cmp.Or(f, "1500") + "ms"); err != nil {
		return nil, fmt.Errorf("%s and %s: %w", satisfied, tolerated, err)
	}
	return times, nil
}

// moment is a line of JMeter's that has the time in it.
func moment(what string) string {
	now := time.Now()
	return fmt.Sprintf("%s @ %s (%d)\n", what, now.Format("2006 Jan 2 15:04:05 MST"), now.UnixMilli())
}

// jmeterReport is `jmeter -g FILE.jtl -o FOLDER`.
func (a *app) jmeterReport(o *jmeterOptions) error {
	if o.out == "" {
		o.out = "report-output"
	}
	o.report, o.jtl = true, ""
	if err := o.clear(); err != nil {
		return err
	}
	apdex, err := o.apdex()
	if err != nil {
		return err
	}
	a.apdex = apdex
	r, facts, err := a.reportOf(o.jtlOnly)
	if err != nil {
		return err
	}
	return writeDashboard(filepath.Clean(o.out), r, facts)
}
