package jmx

import (
	"fmt"
	"strings"
	"testing"

	"stickbench/plans"
)

// stringProps are properties of text: name, value, name, value …
func stringProps(all ...string) string {
	var b strings.Builder
	for i := 0; i < len(all); i += 2 {
		fmt.Fprintf(&b, `<stringProp name="%s">%s</stringProp>`, all[i], all[i+1])
	}
	return b.String()
}

// requestOf is an HTTP request with more properties, and with elements below it.
func requestOf(method, props, below string) string {
	return `<HTTPSamplerProxy testname="R">` + stringProps("HTTPSampler.domain", "h", "HTTPSampler.path", "/", "HTTPSampler.method", method) + props +
		`</HTTPSamplerProxy><hashTree>` + below + `</hashTree>`
}

// parametersOf are a request's: name, value, name, value …
func parametersOf(all ...string) string {
	var b strings.Builder
	for i := 0; i < len(all); i += 2 {
		b.WriteString(`<elementProp name="" elementType="HTTPArgument"><boolProp name="HTTPArgument.always_encode">true</boolProp>` + stringProps("Argument.name", all[i], "Argument.value", all[i+1]) + `</elementProp>`)
	}
	return `<elementProp name="HTTPsampler.Arguments" elementType="Arguments"><collectionProp name="Arguments.arguments">` + b.String() + `</collectionProp></elementProp>`
}

// groupOf is a thread group, of which loops are its iterations.
func groupOf(name, users, loops, steps string) string {
	return `<ThreadGroup testname="` + name + `"><stringProp name="ThreadGroup.num_threads">` + users + `</stringProp><elementProp name="ThreadGroup.main_controller" elementType="LoopController"><stringProp name="LoopController.loops">` +
		loops + `</stringProp></elementProp></ThreadGroup><hashTree>` + steps + `</hashTree>`
}

func headersOf(attributes, inner string) string {
	return `<HeaderManager testname="H"><collectionProp name="HeaderManager.headers"` + attributes + `>` + inner + `</collectionProp></HeaderManager><hashTree/>`
}

func headerOf(name, value string) string {
	return `<elementProp name="" elementType="Header">` + stringProps("Header.name", name, "Header.value", value) + `</elementProp>`
}

func scripted(class, source string) string {
	return `<` + class + ` testname="S">` + stringProps("script", source) + `</` + class + `><hashTree/>`
}

