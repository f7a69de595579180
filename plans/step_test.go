package plans

import (
	"testing"
)

func TestProblemsOfSteps(t *testing.T) {
	problemsOf(t, "[lab]\n[[group]]\n[[group.step]]\n", "group[0].step[0]", []struct{ name, lines, want string }{
		{"no kind", "name = 'x'\nrequest_ = 3", "0:9: needs one of request, think, mark, set, counter, use, break, next, stop, together and pace, or steps below it\n2:1: request_: unknown key: did you mean \"request\"?"},
		{"two kinds", "request = 'GET /'\nthink = '1s'", `2:1: think: a step is only one thing, this one is request and think: make steps of them`},
		{"three kinds", "mark = 'm'\nrequest = 'GET /'\nthink = '1s'", `2:1: request: a step is only one thing, this one is mark and request and think: make steps of them`},

		{"capitals", "request = 'get /'", `1:11: request: methods are in capitals: write "GET /"`},
		{"no method", "request = '/'", `1:11: request: expected a method and a path: write "GET /"`},
		{"no path", "request = 'GET'", `1:11: request: expected a method and a path, such as "GET /", not "GET"`},
		{"blank in path", "request = 'GET /a b/c'", `1:11: request: a blank in a path is written %20: write "GET /a%20b/c"`},
		{"version", "request = 'GET / HTTP/1.1'", `1:11: request: leave out HTTP/1.1: write "GET /"`},
		{"slip", "request = 'GTE /'", `1:11: request: unknown method GTE: did you mean GET?`},
		{"no method at all", "request = 'G(T /'", `1:11: request: "G(T" is not a method, such as GET or POST`},
		{"tunnel", "request = 'CONNECT h:1'", `1:11: request: CONNECT makes a tunnel, which is nothing to measure`},
		{"method of its own", "request = 'FROBNICATE /'", ``},
		{"no slash", "request = 'GET items'", `1:11: request: a path begins with /: write "/items"`},
		{"other scheme", "request = 'GET ws://h/'", `1:11: request: "ws://" is neither http:// nor https://`},
		{"no host", "request = 'GET http:///'", `1:11: request: "http:///" has no host`},
		{"redirect headers", "request = 'GET /'\nredirect_headers = ['X-Api-Key', 'a b', '']", "2:34: redirect_headers[1]: not a header's name: letters, digits and - without blanks, such as X-Api-Key, or * for all\n2:41: redirect_headers[2]: must not be empty"},
		{"expect", "request = 'POST /'\nheaders = { Expect = '100-continue' }", `2:13: headers.Expect: the body is sent at once, without waiting for 100 Continue: leave it out`},
		{"fragment", "request = 'GET /a#top'", `1:11: request: "#top" is never sent to a server: leave it out`},
		{"two lines", `request = "GET /\r\nX: y"`, `1:11: request: must be one line, without tabs and other control characters`},
		{"not text", "request = true", `1:11: request: expected text, not true: write "true", with quotes`},
		{"name", "request = 'GET /'\nname = 'TOTAL'", `2:8: name: TOTAL is the report's last row: choose another name`},

		{"condition", "request = 'GET /'\nassert = ['status == 200', 'stats == 200']", "2:29: assert[1]: unknown `stats`: did you mean `status`?"},
		{"condition behind escapes", `request = "GET /"` + "\n" + `assert = [ "json(\"é\u00e9\") == 1 and nod == ''" ]`, "2:40: assert[0]: unknown `nod`: did you mean `node`?"},
		{"condition of lines", "request = 'GET /'\nassert = ['''\nstatus == 200 and\n  nod == ''\n''']", "4:3: assert[0]: unknown `nod`: did you mean `node`?"},
		{"condition of joined lines", "request = 'GET /'\nassert = [\"\"\"\\\n  status == 200 and \\\n  nod == ''\"\"\"]", "4:3: assert[0]: unknown `nod`: did you mean `node`?"},
		{"condition that is none", "request = 'GET /'\nassert = ['status']", `2:12: assert[0]: a condition must be true or false, this is a whole number`},
		{"when", "request = 'GET /'\nwhen = 'nod == \"s1\"'", "2:9: when: unknown `nod`: did you mean `node`?"},
		{"blank when", "request = 'GET /'\nwhen = ' '", `2:8: when: must not be empty`},

		{"headers", "request = 'GET /'\nheaders = { 'A b' = 'x', A = \"a\\r\\nB: c\", 'C:' = 'd', a = 'e', N = 3 }",
			"2:13: headers.\"A b\": not a header's name: letters, digits and - without blanks, such as Accept-Language\n" +
				"2:30: headers.A: '\\r' cannot stand in a header\n" +
				"2:43: headers.\"C:\": a header's name stands without the colon\n" +
				`2:68: headers.N: expected text, not the number 3: write "3", with quotes`},
		{"header twice", "request = 'GET /'\nheaders = { A = 'x', a = 'y' }", `2:22: headers.a: is there twice: names of headers differ by more than capitals`},
		{"length", "request = 'GET /'\nheaders = { content-length = '3' }", `2:13: headers.content-length: follows from the body: leave it out`},
		{"two bodies", "request = 'POST /'\njson = {}\nform = {}", `3:1: form: a request has only one of body, json, form and multipart: this one has json and form`},
		{"JSON as text", "request = 'POST /'\njson = '{\"a\": 1}'", `2:8: json: JSON as text belongs in body, with headers = { Content-Type = "application/json" }; json takes a table, such as { delay = 250 }`},
		{"no JSON", "request = 'POST /'\njson = { a = [ 1, inf ] }", `2:19: json.a[1]: JSON has no +Inf`},
		{"form", "request = 'POST /'\nform = { a = { b = 1 }, c = [ 1979-05-27 ] }", "2:14: form.a: expected text, a number, true or false, or a list of them, not a table\n" +
			`2:31: form.c[0]: expected text, a number, true or false, or a list of them, not a date or time`},
		{"extract of no header", "request = 'GET /'\nextract = { a = 'header:a b' }", `2:17: extract.a: invalid extractor "header:a b": "a b" is no name of a header`},
		{"query", "request = 'GET /'\nquery = 'a=b'", `2:9: query: expected a table, such as { page = 2 }, not the text "a=b"`},
		{"timeout", "request = 'GET /'\ntimeout = '0s'", `2:11: timeout: must be longer than 0s`},
		{"redirects", "request = 'GET /'\nredirects = 101", `2:13: redirects: must be from 0 to 100, not 101`},
		{"redirects in words", "request = 'GET /'\nredirects = 'yes'", `2:13: redirects: expected true, false or how many are followed at most, not the text "yes"`},
		{"no variable", "request = 'GET /${1x}'", `1:17: request: invalid variable name "1x": want letters, digits and _, a letter first; write $${ for a literal ${`},
		{"open variable", "request = 'GET /${x'", `1:17: request: "${x" has no closing }; write $${ for a literal ${`},
		{"extract", "request = 'GET /'\nextract = { status = 'json:a', 'a-b' = 'json:a', user = 'json:a', ok = 'json:', re = 'regex:(', both = 'regex:()()' }",
			"2:13: extract.status: a word of the conditions: choose another name\n" +
				"2:32: extract.a-b: not a variable's name: letters, digits and _, a letter first\n" +
				"2:50: extract.user: every user has a variable of that name already: choose another name\n" +
				"2:72: extract.ok: invalid extractor \"json:\": nothing after the colon\n" +
				"2:86: extract.re: invalid extractor \"regex:(\": error parsing regexp: missing closing ): `(`\n" +
				`2:104: extract.both: invalid extractor "regex:()()": 2 groups, want one: ( ) around what is wanted, (?: ) around the rest`},
	})
	problemsOf(t, "[lab]\n[[group]]\n[[group.step]]\nrequest = 'GET /'\n[[group.step]]\n", "group[0].step[1]", []struct{ name, lines, want string }{
		{"think", "think = 100", `1:9: think: expected a duration, not the number 100: write "100s" for seconds or "100ms" for milliseconds`},
		{"think without unit", "think = '100'", `1:9: think: "100" is not a duration, it has no unit: write "100s" for seconds or "100ms" for milliseconds`},
		{"think in other words", "think = 'normal 1s 2s'", `1:9: think: invalid pause "normal 1s 2s": want "100ms", "uniform 50ms 150ms" (least, most), "gaussian 100ms 20ms" (mean, deviation) or "poisson 300ms 1s" (mean, constant)`},
		{"think of a request", "think = '1s'\nname = 'x'\nassert = ['status == 200']", "2:1: name: belongs to a request: a step with think has only think and when\n" +
			`3:1: assert: belongs to a request: a step with think has only think and when`},
		{"mark", "mark = ''", `1:8: mark: must not be empty`},
		{"mark in TOTAL", "mark = 'TOTAL'", `1:8: mark: TOTAL is the report's last row: choose another name`},
		{"mark without when", "mark = 'm'", ``},
	})
}

