package lab

import (
	"net"
	"strconv"
	"strings"
	"time"
)

// statColumns are the documented columns of HAProxy's `show stat`, in their order (management guide,
// section 9.1).
var statColumns = strings.Fields(`
	pxname svname qcur qmax scur smax slim stot bin bout dreq dresp ereq econ eresp wretr wredis status weight act
	bck chkfail chkdown lastchg downtime qlimit pid iid sid throttle lbtot tracked type rate rate_lim rate_max
	check_status check_code check_duration hrsp_1xx hrsp_2xx hrsp_3xx hrsp_4xx hrsp_5xx hrsp_other hanafail
	req_rate req_rate_max req_tot cli_abrt srv_abrt comp_in comp_out comp_byp comp_rsp lastsess last_chk last_agt
	qtime ctime rtime ttime agent_status agent_code agent_duration check_desc agent_desc check_rise check_fall
	check_health agent_rise agent_fall agent_health addr cookie mode algo conn_rate conn_rate_max conn_tot
	intercepted dcon dses wrew connect reuse cache_lookups cache_hits srv_icur src_ilim
	qtime_max ctime_max rtime_max ttime_max eint idle_conn_cur safe_conn_cur used_conn_cur need_conn_est uweight`)

// A statRow is a row of `show stat`, by column. What is not in it is an empty field.
type statRow map[string]string

func number[N int | int64](n N) string { return strconv.FormatInt(int64(n), 10) }

func seconds(d time.Duration) string { return number(int64(d / time.Second)) }

// The types of rows, by column `type`; the argument of `show stat` is a mask of 1 << type.
const (
	frontendRow = iota
	backendRow
	serverRow
)

// showStat is `show stat [{iid|proxy} type sid]`; without all three it shows everything.
func (b *backend) showStat(args []string) string {
	proxy, types, sid := -1, -1, -1
	if len(args) >= 3 {
		var known bool
		if proxy, known = proxyID(args[0]); !known {
			return "No such proxy.\n\n"
		}
		types, _ = strconv.Atoi(args[1])
		sid, _ = strconv.Atoi(args[2])
	}
	var text strings.Builder
	text.WriteString("# " + strings.Join(statColumns, ",") + ",\n")
	for _, row := range b.rows(time.Now()) {
		kind, _ := strconv.Atoi(row["type"])
		if (proxy == -1 || row["iid"] == number(proxy)) && types&(1<<kind) != 0 && (sid == -1 || row["sid"] == number(sid)) {
			row.write(&text)
		}
	}
	text.WriteByte('\n')
	return text.String()
}

// proxyID is the number of a proxy that is given by its name or its number. Any number will do.
func proxyID(s string) (id int, known bool) {
	switch s {
	case frontendName:
		return frontendID, true
	case backendName:
		return backendID, true
	}
	id, err := strconv.Atoi(strings.TrimPrefix(s, "#"))
	return id, err == nil
}

func (r statRow) write(text *strings.Builder) {
	for _, column := range statColumns {
		value := r[column]
		if strings.ContainsAny(value, "\",\n") {
			value = `"` + strings.ReplaceAll(value, `"`, `""`) + `"`
		}
		text.WriteString(value)
		text.WriteByte(',')
	}
	text.WriteByte('\n')
}

func (r statRow) zero(columns ...string) {
	for _, c := range columns {
		r[c] = "0"
	}
}

func (r statRow) responses(c *statusCounts) {
	for class, column := range []string{"hrsp_other", "hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx"} {
		r[column] = number(c[class])
	}
}

// rows are the frontend's, the servers' and the backend's, as HAProxy orders them.
func (b *backend) rows(now time.Time) []statRow {
	b.mu.Lock()
	defer b.mu.Unlock()
	rows := []statRow{b.frontendRow(now)}
	for _, s := range b.servers {
		rows = append(rows, s.row(now, b.cookieName != ""))
	}
	return append(rows, b.row(now))
}

func (b *backend) frontendRow(now time.Time) statRow {
	n := &b.n
	r := statRow{
		"pxname": frontendName, "svname": "FRONTEND", "status": "OPEN", "mode": "http",
		"pid": "1", "iid": number(frontendID), "sid": "0", "type": number(frontendRow),
		"scur": number(n.connsNow), "smax": number(n.connsMax), "stot": number(n.conns),
		"bin": number(n.bin), "bout": number(n.bout),
		"rate": number(n.connRate.at(now)), "rate_max": number(n.connRate.maximum), "rate_lim": "0",
		"req_rate": number(n.rate.at(now)), "req_rate_max": number(n.rate.maximum), "req_tot": number(n.requests),
		"conn_rate": number(n.connRate.at(now)), "conn_rate_max": number(n.connRate.maximum), "conn_tot": number(n.conns),
	}
	r.responses(&n.responses)
	r.zero("dreq", "dresp", "ereq", "intercepted", "dcon", "dses", "wrew", "eint")
	return r
}

