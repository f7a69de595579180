package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"stickbench/internal/draft"
	"stickbench/internal/live"
	"stickbench/internal/probe"
	"stickbench/plans"
)

// urlFlags are the options of `stickbench run URL`: what a plan would say. The names are curl's where curl has one.
type urlFlags struct {
	Rate, Think              string
	Method                   string
	Headers, Data            []string
	Cookie, DataJSON         string
	Redirects                int
	HTTP                     string
	ClearCookies             bool
	Node, Counter, SessionID string
	Expect, Assert           []string
	Save                     string
}

// The load of a URL where the command line does not say: enough sessions to see how they are placed.
const (
	urlUsers    = 10
	urlDuration = 10 * time.Second
)

func (o *urlFlags) flags(f *pflag.FlagSet) {
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	own.StringVarP(&o.Rate, "rate", "r", "", "new sessions at a `rate` such as 200/s, whatever responses take, in place of users who go on and on")
	own.StringVar(&o.Think, "think", "", "a pause after each request: `100ms`, or \"uniform 50ms 150ms\"")
	own.StringVarP(&o.Method, "request", "X", "", "`method` (default GET, or POST with data)")
	own.StringArrayVarP(&o.Headers, "header", "H", nil, "header `\"Name: value\"`; may be repeated")
	own.StringVarP(&o.Cookie, "cookie", "b", "", "cookies sent with every request, beside those that are set: `\"a=1; b=2\"`")
	own.StringArrayVar(&o.Data, "data", nil, "body, as a form: `a=1`, or @FILE; repeated ones are joined by &")
	own.StringVar(&o.DataJSON, "data-json", "", "body, as JSON: `'{\"a\": 1}'`, or @FILE")
	own.IntVarP(&o.Redirects, "redirects", "L", 0, "follow so `many` redirects; -L alone: as many as browsers do")
	own.StringVar(&o.HTTP, "http", "", "version of HTTP: `1.1|2`")
	own.BoolVar(&o.ClearCookies, "clear-cookies", false, "every iteration is a new session")
	own.StringVar(&o.Node, "node", "", "where responses name their node: `json:tag`, header:X-Backend, cookie:SERVERID or regex:…")
	own.StringVar(&o.Counter, "counter", "", "where they count the requests of their session: `json:views`")
	own.StringVar(&o.SessionID, "session", "", "where they name their session: `cookie:JSESSIONID`")
	own.StringArrayVar(&o.Expect, "expect", nil, "an `expectation` of the run, such as 'affinity == 1'; may be repeated")
	own.StringArrayVar(&o.Assert, "assert", nil, "a `condition` of each response, such as 'status == 200'; may be repeated")
	own.StringVar(&o.Save, "save", "", "write the plan that the options amount to into `FILE`")
	own.Lookup("redirects").NoOptDefVal = fmt.Sprint(plans.DefaultRedirects)
	own.VisitAll(func(x *pflag.Flag) {
		x.Usage = "with a URL: " + x.Usage
		f.AddFlag(x)
	})
}

// urlOnly are those options that were given.
func (o *urlFlags) given(c *cobra.Command) (names []string) {
	known := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(urlFlags).flags(known)
	c.Flags().Visit(func(x *pflag.Flag) {
		if known.Lookup(x.Name) != nil {
			names = append(names, "--"+x.Name)
		}
	})
	return names
}

// isURL reports whether an argument of run is a URL, good or bad, and no plan.
func isURL(arg string) bool { return strings.Contains(arg, "://") }

// job is what the arguments of run mean: a plan, or the one that URLs and options amount to.
func (a *app) job(c *cobra.Command, o *runFlags, args []string) (*job, error) {
	if o.Map != nil && !isJMX(args[0]) {
		return nil, errors.New("--map: only with a JMeter plan; a plan of stickbench names its files itself")
	}
	if isURL(args[0]) {
		if err := a.detectNode(c, o, args); err != nil {
			return nil, err
		}
		return o.urlJob(c, args)
	}
	if len(args) > 1 {
		return nil, fmt.Errorf("run takes one plan, or one or more URLs, not %q and %q", args[0], args[1])
	}
	if isJMX(args[0]) {
		return a.jmxJob(c, o, args[0])
	}
	name, source, err := plans.Open(args[0], a.stdin)
	if err != nil && looksLikeURL(args[0]) {
		return nil, fmt.Errorf("%w; a URL begins with its scheme: stickbench run http://%s", err, args[0])
	}
	if names := o.given(c); err == nil && len(names) > 0 {
		return nil, fmt.Errorf("%s: only with URLs; a plan says such things itself", strings.Join(names, ", "))
	}
	return &job{path: name, source: source, over: o.over(c)}, err
}