func TestProblemsOfVariables(t *testing.T) {
	problemsOf(t, `[lab]
[[group]]
[[group.step]]
request = "GET /login"
extract = { token = "json:csrf" }
[[group.step]]
request = "GET /late"
extract = { late = "json:x" }
[[group]]
name = "other"
[[group.step]]
request = "GET /"
extract = { foreign = "json:x" }
[[group.step]]
request = "GET /"
`, "group[1].step[1]", []struct{ name, lines, want string }{
		{"known", "body = '${foreign} ${user} ${iteration} ${group}'", ``},
		{"nearest", "body = 'a ${foreing}'", `1:11: body: unknown variable "foreing": did you mean "foreign"?`},
		{"of another group", "body = '${token}'", `1:9: body: unknown variable "token": nothing before sets it; known are foreign, group, iteration, user`},
		{"own", "body = '${x}'\nextract = { x = 'json:x' }", `1:9: body: variable "x" has no value yet: group[1].step[1] sets it`},
		{"later", "body = '${x}'\n[[group.step]]\nrequest = 'GET /'\nextract = { x = 'json:x' }", `1:9: body: variable "x" has no value yet: group[1].step[2] sets it`},
		{"escaped", "body = '$${x} ${y}'", `1:15: body: unknown variable "y": nothing before sets it; known are foreign, group, iteration, user`},
		{"in lines", "body = '''\n{\n \"é\": ${y}}'''", `3:7: body: unknown variable "y": nothing before sets it; known are foreign, group, iteration, user`},
		{"in JSON", "json = { a = [ 1, { b = '${y}' } ] }", `1:26: json.a[1].b: unknown variable "y": nothing before sets it; known are foreign, group, iteration, user`},
		{"in a query", "query = { a = [ 1, 'é ${y}' ] }", `1:23: query.a[1]: unknown variable "y": nothing before sets it; known are foreign, group, iteration, user`},
		{"in headers", "headers = { A = '${y}' }", `1:18: headers.A: unknown variable "y": nothing before sets it; known are foreign, group, iteration, user`},
		// Conditions see the variables of the whole group: one without a value is empty there.
		{"in conditions", "when = 'foreign == later'\nextract = { later = 'json:x' }", ``},
		{"in conditions, own", "assert = ['own != foreign']\nextract = { own = 'json:x' }", ``},
		{"built in, in conditions", "when = 'iteration == \"1\" and group != user'", ``},
		{"in conditions, of another group", "assert = ['token != \"\"']", "1:12: assert[0]: unknown `token` (a string needs quotation marks); known are status, elapsed, bytes, body, header, cookie, json, node, counter, session, previous.node, previous.counter, previous.session, increments, foreign, group, iteration, user"},
	})
	problemsOf(t, "[target]\nurl = 'http://h'\n[[group]]\n[[group.step]]\nrequest = 'GET /'\n", "group[0].step[0]", []struct{ name, lines, want string }{
		{"unheard node", "assert = ['node == \"s1\"']", "1:11: assert[0]: `node` is never known: [session] has no node, which says where an answer names it"},
		{"unheard counter", "assert = ['increments()']", "1:11: assert[0]: `increments` is never known: [session] has no counter, which says where an answer names it"},
		{"unheard session", "when = 'previous.session == \"\"'", "1:8: when: `previous.session` is never known: [session] has no id, which says where an answer names it"},
		{"heard node", "assert = ['node == \"s1\"']\n[session]\nnode = 'header:X-Node'\n", ``},
		{"node with a problem", "assert = ['node == \"s1\"']\n[session]\nnod = 'header:X-Node'\n", "3:1: session.nod: unknown key: did you mean \"node\"?"},
	})
}
