package haproxy

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Kind is what a row of `show stat` is about (column `type`).
type Kind int

// The kinds of rows.
const (
	Frontend Kind = 0
	Backend  Kind = 1
	Server   Kind = 2
	Listener Kind = 3
)

// String is the kind's word.
func (k Kind) String() string {
	words := []string{"frontend", "backend", "server", "listener"}
	if k < 0 || int(k) >= len(words) {
		return "kind " + strconv.Itoa(int(k))
	}
	return words[k]
}

// Row is one row of `show stat`: its columns that matter, typed, by their names in the CSV
// (Management Guide, section 9.1). Counters run from HAProxy's start, or from the last `clear
// counters`; a column that does not apply to the kind of row, or that this version lacks, is zero.
// All of them are to be had as Text.
type Row struct {
	Proxy  string // pxname
	Server string // svname; "FRONTEND" or "BACKEND" for those
	ID     int64  // sid: of the server within its backend, from 1 on
	Kind   Kind   // type
	Status string // status: "UP", "UP 1/3", "DOWN 1/2", "DRAIN", "MAINT", "NOLB", "no check", "OPEN" …
	Weight int64  // weight: the effective one, which moves under slowstart; drain does not change it
	// UserWeight is the configured or set weight (uweight, from 2.4 on).
	UserWeight int64

	// Assigned counts all requests given to the server (stot), connection retries included.
	Assigned int64
	// Chosen counts those that the algorithm placed (lbtot); Assigned − Chosen came by persistence.
	Chosen     int64
	Current    int64 // scur: requests in flight
	Queued     int64 // qcur
	BytesIn    int64 // bin, bytes
	BytesOut   int64 // bout, bytes
	Responses  [6]int64
	ConnErrors int64 // econ: requests that failed to connect, after their retries
	RespErrors int64 // eresp
	Retries    int64 // wretr: on the same server
	Redispatch int64 // wredis: away from the server after failed connections; not after MAINT or DOWN

	CheckStatus   string        // check_status: "L7OK", "L4CON", "L7TOUT" … without the mark of a running check
	CheckCode     int64         // check_code: the HTTP status of an L7 check, or 0
	CheckDuration time.Duration // check_duration, in whole milliseconds
	LastCheck     string        // last_chk: "Connection refused", "Not Found", …
	CheckFails    int64         // chkfail: failed checks while up
	Downs         int64         // chkdown: passages to DOWN, and also to MAINT
	SinceChange   time.Duration // lastchg: since the last change between UP and DOWN, in whole seconds
	Downtime      time.Duration // downtime, in whole seconds

	Address   string // addr, HOST:PORT; needs level operator
	Cookie    string // cookie: the server's value, the backend's name; needs level operator
	Algorithm string // algo, on the backend's row; needs level operator

	columns map[string]int
	fields  []string
}

// The elements of Row.Responses, by class of HTTP status (hrsp_1xx to hrsp_5xx, hrsp_other). What
// HAProxy sends itself (503, 504) counts only on backends and frontends.
const (
	Responses1xx = iota
	Responses2xx
	Responses3xx
	Responses4xx
	Responses5xx
	ResponsesOther
)

// Text is a column as HAProxy wrote it, by its name in the CSV's header; "" where there is none.
func (r Row) Text(column string) string {
	if i, ok := r.columns[column]; ok && i < len(r.fields) {
		return r.fields[i]
	}
	return ""
}

// Health is the status and its reason in one phrase, such as "DOWN: L7TOUT after 2001 ms",
// "DOWN: L7STS 404 (Not Found) after 1 ms" or "MAINT".
func (r Row) Health() string {
	// What the last check saw before MAINT is not why the server is in it.
	if r.CheckStatus == "" || strings.HasPrefix(r.Status, "MAINT") {
		return r.Status
	}
	reason := r.CheckStatus
	if r.CheckCode != 0 {
		reason += " " + strconv.FormatInt(r.CheckCode, 10)
	}
	if r.LastCheck != "" {
		reason += " (" + r.LastCheck + ")"
	}
	if r.Text("check_duration") != "" {
		reason += fmt.Sprintf(" after %d ms", r.CheckDuration.Milliseconds())
	}
	return r.Status + ": " + reason
}

