package jtl

import (
	"slices"
	"strings"
	"testing"

	"stickbench/loadgen"
)

// Old results of JMeter name the node by a marker behind the sample: it belongs to the sample before it in its
// thread, whatever other threads did in between; a sample that fails has none.
func TestNodeFromMarkers(t *testing.T) {
	const file = "timeStamp,elapsed,label,threadName,success\n" +
		"1,5,GET /,a,true\n2,5,GET /,b,true\n3,0,S2 reached,b,true\n4,0,S1 reached,a,true\n" +
		"5,5,GET /,a,false\n6,5,GET /,a,true\n7,0,S1 reached,a,true\n8,5,GET /,b,true\n9,0,S9 reached,c,true\n"
	var o Reading
	if err := o.NodeFrom(`label:(S\d) reached`); err != nil {
		t.Fatal(err)
	}
	var got []string
	var stamps []int64
	info, err := o.Read(strings.NewReader(file), func(s *loadgen.Sample) error {
		stamps = append(stamps, s.StartMillis())
		if s.Mark {
			got = append(got, "mark")
		} else {
			got = append(got, s.Node)
		}
		return nil
	})
	if want := []string{"S1", "S2", "mark", "mark", "", "S1", "mark", "", "mark"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, want %q (%v)", got, want, err)
	}
	if !slices.IsSorted(stamps) || info.Samples != 9 {
		t.Errorf("order %v, %+v", stamps, info)
	}
}

func TestNodeFromColumnsAndTexts(t *testing.T) {
	const file = "timeStamp,elapsed,label,responseMessage,\"tag\",\"views\"\n1,5,GET /,OK by s7,s1,4\n2,5,GET /,OK,null,null\n"
	for source, want := range map[string]string{"column:tag": "s1", `regex:by (\w+)`: "s7", "regex:s[0-9]": "s7"} {
		var o Reading
		if err := o.NodeFrom(source); err != nil {
			t.Fatal(err)
		}
		if err := o.CounterFrom("column:views"); err != nil {
			t.Fatal(err)
		}
		var nodes []string
		var counted []bool
		if _, err := o.Read(strings.NewReader(file), func(s *loadgen.Sample) error {
			nodes, counted = append(nodes, s.Node), append(counted, s.HasCounter && s.Counter == 4)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(nodes, []string{want, ""}) || !slices.Equal(counted, []bool{true, false}) {
			t.Errorf("%s: %q, %v", source, nodes, counted)
		}
	}
}

func TestNodeFromErrors(t *testing.T) {
	for _, source := range []string{"", "tag", "column:", "body:x", "regex:(", "label:["} {
		if err := new(Reading).NodeFrom(source); err == nil {
			t.Errorf("%q: no error", source)
		}
	}
	var o Reading
	if err := o.NodeFrom("column:server"); err != nil {
		t.Fatal(err)
	}
	_, err := o.Read(strings.NewReader("timeStamp,elapsed,label\n1,5,x\n"), func(*loadgen.Sample) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "column server: there is no such column: the file has timeStamp, elapsed, label") {
		t.Errorf("%v", err)
	}
}
