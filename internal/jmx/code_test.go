package jmx

import (
	"strings"
	"testing"
)

// conditionCases are conditions as JMeter's users write them, in JavaScript, JEXL and Groovy, and as ours.
var conditionCases = []struct{ theirs, ours string }{
	{`"${TAG}" == "s1"`, `TAG == "s1"`},
	{`'${TAG}' != 's1'`, `TAG != "s1"`},
	{`${n} < 5`, `int(n) < 5`},
	{`${n} >= 0.5`, `float(n) >= 0.5`},
	{`${n} % 2 == 0`, `int(n) % 2 == 0`},
	{`${flag}`, `flag == "true"`},
	{`!${flag}`, `flag != "true"`},
	{`${flag} == true`, `flag == "true"`},
	{`"${a}" == "1" && "${b}" != "2" || ${n} > 3`, `a == "1" && b != "2" || int(n) > 3`},
	{`("${a}" == "1" || "${b}" == "2") && ${n} > 3`, `(a == "1" || b == "2") && int(n) > 3`},
	{`"${a}".equals("x")`, `a == "x"`},
	{`"${a}".contains("x y")`, `a contains "x y"`},
	{`"${a}".indexOf("x") != -1`, `a contains "x"`},
	{`"${a}".indexOf("x") >= 0`, `a contains "x"`},
	{`"${a}".indexOf("x") == -1`, `not (a contains "x")`},
	{`"${a}".length() > 3`, `len(a) > 3`},
	{`"${a}".startsWith("/x")`, `a startsWith "/x"`},
	{`"${a}".toLowerCase() == "ok"`, `lower(a) == "ok"`},
	{`"${a}".matches("\\d+")`, `a matches "^(?:\\d+)$"`},
	{`vars.get("a") == "x"`, `a == "x"`},
	{`vars.get("a") != null`, `a != ""`},
	{`vars.get("a").equals("x") && vars.get("n").toInteger() < 10`, `a == "x" && int(n) < 10`},
	{`vars["a"] == "x"`, `a == "x"`},
	{`(vars.get("n") as int) < 10`, `int(n) < 10`},
	{`Integer.parseInt(vars.get("n")) + 1 == 3`, `int(n) + 1 == 3`},
	{`parseInt("${n}") == 3`, `int(n) == 3`},
	{`"${a}" eq "x" and ${n} lt 4`, `a == "x" && int(n) < 4`},
	{`${JMeterThread.last_sample_ok}`, `not failed()`},
	{`${JMeterThread.last_sample_ok} == false`, `failed()`},
	{`"${JMeterThread.last_sample_ok}" == "true"`, `not failed()`},
	{`prev.getResponseCode() == "200"`, `status == 200`},
	{`prev.getResponseCode().equals("200")`, `status == 200`},
	{`prev.isSuccessful()`, `not failed()`},
	{`prev.getResponseDataAsString().contains("ok")`, `body contains "ok"`},
	{`"${unknown}" == "x"`, `"${unknown}" == "x"`},
	{`"${a}" == "\${a}"`, `a == "${a}"`},
	{`${__jexl3("${a}" == "x" && ${n} > 3,)}`, `a == "x" && int(n) > 3`},
	{`${__groovy(vars.get("a") == "x")}`, `a == "x"`},
	{`${__javaScript("${a}" == "x")}`, `a == "x"`},
	{`1 == 1`, `1 == 1`},
	{`true`, `true`},
	{`ctx.getThreadNum() == 0`, `int(user) - 1 == 0`},
	{`"${a}" == "x" ? true : false`, `a == "x" ? true : false`},
}

// testImporter knows a few variables.
func testImporter() *importer {
	im := &importer{variables: newVariables(), indexes: map[string]string{}, lost: map[*Element]bool{}, counted: map[*Element]bool{}}
	im.at = &Element{Class: "Test"}
	for _, name := range []string{"a", "b", "n", "flag", "TAG", "token"} {
		im.defined[name] = true
		im.define(name)
	}
	im.lists["ids"] = true
	return im
}

func TestConditionsBecomeOurs(t *testing.T) {
	for _, c := range conditionCases {
		x, err := testImporter().condition(c.theirs, false)
		if err != nil {
			t.Errorf("%s: %v", c.theirs, err)
		} else if x.String() != c.ours {
			t.Errorf("%s\n got %s\nwant %s", c.theirs, x, c.ours)
		}
	}
}

