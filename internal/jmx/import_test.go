package jmx

import (
	"bytes"
	bytesof "encoding/binary"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"stickbench/plans"
)

var update = flag.Bool("update", false, "write the expected files anew")

// options are those under which the plans of testdata are read.
func options(name string) Options {
	return Options{File: filepath.Base(name), Map: []Mapping{{"/home/ada/files/cat.png", "upload.txt"}}, Read: func(file string) ([]byte, error) {
		return os.ReadFile(filepath.Join("testdata", file))
	}}
}

func testPlans(t *testing.T) []string {
	names, err := filepath.Glob("testdata/*.jmx")
	if err != nil || len(names) == 0 {
		t.Fatal("no plans in testdata", err)
	}
	return names
}

// The plans of testdata, which hold every element that is carried over, and what becomes of them.
func TestImportedPlans(t *testing.T) {
	for _, name := range testPlans(t) {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".jmx"), func(t *testing.T) {
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			plan, err := Import(source, options(name))
			if err != nil {
				t.Fatal(err)
			}
			expected := strings.TrimSuffix(name, ".jmx") + ".toml"
			if *update {
				if err := os.WriteFile(expected, []byte(plan.TOML), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(expected)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), plan.TOML); diff != "" {
				t.Errorf("the plan differs (-want +got), -update writes it anew:\n%s", diff)
			}
			if !plan.Account.Whole() && filepath.Base(name) != "scripts.jmx" {
				t.Errorf("%s", plan.Account.Summary())
			}
		})
	}
}