// Stat asks for `show stat`: the rows of a proxy, or of all where proxy is "", of the kinds given,
// or of all kinds. On a `stats socket` below level operator Address, Cookie and Algorithm are empty.
func (c *Client) Stat(ctx context.Context, proxy string, kinds ...Kind) ([]Row, error) {
	if proxy == "" {
		proxy = "-1"
	} else if err := c.checkName("show stat", proxy); err != nil {
		return nil, err
	}
	types := 0
	for _, kind := range kinds {
		types |= 1 << kind
	}
	if types == 0 {
		types = -1
	}
	command := fmt.Sprintf("show stat %s %d -1", proxy, types)
	response, err := c.Do(ctx, command)
	if err != nil {
		return nil, err
	}
	rows, err := parseStat(response)
	if err != nil {
		return nil, fmt.Errorf("%s: %q: %w", c, command, err)
	}
	return rows, nil
}

// parseStat reads the CSV. Columns go by the header's names: their number and order differ between
// versions.
func parseStat(text string) ([]Row, error) {
	text, ok := strings.CutPrefix(text, "# ")
	if !ok {
		return nil, errors.New("statistics without a header line")
	}
	reader := csv.NewReader(strings.NewReader(text))
	reader.FieldsPerRecord = -1
	header, err := reader.Read()
	if err != nil {
		return nil, err
	}
	columns := make(map[string]int, len(header))
	for i, name := range header {
		columns[name] = i
	}
	for _, name := range []string{"pxname", "svname", "status"} {
		if _, ok := columns[name]; !ok {
			return nil, fmt.Errorf("statistics without the column %s", name)
		}
	}
	var rows []Row
	for {
		fields, err := reader.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		row, err := newRow(columns, fields)
		if err != nil {
			return nil, fmt.Errorf("statistics of %s/%s: %w", row.Proxy, row.Server, err)
		}
		rows = append(rows, row)
	}
}

// newRow types one record.
func newRow(columns map[string]int, fields []string) (Row, error) {
	r := Row{columns: columns, fields: fields}
	r.Proxy, r.Server, r.Status = r.Text("pxname"), r.Text("svname"), r.Text("status")
	r.CheckStatus = strings.TrimPrefix(r.Text("check_status"), "* ")
	r.LastCheck, r.Address = r.Text("last_chk"), r.Text("addr")
	r.Cookie, r.Algorithm = r.Text("cookie"), r.Text("algo")

	n := numbers{row: r}
	r.Kind, r.ID = Kind(n.get("type")), n.get("sid")
	r.Weight, r.UserWeight = n.get("weight"), n.get("uweight")
	r.Assigned, r.Chosen = n.get("stot"), n.get("lbtot")
	r.Current, r.Queued = n.get("scur"), n.get("qcur")
	r.BytesIn, r.BytesOut = n.get("bin"), n.get("bout")
	for i, class := range []string{"1xx", "2xx", "3xx", "4xx", "5xx", "other"} {
		r.Responses[i] = n.get("hrsp_" + class)
	}
	r.ConnErrors, r.RespErrors = n.get("econ"), n.get("eresp")
	r.Retries, r.Redispatch = n.get("wretr"), n.get("wredis")
	r.CheckCode, r.CheckFails, r.Downs = n.get("check_code"), n.get("chkfail"), n.get("chkdown")
	r.CheckDuration = n.duration("check_duration", time.Millisecond)
	r.SinceChange = n.duration("lastchg", time.Second)
	r.Downtime = n.duration("downtime", time.Second)
	return r, n.err
}

// numbers reads numeric columns and keeps the first error.
type numbers struct {
	row Row
	err error
}

// get is a column's number, 0 where it is empty.
func (n *numbers) get(column string) int64 {
	text := n.row.Text(column)
	if text == "" {
		return 0
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil && n.err == nil {
		n.err = fmt.Errorf("column %s: invalid number %q", column, text)
	}
	return value
}

// duration is a column's number of units, cut at what a Duration can hold.
func (n *numbers) duration(column string, unit time.Duration) time.Duration {
	const most = int64(1<<63 - 1)
	return time.Duration(min(n.get(column), most/int64(unit))) * unit
}
