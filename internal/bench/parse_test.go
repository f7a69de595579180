package main

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// What the tools printed here, 50 connections for two or three seconds against nginx.
func TestParseRecorded(t *testing.T) {
	for _, c := range []struct {
		file  string
		parse func([]byte) (figures, error)
		want  figures
	}{
		{"stickbench.json", parseStickbench, figures{221621, 0, 110644.5332001997, 1434 * time.Microsecond}},
		{"wrk.txt", parseWrk, figures{254570, 0, 127088.77, 480 * time.Microsecond}},
		{"h2load.txt", parseH2load, figures{202929, 0, 101464.50, notSaid}},
		{"ab.txt", parseAb, figures{183522, 0, 91759.16, 3 * time.Millisecond}},
		{"hey.txt", parseHey, figures{75751, 0, 37851.1145, 4100 * time.Microsecond}},
		{"vegeta.json", parseVegeta, figures{73577, 0, 36777.97934639514, 2103170}},
		{"k6.json", parseK6, figures{19359, 0, 9670.041258812733, 17368734}},
		{"jmeter.txt", parseJMeter, figures{3630, 0, 1139.4, notSaid}},
	} {
		output, err := os.ReadFile("testdata/" + c.file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.parse(output)
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v; want %+v", c.file, got, err, c.want)
		}
	}
}

// Runs that went wrong must not pass for good ones. A million is as many results as hey keeps.
func TestParseFailures(t *testing.T) {
	for _, c := range []struct {
		name   string
		parse  func([]byte) (figures, error)
		output string
		want   figures
	}{
		{"wrk", parseWrk, "\n     99%    1.02s \n  100 requests in 2.00s, 1MB read\n  Socket errors: connect 1, read 20, write 300, timeout 4000\n  Non-2xx or 3xx responses: 50000\nRequests/sec:     50.00\n",
			figures{100, 54321, 50, 1020 * time.Millisecond}},
		{"h2load", parseH2load, "finished in 2.00s, 40.00 req/s, 1MB/s\nrequests: 100 total, 100 started, 80 done, 60 succeeded, 20 failed, 20 errored, 0 timeout\nstatus codes: 60 2xx, 0 3xx, 1 4xx, 2 5xx\n",
			figures{80, 23, 40, notSaid}},
		{"ab", parseAb, "Complete requests:      100\nFailed requests:        7\nNon-2xx responses:      3\nRequests per second:    50.00 [#/sec] (mean)\n",
			figures{100, 10, 50, notSaid}},
		{"hey", parseHey, "  Total:\t2.0000 secs\n  Requests/sec:\t50.0000\n  99% in 0.0010 secs\nStatus code distribution:\n  [200]\t90 responses\n  [503]\t6 responses\n\nError distribution:\n  [4]\tGet \"http://127.0.0.1:1/\": EOF\n",
			figures{100, 10, 50, time.Millisecond}},
		{"hey, more than it keeps", parseHey, "  Total:\t20.0000 secs\n  Requests/sec:\t75000.0000\n  [200]\t1000000 responses\n",
			figures{1500000, 0, 75000, notSaid}},
		{"vegeta", parseVegeta, `{"latencies":{"99th":5},"requests":10,"throughput":4.5,"success":0.9}`, figures{10, 1, 4.5, 5}},
		{"k6", parseK6, `{"metrics":{"http_reqs":{"values":{"count":10,"rate":5}},"http_req_duration":{"values":{"p(99)":1.5}},
			"http_req_failed":{"values":{"passes":2,"fails":8}},"checks":{"values":{"passes":27,"fails":3}}}}`, figures{10, 5, 5, 1500 * time.Microsecond}},
		{"JMeter 5.6", parseJMeter, "summary +    100 in 00:00:01 =  100.0/s Avg:     9 Min:     1 Max:    50 Err:     1 (1.00%) Active: 50 Started: 50 Finished: 0\n" +
			"summary =    300 in 00:00:03 =  101.5/s Avg:     9 Min:     1 Max:    50 Err:    12 (4.00%)\n", figures{300, 12, 101.5, notSaid}},
		{"stickbench", parseStickbench, `{"total":{"samples":10,"errors":3,"throughput_per_s":5,"p99_ms":0.25}}`, figures{10, 3, 5, 250 * time.Microsecond}},
	} {
		got, err := c.parse([]byte(c.output))
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v; want %+v", c.name, got, err, c.want)
		}
	}
}

// What is no report is an error, never a row of noughts.
func TestParseNothing(t *testing.T) {
	for _, c := range contenders {
		for _, output := range []string{"", "{}", "null", "connection refused", `{"metrics":{"http_reqs":null}}`} {
			if f, err := c.parse([]byte(output)); err == nil {
				t.Errorf("%s takes %q for %+v", c.name, output, f)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"wrk.txt", "ab.txt", "hey.txt", "h2load.txt", "jmeter.txt", "k6.json", "vegeta.json", "stickbench.json"} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, output []byte) {
		for _, c := range contenders {
			c.parse(output)
		}
	})
}

func TestVersionIn(t *testing.T) {
	for output, want := range map[string]string{
		"wrk debian/4.1.0-3+b2 [epoll] Copyright (C) 2012 Will Glozer":                      "4.1.0",
		"This is ApacheBench, Version 2.3 <$Revision$>":                                     "2.3",
		"h2load nghttp2/1.52.0":                                                             "1.52.0",
		"nginx version: nginx/1.22.1":                                                       "1.22.1",
		"k6 v1.8.1 (go1.26.8, linux/amd64)":                                                 "1.8.1",
		"INFO 06:55:08.096 (): Testplan (JMX) version: 2.2. Testlog\nVersion 2.13.19691222": "2.13.19691222",
		"stickbench version devel-0d9973a":                                                  "",
	} {
		if got := versionIn([]byte(output)); got != want {
			t.Errorf("%q: %q, want %q", output, got, want)
		}
	}
}

func TestParseCores(t *testing.T) {
	for list, want := range map[string]string{"0": "[0]", "0-3,8": "[0 1 2 3 8]", "1,0": "[1 0]", "": "error", "3-1": "error", "a": "error", "0-": "error"} {
		got := "error"
		if cores, err := parseCores(list); err == nil {
			got = fmt.Sprint(cores)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", list, got, want)
		}
	}
}
