package browsertest

import (
	"encoding/json"
	"testing"
)

// Page is a page in a window of its own. Whatever fails in it fails the test.
type Page struct {
	t       testing.TB
	b       *browser
	session string
	loaded  chan struct{}
	console []string // guarded by b.mu
}

// Window is how a page is looked at.
type Window struct {
	Width, Height int
	Dark          bool
	Print         bool // as it is printed
}

// Open opens a page, which is closed when the test ends.
func Open(t testing.TB, url string, w Window) *Page {
	t.Helper()
	b := shared(t)
	var target struct{ TargetID string }
	if err := b.call("", "Target.createTarget", map[string]any{"url": "about:blank"}, &target); err != nil {
		t.Fatal(err)
	}
	var attached struct{ SessionID string }
	if err := b.call("", "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached); err != nil {
		t.Fatal(err)
	}
	p := &Page{t: t, b: b, session: attached.SessionID, loaded: make(chan struct{}, 10)}
	b.mu.Lock()
	b.pages[p.session] = p
	b.mu.Unlock()
	t.Cleanup(func() { b.call("", "Target.closeTarget", map[string]any{"targetId": target.TargetID}, nil) })
	for _, room := range []string{"Page", "Runtime", "Log"} {
		p.call(room+".enable", map[string]any{}, nil)
	}
	p.Look(w)
	p.call("Page.navigate", map[string]any{"url": url}, nil)
	<-p.loaded
	return p
}

// Look changes the window.
func (p *Page) Look(w Window) {
	p.t.Helper()
	p.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": w.Width, "height": w.Height, "deviceScaleFactor": 1, "mobile": w.Width < 500}, nil)
	scheme, media := "light", ""
	if w.Dark {
		scheme = "dark"
	}
	if w.Print {
		media = "print"
	}
	p.call("Emulation.setEmulatedMedia", map[string]any{"media": media, "features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

func (p *Page) call(method string, params, result any) {
	p.t.Helper()
	if err := p.b.call(p.session, method, params, result); err != nil {
		p.t.Fatal(err)
	}
}

// happened takes an event of the page; b.mu is held.
func (p *Page) happened(method string, params json.RawMessage) {
	switch method {
	case "Page.loadEventFired":
		select {
		case p.loaded <- struct{}{}:
		default:
		}
	case "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded":
		p.console = append(p.console, string(params))
	}
}

// Console is what the page has written to its console, errors and refusals included, as JSON.
func (p *Page) Console() []string {
	p.b.mu.Lock()
	defer p.b.mu.Unlock()
	return p.console
}

// Eval evaluates JavaScript in the page, waits if it is a promise, and reads its value, unless into is nil.
func (p *Page) Eval(script string, into any) {
	p.t.Helper()
	var r struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Exception struct{ Description string }
			Text      string
		}
	}
	p.call("Runtime.evaluate", map[string]any{"expression": script, "returnByValue": true, "awaitPromise": true}, &r)
	if r.ExceptionDetails != nil {
		p.t.Fatalf("%s: %s %s", script, r.ExceptionDetails.Text, r.ExceptionDetails.Exception.Description)
	}
	if into != nil {
		if err := json.Unmarshal(r.Result.Value, into); err != nil {
			p.t.Fatalf("%s: %v: %s", script, err, r.Result.Value)
		}
	}
}

// Text is the value of an expression that is a string.
func (p *Page) Text(script string) (text string) {
	p.t.Helper()
	p.Eval("String("+script+")", &text)
	return text
}

// Box is where an element is, in pixels of the window, once it was scrolled there.
type Box struct{ X, Y, Width, Height float64 }

// Box finds the first element of a selector.
func (p *Page) Box(selector string) (b Box) {
	p.t.Helper()
	quoted, _ := json.Marshal(selector)
	p.Eval(`(e => { e.scrollIntoView({block: "center"}); const b = e.getBoundingClientRect(); return {X: b.x, Y: b.y, Width: b.width, Height: b.height}; })(document.querySelector(`+string(quoted)+`))`, &b)
	return b
}

func (p *Page) mouse(kind string, x, y float64, buttons, clicks int) {
	p.t.Helper()
	button := "none"
	if buttons > 0 || kind == "mouseReleased" {
		button = "left"
	}
	p.call("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": x, "y": y, "button": button, "buttons": buttons, "clickCount": clicks}, nil)
}

// Point moves the mouse to a part of an element, 0 to 1 from its left edge and from its upper one.
func (p *Page) Point(selector string, right, down float64) {
	p.t.Helper()
	b := p.Box(selector)
	p.mouse("mouseMoved", b.X+right*b.Width, b.Y+down*b.Height, 0, 0)
}

// Click clicks so many times on the middle of an element.
func (p *Page) Click(selector string, times int) {
	p.t.Helper()
	b := p.Box(selector)
	x, y := b.X+b.Width/2, b.Y+b.Height/2
	p.mouse("mouseMoved", x, y, 0, 0)
	for i := range times {
		p.mouse("mousePressed", x, y, 1, i+1)
		p.mouse("mouseReleased", x, y, 0, i+1)
	}
}

// Drag presses the mouse on one part of an element and releases it on another one, both 0 to 1 from its left edge.
func (p *Page) Drag(selector string, from, to float64) {
	p.t.Helper()
	b := p.Box(selector)
	y := b.Y + b.Height/2
	at := func(part float64) float64 { return b.X + part*b.Width }
	p.mouse("mouseMoved", at(from), y, 0, 0)
	p.mouse("mousePressed", at(from), y, 1, 1)
	p.mouse("mouseMoved", at((from+to)/2), y, 1, 0)
	p.mouse("mouseMoved", at(to), y, 1, 0)
	p.mouse("mouseReleased", at(to), y, 0, 1)
}

// Swipe moves a finger from one part of an element to another one, both 0 to 1 from its left edge.
func (p *Page) Swipe(selector string, from, to float64) {
	p.t.Helper()
	b := p.Box(selector)
	touch := func(kind string, points ...map[string]float64) {
		points = append([]map[string]float64{}, points...) // an empty list is none
		p.call("Input.dispatchTouchEvent", map[string]any{"type": kind, "touchPoints": points}, nil)
	}
	at := func(part float64) map[string]float64 {
		return map[string]float64{"x": b.X + part*b.Width, "y": b.Y + b.Height/2}
	}
	touch("touchStart", at(from))
	touch("touchMove", at((from+to)/2))
	touch("touchMove", at(to))
	touch("touchEnd")
}

// Press presses a key by its name in JavaScript, such as ArrowRight.
func (p *Page) Press(key string) {
	p.t.Helper()
	for _, kind := range []string{"keyDown", "keyUp"} {
		params := map[string]any{"type": kind, "key": key}
		if len(key) == 1 && kind == "keyDown" {
			params["text"] = key
		}
		p.call("Input.dispatchKeyEvent", params, nil)
	}
}
