package jtl

import (
	"strings"
	"testing"
)

// JMeter 2.x has bytes where 3.0 and later have failureMessage: with sample variables behind it, a file without
// a header was taken for a later version's, and its average bytes were those of the threads.
func TestHeadless(t *testing.T) {
	const (
		v213  = "1700000000000,138,GET /,200,OK,TG 1-1,text,true,300,2,2,69"
		v213e = `1700000000000,138,GET /,500,"Internal, Error",TG 1-1,text,false,300,2,2,69`
		v30   = "1700000000000,138,GET /,200,OK,TG 1-1,text,true,,300,2,2,69,0"
		v31   = "1700000000000,138,GET /,200,OK,TG 1-1,text,true,,300,100,2,2,69,0,1"
		v5    = "1700000000000,138,GET /,200,OK,TG 1-1,text,true,,300,100,2,2,http://h/,69,0,1"
	)
	for _, c := range []struct {
		name, file string
		warns      string // "" for no warning
	}{
		{"2.9", "1700000000000,138,GET /,200,OK,TG 1-1,text,true,300,69", ""},
		{"2.9, one variable", "1700000000000,138,GET /,200,OK,TG 1-1,text,true,300,69,s1", "columns behind its 10 are taken for sample variables"},
		{"2.13", v213, ""},
		{"2.13, one variable", v213 + ",s1", "JMeter 2.13"},
		{"2.13, two texts", v213 + ",s1,null", "JMeter 2.13"},
		{"2.13, two numbers", v213 + ",11,1", "the columns of JMeter 3.0 would fit as well"},
		{"2.13, two numbers, failed first", v213e + ",11,1\n" + v213 + ",22,2", "the columns of JMeter 3.0 would fit as well"},
		{"2.13, four numbers", v213 + ",1,2,3,4", "JMeter 2.13"},
		{"2.13, five variables", v213 + ",1,2,3,4,5", "JMeter 2.13"},
		{"3.0", v30, ""},
		{"3.0, one variable", v30 + ",x", "JMeter 3.0"},
		{"3.1", v31, ""},
		{"3.1, one variable", v31 + ",http://h/", "JMeter 3.1"},
		{"5", v5, ""},
		{"5, two variables", v5 + ",1,2", "JMeter 5"},
	} {
		samples, info, err := readAll(strings.NewReader(c.file + "\n"))
		if err != nil || len(samples) == 0 {
			t.Errorf("%s: %d samples, %v", c.name, len(samples), err)
			continue
		}
		for _, s := range samples {
			if s.Received != 300 || s.Latency.Milliseconds() != 69 {
				t.Errorf("%s: %d bytes, latency %v", c.name, s.Received, s.Latency)
			}
		}
		if said := strings.Join(info.Warnings, "\n"); c.warns == "" && said != "" || !strings.Contains(said, c.warns) {
			t.Errorf("%s: warnings %q, want %q", c.name, said, c.warns)
		}
	}
}

// JMeter does not count rows with SampleCount 0, and neither do we; they are told.
func TestRowsOfNoSample(t *testing.T) {
	_, info, err := readAll(strings.NewReader("timeStamp,elapsed,label,success,SampleCount,ErrorCount\n1700000000000,5,a,true,0,0\n1700000000000,5,a,true,3,1\n"))
	if err != nil || info.Samples != 1 || info.Empty != 1 {
		t.Errorf("%+v, %v", info, err)
	}
}
