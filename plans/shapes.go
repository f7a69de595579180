package plans

import (
	"math"

	"stickbench/internal/haproxy"
	"stickbench/internal/lab"
)

// The shapes of a plan: these keys and no others are read.
var (
	planShape = &shape{keys: []key{
		k("name", "What the plan is called; the name of its file without one.", textForm),
		k("description", "What the plan is for.", textForm),
		k("expect", "Expectations, judged at the end of the run. One that fails makes the run fail.", textsForm),
		k("seed", "The seed of think times, random arrivals and all that is random.", wholes(0, math.MaxInt64)),
		k("apdex", "The times by which Apdex judges samples; 500ms and 1500ms without.", tableOf(apdexShape)),
		k("serial", "Groups run one after the other, and not at the same time.", boolForm),
		k("lab", "The laboratory to run against: a balancer and nodes that are started for the run.", tableOf(labShape)),
		k("target", "The target to run against.", tableOf(targetShape)),
		k("session", "Where responses name their node, and tell how their session goes on.", tableOf(sessionShape)),
		k("haproxy", "The Runtime API of the target's HAProxy, for events and weights.", tableOf(haproxyShape)),
		k("vars", "Variables of the whole plan; --set name=value sets them.", tableOf(varsShape)),
		k("defaults", "What requests have unless they say otherwise.", tableOf(defaultsShape)),
		k("data", "Files of data, whose columns are variables.", tablesOfShape(dataShape)),
		k("steps", "Steps that others use by their name.", tableOf(stepsShape)),
		k("group", "Groups of users.", tablesOfShape(groupShape)),
		k("event", "What is done to the balancer and the nodes during the run.", tablesOfShape(eventShape)),
		k("stop", "Conditions that end the run early, and make it fail.", tablesOfShape(stopShape)),
		k("keep_trying", "The run goes on when its target is gone; without, it stops after 10 s of nothing but failed connections.", boolForm),
		k("preconnect", "Each user's first connection is opened before the run begins.", boolForm),
	}}
	stopShape = &shape{name: "[[stop]]", example: `[ { when = 'for("10s", error_rate > 50%)' } ]`, keys: []key{
		k("when", "What must not become true while the run lasts, in the words of expectations.", textForm),
	}}
	apdexShape = &shape{name: "[apdex]", example: `{ satisfied = "500ms" }`, keys: []key{
		k("satisfied", "How long a request may take that satisfies its user.", durations(1)),
		k("tolerated", "How long one may take that the user puts up with; four times as long without.", durations(1)),
	}}
	labShape = &shape{name: "[lab]", example: `{ algorithm = "roundrobin" }`, keys: []key{
		k("balancer", "The balancer: embedded, or a haproxy that is installed.", oneOf(lab.Balancers...)),
		k("algorithm", "How new sessions are placed, in HAProxy's words (balance).", textForm),
		k("sticky", "What makes sessions stick, in HAProxy's words (cookie …); nothing without it.", textForm),
		k("node", "The nodes; s1 and s2 without any.", tablesOfShape(nodeShape)),
	}}
	nodeShape = &shape{name: "[[lab.node]]", example: `[ { tag = "s1" }, { tag = "s2" } ]`, keys: []key{
		k("tag", "The node's name.", textForm),
		k("weight", "Its weight; 1 without one.", wholes(0, haproxy.MaxWeight)),
		k("delay", "How long it sleeps before each response.", durations(0)),
		k("workers", "How many requests can sleep at the same time; 1 without.", wholes(1, 10_000)),
		k("stopped", "Nothing listens there at the start.", boolForm),
	}}
	targetShape = &shape{name: "[target]", example: `{ url = "http://127.0.0.1:8080" }`, keys: []key{
		k("url", "Scheme and host of the requests whose URL begins with /, with a path in front if need be.", textForm),
		k("timeout", "How long a request may take; 30s without.", durations(1)),
		k("http", "The version of HTTP.", oneOf("1.1", "2")),
		k("ca", "File of the certificates that are trusted, in PEM.", textForm),
		k("cert", "File of the client's certificate, in PEM.", textForm),
		k("key", "File of its private key, in PEM.", textForm),
		k("server_name", "The name that the certificate is checked for, and that is sent (SNI).", textForm),
		k("insecure", "Any certificate is accepted.", boolForm),
		k("headers", "Headers of every request.", tableOf(headersShape)),
		k("nodes", "The nodes' own addresses, by their names.", tableOf(nodesShape)),
		k("weights", "The nodes' weights, by their names, where no Runtime API tells them.", tableOf(weightsShape)),
		k("algorithm", "How the balancer places new sessions, in HAProxy's words.", textForm),
	}}
	sessionShape = &shape{name: "[session]", example: `{ node = "json:tag" }`, keys: []key{
		k("node", "Where a response names its node: json:PATH, header:NAME, cookie:NAME or regex:EXPRESSION.", textForm),
		k("counter", "Where it tells how many requests its session had.", textForm),
		k("id", "Where it names its session. What is recorded of it is a digest.", textForm),
	}}
	haproxyShape = &shape{name: "[haproxy]", example: `{ api = "tcp://127.0.0.1:9999" }`, keys: []key{
		k("api", "The Runtime API: tcp://HOST:PORT or unix:///PATH.", textForm),
		k("backend", "The backend whose servers are the nodes; \"nodes\" without.", textForm),
		k("nodes", "The nodes' own addresses, by the names of their servers.", tableOf(nodesShape)),
		k("names", "What responses call the servers, by the servers' names, where they differ and nothing else tells.", tableOf(namesShape)),
	}}
	groupShape = &shape{name: "[[group]]", example: `[ { users = 2, step = [ { request = "GET /" } ] } ]`, keys: []key{
		k("name", "The group's name.", textForm),
		k("users", "How many users there are, or how their number changes. With arrivals: at most at work at the same time.", wholes(1, mostUsers), tablesOfShape(userStageShape)),
		k("ramp_up", "The time over which the users start.", durations(0)),
		k("start_delay", "How long after the run the group starts.", durations(0)),
		k("iterations", "How often each user goes through the steps.", wholes(1, mostIterations), oneOf(forever)),
		k("duration", "How long the group runs.", durations(1)),
		k("arrivals", "New sessions at a rate, whatever responses take: \"50/s\", or stages.", textForm, tablesOfShape(stageShape)),
		k("spread", "How arrivals lie about their rate.", oneOf("even", "poisson")),
		k("cookies", "What becomes of a user's cookies at the start of an iteration.", oneOf("keep", "clear", "off")),
		k("connections", "How long connections are kept.", oneOf("keep", "iteration", "request")),
		k("on_error", "What a user does after a request that failed.", oneOf("continue", "next-iteration", "stop-user", "stop")),
		k("phase", "The group runs before the others, or after them.", oneOf("setup", "teardown")),
		k("preset_cookies", "Cookies that users have from the beginning.", tableOf(valuesShape), tablesOfShape(cookieShape)),
		k("defaults", "What the group's requests have unless they say otherwise.", tableOf(defaultsShape)),
		k("step", "What each user does in an iteration.", tablesOfShape(stepShape)),
	}}
	userStageShape = &shape{name: "users", example: `[ { to = 50, for = "1m" }, { to = 0, for = "30s" } ]`, keys: []key{
		k("to", "How many users there are at its end.", wholes(0, mostUsers)),
		k("for", "How long it takes.", durations(0)),
	}}
	stageShape = &shape{name: "arrivals", example: `[ { rate = "50/s", for = "10s" }, { to = "200/s", for = "30s" } ]`, keys: []key{
		k("rate", "The rate at its beginning, and to its end unless to says otherwise: \"50/s\", \"30/min\".", textForm),
		k("to", "The rate at its end.", textForm),
		k("for", "How long it takes.", durations(1)),
	}}
	cookieShape = &shape{name: "preset_cookies", example: `[ { name = "consent", value = "yes" } ]`, keys: []key{
		k("name", "The cookie's name.", textForm),
		k("value", "Its value.", scalars...),
		k("domain", "The domain it is for; that of the target without.", textForm),
		k("path", "The path it is for.", textForm),
		k("secure", "It is sent over https alone.", boolForm),
	}}
	stepShape  = &shape{name: "[[group.step]]", example: `[ { request = "GET /" } ]`} // its keys lead back to it
	eventShape = &shape{name: "[[event]]", example: `[ { at = "10s", haproxy = "set server nodes/s1 state drain" } ]`, keys: []key{
		k("name", "The event's name, and that of the phase that it begins.", textForm),
		k("at", "When it is done, from the start of the run.", durations(0)),
		k("after_iterations", "It is done when all users have done so many iterations.", wholes(1, math.MaxInt64)),
		k("after_samples", "It is done when so many requests have ended.", wholes(1, math.MaxInt64)),
		k("haproxy", "A command of HAProxy's Runtime API.", textForm),
		k("node", "The node that delay, weight, state or stopped is for.", textForm),
		k("delay", "The node sleeps so long before each response.", durations(0)),
		k("weight", "The node's weight.", wholes(0, haproxy.MaxWeight)),
		k("state", "The node's state.", oneOf("ready", "drain", "maint")),
		k("stopped", "A node of the laboratory stops, or starts again.", boolForm),
		k("http", "A request that is made once.", tableOf(eventRequestShape)),
		k("may_fail", "The run goes on if the event is refused.", boolForm),
	}}
	eventRequestShape = &shape{name: "http", example: `{ method = "POST", url = "/delay" }`, keys: []key{
		k("method", "GET without one, or POST with a body.", textForm),
		k("url", "The URL, or a path of the target.", textForm),
		k("headers", "Its headers.", tableOf(headersShape)),
		k("body", "Its body as text.", textForm),
		k("json", "Its body as JSON.", anyForm),
	}}
	dataShape = &shape{name: "[[data]]", example: `[ { file = "users.csv" } ]`, keys: []key{
		k("file", "A CSV file, beside the plan.", textForm),
		k("names", "The names of its columns; those in its first line without.", textsForm),
		k("skip_first", "Its first line is left out.", boolForm),
		k("delimiter", "The character between its columns; a comma without.", textForm),
		k("quoted", "Values may stand in quotes.", boolForm),
		k("encoding", "How its characters are encoded; utf-8 without.", textForm),
		k("per", "Who shares its lines.", oneOf("user", "group", "all")),
		k("every", "When the next line is taken.", oneOf("iteration", "user")),
		k("at_end", "What comes after its last line.", oneOf("recycle", "stop", "eof")),
		k("order", "The order of its lines.", oneOf("file", "shuffle", "random")),
	}}
	defaultsShape = &shape{name: "[defaults]", example: `{ timeout = "10s" }`, keys: []key{
		k("url", "What stands in front of a path.", textForm),
		k("headers", "Headers of every request below.", tableOf(headersShape)),
		k("timeout", "How long a request may take.", durations(1)),
		k("connect_timeout", "How long connecting may take, TLS included.", durations(1)),
		k("redirects", "Whether redirects are followed, or how many at most.", boolForm, wholes(0, mostRedirects)),
		k("on_error", "What a user does after a request that failed.", oneOf("continue", "next-iteration", "stop-user", "stop")),
		k("assert", "Conditions that every response below must satisfy.", listOf(textForm, tableOf(assertShape))),
		k("basic_auth", "User and password of every request below.", tableOf(basicAuthShape)),
		k("digest_auth", "The same, for servers that ask for them by the Digest scheme.", tableOf(digestAuthShape)),
		k("resources", "Whether what pages bring along is loaded with them, or which.", boolForm, tableOf(resourcesShape)),
		k("think", "The pause before every request below.", textForm),
	}}
	basicAuthShape  = &shape{name: "basic_auth", example: credentialsExample, keys: credentialKeys}
	digestAuthShape = &shape{name: "digest_auth", example: credentialsExample, keys: credentialKeys}
	resourcesShape  = &shape{name: "resources", example: `{ match = '\.(css|js)$', parallel = 6 }`, keys: []key{
		k("match", "A regular expression of the URLs that are loaded.", textForm),
		k("except", "A regular expression of those that are not.", textForm),
		k("parallel", "How many are loaded at the same time.", wholes(1, mostParallel)),
	}}
	assertShape = &shape{name: "an assertion", example: `{ that = 'status == 200', message = "no page" }`, keys: []key{
		k("that", "The condition.", textForm),
		k("message", "What the failure is called.", textForm),
	}}
	extractionShape = &shape{name: "an extraction", example: `{ regex = "id=(\\d+)", match = 2 }`, keys: []key{
		k("json", "A path in a body of JSON.", textForm),
		k("regex", "A regular expression with one group, or several and a template.", textForm),
		k("header", "The name of a header.", textForm),
		k("cookie", "The name of a cookie.", textForm),
		k("css", "A selector of an element of HTML.", textForm),
		k("xpath", "A path in a document of HTML or XML.", textForm),
		k("boundary", "What stands left and right of the value.", textForm, textsForm),
		k("attribute", "Of css: the attribute of the element.", textForm),
		k("match", "Which of several values: its number, or all, random or last.", wholes(1, 1_000_000), oneOf("all", "random", "last")),
		k("template", "What becomes of the groups of a regular expression: \"$1-$2\".", textForm),
		k("default", "The value where there is none.", textForm),
		k("optional", "It is no failure if there is none.", boolForm),
		k("from", "Where it looks: body, headers, url, status, reason, sent, or a variable.", oneOf("body", "headers", "url", "status", "reason", "sent"), form{kind: variableValue}),
	}}
	fileShape = &shape{name: "body", example: `{ file = "order.json" }`, keys: []key{
		k("file", "A file, beside the plan.", textForm),
		k("variables", "Variables in it are put in.", boolForm),
	}}
	partShape = &shape{name: "a part", example: `{ file = "cat.png" }`, keys: []key{
		k("file", "A file, beside the plan.", textForm),
		k("value", "A value.", scalars...),
		k("type", "Its type, such as image/png.", textForm),
		k("name", "The name of the file that is sent.", textForm),
	}}
	counterShape = &shape{name: "counter", example: `{ name = "n" }`, keys: []key{
		k("name", "Its variable.", textForm),
		k("start", "Its first value; 1 without.", wholes(-mostCounter, mostCounter)),
		k("step", "By how much it goes up; 1 without.", wholes(-mostCounter, mostCounter)),
		k("end", "After which value it begins again.", wholes(-mostCounter, mostCounter)),
		k("format", "How it is written: \"id-0000\".", textForm),
		k("per", "Who shares it; with iteration it is each user's own and begins anew in each.", oneOf("user", "group", "all", "iteration")),
	}}
	eachShape = &shape{name: "foreach", example: `{ name = "item", in = "ids" }`, keys: []key{
		k("name", "The variable that has each value in turn.", textForm),
		k("in", "The list, or the name of one that was extracted.", textForm, listOf(scalars...)),
		k("from", "The index of the first value; 0 without.", wholes(0, mostIterations)),
		k("to", "The index behind the last value.", wholes(1, mostIterations)),
	}}
	togetherShape = &shape{name: "together", example: `{ users = 10, timeout = "30s" }`, keys: []key{
		k("users", "How many wait for each other; all of the group without, or with 0.", wholes(0, mostUsers)),
		k("timeout", "How long they wait.", durations(1)),
	}}
	shareShape = &shape{name: "share", example: `{ times = 10, per = "user" }`, keys: []key{
		k("times", "How often it is done.", wholes(1, mostIterations)),
		k("per", "Who shares the count.", oneOf("user", "group", "all")),
	}}
	paceShape = &shape{name: "pace", example: `{ rate = "60/min", per = "group" }`, keys: []key{
		k("rate", "How often users go on.", textForm),
		k("per", "Who shares the rate.", oneOf("user", "group", "all")),
		k("spread", "How the times lie about it.", oneOf("even", "poisson")),
	}}
	askShape = &shape{name: "a variable to be asked for", example: `{ ask = "number of users" }`, keys: []key{
		k("ask", "What it is; --set gives it.", textForm),
	}}

	stepsShape     = &shape{name: "[steps]", example: `{ login = { request = "POST /login" } }`, of: []form{tableOf(stepShape)}}
	varsShape      = &shape{name: "[vars]", example: `{ host = "shop.example" }`, of: append([]form{tableOf(askShape)}, scalars...)}
	valuesShape    = &shape{name: "values", of: scalars}
	setShape       = &shape{name: "set", example: `{ total = "${int(a) + int(b)}" }`, of: scalars}
	weightsShape   = &shape{name: "weights", example: `{ s1 = 2, s2 = 1 }`, of: []form{numberForm}}
	namesShape     = &shape{name: "names", example: `{ s1 = "web-1" }`, of: []form{textForm}}
	nodesShape     = &shape{name: "nodes", example: `{ s1 = "http://127.0.0.1:4000" }`, of: []form{textForm}}
	headersShape   = &shape{name: "headers", example: `{ Accept = "text/html" }`, of: []form{textForm}}
	queryShape     = &shape{name: "query", example: `{ page = 2 }`, of: append([]form{listOf(scalars...)}, scalars...)}
	formShape      = &shape{name: "form", example: `{ name = "Ada" }`, of: append([]form{listOf(scalars...)}, scalars...)}
	extractShape   = &shape{name: "extract", example: `{ token = "json:csrf" }`, of: []form{textForm, tableOf(extractionShape)}}
	multipartShape = &shape{name: "multipart", example: `{ photo = { file = "cat.png" } }`, of: append([]form{listOf(bodyParts...)}, bodyParts...)}
)