func TestConditionsBeyondThatAreTold(t *testing.T) {
	for _, c := range []struct{ theirs, why string }{
		{`for (i = 0; i < 3; i++) {}`, "for"},
		{`new File("x").exists()`, "new File"},
		{`"${a}" == `, "not understood"},
		{`foo(1)`, "foo"},
		{`"${a}" == "x`, "does not end"},
		{strings.Repeat("(", 200) + "1", "nested deeper"},
	} {
		if x, err := testImporter().condition(c.theirs, false); err == nil {
			t.Errorf("%s became %s", c.theirs, x)
		} else if !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v, want %s", c.theirs, err, c.why)
		}
	}
}

// words are the actions as one line.
func words(actions []action) string {
	var all []string
	for _, a := range actions {
		s := a.do
		switch a.do {
		case "set", "share":
			s = a.name + " = " + a.value.template()
		case "fail", "think":
			s += " " + a.value.String()
		case "when":
			s += " " + a.value.String() + " { " + words(a.then) + " }"
		case "stop":
			s += " " + a.name
		}
		all = append(all, s)
	}
	return strings.Join(all, "; ")
}

// Scripts of the sorts that recur in public plans.
func TestScriptsBecomeActions(t *testing.T) {
	for _, c := range []struct{ script, actions string }{
		{``, ``},
		{"// only a comment\n/* and\n another */", ``},
		{`log.info("token: " + vars.get("token"));`, ``},
		{`System.out.println("x " + foo.bar());print("y")`, ``},
		{`import java.util.UUID;` + "\n" + `vars.put("a", UUID.randomUUID().toString());`, `a = ${uuid()}`},
		{`vars.put("a", "fixed")`, `a = fixed`},
		{`vars.put("a", "${token}-x");`, `a = ${token}-x`},
		{`vars.put("a", vars.get("b"))`, `a = ${b}`},
		{`def id = UUID.randomUUID().toString()` + "\n" + `vars.put("a", id)`, `a = ${uuid()}`},
		{`def id = UUID.randomUUID().toString()` + "\n" + `vars.put("a", id)` + "\n" + `vars.put("b", "x" + id)`, `id = ${uuid()}; a = ${id}; b = x${id}`},
		{`int i = Integer.parseInt(vars.get("n")); i++; vars.put("n", String.valueOf(i));`, `n = ${int(n) + 1}`},
		{`vars.put("n", (vars.get("n").toInteger() + 1).toString())`, `n = ${int(n) + 1}`},
		{`Random r = new Random(); int x = r.nextInt(100); vars.put("a", "" + x);`, `a = ${random(0, 99)}`},
		{`vars.put("a", org.apache.commons.lang3.RandomStringUtils.randomNumeric(5))`, `a = ${random_text(5, "0123456789")}`},
		{`vars.put("a", String.valueOf((int)(Math.random() * 10)))`, `a = ${random(0, 9)}`},
		{`vars.put("a", Math.floor(Math.random() * 10 + 1))`, `a = ${random(0, 9) + 1}`},
		{`vars.put("a", String.valueOf(System.currentTimeMillis()))`, `a = ${now()}`},
		{`SimpleDateFormat f = new SimpleDateFormat("yyyy-MM-dd"); vars.put("a", f.format(new Date()));`, `a = ${now("yyyy-MM-dd")}`},
		{`vars.put("a", new Date().format("yyyy-MM-dd"))`, `a = ${now("yyyy-MM-dd")}`},
		{`import groovy.json.JsonSlurper` + "\n" + `def json = new JsonSlurper().parseText(prev.getResponseDataAsString())` + "\n" + `vars.put("token", json.data.token)`, `token = ${json("data.token")}`},
		{`def j = new groovy.json.JsonSlurper().parseText(prev.responseDataAsString); vars.put("a", j.items[0].id.toString())`, `a = ${json("items.0.id")}`},
		{`if (!prev.getResponseCode().equals("200")) { SampleResult.setSuccessful(false); }`, `when status != 200 { fail true }`},
		{`if (!prev.getResponseDataAsString().contains("ok")) { AssertionResult.setFailure(true); AssertionResult.setFailureMessage("no ok"); }`,
			`when not (body contains "ok") { fail true }`},
		{`if (ResponseCode.equals("200") == false) { Failure = true; FailureMessage = "bad"; }`, `when status != 200 { fail true }`},
		{`String r = new String(ResponseData, "UTF-8"); if (r.contains("id")) { Failure = false; } else { Failure = true; FailureMessage = "none in " + r; }`, `when not (body contains "id") { fail true }`},
		{`def n = (vars.get("ids_matchNr") ?: "0") as int` + "\n" + `if (n == 0) AssertionResult.setFailure(true)`, `when (len(ids) != 0 ? len(ids) : 0) == 0 { fail true }`},
		{`Failure = !("${a}".equals("x"));`, `fail a != "x"`},
		{`if (vars.get("a") == "x") vars.put("b", "1"); else vars.put("b", "2");`, `when a == "x" { b = 1 }; when a != "x" { b = 2 }`},
		{`def v = "1"` + "\n" + `if (vars.get("a") == "x") { v = "2" }` + "\n" + `vars.put("b", v)`, `b = ${a == "x" ? "2" : "1"}`},
		{`Thread.sleep(500);`, `think 500`},
		// truth by Groovy's rule, defaults, lists, parts of texts, patterns between slashes
		{`if (vars.get("a") && !vars.get("b")) vars.put("n", "1")`, `when a != "" && b == "" { n = 1 }`},
		{`var j = JSON.parse(prev.getResponseDataAsString()); if (!j.id) { AssertionResult.setFailure(true) }`, `when json("id") in [nil, "", 0, false] { fail true }`},
		{`vars.put("a", vars.get("b") ?: "none")`, `a = ${b != "" ? b : "none"}`},
		{`vars.put("a", props.getProperty("size", "5"))`, `a = ${size}`},
		{`def list = ["u", "v"]` + "\n" + `vars.put("a", list[new Random().nextInt(list.size())])`, `a = ${["u", "v"][random(0, 1)]}`},
		{`if (["u", "v"].contains(vars.get("a"))) vars.put("b", "1")`, `when a in ["u", "v"] { b = 1 }`},
		{`vars.put("a", UUID.randomUUID().toString().substring(0, 8))`, `a = ${uuid()[0:8]}`},
		{`if (!(prev.getResponseCode() ==~ /2\d\d|404/)) prev.setSuccessful(false)`, `when not (string(status) matches "^(?:2\\d\\d|404)$") { fail true }`},
		{`vars.put("a", "Basic " + new String(Base64.getEncoder().encode((vars.get("b") + ":x").getBytes())))`, `a = Basic ${base64(b + ":x")}`},
		{`vars.put("a", "x".bytes.encodeBase64().toString() + Base64.encoder.encodeToString("y".getBytes("UTF-8")))`, `a = ${base64("x")}${base64("y")}`},
		{`vars.put("n", RandomUtils.nextInt(5, 10) + "-" + vars.getIteration())`, `n = ${random(5, 9)}-${int(iteration)}`},
		{`if (Math.abs(vars.get("n").toInteger() - 3) > 1) vars.put("a", Math.floor(+vars.get("n") / 2))`, `when abs(int(n) - 3) > 1 { a = ${int(floor(int(n) / 2))} }`},
		{`vars.put("n", "" + 6 / 2)`, `n = ${6 / 2}`},
		{`SampleResult.setResponseData("made up", "UTF-8"); SampleResult.setSuccessful(true);`, `pass`},
		{`if (prev.getResponseCode() == "404") { prev.setSuccessful(true) } else { prev.setSuccessful(false) }`, `when status != 404 { fail true }`},
		{`if (prev.getResponseCode() == "404") prev.setSuccessful(true)`, `when status == 404 { pass }`},
		{`if (prev.getResponseCode() != "200") return` + "\n" + `vars.put("a", "1")`, `when status == 200 { a = 1 }`},
		{`if (vars.get("a") == "x") { vars.put("b", "1"); return }` + "\n" + `if (vars.get("a") == "y") return; vars.put("b", "2")`,
			`when a == "x" { b = 1 }; when a != "x" { when a != "y" { b = 2 } }`},
		{`ctx.getThread().stop()`, `stop user`},
		{`prev.setStopTest(true)`, `stop run`},
		{`try { vars.put("a", "1"); } catch (Exception e) { log.error("x", e); }`, `a = 1`},
		{`vars.put("a", args[0] + args[1])`, `a = p${token}`},
		{`return true`, ``},
		// a local keeps the value that its variable had
		{`String old = vars.get("a"); vars.put("a", "new"); vars.put("b", old);`, `old = ${a}; a = new; b = ${old}`},
	} {
		actions, err := parseScript(c.script, testImporter(), "p ${token}")
		if err != nil {
			t.Errorf("%s: %v", c.script, err)
		} else if got := words(actions); got != c.actions {
			t.Errorf("%s\n got %s\nwant %s", c.script, got, c.actions)
		}
	}
}