// jmxJob is the job of a JMeter plan.
func (a *app) jmxJob(c *cobra.Command, o *runFlags, name string) (*job, error) {
	if names := o.given(c); len(names) > 0 {
		return nil, fmt.Errorf("%s: only with URLs; a plan says such things itself", strings.Join(names, ", "))
	}
	over := o.over(c)
	j, err := a.importJob(name, &importFlags{properties: over.Set, Map: o.Map}, true)
	if err != nil {
		return nil, err
	}
	over.Set = j.over.Set
	j.over = over
	return j, nil
}

// urlJob is the job of URLs. What the options say of it is in its plan, but for the way to the target.
func (o *runFlags) urlJob(c *cobra.Command, args []string) (*job, error) {
	source, err := o.urlPlan(c, args)
	over := plans.Override{Source: o.Source, ConnectTo: o.ConnectTo, Resolve: o.Resolve, Proxy: o.Proxy}
	return &job{path: args[0], source: source, over: over, urls: true}, err
}

// detectNode looks where the first URL's responses name their node, unless it was said, and says what it found. Where
// nothing names one, the report says so.
func (a *app) detectNode(c *cobra.Command, o *runFlags, args []string) error {
	_, wrong := o.urlPlan(c, args) // nothing is asked of a target before the options are right
	switch f := c.Flags(); {
	case wrong != nil:
		return wrong
	case f.Changed("node"), f.Changed("connect-to"), f.Changed("resolve"), f.Changed("proxy"):
		return nil
	case o.method() != "GET": // what a GET of that URL does, nobody said
		return nil
	}
	stops := watchSignals(live.NewNotices(io.Discard))
	defer stops.release()
	ctx := stops.graceful
	options := probe.Options{URL: args[0], Insecure: o.Insecure, UserAgent: probeAgent()}
	_, headers, _ := o.body()
	for _, h := range headers {
		options.Header = append(options.Header, probe.Pair{Name: h.Key, Value: h.Value.(string)})
	}
	found, err := probe.Detect(ctx, options)
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case err != nil || found.From == "": // what is wrong with the target, the run tells
		return nil
	}
	o.Node = found.From
	if !o.Quiet {
		fmt.Fprintf(a.stderr, "responses name their node: --node %s\n", found.From)
	}
	return nil
}

// looksLikeURL reports whether what is no plan may be meant as a URL.
func looksLikeURL(arg string) bool {
	host, _, _ := strings.Cut(arg, "/")
	return host != "" && path.Ext(arg) != ".toml" && (strings.ContainsAny(host, ".:") || host == "localhost")
}

// save writes a plan, which may hold passwords, where no other file is; flag names the file in messages.
func save(flag, name string, source []byte) error {
	f, err := create(flag, name, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(source)
	if err := errors.Join(err, f.Close()); err != nil {
		os.Remove(name)
		return cannotRun("%s: %w", flag, err)
	}
	return nil
}

// create opens a file that is not there yet.
func create(flag, name string, mode fs.FileMode) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%s: %s exists already: remove it, or choose another name", flag, name)
	}
	if err != nil {
		return nil, cannotRun("%s: %w", flag, err)
	}
	return f, nil
}

// urlPlan is the plan for the URLs, as TOML.
func (o *runFlags) urlPlan(c *cobra.Command, args []string) ([]byte, error) {
	urls, err := parseURLs(args)
	if err != nil {
		return nil, err
	}
	if o.Target != "" || o.Balancer != "" {
		return nil, errors.New("--target and --balancer are for plans: with a URL there is neither")
	}
	var p draft.Table
	p.Comment("%s", o.made(c, args))
	p.Set("name", urls[0].Host)
	if o.Seed != 0 {
		p.Set("seed", o.Seed)
	}
	if len(o.Expect) > 0 {
		p.Set("expect", expressions(o.Expect))
	}
	target := p.Table("target")
	target.Set("url", origin(urls[0]))
	if o.HTTP != "" {
		target.Set("http", o.HTTP)
	}
	if o.Insecure {
		target.Set("insecure", true)
	}
	o.session(&p)
	err = o.group(c, &p, urls)
	return []byte(p.String()), err
}