const credentialsExample = `{ user = "ada", password = "${env:PASSWORD}" }`

var credentialKeys = []key{
	k("user", "The user.", textForm),
	k("password", "The password.", textForm),
}

// scalars are the forms of a value that becomes text.
var scalars = []form{textForm, numberForm, boolForm}

// bodyParts are the forms of a part of a body of several.
var bodyParts = append([]form{tableOf(partShape)}, scalars...)

// mostCounter bounds a counter, so that it cannot overflow.
const mostCounter = math.MaxInt64 / 4

func init() {
	stepShape.keys = []key{
		k("request", "A request: method and path, or a whole URL.", textForm),
		k("name", "The label of the request, or of the block.", textForm),
		k("headers", "Its headers.", tableOf(headersShape)),
		k("query", "Parameters behind its path.", tableOf(queryShape)),
		k("body", "Its body: text, one of several, or a file.", textForm, textsForm, tableOf(fileShape)),
		k("json", "Its body as JSON.", anyForm),
		k("form", "Its body as a form.", tableOf(formShape)),
		k("multipart", "Its body in several parts.", tableOf(multipartShape)),
		k("pick", "One of the steps below, or of the bodies: in what order, or by what weights.", oneOf("random", "order", "shuffle"), listOf(numberForm)),
		k("resources", "Whether what the page brings along is loaded with it, or which.", boolForm, tableOf(resourcesShape)),
		k("basic_auth", "User and password.", tableOf(basicAuthShape)),
		k("digest_auth", "The same, for a server that asks for them by the Digest scheme.", tableOf(digestAuthShape)),
		k("extract", "Variables that are taken from its response.", tableOf(extractShape)),
		k("assert", "Conditions that its response must satisfy, or the last one for a mark not to fail.", listOf(textForm, tableOf(assertShape))),
		k("timeout", "How long it may take.", durations(1)),
		k("connect_timeout", "How long connecting may take, TLS included.", durations(1)),
		k("redirects", "Whether redirects are followed, or how many at most.", boolForm, wholes(0, mostRedirects)),
		k("redirect_headers", "Headers that go along to another origin, with a redirect or to what a page embeds; * for all.", textsForm),
		k("on_error", "What the user does if it fails.", oneOf("continue", "next-iteration", "stop-user", "stop")),
		k("when", "The step is done only where this condition holds.", textForm),
		k("think", "A pause: \"100ms\", \"uniform 50ms 150ms\", \"gaussian 100ms 20ms\".", textForm),
		k("mark", "A row of no cost, which counts how often it was reached.", textForm),
		k("set", "Variables that are set.", tableOf(setShape)),
		k("counter", "A variable that counts.", tableOf(counterShape)),
		k("use", "The step of [steps] of that name.", textForm),
		k("break", "Leaves the nearest loop.", boolForm),
		k("next", "Goes to the next pass of the nearest loop, or to the next iteration.", boolForm, oneOf("iteration")),
		k("stop", "Ends the user, or the run.", oneOf("user", "run", "now")),
		k("together", "Users wait here until so many have come.", wholes(0, mostUsers), tableOf(togetherShape)),
		k("pace", "Users go on at this rate at most.", textForm, tableOf(paceShape)),
		k("repeat", "The steps below are done so often.", wholes(0, mostIterations)),
		k("index", "The variable that numbers the passes of a loop.", textForm),
		k("while", "The steps below are done again and again while this condition holds.", textForm),
		k("for", "The steps below are done again and again for so long.", durations(1)),
		k("foreach", "The steps below are done for each value of a list.", tableOf(eachShape)),
		k("once", "The steps below are done in a user's first iteration only.", boolForm),
		k("transaction", "The steps below have a row together, of this label.", textForm),
		k("include_think", "Pauses count into the transaction.", boolForm),
		k("only", "The transaction's row stands for all that is in it, which has no rows of its own.", boolForm),
		k("share", "The steps below are done in this share of the iterations: \"30%\"; or so many times.", textForm, tableOf(shareShape)),
		k("parallel", "The requests below are under way at the same time, at most so many.", wholes(1, mostParallel)),
		k("defaults", "What requests below have unless they say otherwise.", tableOf(defaultsShape)),
		k("step", "The steps below.", tablesOfShape(stepShape)),
	}
}
