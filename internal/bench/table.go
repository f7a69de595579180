package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// writeMarkdown prints the results as Markdown whose tables are aligned, so that a terminal and a README
// can show the same.
func writeMarkdown(w io.Writer, r *Results) error {
	var b strings.Builder
	b.WriteString(paragraph(howMeasured(r)) + "\n")
	b.WriteString(costTable(r.Rows))
	if len(r.Memory) > 0 {
		b.WriteString("\n" + paragraph(aboutMemory()) + "\n" + memoryTable(r.Memory))
	}
	if len(r.Missing) > 0 {
		b.WriteString("\nNot installed, and so not measured:\n\n")
		for _, m := range r.Missing {
			fmt.Fprintf(&b, "- %s: %s\n", m.Name, m.Install)
		}
	}
	if len(r.Warnings) > 0 {
		b.WriteString("\nWarnings:\n\n")
		for _, s := range r.Warnings {
			fmt.Fprintf(&b, "- %s\n", strings.Join(strings.Fields(s), " "))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeJSON prints the results as one JSON document.
func writeJSON(w io.Writer, r *Results) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// howMeasured says under which circumstances the figures of the first table came about.
func howMeasured(r *Results) string {
	cores := "Client and server were not kept apart, and took time from each other."
	if r.Pinned {
		cores = "Client and server ran on a core of their own each."
	}
	return fmt.Sprintf("%d connections, kept alive, each with one request in flight and the next one right behind the response, for %g s; "+
		"the median of %s, the tools in turn. The server is %s, which answers with about 120 bytes of JSON. %s "+
		"The machine: %s, with a load average of %.1f before the start. "+
		"CPU is user and system time of the client's process by wait4, its start and its own report included, divided by the requests it completed, "+
		"and its ratio is the median of those to wrk in the same round; memory is its peak; p99 is what the tool itself says.",
		r.Connections, r.Seconds, plural(r.Runs, "run"), r.Server, cores, r.Machine, r.Machine.LoadAvg)
}

func aboutMemory() string {
	return fmt.Sprintf("Memory of users that each keep a connection open, come one after the other and pause for %s between requests; one run each. "+
		"What a user takes is what is above the peak of the same program with a single user.", think)
}

// costTable is the first table: what a request costs.
func costTable(rows []Row) string {
	t := table{head: []string{"tool", "version", "CPU µs/request", "min–max", "× wrk", "requests/s", "peak MB", "p99 ms"}, words: 2}
	for _, r := range rows {
		t.add(r.Name, r.Version, fmt.Sprintf("%.1f", r.CPUMicros), fmt.Sprintf("%.1f–%.1f", r.CPUMin, r.CPUMax),
			optional("%.2f", r.CPURatio), grouped(int64(r.PerSecond)), fmt.Sprintf("%.1f", float64(r.PeakBytes)/1e6), optional("%.2f", r.P99MS))
	}
	return t.String()
}

// memoryTable is the second one: what a user costs.
func memoryTable(rows []MemoryRow) string {
	t := table{head: []string{"tool", "users", "peak MB", "KB/user"}, words: 1}
	for _, r := range rows {
		t.add(r.Name, grouped(int64(r.Users)), fmt.Sprintf("%.1f", float64(r.PeakBytes)/1e6), fmt.Sprintf("%.1f", r.BytesPerUser/1e3))
	}
	return t.String()
}

// table is a Markdown table; the first so many columns are words, to the left, and the others figures.
type table struct {
	head  []string
	words int
	rows  [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) String() string {
	width := make([]int, len(t.head))
	for _, row := range append([][]string{t.head}, t.rows...) {
		for i, c := range row {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	var b strings.Builder
	t.line(&b, t.head, width)
	for i, n := range width {
		if i < t.words {
			b.WriteString("|" + strings.Repeat("-", n+2))
		} else {
			b.WriteString("|" + strings.Repeat("-", n+1) + ":")
		}
	}
	b.WriteString("|\n")
	for _, row := range t.rows {
		t.line(&b, row, width)
	}
	return b.String()
}

func (t *table) line(b *strings.Builder, cells []string, width []int) {
	for i, c := range cells {
		n := width[i]
		if i < t.words {
			n = -n
		}
		fmt.Fprintf(b, "| %*s ", n, c)
	}
	b.WriteString("|\n")
}

// optional is a figure that may not be known.
func optional(format string, v *float64) string {
	if v == nil {
		return "n/a"
	}
	return fmt.Sprintf(format, *v)
}

// grouped writes a number of five digits or more in groups of three, as 12 345.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	if n < 10000 {
		return s
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// paragraph breaks a text into lines of at most 110 characters.
func paragraph(s string) string {
	const most = 110
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(s) {
		n := utf8.RuneCountInString(word)
		switch {
		case column == 0:
		case column+1+n > most:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	b.WriteByte('\n')
	return b.String()
}
