package plans

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"

	"stickbench/internal/bounded"
	"stickbench/loadgen"
)

// largestData is the most bytes that a file of data may have: it is held in memory.
const largestData = 1 << 30

var orders = map[string]loadgen.Order{"file": loadgen.AsWritten, "shuffle": loadgen.ShuffleOnce, "random": loadgen.AnyTime}

// readData reads [[data]].
func (r *reader) readData(t table) {
	seen := map[string]string{}
	for _, of := range t.tables("data", dataShape) {
		d := r.dataFile(of)
		for i, name := range d.Columns {
			if slices.Contains(d.Columns[:i], name) {
				continue // which is noted
			}
			if first, taken := seen[name]; taken {
				of.key(of.path, "its column %q is one of %s already", name, first)
			}
			seen[name] = of.path
			if r.variables.isVar(name) {
				of.key(of.path, "its column %q is a variable of [vars] already: name the columns with names = [ … ]", name)
			}
		}
		r.data = append(r.data, d)
	}
	if r.override.Replay {
		r.guessColumns(seen)
	}
}

var nameInPlan = regexp.MustCompile(`[A-Za-z][A-Za-z0-9_]*`)

// guessColumns gives files that are not opened, and whose first lines name the columns, every name in the plan that
// nothing else can be: which of them are there is not known.
func (r *reader) guessColumns(seen map[string]string) {
	for _, d := range r.data {
		if d.Columns != nil {
			continue
		}
		for _, name := range nameInPlan.FindAllString(string(r.plan.Source), -1) {
			if seen[name] == "" && !r.variables.isVar(name) && variableProblem(name) == "" {
				seen[name] = d.Name
				d.Columns = append(d.Columns, name)
			}
		}
		d.Lines = [][]string{make([]string, len(d.Columns))}
	}
}

func (r *reader) dataFile(t table) *loadgen.Data {
	before := len(r.list)
	d := &loadgen.Data{Per: t.sharing("per", loadgen.PerRun)}
	every, _ := t.word("every")
	d.ForLife = every == "user"
	end, _ := t.word("at_end")
	d.AtEnd = map[string]loadgen.AtEnd{"stop": loadgen.EndUsers, "eof": loadgen.GiveEOF}[end]
	order, _ := t.word("order")
	d.Order = orders[order]
	if d.AtEnd != loadgen.BeginAgain && d.Order == loadgen.AnyTime {
		t.key(t.at("at_end"), "lines in random order have no end")
	}
	names := t.texts("names")
	for i, name := range names {
		if message := variableProblem(name); message != "" {
			t.value(elementPath(t.at("names"), i), "%s", message)
		}
		if slices.Contains(names[:i], name) {
			t.value(elementPath(t.at("names"), i), "is there twice")
		}
	}
	d.Columns = names
	file, ok := t.settingLine("file")
	if !ok {
		if !t.has("file") {
			t.key(t.path, `needs a file, such as file = "users.csv"`)
		}
		return d
	}
	d.Name = file
	f := r.format(t)
	if len(r.list) > before {
		return d
	}
	if err := r.fill(d, f); err != nil {
		t.value(t.at("file"), "%v", err)
	}
	return d
}

// dataFormat is how the lines of a file are written.
type dataFormat struct {
	comma     rune
	quoted    bool
	encoding  string
	skipFirst bool
}

func (r *reader) format(t table) dataFormat {
	f := dataFormat{comma: ',', quoted: true}
	if s, ok := t.text("delimiter"); ok {
		c, size := utf8.DecodeRuneInString(s)
		f.comma = c
		if size != len(s) || size == 0 || c == '"' || c == '\r' || c == utf8.RuneError {
			t.value(t.at("delimiter"), "expected one character, such as \";\" or \"\\t\", not %s", quoted(s))
			f.comma = 0
		}
	}
	if on, ok := t.boolean("quoted"); ok {
		f.quoted = on
	}
	f.skipFirst, _ = t.boolean("skip_first")
	if f.skipFirst && !t.has("names") {
		t.key(t.at("skip_first"), "is for files whose columns have names = [ … ]: without them the first line names the columns, and is left out anyway")
	}
	if name, ok := t.line("encoding"); ok {
		f.encoding = name
		if _, err := htmlindex.Get(name); err != nil {
			t.value(t.at("encoding"), "unknown encoding %s: want one such as \"utf-8\", \"latin1\" or \"gb2312\"", quoted(name))
			f.encoding = ""
		}
	}
	return f
}

// beside is where a file is that the plan names: beside the plan.
func (r *reader) beside(file string) string {
	if filepath.IsAbs(file) || r.plan.Path == standardInput {
		return file
	}
	return filepath.Join(filepath.Dir(r.plan.Path), file)
}

