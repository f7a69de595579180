package sequence

import "strconv"

// add draws an exchange:
//
//	browser        balancer          node
//	   ├── request ──►│                │      what was sent
//	   │              ├── request ────►│      what the balancer made of it
//	   │              │◄─ reply ───────┤
//	   │◄─ reply ─────┤                │      what the balancer made of that
//	   │ keeps …                              what the browser's jar did
func (f *freezer) add(x *Exchange) {
	f.x, f.steps = x, nil
	f.at, f.with = f.lanes[laneKey{Browser, strconv.Itoa(x.User)}], f.lanes[laneKey{Balancer, ""}]
	if x.Server != "" {
		f.with = f.lanes[laneKey{Server, x.Server}]
	}
	if before, ok := f.lives[x.User]; ok && before != x.Life {
		f.note("a new visitor: no cookies")
	}
	f.lives[x.User] = x.Life
	switch x.Outcome {
	case Unsent:
		f.note("✗ "+x.Label, f.failure())
	case Unreached:
		f.step(Step{From: f.at, To: f.with, Kind: Lost}, f.asks(), f.failure())
	default:
		f.asked()
		f.behind()
		f.answered()
	}
	f.diagram.Blocks = append(f.diagram.Blocks, Block{Number: len(f.diagram.Blocks) + 1, Steps: f.steps})
}

func (f *freezer) note(lines ...string) {
	f.step(Step{From: f.at, To: f.at, Kind: Note}, lines...)
}

// asks is the browser's request, or else its label.
func (f *freezer) asks() string {
	if f.x.Method == "" {
		return f.cookies.path(f.x.Label)
	}
	return f.request(f.x.Method, f.x.Path)
}

func (f *freezer) request(method, path string) string {
	return method + " " + f.cookies.path(path)
}

// failure is what went wrong, in which an id may stand.
func (f *freezer) failure() string { return f.x.Kind + ": " + f.cookies.redact(f.x.Failure) }

func (f *freezer) asked() {
	lines := append([]string{f.asks()}, f.cookies.cookieLine(pairs(f.x.Cookie))...)
	f.step(Step{From: f.at, To: f.with, Kind: Request}, lines...)
}

// behind draws what happened behind the balancer: as the nodes saw it, or else as far as the response tells.
func (f *freezer) behind() {
	for i := range f.x.Seen {
		f.observed(&f.x.Seen[i])
	}
	if f.x.Seen != nil || f.x.Node == "" {
		return
	}
	node := f.lanes[laneKey{Node, f.x.Node}]
	says := "answered by " + f.x.Node
	if f.x.Detail != "" {
		says += ", " + f.x.Detail
	}
	f.step(Step{From: f.with, To: node, Kind: Request, Inferred: true}, "(inferred)")
	f.step(Step{From: node, To: f.with, Kind: Reply, Inferred: true}, says)
}

// observed draws an exchange between balancer and node.
func (f *freezer) observed(s *Observation) {
	node, received, sent := f.lanes[laneKey{Node, s.Node}], pairs(s.Cookie), pairs(f.x.Cookie)
	lines := append([]string{f.request(s.Method, s.Path)}, f.cookies.forwarded(sent, received)...)
	f.step(Step{From: f.with, To: node, Kind: Request}, lines...)
	if s.Status == 0 {
		f.step(Step{From: node, To: f.with, Kind: Lost}, "no response")
		return
	}
	lines = []string{status(s.Status, s.Reason)}
	if s.Detail != "" {
		lines = append(lines, s.Detail)
	}
	set := settings(s.SetCookie, f.x.Start)
	for _, p := range received {
		if own, ok := findSetting(set, p.name); ok && own.value != p.value {
			lines = append(lines, f.cookies.short(p.value)+" is not known here")
		}
	}
	f.step(Step{From: node, To: f.with, Kind: Reply}, append(lines, f.cookies.set(set)...)...)
}

// answered draws what the browser got, and what it made of it.
func (f *freezer) answered() {
	if f.x.Outcome == NoResponse {
		f.step(Step{From: f.with, To: f.at, Kind: Lost}, f.failure())
		return
	}
	set := settings(f.x.SetCookie, f.x.Start)
	lines := []string{status(f.x.Status, f.x.Reason)}
	switch n := len(f.x.Seen); {
	case f.x.Seen == nil:
		lines = append(lines, f.cookies.set(set)...)
	case n == 0:
		lines = append(append(lines, "no node was reached"), f.cookies.returned(nil, set)...)
	default:
		lines = append(lines, f.cookies.returned(settings(f.x.Seen[n-1].SetCookie, f.x.Start), set)...)
	}
	if f.x.Seen == nil && f.x.Node == "" && f.x.Detail != "" {
		lines[0] += ", " + f.x.Detail
	}
	f.step(Step{From: f.with, To: f.at, Kind: Reply}, lines...)
	f.note(f.cookies.kept(pairs(f.x.Cookie), set, pairs(f.x.Held))...)
	if f.x.Kind != "" {
		f.note("✗ " + f.failure())
	}
}