func TestScriptsBeyondThatAreTold(t *testing.T) {
	for _, c := range []struct{ script, why string }{
		{`for (int i = 0; i < 3; i++) { vars.put("a", "x"); }`, "a loop"},
		{`new File("/etc/passwd").text`, "new File"},
		{"vars.put(\"a\", \"1\")\nFileWriter w = new FileWriter(\"x\")", "line 2"},
		{`vars.put("a_" + vars.get("n"), "1")`, "computed"},
		{`sampler.addArgument("x", "y")`, "sampler"},
		{`SampleResult.setSampleLabel("x")`, "setSampleLabel"},
		{`if (a) { return }`, ""},
		{`try { if (vars.get("a") == "x") { return } } catch (e) {}; vars.put("b", "1")`, "return within an if"},
		{`prev.setResponseData("x")`, "setResponseData"},
		{`vars.put("a", [k: "v"])`, "k"},
		{`{ return; vars.put("a", "1") }`, "behind return"},
		{`vars.put("a"`, ""},
		{`{`, ""},
		{"\x00", ""},
	} {
		if actions, err := parseScript(c.script, testImporter(), ""); err == nil {
			t.Errorf("%s became %s", c.script, words(actions))
		} else if !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v, want %s", c.script, err, c.why)
		}
	}
}

