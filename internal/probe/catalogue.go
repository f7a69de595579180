package probe

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"stickbench/internal/lazy"
)

// What is known of names. None of it decides anything: it orders the experiments, refuses what is known
// not to name a node, and gives what was found a product's name.

// nodeNames are names of header fields (without X-) and JSON members that usually hold a node's, best
// first. Signs between words are left out.
var nodeNames = []string{
	"tag", "node", "nodename", "nodeid", "webnode", "backendserver", "backend", "backendname", "servername", "serverid",
	"server", "appserver", "instance", "instanceid", "instancename", "pod", "podname", "upstream", "workername",
	"hostname", "host", "machine", "machinename", "containerid", "container", "servedby", "handledby", "served",
	"backendip", "serverip", "nodeip", "hostip", "podip", "upstreamaddr", "ip", "addr", "address",
}

// weakFields differ between nodes that are not alike; nodes that are alike share them.
var weakFields = []string{"header:server", "header:x-powered-by", "header:etag", "header:last-modified", "header:content-length"}

// workerNames are those of a process or thread: a machine has several.
var workerNames = lazy.Regexp(`(?i)^(x-)?(pid|process(-?id)?|worker(-?id)?|thread(-?id)?|_passenger_route)$`)

// noNode are fields and members that say nothing of the node: of the request, of time, of a cache or an
// edge in front of the balancer.
var noNode = lazy.Regexp(`(?i)^header:(date|expires|age|via|connection|keep-alive|x-cache.*|cf-.*|x-varnish|x-amz-.*|x-amzn-.*|x-azure-ref|x-vercel-.*|` +
	`x-request-id|x-correlation-id|traceparent|tracestate|fly-request-id|rndr-id|x-nf-request-id|x-github-request-id|content-security-policy|` +
	`server-timing|x-runtime|x-response-time|.*-(latency|upstream-service-time)|x-rate-?limit.*|ratelimit.*|retry-after|x-railway-edge|x-render-origin-server|` +
	`alt-svc|report-to|nel|accept-ch|vary|transfer-encoding)$` +
	`|^json:(.*\.)?(time|timestamp|now|date|uptime|elapsed|duration|latency|count|counter|hits|views|visits)$`)

// counterNames and idNames are names by which a session's counter and id are suspected where no
// experiment shows them.
var (
	counterNames = lazy.Regexp(`(?i)(views?|counts?|counter|visits?|hits?)$`)
	idNames      = lazy.Regexp(`(?i)(^|[.:_-])(id|sid|session(_?id)?)$`)
)

// sessionCookies are names of applications' session cookies.
var sessionCookies = lazy.Regexp(`(?i)^(jsessionid.*|phpsessid|asp\.net_sessionid|asp_net_sessionid|connect\.sid|laravel_session|_session_id|.*sess(ion)?(id)?|sid|cfid|cftoken)$`)

// notSticky are cookies that look as if they made a session stick, and do not.
var notSticky = lazy.Regexp(`^(TS[0-9a-fA-F]{6,}|MRHSession|LastMRH_Session|incap_ses_.*|visid_incap_.*|__cf_bm|cf_clearance|ak_bmsc|aws-waf-token|__vdpl|x-ms-routing-name|_passenger_route|io)$`)

// product is a balancer by its cookie.
type product struct {
	name  string
	by    func() *regexp.Regexp // of the cookie's name
	value func() *regexp.Regexp // of its value; nil for any
}

var products = []product{
	{"HAProxy", lazy.Regexp(`^(SERVERID|SRV|SRVNAME)$`), nil},
	{"HAProxy", nil, lazy.Regexp(`^[^~|]+(~|\|[A-Za-z0-9+/]{5}(\||$))`)},
	{"ingress-nginx", lazy.Regexp(`^(INGRESSCOOKIE|route)$`), nil},
	{"Apache mod_proxy_balancer", lazy.Regexp(`^(ROUTEID|BALANCEID)$`), nil},
	{"F5 BIG-IP", lazy.Regexp(`^BIGipServer`), nil},
	{"F5 BIG-IP", nil, lazy.Regexp(`^(\d+\.\d+\.0000|rd\d+o[0-9a-f]{32}o\d+|vi[0-9a-f]{32}\.\d+)$`)},
	{"Citrix NetScaler", lazy.Regexp(`^(NSC_|citrix_ns_id|ns_af)`), nil},
	{"AWS Application Load Balancer", lazy.Regexp(`^AWSALB(CORS|TG|TGCORS|APP-\d+)?$`), nil},
	{"AWS Classic Load Balancer", lazy.Regexp(`^AWSELB(CORS)?$`), nil},
	{"Azure App Service", lazy.Regexp(`^ARRAffinity(SameSite)?$`), nil},
	{"Azure Application Gateway", lazy.Regexp(`^ApplicationGatewayAffinity(CORS)?$|^AGCAffinity$`), nil},
	{"Azure Front Door", lazy.Regexp(`^ASLBSA(CORS)?$`), nil},
	{"Google Cloud Load Balancing", lazy.Regexp(`^(GCLB|GCILB|GSSA)$`), nil},
	{"Cloudflare Load Balancing", lazy.Regexp(`^__cflb$`), nil},
	{"Traefik", lazy.Regexp(`^_TRAEFIK_BACKEND$`), nil},
	{"Caddy", lazy.Regexp(`^lb$`), lazy.Regexp(`^[0-9a-f]{64}$`)},
	{"Contour", lazy.Regexp(`^X-Contour-Session-Affinity$`), nil},
	{"Cloud Foundry", lazy.Regexp(`^__VCAP_ID__$`), nil},
	{"Heroku", lazy.Regexp(`^heroku-session-affinity$`), nil},
	{"Scalingo", lazy.Regexp(`^sc-sticky-session$`), nil},
	{"DigitalOcean", lazy.Regexp(`^DO-LB$`), nil},
	{"Oracle Cloud", lazy.Regexp(`^X-Oracle-BMC-LBS-Route$`), nil},
	{"bunny.net", lazy.Regexp(`^bunny_lb_`), nil},
	{"Tomcat or another Java container", lazy.Regexp(`^JSESSIONID`), nil},
}