// made is the leading comment: how the plan came to be.
func (o *runFlags) made(c *cobra.Command, args []string) string {
	line := "Made by: stickbench run " + strings.Join(args, " ")
	var route []string
	for _, name := range []string{"source", "connect-to", "resolve", "proxy"} {
		if c.Flags().Changed(name) {
			route = append(route, "--"+name)
		}
	}
	if len(route) > 0 {
		line += "\nA plan does not say how to get to its target: give " + strings.Join(route, " and ") + " again."
	}
	return line
}

func (o *urlFlags) session(p *draft.Table) {
	if o.Node == "" && o.Counter == "" && o.SessionID == "" {
		return
	}
	s := p.Table("session")
	for _, x := range []struct{ key, value string }{{"node", o.Node}, {"counter", o.Counter}, {"id", o.SessionID}} {
		if x.value != "" {
			s.Set(x.key, x.value)
		}
	}
}

// group adds the one group of users, with a step for each URL.
func (o *runFlags) group(c *cobra.Command, p *draft.Table, urls []*url.URL) error {
	body, headers, err := o.body()
	if err != nil {
		return err
	}
	g := p.Append("group")
	o.load(c, g)
	for _, u := range urls {
		where := u.RequestURI()
		if origin(u) != origin(urls[0]) {
			where = origin(u) + where
		}
		s := g.Append("step")
		s.Set("request", o.method()+" "+where)
		if len(headers) > 0 {
			s.Set("headers", headers)
		}
		if body != nil {
			s.Set("body", *body)
		}
		switch o.Redirects {
		case plans.DefaultRedirects: // as plans do by themselves
		case 0:
			s.Set("redirects", false)
		default:
			s.Set("redirects", o.Redirects)
		}
		if len(o.Assert) > 0 {
			s.Set("assert", expressions(o.Assert))
		}
		if o.Think != "" {
			g.Append("step").Set("think", o.Think)
		}
	}
	return nil
}

// load adds how many users there are, and for how long.
func (o *runFlags) load(c *cobra.Command, g *draft.Table) {
	f := c.Flags()
	if o.Rate != "" {
		g.Set("arrivals", o.Rate)
	}
	switch {
	case f.Changed("users"):
		g.Set("users", o.Users)
	case o.Rate == "":
		g.Set("users", urlUsers)
	}
	if f.Changed("ramp-up") {
		g.Set("ramp_up", o.RampUp.String())
	}
	if f.Changed("iterations") {
		g.Set("iterations", o.Iterations)
	}
	switch {
	case f.Changed("duration"):
		g.Set("duration", o.Duration.String())
	case !f.Changed("iterations"):
		g.Set("duration", urlDuration.String())
	}
	if o.ClearCookies {
		g.Set("cookies", "clear")
	}
}

func (o *urlFlags) method() string {
	switch {
	case o.Method != "":
		return o.Method
	case len(o.Data) > 0 || o.DataJSON != "":
		return "POST"
	}
	return "GET"
}

// body is the body, nil for none, and the headers, with those that go with it.
func (o *urlFlags) body() (body *string, headers draft.Inline, err error) {
	for _, line := range o.Headers {
		name, value, ok := strings.Cut(line, ":")
		if name = strings.TrimSpace(name); !ok || name == "" {
			return nil, nil, fmt.Errorf("invalid --header %q: want \"Name: value\"", line)
		}
		headers = append(headers, draft.Pair{Key: name, Value: strings.TrimSpace(value)})
	}
	if o.Cookie != "" {
		if !strings.Contains(o.Cookie, "=") {
			return nil, nil, fmt.Errorf("invalid --cookie %q: want \"name=value\"; files of cookies are not read", o.Cookie)
		}
		headers = withHeader(headers, "Cookie", o.Cookie)
	}
	if len(o.Data) > 0 && o.DataJSON != "" {
		return nil, nil, errors.New("--data and --data-json exclude each other: a request has one body")
	}
	var parts []string
	for _, d := range o.Data {
		text, err := fileOr(d, "--data")
		if err != nil {
			return nil, nil, err
		}
		parts = append(parts, strings.NewReplacer("\r", "", "\n", "").Replace(text)) // as curl does
	}
	if len(parts) > 0 {
		all := strings.Join(parts, "&")
		return &all, withHeader(headers, "Content-Type", "application/x-www-form-urlencoded"), nil
	}
	if o.DataJSON != "" {
		text, err := fileOr(o.DataJSON, "--data-json")
		return &text, withHeader(withHeader(headers, "Content-Type", "application/json"), "Accept", "application/json"), err
	}
	return nil, headers, nil
}