// fill reads a file's lines. Its error says what is wrong with the file.
func (r *reader) fill(d *loadgen.Data, f dataFormat) error {
	if r.override.Replay {
		d.Lines = [][]string{make([]string, len(d.Columns))}
		return nil
	}
	text, err := r.content(d.Name)
	if err != nil {
		return err
	}
	if f.encoding != "" {
		e, _ := htmlindex.Get(f.encoding)
		if text, err = e.NewDecoder().Bytes(text); err != nil {
			return fmt.Errorf("%s is not written in %s: %v", d.Name, f.encoding, err)
		}
	}
	if !utf8.Valid(text) {
		return fmt.Errorf("%s is not UTF-8: say how it is written, such as encoding = \"latin1\"", d.Name)
	}
	lines, err := f.lines(bytes.TrimPrefix(text, []byte("\ufeff")))
	if err != nil {
		return fmt.Errorf("%s:%v", d.Name, err)
	}
	return f.take(d, lines)
}

// dataLine is a line of a file, and which.
type dataLine struct {
	number int
	fields []string
}

// take makes lines those of d.
func (f dataFormat) take(d *loadgen.Data, lines []dataLine) error {
	switch {
	case len(lines) == 0:
		return fmt.Errorf("%s is empty", d.Name)
	case d.Columns == nil:
		d.Columns = lines[0].fields
		for i, name := range d.Columns {
			d.Columns[i] = strings.TrimSpace(name)
			message := variableProblem(d.Columns[i])
			if slices.Contains(d.Columns[:i], d.Columns[i]) {
				message = "there twice"
			}
			if message != "" {
				d.Columns = nil
				return fmt.Errorf("%s:%d: the first line names the columns, and %s is %s; or name them with names = [ … ]", d.Name, lines[0].number, quoted(name), message)
			}
		}
		lines = lines[1:]
	case f.skipFirst:
		lines = lines[1:]
	}
	if len(lines) == 0 {
		return fmt.Errorf("%s has no line behind the first, which names the columns", d.Name)
	}
	for _, line := range lines {
		if len(line.fields) < len(d.Columns) {
			return fmt.Errorf("%s:%d: %s, want %d: %s", d.Name, line.number, counted(int64(len(line.fields)), "column"), len(d.Columns), strings.Join(d.Columns, ", "))
		}
		d.Lines = append(d.Lines, line.fields[:len(d.Columns)])
	}
	return nil
}

// lines reads a file of which expressions take lines.
func (r *reader) lines(name string) error {
	if r.files[name] != nil || r.override.Replay {
		return nil
	}
	text, err := r.content(name)
	if err != nil {
		return err
	}
	var lines []string
	for _, line := range (dataFormat{comma: '\n'}).plainLines(string(bytes.TrimPrefix(text, []byte("\ufeff")))) {
		lines = append(lines, line.fields[0])
	}
	if len(lines) == 0 {
		return fmt.Errorf("%s is empty", name)
	}
	if r.files == nil {
		r.files = map[string][]string{}
	}
	r.files[name] = lines
	return nil
}

// content reads a file that the plan names.
func (r *reader) content(name string) ([]byte, error) {
	if text, in, err := r.bundled(name); in {
		return text, err
	}
	at := r.beside(name)
	info, err := os.Stat(at)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("no file %s: it is looked for beside the plan", at)
	case err != nil:
		return nil, fmt.Errorf("cannot read %s: %w", at, err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no file", at)
	case info.Size() > largestData:
		return nil, fmt.Errorf("%s is larger than 1 GiB, and would be held in memory", at)
	}
	text, err := bounded.File(at, largestData)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", at, err)
	}
	r.keep(name, text)
	return text, nil
}

// lines splits a file. Its error begins with the line's number.
func (f dataFormat) lines(text []byte) ([]dataLine, error) {
	if !f.quoted || f.comma == '\n' {
		return f.plainLines(string(text)), nil
	}
	c := csv.NewReader(bytes.NewReader(text))
	c.Comma, c.FieldsPerRecord = f.comma, -1
	var lines []dataLine
	for {
		line, err := c.Read()
		var wrong *csv.ParseError
		switch {
		case err == io.EOF:
			return lines, nil
		case errors.As(err, &wrong):
			return nil, fmt.Errorf("%d:%d: %v: with quoted = false quotes are characters as others", wrong.Line, wrong.Column, wrong.Err)
		case err != nil:
			return nil, fmt.Errorf(" %v", err)
		}
		number, _ := c.FieldPos(0)
		lines = append(lines, dataLine{number, line})
	}
}

// plainLines are lines in which a quote is a character as others.
func (f dataFormat) plainLines(text string) []dataLine {
	var lines []dataLine
	number := 0
	for line := range strings.Lines(text) {
		number++
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			lines = append(lines, dataLine{number, strings.Split(line, string(f.comma))})
		}
	}
	return lines
}
