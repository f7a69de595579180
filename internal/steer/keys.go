package steer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
)

// Keys turns keys that are pressed on a terminal into words.
//
//	key            then
//	p + - ?        at once
//	n              a text, Enter
//	e d r m        the number of an event or a node; for a node, y
//	s              y
//	Escape         nothing, from everywhere
type Keys struct {
	Control *Control
	Say     func(line string) // to the user

	mu     sync.Mutex
	asking string       // what is asked for; "" between keys
	typed  string       // the answer so far
	answer func(string) // takes the answer, whole where text is true, else key by key
	text   bool
}

// keyTime is how long what a key wants may take.
const keyTime = 30 * time.Second

// keyList is what ? says, in lines that a terminal of 80 columns holds.
const keyList = `p pause, or go on · + - load up or down by a tenth · n note · s stop
e event of the plan · d r m drain, ready, maint of a node`

// Line is what is shown beneath the run: what is asked for, or what the keys are.
func (k *Keys) Line() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.asking != "" {
		return k.asking + k.typed
	}
	return "? lists the keys"
}

// Press takes a key.
func (k *Keys) Press(key rune) {
	k.mu.Lock()
	asking, text, answer := k.asking != "", k.text, k.answer
	switch {
	case asking && key == '\x1b':
		k.asking, k.typed = "", ""
	case asking && text && (key == '\b' || key == '\x7f'):
		if r := []rune(k.typed); len(r) > 0 {
			k.typed = string(r[:len(r)-1])
		}
	case asking && text && key != '\n' && key != '\r':
		if unicode.IsPrint(key) && len(k.typed) < longestNote-4 {
			k.typed += string(key)
		}
	case asking:
		typed := k.typed
		if !text {
			typed = string(key)
		}
		k.asking, k.typed = "", ""
		k.mu.Unlock()
		answer(typed)
		return
	default:
		k.mu.Unlock()
		k.begin(key)
		return
	}
	k.mu.Unlock()
}

func (k *Keys) ask(text bool, answer func(string), format string, args ...any) {
	k.mu.Lock()
	k.asking, k.typed, k.text, k.answer = fmt.Sprintf(format, args...), "", text, answer
	k.mu.Unlock()
}

// begin takes a key while nothing is asked for.
func (k *Keys) begin(key rune) {
	status, err := k.Control.Status()
	if err != nil {
		k.Say(err.Error())
		return
	}
	switch key {
	case '?', 'h':
		k.Say(keyList)
	case 'p':
		if status.Paused {
			k.do(false, "resume")
		} else {
			k.do(false, "pause")
		}
	case '+', '=':
		k.load(status, 0.1)
	case '-':
		k.load(status, -0.1)
	case 'n':
		k.ask(true, func(text string) {
			if strings.TrimSpace(text) != "" {
				k.do(false, "note", text)
			}
		}, "note: ")
	case 'e':
		k.choose("event", "event", status.Events, func(name string) { k.do(false, "event", name) })
	case 'd', 'r', 'm':
		word := map[rune]string{'d': "drain", 'r': "ready", 'm': "maint"}[key]
		k.choose(word, "node", status.Nodes, func(node string) {
			k.confirm(word+" "+node, func() { k.do(true, word, node) })
		})
	case 's':
		k.confirm("stop the run", func() { k.do(false, "stop") })
	}
}

// load changes the load of every group by a part of the most that it can have.
func (k *Keys) load(status *Status, part float64) {
	for _, g := range status.Groups {
		step := part * g.Most
		if g.Word == "users" {
			step = math.Copysign(math.Max(1, math.Round(math.Abs(step))), part)
		}
		to := min(max(0, g.Wanted+step), g.Most)
		if to == g.Wanted {
			k.Say(fmt.Sprintf("%s: %s is as far as the plan goes", g.Group, strconv.FormatFloat(to, 'g', 6, 64)))
			continue
		}
		k.do(false, g.Word, strconv.FormatFloat(to, 'g', 6, 64), g.Group)
	}
}

// choose asks for one of a list, by its number.
func (k *Keys) choose(word, what string, list []string, then func(string)) {
	if len(list) == 0 {
		k.Say(fmt.Sprintf("%s: the plan has no %ss for that", word, what))
		return
	}
	list = slices.Clone(list[:min(len(list), 9)])
	shown := make([]string, len(list))
	for i, name := range list {
		shown[i] = fmt.Sprintf("%d %s", i+1, name)
	}
	k.ask(false, func(key string) {
		if n, err := strconv.Atoi(key); err == nil && n > 0 && n <= len(list) {
			then(list[n-1])
		}
	}, "%s: %s ", word, strings.Join(shown, " · "))
}

func (k *Keys) confirm(what string, then func()) {
	k.ask(false, func(key string) {
		if key == "y" || key == "Y" {
			then()
		}
	}, "%s? y/n ", what)
}

// do does what the words say, and says what came of it unless the view shows that.
func (k *Keys) do(sure bool, words ...string) {
	ctx, cancel := context.WithTimeout(context.Background(), keyTime)
	defer cancel()
	if _, err := k.Control.Do(ctx, "key", words, sure); err != nil && !errors.Is(err, ErrRefused) {
		k.Say(strings.Join(words, " ") + ": " + err.Error())
	}
}
