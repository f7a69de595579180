package haproxy

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files of testdata")

// readFile reads a file of testdata.
func readFile(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// golden compares with a file of testdata, or writes it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile("testdata/"+name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := readFile(t, name); got != want {
		t.Errorf("%s\ngot:\n%s\nwant:\n%s", name, got, want)
	}
}

// describe renders all typed columns of a row.
func describe(r Row) string {
	exported := r
	exported.columns, exported.fields = nil, nil
	return fmt.Sprintf("%s %s/%s  %s\n%+v\n", r.Kind, r.Proxy, r.Server, r.Health(), exported)
}

// The inputs were taken from HAProxy 2.6.12: a `show stat` of all kinds, and one at level user.
func TestParseStat(t *testing.T) {
	for _, name := range []string{"stat-2.6", "stat-2.6-user-level"} {
		rows, err := parseStat(readFile(t, name+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, row := range rows {
			got.WriteString(describe(row))
		}
		golden(t, name+".golden", got.String())
	}
}

// 2.2 has no uweight, 3.5 has more columns than 2.6, and no order is promised: only names count.
func TestColumnsGoByName(t *testing.T) {
	rows, err := parseStat("# svname,new_in_9.9,status,pxname,lbtot,type,\ns1,x,UP,nodes,7,2,\ns2,,DOWN\n")
	if err != nil {
		t.Fatal(err)
	}
	if r := rows[0]; r.Proxy != "nodes" || r.Server != "s1" || r.Chosen != 7 || r.Kind != Server || r.UserWeight != 0 {
		t.Errorf("%+v", r)
	}
	if got := rows[0].Text("new_in_9.9") + rows[0].Text("none"); got != "x" {
		t.Errorf("Text: %q", got)
	}
	if r := rows[1]; r.Status != "DOWN" || r.Chosen != 0 {
		t.Errorf("short row: %+v", r)
	}
}

func TestParseStatProblems(t *testing.T) {
	for _, tc := range []struct{ text, problem string }{
		{"", "without a header"},
		{"pxname,svname,status\n", "without a header"},
		{"# pxname,svname,\n", "without the column status"},
		{"# pxname,svname,status,stot,\nnodes,s1,UP,many,\n", `nodes/s1: column stot: invalid number "many"`},
		{"# pxname,svname,status,\nnodes,s1,\"UP\n", "line 2"},
	} {
		if _, err := parseStat(tc.text); err == nil || !strings.Contains(err.Error(), tc.problem) {
			t.Errorf("%q: error %v, want one with %q", tc.text, err, tc.problem)
		}
	}
}

func TestHealth(t *testing.T) {
	const header = "# pxname,svname,status,check_status,check_code,check_duration,last_chk,\nnodes,s1,"
	for _, tc := range []struct{ columns, want string }{
		{"UP,L7OK,200,1,,", "UP: L7OK 200 after 1 ms"},
		{"UP 1/3,L7TOUT,,2001,,", "UP 1/3: L7TOUT after 2001 ms"},
		{"DOWN,* L7TOUT,,2000,,", "DOWN: L7TOUT after 2000 ms"},
		{"DOWN,L4CON,,0,Connection refused,", "DOWN: L4CON (Connection refused) after 0 ms"},
		{`DOWN,L7STS,404,1,"No such ""page"", sorry",`, `DOWN: L7STS 404 (No such "page", sorry) after 1 ms`},
		{"UP 1/3,INI,,,,", "UP 1/3: INI"},
		{"DRAIN,L7OK,200,0,,", "DRAIN: L7OK 200 after 0 ms"},
		{"MAINT,L7OK,200,0,,", "MAINT"},
		{"MAINT (via nodes/s2),L7OK,200,0,,", "MAINT (via nodes/s2)"},
		{"no check,,,,,", "no check"},
	} {
		rows, err := parseStat(header + tc.columns + "\n")
		if err != nil || rows[0].Health() != tc.want {
			t.Errorf("%s: %v, error %v, want %s", tc.columns, rows, err, tc.want)
		}
	}
}

func TestDurations(t *testing.T) {
	rows, err := parseStat("# pxname,svname,status,check_duration,lastchg,downtime\nnodes,s1,UP,2001,12,9223372036854775807\n")
	if err != nil {
		t.Fatal(err)
	}
	r := rows[0]
	if r.CheckDuration != 2001*time.Millisecond || r.SinceChange != 12*time.Second || r.Downtime < 290*365*24*time.Hour {
		t.Errorf("%v %v %v", r.CheckDuration, r.SinceChange, r.Downtime)
	}
}

// Whatever responds on the port of a `stats socket`, reading it ends in rows or in an error.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"stat-2.6.csv", "stat-2.6-user-level.csv", "servers-state-2.6.txt"} {
		f.Add(readFile(f, name))
	}
	f.Add("# pxname,svname,status,\n\"a\"\"b\",c,\"d\ne\",\n")
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := parseStat(text)
		if err != nil && rows != nil {
			t.Error("rows beside an error")
		}
		for _, row := range rows {
			if !strings.HasPrefix(row.Health(), row.Status) || row.Text("pxname") != row.Proxy {
				t.Errorf("%+v", row)
			}
		}
		states, err := parseServersState(text)
		for _, state := range states {
			if err != nil || state.Name == "" || state.Down() && state.Maint() || state.Drained() && state.Maint() {
				t.Errorf("%+v, error %v", state, err)
			}
		}
	})
}
