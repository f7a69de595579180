package lab

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// A ConfigError is a configuration that HAProxy does not take.
type ConfigError struct {
	// Key is the key of Config that the first alert is about, "algorithm" or "sticky"; "" for another.
	Key string
	// Alerts are HAProxy's own lines, each followed by the line of the configuration that it is
	// about.
	Alerts []string
}

// Error shows the alerts.
func (e *ConfigError) Error() string {
	return "haproxy refuses the laboratory's configuration:\n\t" + strings.Join(e.Alerts, "\n\t")
}

// maxOutput bounds what is kept of haproxy's messages, in bytes.
const maxOutput = 16 << 10

// haproxyOutput keeps the end of what haproxy writes to its standard error: a line for each change
// of a server's state.
type haproxyOutput struct {
	mu   sync.Mutex
	text []byte
}

// Write never fails.
func (o *haproxyOutput) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = append(o.text, p...)
	if over := len(o.text) - maxOutput; over > 0 {
		o.text = append(o.text[:0], o.text[over:]...)
	}
	return len(p), nil
}

// String is what was kept, without blanks around it.
func (o *haproxyOutput) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.TrimSpace(string(o.text))
}

var (
	// haproxyPrefix is the level and the process id before a message, until 2.3 with a date between.
	haproxyPrefix = regexp.MustCompile(`^\[(\w+)\]\s+(?:\d+/\d+ )?\(\d+\) : (?:config : )?`)
	// configLine is the place in the configuration that a message is about.
	configLine = regexp.MustCompile(`\[[^\]]*:(\d+)\]`)
)

// configError is the error of a configuration that `haproxy -c` refused with that output.
func configError(output, config string) *ConfigError {
	e := &ConfigError{Alerts: alerts(output, config)}
	switch {
	case strings.Contains(e.Alerts[0], " | balance "):
		e.Key = "algorithm"
	case strings.Contains(e.Alerts[0], " | cookie "):
		e.Key = "sticky"
	}
	return e
}

// alerts picks the ALERT lines out of the output of `haproxy -c`, and adds the line of config that
// each names. Without any, the whole output is given.
func alerts(output, config string) []string {
	var found []string
	source := strings.Split(config, "\n")
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		prefix := haproxyPrefix.FindStringSubmatch(line)
		if prefix == nil || prefix[1] != "ALERT" || strings.Contains(line, "rror(s) found in conf") || strings.Contains(line, "Fatal errors found") {
			continue
		}
		text := "[ALERT] " + strings.TrimPrefix(line, prefix[0])
		if place := configLine.FindStringSubmatch(text); place != nil {
			text = strings.Replace(text, place[0], "line "+place[1], 1)
			if n, err := strconv.Atoi(place[1]); err == nil && n >= 1 && n <= len(source) {
				text += fmt.Sprintf("\n\t\t%d | %s", n, strings.TrimSpace(source[n-1]))
			}
		}
		found = append(found, text)
	}
	if found == nil {
		found = []string{output}
	}
	return found
}
