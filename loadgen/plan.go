package loadgen

import (
	"crypto/tls"
	"time"

	"stickbench/assert"
)

// Plan is what the engine runs: groups of users and what they do. It holds no trace of where it was
// read from; package plans makes one from TOML.
type Plan struct {
	Name string
	// Target is the scheme and authority, such as "http://127.0.0.1:8080", in front of every path
	// that is not a whole URL. A path in it comes before the request's own.
	Target string
	// InProcess says that this very process also serves the target, so that its load is not the
	// generator's alone.
	InProcess bool
	// Timeout bounds a whole sample, from connecting to the last byte of the last redirect, where the
	// request names none. It must be positive: a hung node may not hang the run.
	Timeout time.Duration
	// TLS configures https targets; nil is Go's defaults.
	TLS *tls.Config
	// HTTP2 speaks HTTP/2 instead of HTTP/1.1 with all targets, one request at a time per user as there.
	HTTP2 bool
	// Route is how connections get to their targets.
	Route Route
	// Session reads node, counter and session id from every response.
	Session Session
	Groups  []Group
	// Vars are variables that everybody has from the beginning.
	Vars map[string]string
	// Secrets are values that no label may show: one that would, in any case of letters, stays as the plan words it.
	// Those of less than four bytes only count where they stand alone.
	Secrets []string
	// Files are the lines of the files that expressions take lines of, by name.
	Files map[string][]string
	// Serial runs the groups of a phase one after the other, in their order.
	Serial bool
	// KeepTrying goes on as planned while nothing but connections fail; without it, users of closed groups pause
	// between failures after a second of that, and the run stops after ten.
	KeepTrying bool
	// Preconnect opens the first connection of each user before the run begins (Runner.Preconnect).
	Preconnect bool
	// Seed makes think times and random arrivals repeatable. Every user and every group's schedule draws
	// from a stream of its own.
	Seed uint64
	// UserAgent is sent unless a step names its own.
	UserAgent string
}

// Session is where a response says which node gave it and whose session it is; a nil extractor reads
// nothing.
type Session struct {
	Node, Counter, ID *Extractor
}

// CookiePolicy says what happens to a user's cookies between iterations.
type CookiePolicy int

const (
	// KeepCookies leaves the jar as it is: one session for the whole run.
	KeepCookies CookiePolicy = iota
	// ClearCookies empties the jar at the start of each iteration: a session per iteration.
	ClearCookies
	// NoCookies keeps none that a response sets: a session per request.
	NoCookies
)

// ConnectionPolicy says how long a user's connections live.
type ConnectionPolicy int

const (
	// KeepConnections keeps them from iteration to iteration, as long as the server does.
	KeepConnections ConnectionPolicy = iota
	// PerIteration closes them at the end of each iteration.
	PerIteration
	// PerRequest opens one for each request, redirects included, and says so: Connection: close.
	PerRequest
)

// ErrorAction says what a user does after a failed sample, JMeter's "action to be taken after a
// sampler error".
type ErrorAction int

const (
	Continue      ErrorAction = iota // goes on with the next step
	NextIteration                    // leaves out the rest of the iteration
	StopUser                         // ends this user
	StopRun                          // ends the run: nothing new starts
)

// Phase is when a group runs.
type Phase int

const (
	Main     Phase = iota
	Setup          // before the others; the variables of its users are then everybody's
	Teardown       // after the others, even if those were stopped
)