// What the import writes is a plan that reads without a problem.
func TestImportedPlansAreValid(t *testing.T) {
	for _, name := range testPlans(t) {
		source, err := os.ReadFile(strings.TrimSuffix(name, ".jmx") + ".toml")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := plans.Read(strings.TrimSuffix(name, ".jmx")+".toml", source, answers(source)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// answers are values for the variables that a plan asks for.
func answers(source []byte) plans.Override {
	o := plans.Override{Set: map[string]string{}}
	for line := range strings.Lines(string(source)) {
		if name, _, asks := strings.Cut(line, " = { ask ="); asks {
			o.Set[name] = "x"
		}
	}
	return o
}

const planHead = `<jmeterTestPlan version="1.2"><hashTree><TestPlan testname="P"/><hashTree>`
const planFoot = `</hashTree></hashTree></jmeterTestPlan>`

// Files that are no plan: where, what is wrong, and what to do.
func TestFilesThatAreNoPlan(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"empty", "", "the file is empty"},
		{"blank", " \n\t", "the file is empty"},
		{"binary", "\x7fELF\x00\x01", "the file is binary"},
		{"results in CSV", "timeStamp,elapsed,label,responseCode,success\n1,2,a,200,true\n", "stickbench report"},
		{"results without a header", "1795398094962,61,GET /,200,OK,Thread Group 1-1,text,true,566,1,1,61\n", "stickbench report"},
		{"results in XML", `<?xml version="1.0"?><testResults version="1.2"></testResults>`, "stickbench report"},
		{"text", "hello", "no XML in it"},
		{"HTML", "<html><body>x</body></html>", "its root is <html>"},
		{"cut off", `<jmeterTestPlan><hashTree><TestPlan testname="a">` + "\n\n<stringProp", "line 3: the file ends within <TestPlan> of line 1"},
		{"wrong tags", "<jmeterTestPlan>\n<hashTree>\n</jmeterTestPlan>", "line 3: not well-formed XML"},
		{"merge conflict", "<jmeterTestPlan>\n<<<<<<< HEAD\n</jmeterTestPlan>", "line 2: not well-formed XML"},
		{"raw dump", "<org.apache.jmeter.save.ScriptWrapper/>", "save it again"},
		{"nothing in it", "<jmeterTestPlan></jmeterTestPlan>", "without any element"},
		{"fragment", `<jmeterTestPlan><hashTree><TestPlan testname="P"/><hashTree><TestFragmentController testname="F"/><hashTree/></hashTree></hashTree></jmeterTestPlan>`, "a test fragment without a thread group"},
		{"a sampler alone", `<jmeterTestPlan><hashTree><HTTPSamplerProxy testname="x"/></hashTree></jmeterTestPlan>`, "a part of a plan (HTTPSamplerProxy)"},
		{"no group", planHead + planFoot, "no thread group"},
		{"groups that do nothing", planHead + `<ThreadGroup testname="G"><stringProp name="ThreadGroup.num_threads">1</stringProp></ThreadGroup><hashTree/>` + planFoot, "needs its recording first"},
		{"groups switched off", planHead + `<ThreadGroup testname="G" enabled="false"/><hashTree/>` + planFoot, "enable one of G (line 1)"},
		{"entities", `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><jmeterTestPlan>&b;</jmeterTestPlan>`, "invalid character entity"},
		{"deep", strings.Repeat("<hashTree>", 100_000), "nested deeper"},
	} {
		_, err := Import([]byte(c.source), Options{File: c.name})
		var format *FormatError
		if !errors.As(err, &format) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// onePlan is a plan of one group with what is given in it.
func onePlan(steps string) string {
	return planHead + `<ThreadGroup testname="G"><stringProp name="ThreadGroup.num_threads">1</stringProp></ThreadGroup><hashTree>` + steps + `</hashTree>` + planFoot
}

func requestFor(path string) string {
	return fmt.Sprintf(`<HTTPSamplerProxy testname="R"><stringProp name="HTTPSampler.domain">h</stringProp><stringProp name="HTTPSampler.path">%s</stringProp></HTTPSamplerProxy><hashTree/>`, path)
}

// Encodings, and what stands around the document.
func TestEncodings(t *testing.T) {
	plain := onePlan(requestFor("/é"))
	latin := strings.ReplaceAll(`<?xml version="1.0" encoding="ISO-8859-1"?>`+plain, "é", "\xe9")
	for name, source := range map[string]string{
		"UTF-8": plain, "with a byte order mark": "\ufeff" + plain, "Latin 1": latin, "UTF-16 LE": utf16Text(plain, bytesof.LittleEndian),
		"UTF-16 BE": utf16Text(`<?xml version="1.0" encoding="UTF-16"?>`+plain, bytesof.BigEndian), "XML 1.1": `<?xml version="1.1"?>` + plain,
		"something before": "warning: tidied\n" + `<?xml version="1.0"?>` + plain, "something behind": plain + "\n<garbage",
	} {
		plan, err := Import([]byte(source), Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !strings.Contains(plan.TOML, `request = "GET /é"`) {
			t.Errorf("%s:\n%s", name, plan.TOML)
		}
	}
}

func utf16Text(s string, order bytesof.ByteOrder) string {
	var b bytes.Buffer
	for _, u := range append([]uint16{0xfeff}, utf16.Encode([]rune(s))...) {
		_ = bytesof.Write(&b, order, u)
	}
	return b.String()
}

// A property of JMeter without a default is asked for, and what the command line gives it is its value.
func TestProperties(t *testing.T) {
	source := []byte(onePlan(requestFor("/${__P(a.b)}/${__P(c,d)}")))
	plan, err := Import(source, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a_b"}, plan.Account.Needs); diff != "" {
		t.Error(diff)
	}
	if plan, err = Import(source, Options{Properties: map[string]string{"a.b": "x", "c": "y"}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`a_b = "x"`, `c = "y"`} {
		if len(plan.Account.Needs) > 0 || !strings.Contains(plan.TOML, want) {
			t.Errorf("%s is not in\n%s", want, plan.TOML)
		}
	}
}

// A listener, a cache, a disabled element and JMeter's own windows leave no trace.
func TestSilentElements(t *testing.T) {
	plan, err := Import([]byte(onePlan(`<ResultCollector testname="L" guiclass="SummaryReport"/><hashTree/><CacheManager testname="C"/><hashTree/>`+
		`<kg.apc.jmeter.vizualizers.CorrectedResultCollector testname="K"/><hashTree/><BackendListener testname="B"/><hashTree/>`+
		`<JDBCSampler testname="switched off" enabled="false"/><hashTree/>`+requestFor("/")+`<WorkBench testname="W"/><hashTree/>`)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := plan.Account.Summary(), "3 of 3 elements carried"; got != want || strings.Contains(plan.TOML, "switched off") {
		t.Errorf("%s, want %s\n%s", got, want, plan.TOML)
	}
}

// FuzzImport holds that no file makes the import crash or hang.
func FuzzImport(f *testing.F) {
	names, _ := filepath.Glob("testdata/*.jmx")
	for _, name := range names {
		source, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(source) < 30_000 {
			f.Add(source)
		}
	}
	f.Add([]byte(onePlan(requestFor("/${__groovy(vars.get('a') == 'b',)}"))))
	f.Add([]byte(onePlan(`<IfController testname="I"><stringProp name="IfController.condition">"${a}" == "b" &amp;&amp; !${c}</stringProp></IfController><hashTree>` + requestFor("/") + `</hashTree>`)))
	f.Fuzz(func(t *testing.T, source []byte) {
		plan, err := Import(source, Options{File: "fuzz.jmx"})
		if err == nil && plan.TOML == "" {
			t.Error("neither a plan nor an error")
		}
	})
}

// What the plan finds out by extractors and marks, --native has as words of ours, in a plan that is valid.
func TestNative(t *testing.T) {
	source, err := os.ReadFile("testdata/laboratory.jmx")
	if err != nil {
		t.Fatal(err)
	}
	const views = `<RegexExtractor testname="V"><stringProp name="RegexExtractor.refname">VIEWS</stringProp><stringProp name="RegexExtractor.regex">"sessionViews":(\d+)</stringProp><stringProp name="RegexExtractor.template">$1$</stringProp><stringProp name="RegexExtractor.match_number">1</stringProp></RegexExtractor><hashTree/>`
	for _, tt := range []struct{ more, want, without string }{
		{"", "expect = ['errors == 0', 'nodes == 2']\n|[session]\nnode = \"json:tag\"\n|# counter = \"json:NAME\"", "\ncounter = "},
		{views, "[session]\nnode = \"json:tag\"\ncounter = \"json:sessionViews\"\n|assert = ['increments()']", "json:NAME"},
	} {
		plan, err := Import([]byte(strings.Replace(string(source), "<RegexExtractor ", tt.more+"<RegexExtractor ", 1)), Options{File: "lab.jmx", Native: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split(tt.want, "|") {
			if !strings.Contains(plan.TOML, part) {
				t.Errorf("%q is not in\n%s", part, plan.TOML)
			}
		}
		if strings.Contains(plan.TOML, tt.without) {
			t.Errorf("%q is in\n%s", tt.without, plan.TOML)
		}
		if _, err := plans.Read("lab.toml", []byte(plan.TOML), plans.Override{}); err != nil {
			t.Error(err)
		}
	}
}

// Samplers that only wait are pauses and marks; what looks at responses where there are only marks is told.
func TestSamplersThatWait(t *testing.T) {
	const java = `<JavaSampler testname="J"><elementProp name="arguments" elementType="Arguments"><collectionProp name="Arguments.arguments">%s</collectionProp></elementProp><stringProp name="classname">org.apache.jmeter.protocol.java.test.%s</stringProp></JavaSampler><hashTree>%s</hashTree>`
	argument := func(name, value string) string {
		return `<elementProp name="` + name + `" elementType="Argument"><stringProp name="Argument.name">` + name + `</stringProp><stringProp name="Argument.value">` + value + `</stringProp></elementProp>`
	}
	const extractor = `<RegexExtractor testname="R"><stringProp name="RegexExtractor.refname">r</stringProp><stringProp name="RegexExtractor.regex">(x)</stringProp></RegexExtractor><hashTree/>`
	for _, tt := range []struct{ elements, toml, lost string }{
		{fmt.Sprintf(java, "", "JavaTest", ""), "think = \"uniform 100ms 354ms\"\n\n[[group.step]]\nmark = \"J\"", ""},
		{fmt.Sprintf(java, argument("Sleep_Time", "20")+argument("Sleep_Mask", "0x0")+argument("Label", "own"), "JavaTest", ""), "think = \"20ms\"\n\n[[group.step]]\nmark = \"own\"", ""},
		{fmt.Sprintf(java, argument("SleepTime", "0")+argument("SleepMask", "0"), "SleepTest", ""), "mark = \"J\"", ""},
		{fmt.Sprintf(java, argument("Status", "KO"), "JavaTest", ""), "mark = \"J\"\nassert = [{ that = 'false', message = \"it fails on purpose\" }]", ""},
		{fmt.Sprintf(java, argument("Sleep_Time", "${n}"), "JavaTest", ""), "mark = \"J\"", "computed"},
		{fmt.Sprintf(java, "", "Own", ""), "mark = \"J\"", "the Java class Own"},
		{fmt.Sprintf(java, "", "JavaTest", extractor), "mark = \"J\"", "its sampler became a mark"},
		{extractor + fmt.Sprintf(java, "", "JavaTest", ""), "mark = \"J\"", "only samplers that became marks"},
		{extractor + fmt.Sprintf(java, "", "JavaTest", "") + requestFor("/"), "extract.r", ""},
		{`<kg.apc.jmeter.samplers.DummySampler testname="D"><boolProp name="WAITING">true</boolProp><boolProp name="SUCCESFULL">true</boolProp><stringProp name="RESPONSE_TIME">${__Random(50,500)}</stringProp></kg.apc.jmeter.samplers.DummySampler><hashTree/>`,
			"think = \"${random(50, 500)}ms\"\n\n[[group.step]]\nmark = \"D\"", ""},
	} {
		plan, err := Import([]byte(onePlan(tt.elements)), Options{File: "x.jmx"})
		if err != nil {
			t.Fatal(err)
		}
		var told strings.Builder
		for _, l := range plan.Account.Lost {
			told.WriteString(l.Why)
		}
		if !strings.Contains(plan.TOML, tt.toml) || !strings.Contains(told.String(), tt.lost) || (tt.lost == "") != plan.Account.Whole() {
			t.Errorf("lost: %q, want %q; %q is to be in\n%s", told.String(), tt.lost, tt.toml, plan.TOML)
		}
	}
}

// The id that one response names goes into the URLs and forms of the requests in the modifier's scope.
func TestURLRewriting(t *testing.T) {
	const modifier = `<URLRewritingModifier testname="U"><stringProp name="argument_name">sid</stringProp><boolProp name="path_extension">%t</boolProp><boolProp name="path_extension_no_equals">%t</boolProp><boolProp name="path_extension_no_questionmark">%t</boolProp><boolProp name="cache_value">%t</boolProp></URLRewritingModifier><hashTree/>`
	below := func(modifier string) string {
		return onePlan(requestFor("/first") + `<GenericController testname="G"/><hashTree>` + modifier + requestFor("/a?b=1") + `</hashTree>`)
	}
	for _, tt := range []struct{ modifier, want string }{
		{fmt.Sprintf(modifier, false, false, false, true), `GET /a?b=1&sid=${sid}|template = "$1$2$3", optional = true|sid = ""`},
		{fmt.Sprintf(modifier, true, false, false, true), `GET /a;sid=${sid}?b=1|regex = ';sid=([^"'<>&\s;]*)'`},
		{fmt.Sprintf(modifier, true, true, true, false), `GET /a;sid${sid}?b=1|regex = ';sid([^"'<>&\s;?]*)'|default = ""`},
	} {
		plan, err := Import([]byte(below(tt.modifier)), Options{File: "x.jmx"})
		if err != nil {
			t.Fatal(err)
		}
		toml := strings.ReplaceAll(plan.TOML, "'''", "'")
		for _, part := range strings.Split(tt.want, "|") {
			if !strings.Contains(toml, part) || !plan.Account.Whole() || strings.Count(toml, "extract.sid") != 2 {
				t.Errorf("%s is not in\n%s\n%s", part, toml, plan.Account.Summary())
			}
		}
	}
}

// What has one way in a plan of ours, and two or none in JMeter's: extractors of one variable, ports and hosts that are
// none, the passes of a foreach, properties that user variables take, pauses of variables, what follows a failure.
func TestWhatOnePlanMayHold(t *testing.T) {
	below := func(elements string) string {
		return strings.Replace(requestFor("/"), "<hashTree/>", "<hashTree>"+elements+"</hashTree>", 1)
	}
	regex := func(pattern, fallback string) string {
		return `<RegexExtractor testname="R"><stringProp name="RegexExtractor.refname">r</stringProp><stringProp name="RegexExtractor.regex">` + pattern + `</stringProp><stringProp name="RegexExtractor.match_number">1</stringProp><stringProp name="RegexExtractor.default">` + fallback + `</stringProp></RegexExtractor><hashTree/>`
	}
	script := func(class, text string) string {
		return `<` + class + ` testname="S"><stringProp name="script">` + text + `</stringProp></` + class + `><hashTree/>`
	}
	response := func(field, pattern string) string {
		return `<ResponseAssertion testname="A"><collectionProp name="Asserion.test_strings"><stringProp name="1">` + pattern + `</stringProp></collectionProp><stringProp name="Assertion.test_field">Assertion.` + field + `</stringProp><intProp name="Assertion.test_type">16</intProp></ResponseAssertion><hashTree/>`
	}
	action := func(n int) string {
		return fmt.Sprintf(`<ResultAction testname="A"><intProp name="OnError.action">%d</intProp></ResultAction><hashTree/>`, n)
	}
	loop := func(elements string) string {
		return `<LoopController testname="L"><stringProp name="LoopController.loops">2</stringProp></LoopController><hashTree>` + elements + `</hashTree>`
	}
	at := func(host, port string) string {
		return `<HTTPSamplerProxy testname="R"><stringProp name="HTTPSampler.domain">` + host + `</stringProp><stringProp name="HTTPSampler.port">` + port + `</stringProp></HTTPSamplerProxy><hashTree/>`
	}
	const list = `<UserParameters testname="U"><collectionProp name="UserParameters.names"><stringProp name="1">id_1</stringProp></collectionProp><collectionProp name="UserParameters.thread_values"><collectionProp name="1"><stringProp name="1">x</stringProp></collectionProp></collectionProp></UserParameters><hashTree/>`
	const host = `<Arguments testname="V"><collectionProp name="Arguments.arguments"><elementProp name="host" elementType="Argument"><stringProp name="Argument.name">host</stringProp><stringProp name="Argument.value">${__property(host)}</stringProp></elementProp></collectionProp></Arguments><hashTree/>`
	for _, tt := range []struct{ elements, toml, lost string }{
		{below(regex("(a)", "") + regex("(a)", "")), "extract.r = { regex = '(a)', optional = true }", ""},
		{below(regex("(a)", "") + regex("(b)", "none")), `extract.r = { regex = '(b)', default = "none" }`, ""},
		{below(regex("(a)", "none") + regex("(b)", "")), `extract.r = { regex = '(a)', default = "none" }`, "another extractor"},
		{below(response("request_headers", "X: a&#xa;Y")), `assert = ['sent() contains "X: a\r\nY"']`, ""},
		{below(response("request_headers", "X")), `headers = { Connection = "keep-alive" }`, ""},
		{below(response("request_data", "X")), `assert = ['"GET " + url() + "\n\n" + sent_body() contains "X"']`, ""},
		{below(strings.Replace(response("request_data", "X"), ">16<", ">8<", 1)), `request = "GET /"`, "compares the whole of Assertion.request_data"},
		{`<CounterConfig testname="C"><stringProp name="CounterConfig.name">n</stringProp><stringProp name="CounterConfig.start">1</stringProp><boolProp name="CounterConfig.per_user">true</boolProp><boolProp name="CounterConfig.reset_on_tg_iteration">true</boolProp></CounterConfig><hashTree/>` + requestFor("/${n}"),
			`counter = { name = "n", per = "iteration" }`, ""},
		{below(strings.Replace(regex("X: (.*)", "none"), "</RegexExtractor>", `<stringProp name="RegexExtractor.useHeaders">request_headers</stringProp></RegexExtractor>`, 1)), `extract.r = { regex = 'X: (.*)', from = "sent", default = "none" }`, ""},
		{strings.Replace(at("h", ""), "</HTTP", `<stringProp name="HTTPSampler.method">${m}</stringProp></HTTP`, 1), `request = "GET /"`, "its method is no word: ${m}"},
		{strings.Replace(host, "${__property(host)}", "post", 1) + strings.Replace(at("h", ""), "</HTTP", `<stringProp name="HTTPSampler.method">${host}</stringProp></HTTP`, 1), `request = "POST /"`, ""},
		{requestFor("/${__jm__L__idx}") + loop(requestFor("/${__jm__L__idx}")), `l_pass = "1" # until its loop begins`, ""},
		{`<AuthManager testname="A"><collectionProp name="AuthManager.auth_list"><elementProp name="" elementType="Authorization"><stringProp name="Authorization.username">ada</stringProp><stringProp name="Authorization.password">pw</stringProp><stringProp name="Authorization.mechanism">DIGEST</stringProp></elementProp></collectionProp></AuthManager><hashTree/>` + requestFor("/"),
			`digest_auth = { user = "ada", password = "pw" }`, ""},
		{at("h", "xxx"), `request = "GET /"`, "is no port"},
		{at("${unset}", ""), `request = "GET http://$${unset}/"`, ""},
		{list + requestFor("/") + `<ForeachController testname="F"><stringProp name="ForeachController.inputVal">id</stringProp><stringProp name="ForeachController.returnVal">one</stringProp></ForeachController><hashTree>` + requestFor("/${__jm__F__idx}") + `</hashTree>`, `index = "f_pass"`, ""},
		{host + requestFor("/${host}"), `host = { ask = "JMeter's property host" }`, ""},
		{script("JSR223Sampler", `vars.put("pause", String.valueOf(1 + 1))`) + `<ConstantTimer testname="T"><stringProp name="ConstantTimer.delay">${pause}</stringProp></ConstantTimer><hashTree/>` + requestFor("/"), `think = "${pause}ms"`, ""},
		{loop(below(action(5))), "when = 'failed()'\n  next = true", ""},
		{loop(below(action(6))), "when = 'failed()'\n  break = true", ""},
		{below(action(6)), "when = 'failed()'\nstop = \"user\"", ""},
		{below(script("JSR223PostProcessor", "prev.setSuccessful(true)")), "assert = ['status > 0']", ""},
		{below(script("JSR223PostProcessor", `prev.setSuccessful(true); if (prev.getResponseCode() == "500") prev.setSuccessful(false)`)), "assert = ['status != 500']", ""},
		{below(script("JSR223PostProcessor", `if (prev.getResponseCode() == "500") prev.setSuccessful(false)`)), "  'status < 400',\n  'status != 500',", ""},
		{below(script("JSR223PostProcessor", `if (new groovy.json.JsonSlurper().parseText(prev.getResponseDataAsString()).status != "ok") prev.setSuccessful(false)`)), `assert = ['string(json("status")) == "ok"']`, ""},
		{below(script("JSR223PostProcessor", `if (prev.getResponseCode() == "500" || new groovy.json.JsonSlurper().parseText(prev.getResponseDataAsString()).code != 200) prev.setSuccessful(false)`)), "  'status < 400',\n  'status != 500',\n  'int(json(\"code\")) == 200',", ""},
		{below(script("JSR223PostProcessor", `if (vars.get("r")) prev.setSuccessful(true)`)), `request = "GET /"`, "a failure a success"},
	} {
		plan, err := Import([]byte(onePlan(tt.elements)), Options{File: "x.jmx"})
		if err != nil {
			t.Fatal(err)
		}
		told := plan.Account.Summary()
		for _, l := range plan.Account.Lost {
			told += "; " + l.Why
		}
		if toml := strings.ReplaceAll(plan.TOML, "'''", "'"); !strings.Contains(toml, tt.toml) || !strings.Contains(told, tt.lost) || (tt.lost == "") != plan.Account.Whole() {
			t.Errorf("%s, want %q; %q is to be in\n%s", told, tt.lost, tt.toml, toml)
		}
		if _, err := plans.Read("x.toml", []byte(plan.TOML), answers([]byte(plan.TOML))); err != nil {
			t.Errorf("%v:\n%s", err, plan.TOML)
		}
	}
}

// JMESPaths that follow members and elements are paths of ours; others are told.
func TestJMESPath(t *testing.T) {
	for path, want := range map[string]string{"a.b[0].c": "a.b.0.c", "items[].id": "$.items[*].id", "items[*].id": "$.items[*].id", "a[?b=='c']": "", "length(a)": "", "a | b": "", "{x: a}": ""} {
		got, ok := jmesPath(path)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%s: %s, %v, want %s", path, got, ok, want)
		}
	}
}

// An assertion by XPath is an extraction that is judged.
func TestXPathAssertion(t *testing.T) {
	source := onePlan(strings.Replace(requestFor("/"), "<hashTree/>", `<hashTree><XPathAssertion testname="X"><boolProp name="XPath.negate">true</boolProp><stringProp name="XPath.xpath">//error</stringProp></XPathAssertion><hashTree/><XPath2Assertion testname="Y"><stringProp name="XPath.xpath">count(//a) = 2</stringProp></XPath2Assertion><hashTree/></hashTree>`, 1))
	plan, err := Import([]byte(source), Options{File: "x.jmx"})
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`extract.found = { xpath = '//error', default = "false" }`, `extract.found_2 = { xpath = 'count(//a) = 2', default = "false" }`,
		`'found == "false"',`, `'found_2 != "false"',`,
	} {
		if !plan.Account.Whole() || !strings.Contains(plan.TOML, part) {
			t.Errorf("%s is not in\n%s\n%s", part, plan.TOML, plan.Account.Summary())
		}
	}
}