func (s *server) row(now time.Time, cookies bool) statRow {
	n := &s.n
	lastSession := "-1"
	if !n.last.IsZero() {
		lastSession = seconds(now.Sub(n.last))
	}
	r := statRow{
		"pxname": backendName, "svname": s.tag, "status": s.status(), "mode": "http", "addr": s.addr,
		"pid": "1", "iid": number(backendID), "sid": number(s.id), "type": number(serverRow),
		"scur": number(s.served), "smax": number(n.scurMax), "stot": number(n.stot), "lbtot": number(n.lbtot),
		"bin": number(n.bin), "bout": number(n.bout), "req_tot": number(n.requests),
		"econ": number(n.econ), "eresp": number(n.eresp), "wretr": number(n.wretr), "cli_abrt": number(n.cliAbrt),
		"weight": number(s.weight), "uweight": number(s.weight), "act": "1", "bck": "0",
		"chkfail": number(n.chkfail), "chkdown": number(n.chkdown),
		"lastchg": seconds(now.Sub(s.changed)), "downtime": seconds(s.downFor(now)), "lastsess": lastSession,
		"rate": number(n.rate.at(now)), "rate_max": number(n.rate.maximum),
		"qtime": "0", "ctime": number(n.ctime.mean()), "rtime": number(n.rtime.mean()), "ttime": number(n.ttime.mean()),
		"qtime_max": "0", "ctime_max": number(n.ctime.maximum), "rtime_max": number(n.rtime.maximum), "ttime_max": number(n.ttime.maximum),
		"connect": number(n.connect), "reuse": number(n.reuse), "srv_icur": number(s.hop.idling()),
	}
	if cookies {
		r["cookie"] = s.tag
	}
	if s.admin != maint && s.check.word != "" {
		r["check_status"], r["check_desc"], r["last_chk"] = s.check.word, s.check.text, s.check.reason
		r["check_duration"] = number(s.check.duration.Milliseconds())
		r["check_rise"], r["check_fall"], r["check_health"] = number(rise), number(fall), number(s.health)
		if s.check.code != 0 {
			r["check_code"] = number(s.check.code)
		}
	}
	r.responses(&n.responses)
	r.zero("qcur", "qmax", "dresp", "wredis", "srv_abrt", "wrew", "eint")
	return r
}

// row is the backend's: the sums of its servers, and what no server is to blame for.
func (b *backend) row(now time.Time) statRow {
	n := &b.n
	var sum serverCounters
	weight, active := 0, 0
	for _, s := range b.servers {
		sum.lbtot += s.n.lbtot
		sum.econ += s.n.econ
		sum.eresp += s.n.eresp
		sum.wretr += s.n.wretr
		sum.cliAbrt += s.n.cliAbrt
		sum.connect += s.n.connect
		sum.reuse += s.n.reuse
		if s.eligible() {
			weight += s.weight
			active++
		}
	}
	status, downtime := "UP", b.downtime
	if active == 0 {
		status, downtime = "DOWN", downtime+now.Sub(b.downSince)
	}
	r := statRow{
		"pxname": backendName, "svname": "BACKEND", "status": status, "mode": "http", "algo": b.algorithmName,
		"cookie": b.cookieName, "pid": "1", "iid": number(backendID), "sid": "0", "type": number(backendRow),
		"scur": number(n.scur), "smax": number(n.scurMax), "stot": number(n.requests), "lbtot": number(sum.lbtot),
		"bin": number(n.bin), "bout": number(n.bout), "req_tot": number(n.responses.total()),
		"econ": number(sum.econ + n.noServer), "eresp": number(sum.eresp), "wretr": number(sum.wretr), "cli_abrt": number(sum.cliAbrt),
		"weight": number(weight), "uweight": number(weight), "act": number(active), "bck": "0",
		"chkdown": number(n.chkdown), "lastchg": seconds(now.Sub(b.changed)), "downtime": seconds(downtime),
		"rate": number(n.rate.at(now)), "rate_max": number(n.rate.maximum),
		"connect": number(sum.connect), "reuse": number(sum.reuse),
	}
	r.responses(&n.responses)
	r.zero("qcur", "qmax", "dreq", "dresp", "wredis", "srv_abrt", "qtime", "wrew", "eint")
	return r
}

// serversStateHeader is version 1 of the format of `show servers state`.
const serversStateHeader = "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight " +
	"srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state " +
	"bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr " +
	"srv_agent_addr srv_agent_port\n"

// adminBits, operational states and the numbers of check results, as `show servers state` has them
// (management guide, section 9.3).
var (
	adminBits    = map[adminState]int{ready: 0, maint: 1, drain: 8}
	checkNumbers = map[string]int{"": 1, "L4TOUT": 7, "L4CON": 8, "L7TOUT": 12, "L7RSP": 13, "L7OK": 15, "L7STS": 17}
)

// showServersState is `show servers state [backend]`.
func (b *backend) showServersState(args []string) string {
	if proxy := word(args, 0); proxy != "" && proxy != backendName && proxy != "#"+number(backendID) {
		return "Can't find backend.\n\n"
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	var text strings.Builder
	text.WriteString(serversStateHeader)
	for _, s := range b.servers {
		text.WriteString(s.stateLine(time.Now()))
	}
	text.WriteByte('\n')
	return text.String()
}

func (s *server) stateLine(now time.Time) string {
	operational := 2 // running
	switch {
	case !s.up():
		operational = 0 // stopped
	case s.halting:
		operational = 3 // stopping
	}
	checkState := 6 // configured and enabled
	if s.admin == maint {
		checkState |= 8 // paused
	}
	result := 0 // unknown
	switch {
	case s.check.passed:
		result = 3
	case s.check.word != "":
		result = 2
	}
	host, port, _ := net.SplitHostPort(s.addr)
	return strings.Join([]string{
		number(backendID), backendName, number(s.id), s.tag, host,
		number(operational), number(adminBits[s.admin]), number(s.weight), number(s.initial),
		seconds(now.Sub(s.changed)), number(checkNumbers[s.check.word]), number(result), number(s.health), number(checkState),
		"0", "0", "0", "-", port, "-", "0", "0", "-", "-", "0",
	}, " ") + "\n"
}