// largestBody bounds the file of a body, in bytes.
const largestBody = 64 << 20

// fileOr is a value of the command line, or the content of the file that it names behind an @.
func fileOr(value, flag string) (string, error) {
	name, file := strings.CutPrefix(value, "@")
	if !file {
		return value, nil
	}
	content, err := readNamed(name, largestBody)
	if err != nil {
		return "", fmt.Errorf("%s: %w", flag, err)
	}
	return draft.Escape(string(content)), nil
}

// withHeader adds a header unless one of that name is there.
func withHeader(headers draft.Inline, name, value string) draft.Inline {
	for _, h := range headers {
		if strings.EqualFold(h.Key, name) {
			return headers
		}
	}
	return append(headers, draft.Pair{Key: name, Value: value})
}

func expressions(list []string) any {
	if len(list) == 1 {
		return draft.List{draft.Expression(list[0])}
	}
	var all draft.Lines
	for _, x := range list {
		all = append(all, draft.Expression(x))
	}
	return all
}

// parseURLs reads the arguments of run, of which the first is a URL.
func parseURLs(args []string) (all []*url.URL, err error) {
	for _, arg := range args {
		if !isURL(arg) {
			return nil, fmt.Errorf("%s is no URL: beside a URL there can only be others, as further steps", arg)
		}
		u, err := url.Parse(strings.ReplaceAll(arg, " ", "%20"))
		if err != nil {
			return nil, fmt.Errorf("invalid URL: %w", err)
		}
		switch ext := path.Ext(u.Path); {
		case u.Scheme != "http" && u.Scheme != "https":
			return nil, fmt.Errorf("invalid URL %s: want http:// or https://; a plan is named by its path alone", arg)
		case u.Hostname() == "":
			return nil, fmt.Errorf("invalid URL %s: it has no host", arg)
		case ext == ".toml" || ext == ".jmx" || ext == ".har":
			return nil, fmt.Errorf("%s looks like a plan: download it, and run the file", arg)
		}
		if u.Path == "" {
			u.Path = "/"
		}
		all = append(all, u)
	}
	return all, nil
}

// origin is where a URL's requests go: its scheme, user and host.
func origin(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, User: u.User, Host: u.Host}).String()
}

// urlOptions are the options behind the keys of the plan that they amount to, the longest keys first.
var urlOptions = []struct{ key, option string }{
	{".step[0].request", "URL"}, {".headers", "--header"}, {".body", "--data"}, {".redirects", "--redirects"},
	{".assert", "--assert"}, {".think", "--think"}, {".arrivals", "--rate"}, {".users", "--users"},
	{".ramp_up", "--ramp-up"}, {".iterations", "--iterations"}, {".duration", "--duration"}, {".cookies", "--clear-cookies"},
	{"session.node", "--node"}, {"session.counter", "--counter"}, {"session.id", "--session"},
	{"expect", "--expect"}, {"target.http", "--http"}, {"target.url", "URL"}, {"seed", "--seed"}, {".request", "URL or --request"},
}

// inOptions says what is wrong with a plan that URLs and options amount to in terms of these.
func inOptions(err error) error {
	var problems *plans.Problems
	if !errors.As(err, &problems) {
		return err
	}
	told := map[string]bool{}
	var all []error
	for _, p := range problems.List {
		at := p.Key
		for _, o := range urlOptions {
			if strings.Contains(p.Key, o.key) {
				at = o.option
				break
			}
		}
		if text := at + ": " + p.Message; !told[text] {
			told[text] = true
			all = append(all, errors.New(strings.TrimPrefix(text, ": ")))
		}
	}
	return errors.Join(all...)
}