// Texts as JMeter reads them: its functions, nested and with escapes.
func TestValuesBecomeOurs(t *testing.T) {
	for _, c := range []struct{ theirs, ours string }{
		{`plain`, `plain`},
		{`a ${a} b`, `a ${a} b`},
		{`${unknown}`, `$${unknown}`},
		{`${`, `$${`},
		{`${a`, `$${a`},
		{`C:\dir`, `C:\dir`},
		{`\d ${a} \$ \\`, `\d ${a} $ \`},
		{`${__P(host,localhost)}`, `${host}`},
		{`${__UUID}`, `${uuid()}`},
		{`${__UUID()}`, `${uuid()}`},
		{`${__Random(1,10)}`, `${random(1, 10)}`},
		{`${__Random(1,${n})}`, `${random(1, int(n))}`},
		{`${__RandomString(8,abc)}`, `${random_text(8, "abc")}`},
		{`${__time(yyyy-MM-dd'T'HH:mm:ss)}`, `${now("yyyy-MM-dd'T'HH:mm:ss")}`},
		{`${__time(,)}`, `${now()}`},
		{`${__time(/1000)}`, `${now("unix")}`},
		{`${__timeShift(yyyy-MM-dd,,P1D,,)}`, `${now("yyyy-MM-dd", "24h")}`},
		{`${__timeShift(yyyy-MM-dd,,-PT30M,,)}`, `${now("yyyy-MM-dd", "-30m")}`},
		{`${__threadNum}`, `${user}`},
		{`${__urlencode(${a} b)}`, `${urlencode(a + " b")}`},
		{`${__base64Encode(${a}:x)}`, `${base64(a + ":x")}`},
		{`${__digest(SHA-256,${a},,,)}`, `${sha256(a)}`},
		{`${__V(a)}`, `${a}`},
		{`${__intSum(${n},1)}`, `${int(n) + 1}`},
		{`${__groovy(1 + 1)}`, `${1 + 1}`},
		{`${__changeCase(${a},UPPER,)}`, `${upper(a)}`},
		{`${ids_1}`, `${ids[0]}`},
		{`${ids_matchNr}`, `${len(ids)}`},
		{`${__V(ids_${n})}`, `${ids[int(n) - 1]}`},
		{`${COOKIE_SID}`, `${cookie("SID")}`},
		{`${__char(65,66)}`, `AB`},
		{`${__jexl3(${n} + 1)}`, `${int(n) + 1}`},
		{`${__env(HOME)}`, `${env:HOME}`},
		{`${__counter(TRUE,)}`, `${count}`},
	} {
		if got := testImporter().template(parseValue(c.theirs)); got != c.ours {
			t.Errorf("%s\n got %s\nwant %s", c.theirs, got, c.ours)
		}
	}
}

func TestPathsBecomeOurs(t *testing.T) {
	for theirs, ours := range map[string]string{
		"$.a.b": "a.b", "a.b": "a.b", "$.items[0].id": "items.0.id", "$..id": "$..id", "$[0].id": "$[0].id", "$.[0].id": "$[0].id",
		"$.items[?(@.name=='x')].id": "$.items[?@.name=='x'].id", "$.items[*].id": "$.items[*].id", "id": "id", "..id": "$..id",
	} {
		if got := jsonPath(theirs); got != ours {
			t.Errorf("%s: got %s, want %s", theirs, got, ours)
		}
	}
}