// productOf names the balancer that uses such a cookie, "" for an unknown one.
func productOf(name, value string) string {
	for _, p := range products {
		if (p.by == nil || p.by().MatchString(name)) && (p.value == nil || p.value().MatchString(value)) {
			return p.name
		}
	}
	return ""
}

// nodeRank is the place of a field's name among nodeNames; ok is false for other names.
func nodeRank(from string) (rank int, ok bool) {
	kind, name, _ := strings.Cut(from, ":")
	if kind == "regex" || kind == "cookie" || from == "header:server" {
		return 0, false
	}
	if kind == "json" {
		name = name[strings.LastIndexByte(name, '.')+1:]
	}
	name = strings.TrimPrefix(strings.ToLower(name), "x-")
	name = strings.Map(func(c rune) rune {
		if strings.ContainsRune("-_ ", c) {
			return -1
		}
		return c
	}, name)
	if kind == "header" && name == "worker" { // Apache's BALANCER_WORKER_NAME
		name = "workername"
	}
	rank = slices.Index(nodeNames, name)
	return rank, rank >= 0
}

// decoders read the address that a cookie's value hides, as far as it is no secret.
var decoders = []func(string) (netip.AddrPort, bool){bigIP, bigIPDomain, bigIPv6, netScaler, encodedAddress}

// decodeAddress is the node's address that the value gives away.
func decodeAddress(value string) (netip.AddrPort, bool) {
	for _, decode := range decoders {
		if a, ok := decode(value); ok {
			return a, true
		}
	}
	return netip.AddrPort{}, false
}

// bigIP decodes 1677787402.36895.0000: the IPv4 address in the machine's byte order and the port with its
// bytes swapped (F5 K6917).
func bigIP(value string) (netip.AddrPort, bool) {
	parts := strings.Split(value, ".")
	if len(parts) != 3 || parts[2] != "0000" {
		return netip.AddrPort{}, false
	}
	ip, err1 := strconv.ParseUint(parts[0], 10, 32)
	port, err2 := strconv.ParseUint(parts[1], 10, 16)
	if err1 != nil || err2 != nil {
		return netip.AddrPort{}, false
	}
	a := netip.AddrFrom4([4]byte{byte(ip), byte(ip >> 8), byte(ip >> 16), byte(ip >> 24)})
	return netip.AddrPortFrom(a, swapped(port)), true
}

func swapped(port uint64) uint16 { return uint16(port<<8&0xff00 | port>>8) }

// bigIPDomain decodes rd5o00000000000000000000ffffc0000201o80: a route domain, the address in order, the
// port in decimal.
func bigIPDomain(value string) (netip.AddrPort, bool) {
	m := routeDomain().FindStringSubmatch(value)
	if m == nil {
		return netip.AddrPort{}, false
	}
	raw, _ := hex.DecodeString(m[1])
	port, err := strconv.ParseUint(m[2], 10, 16)
	return netip.AddrPortFrom(netip.AddrFrom16([16]byte(raw)).Unmap(), uint16(port)), err == nil
}

var routeDomain = lazy.Regexp(`^rd\d+o([0-9a-f]{32})o(\d+)$`)

// bigIPv6 decodes vi20010112000000000000000000000030.20480.
func bigIPv6(value string) (netip.AddrPort, bool) {
	address, port, ok := strings.Cut(strings.TrimPrefix(value, "vi"), ".")
	raw, err := hex.DecodeString(address)
	n, err2 := strconv.ParseUint(port, 10, 16)
	if !ok || !strings.HasPrefix(value, "vi") || err != nil || err2 != nil || len(raw) != 16 {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(netip.AddrFrom16([16]byte(raw)), swapped(n)), true
}

// netScaler decodes ffffffff, the address xor 03081e11, padding, and the port xor 3630.
func netScaler(value string) (netip.AddrPort, bool) {
	if !strings.HasPrefix(value, "ffffffff") || len(value) < 20 {
		return netip.AddrPort{}, false
	}
	ip, err1 := strconv.ParseUint(value[8:16], 16, 32)
	port, err2 := strconv.ParseUint(value[len(value)-4:], 16, 16)
	if err1 != nil || err2 != nil {
		return netip.AddrPort{}, false
	}
	ip ^= 0x03081e11
	a := netip.AddrFrom4([4]byte{byte(ip >> 24), byte(ip >> 16), byte(ip >> 8), byte(ip)})
	return netip.AddrPortFrom(a, uint16(port)^0x3630), true
}

// encodedAddress decodes an address in base64, as older Envoys wrote it, or in the clear.
func encodedAddress(value string) (netip.AddrPort, bool) {
	if raw, err := base64.StdEncoding.DecodeString(value); err == nil {
		value = string(raw)
	}
	value = strings.TrimPrefix(strings.TrimPrefix(strings.Trim(value, `"`), "http://"), "https://")
	a, err := netip.ParseAddrPort(strings.TrimSuffix(value, "/"))
	return a, err == nil
}

// masked is an address without what tells a stranger most.
func masked(a netip.AddrPort) string {
	if !a.Addr().Is4() {
		return fmt.Sprintf("an IPv6 address, port %d", a.Port())
	}
	b := a.Addr().As4()
	return fmt.Sprintf("%d.%d.*.*:%d", b[0], b[1], a.Port())
}