// What recorders, converters and hasty hands write: each kind of it was found in several public plans.
func TestKindsOfPublicPlans(t *testing.T) {
	const file = `<elementProp name="HTTPsampler.Files" elementType="HTTPFileArgs"><collectionProp name="HTTPFileArgs.files"><elementProp name="" elementType="HTTPFileArg"><stringProp name="File.path">upload.txt</stringProp><stringProp name="File.paramname">f</stringProp></elementProp></collectionProp></elementProp>`
	const userParameters = `<UserParameters testname="U"><collectionProp name="UserParameters.names"><stringProp name="1">n</stringProp><stringProp name="2">n</stringProp></collectionProp><collectionProp name="UserParameters.thread_values"><collectionProp name="1"><stringProp name="1">a</stringProp><stringProp name="2">b</stringProp></collectionProp></collectionProp></UserParameters><hashTree/>`
	const data = `<CSVDataSet testname="C"><stringProp name="filename">people.csv</stringProp><stringProp name="variableNames">login</stringProp><boolProp name="recycle">true</boolProp></CSVDataSet><hashTree/>`
	uniform := func(least, width string) string {
		return `<UniformRandomTimer testname="T">` + stringProps("ConstantTimer.delay", least, "RandomTimer.range", width) + `</UniformRandomTimer><hashTree/>`
	}
	stepping := func(total, each string) string {
		return `<kg.apc.jmeter.threads.SteppingThreadGroup testname="S">` + stringProps("ThreadGroup.num_threads", total, "Start users count burst", "100", "Start users count", each, "Start users period", "2", "rampUp", "1",
			"flighttime", "60", "Stop users count", each, "Stop users period", "2") + `</kg.apc.jmeter.threads.SteppingThreadGroup><hashTree>` + requestFor("/") + `</hashTree>`
	}
	precise := `<PreciseThroughputTimer testname="P">` + stringProps("throughput", "10", "throughputPeriod", "130") + `</PreciseThroughputTimer><hashTree/>`
	login := requestOf("POST", "", scripted("JSR223PostProcessor", `props.put("token", prev.getResponseDataAsString())`))
	for _, tt := range []struct{ what, groups, want, without, lost string }{
		{"a list of headers by reference", groupOf("G", "1", "1", requestOf("GET", "", headersOf("", headerOf("X-A", "1")))+
			requestOf("GET", "", headersOf(` reference="../../../hashTree[1]/HeaderManager/collectionProp"`, ""))), `[defaults]|headers = { X-A = "1" }`, "", ""},
		{"a reference to what refers", groupOf("G", "1", "1", requestOf("GET", "", headersOf(` reference=".."`, ""))), `request = "GET /"`, "headers", ""},
		{"a reference to nothing", groupOf("G", "1", "1", requestOf("GET", "", headersOf(` reference="../../../../../../../../../../../a[x]"`, ""))), `request = "GET /"`, "headers", ""},
		{"a query without a name", groupOf("G", "1", "1", requestOf("GET", parametersOf("", "x", "a", "1"), "")), `query = { a = "1" }`, `x`, ""},
		{"a form without a name", groupOf("G", "1", "1", requestOf("POST", parametersOf("", "y", "a", "1"), "")), `form = { a = "1" }`, `"y"`, ""},
		{"a part without a name", groupOf("G", "1", "1", requestOf("POST", parametersOf("", "")+file, headersOf("", headerOf("Content-Type", "multipart/form-data")+headerOf("X-A", "1")))),
			`multipart = { f = { file = "upload.txt" } }|headers = { X-A = "1" }`, "body", ""},
		{"one name twice", groupOf("G", "1", "1", userParameters+requestFor("/${n}")), `set = { n = "b" }`, `"a"`, ""},
		{"a pause of nothing", groupOf("G", "1", "1", uniform("0", "0")+requestFor("/")), `request = "GET /"`, "think", ""},
		{"a range of nothing", groupOf("G", "1", "1", uniform("500", "0")+requestFor("/")), `think = "500ms"`, "uniform", ""},
		{"a pace of many digits", groupOf("G", "1", "1", precise+requestFor("/")), `rate = "4.61538/min"`, "", ""},
		{"many steps", stepping("500", "5"), "{ to = 100, for = \"1s\" },\n  { to = 500, for = \"4m\" },\n  { to = 500, for = \"1m\" },\n  { to = 0, for = \"3m18s\" },\n]", "", ""},
		{"few steps", stepping("200", "100"), "{ to = 100, for = \"2s\" },\n  { to = 200, for = \"1s\" },\n  { to = 200, for = \"1m\" },\n  { to = 100, for = \"0s\" },\n  { to = 100, for = \"2s\" },\n  { to = 0, for = \"0s\" },", "", ""},
		{"a default behind a blank", groupOf("G", "${__P(users, 10)}", "1", requestFor("/")), `users = "10"|users = "${users}"`, "", ""},
		{"a transaction of nothing", groupOf("G", "1", "1", `<TransactionController testname="Launch"/><hashTree/>`+requestFor("/")), `mark = "Launch"`, "", ""},
		{"data read once", groupOf("G", "1", "3", `<OnceOnlyController testname="O"/><hashTree>`+data+`</hashTree>`+requestFor("/${login}")), `every = "user"`, "", ""},
		{"data of a loop of one pass", groupOf("G", "1", "3", `<LoopController testname="L"><stringProp name="LoopController.loops">1</stringProp></LoopController><hashTree>`+data+requestFor("/${login}")+`</hashTree>`), `file = "people.csv"`, "every", ""},
		{"data of a loop", groupOf("G", "1", "3", `<LoopController testname="L"><stringProp name="LoopController.loops">2</stringProp></LoopController><hashTree>`+data+requestFor("/${login}")+`</hashTree>`), `file = "people.csv"`, "every", "in each pass"},
		{"a property set by a group that runs once", groupOf("A", "1", "1", login) + groupOf("B", "5", "9", requestFor("/${__P(token)}")), "name = \"A\"\nphase = \"setup\"|set = { token = \"${body}\" }|GET /${token}", "ask", ""},
		{"a property set by users", groupOf("A", "2", "1", login) + groupOf("B", "5", "9", requestFor("/${__P(token)}")), `name = "A"`, "phase", "does its steps once"},
		{"an assertion that sets", groupOf("G", "1", "1", requestOf("GET", "", scripted("BeanShellAssertion", `vars.put("code", ResponseCode);`))+requestFor("/${code}")), `set = { code = "${status}" }`, "", ""},
		{"an assertion that logs, of marks", groupOf("G", "1", "1", scripted("BeanShellAssertion", "if (SampleResult.isSuccessful() == false) {\nlog.error\n(\"a\"\n+ SampleResult.toString());\n}")+`<DebugSampler testname="D"/><hashTree/>`), `mark = "D"`, "", ""},
	} {
		plan, err := Import([]byte(planHead+tt.groups+planFoot), Options{File: "x.jmx"})
		if err != nil {
			t.Errorf("%s: %v", tt.what, err)
			continue
		}
		told := ""
		for _, l := range plan.Account.Lost {
			told += l.Why
		}
		if !strings.Contains(told, tt.lost) || (tt.lost == "") != plan.Account.Whole() {
			t.Errorf("%s: lost %q, want %q", tt.what, told, tt.lost)
		}
		for _, part := range strings.Split(tt.want, "|") {
			if !strings.Contains(plan.TOML, part) || tt.without != "" && strings.Contains(plan.TOML[strings.Index(plan.TOML, "[target]"):], tt.without) {
				t.Errorf("%s: %s is to be in, and %q not in\n%s", tt.what, part, tt.without, plan.TOML)
			}
		}
		if _, err := plans.Read("testdata/x.toml", []byte(plan.TOML), answers([]byte(plan.TOML))); err != nil {
			t.Errorf("%s: %v:\n%s", tt.what, err, plan.TOML)
		}
	}
}