// Group is a thread group: users that do the same.
type Group struct {
	Name  string
	Users int
	// RampUp spreads the starts: user i (from 0) starts at i × RampUp / Users after the group.
	RampUp time.Duration
	// Stages make the number of users of a closed group go up and down, from 0 on; Users are then the most of
	// them, and RampUp says nothing. nil for one number.
	Stages []UserStage
	// StartDelay is how long after the run the group starts.
	StartDelay time.Duration
	// Iterations each user makes, 0 for no limit; Duration bounds the group from its start, 0 for no
	// limit. Whatever comes first ends a user. Without both only the end of the run does.
	//
	// With Arrivals, Iterations are the arrivals of the whole group.
	Iterations int
	Duration   time.Duration
	// Arrivals make iterations begin on a schedule instead of one after the other; nil for a closed group.
	// Users are then the most that are at work at the same time.
	Arrivals *Arrivals
	Cookies  CookiePolicy
	// Connections is for itself: clearing cookies closes none.
	Connections ConnectionPolicy
	// Preset are cookies that a user has before the first response, again whenever the jar was emptied.
	Preset  []Cookie
	OnError ErrorAction
	// Phase is when the group runs, among the others.
	Phase Phase
	// Data are the lines that the group's iterations use.
	Data []*Data
	// Vars are what the users' variables begin with, again whenever cookies are cleared. Values that do not
	// change are better part of the texts that use them.
	Vars  []Assignment
	Steps []Step
}

// Request is an HTTP request as the plan words it.
type Request struct {
	// Label names the report's row, as the plan words it; LabelText is it where it has values, else nil.
	Label     string
	LabelText *Template
	Method    string
	// URL is a path, or a whole URL; the query's parameters are already part of it.
	URL    *Template
	Header []Field
	Body   *Template // nil for none
	Digest *Digest   // answers challenges; nil for none
	// Bodies are several ones, of which Pick picks one for each request; nil where there is only Body.
	Bodies []*Template
	Pick   Pick
	// Timeout bounds the whole sample; 0 is the plan's. ConnectTimeout bounds connecting alone, TLS included; 0 for no
	// bound of its own.
	Timeout, ConnectTimeout time.Duration
	// Redirects is how many redirects are followed at most; 0 follows none, and the redirect itself is
	// the response.
	Redirects int
	// Resources are what the page embeds and is loaded with it; nil for nothing.
	Resources *Resources
	// OnError is what a user does after this request failed; nil is what the group says.
	OnError *ErrorAction
	// RedirectHeaders names the headers that also go to another origin where a redirect leads there; "*" is all. The
	// body goes there if Content-Type does. Cookies are the jar's affair.
	RedirectHeaders []string
	// Assert must hold for the response, all of them; a condition on the status replaces the rule that
	// 200 to 399 are the good ones.
	Assert []*assert.Condition
	// Extract sets variables from the response.
	Extract []Extract
}

// Cookie is one that a user has from the beginning: for the plan's target, or for Domain and what is below it.
type Cookie struct {
	Name         string
	Value        *Template
	Domain, Path string // "" for the target's, and for all paths
	Secure       bool
}

// Field is a header field of a request.
type Field struct {
	Name  string
	Value *Template
}

// Extract sets the variable Name to what From finds in the response.
type Extract struct {
	Name string
	From *Extractor
	// Match says which of the values: the first one, or the one of that number from 1, or one of the constants.
	Match int
	// Template is what becomes of the matches of a regular expression, $1 its first group; "" is that group.
	Template string
	// Default is the value where there is none, which is then no failure. Optional makes a failure of nothing and
	// leaves the variable as it was.
	Default  *string
	Optional bool
	// In is the text to look in, instead of the body: a part of the response, or the user's variable Variable.
	In       Part
	Variable string
}

// The values that Extract.Match may say besides a number.
const (
	AllMatches  = -1 // a variable of many values
	RandomMatch = -2
	LastMatch   = -3
)

// Part is a part of a response.
type Part int

const (
	Body Part = iota
	Headers
	URL
	Status
	Reason
	Sent // the line and the fields of the request
	Variable
)

// GroupOf is the index of the group that the user of that number belongs to: users are numbered from 1, group
// by group. It is the last group's for a number that is none's.
func (p *Plan) GroupOf(user int) int {
	last := len(p.Groups) - 1
	for i := range last {
		if user -= p.Groups[i].Users; user <= 0 {
			return i
		}
	}
	return last
}
