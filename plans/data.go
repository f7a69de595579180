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
	"unsafe"

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
		d.Lines = emptyLine(len(d.Columns))
	}
}

// emptyLine is one line of empty columns.
func emptyLine(columns int) loadgen.Lines {
	text := strings.Repeat(",", max(0, columns-1))
	return loadgen.Lines{Text: text, Comma: ',', Bounds: [][2]uint32{{0, uint32(len(text))}}}
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
		d.Lines = emptyLine(len(d.Columns))
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
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	return f.take(d, unsafe.String(unsafe.SliceData(text), len(text))) // it does not change, and may be a gigabyte
}

// take makes the lines of a file those of d.
func (f dataFormat) take(d *loadgen.Data, text string) error {
	d.Lines = loadgen.Lines{Text: text, Comma: f.comma, Quoted: f.quoted, Bounds: make([][2]uint32, 0, strings.Count(text, "\n")+1)}
	some := false
	err := f.lines(text, func(number int, fields []string, from, to int) error {
		first := !some
		some = true
		switch {
		case first && d.Columns == nil:
			return nameColumns(d, number, fields)
		case first && f.skipFirst:
		case len(fields) < len(d.Columns):
			return fmt.Errorf("%d: %s, want %d: %s", number, counted(int64(len(fields)), "column"), len(d.Columns), strings.Join(d.Columns, ", "))
		default:
			d.Lines.Bounds = append(d.Lines.Bounds, [2]uint32{uint32(from), uint32(to)})
		}
		return nil
	})
	switch {
	case err != nil:
		return fmt.Errorf("%s:%w", d.Name, err)
	case !some:
		return fmt.Errorf("%s is empty", d.Name)
	case len(d.Lines.Bounds) == 0:
		return fmt.Errorf("%s has no line behind the first, which names the columns", d.Name)
	}
	return nil
}

// nameColumns makes the fields of the first line the columns of d.
func nameColumns(d *loadgen.Data, number int, fields []string) error {
	for i, field := range fields {
		name := strings.TrimSpace(field)
		message := variableProblem(name)
		if slices.Contains(d.Columns, name) {
			message = "there twice"
		}
		if message != "" {
			d.Columns = nil
			return fmt.Errorf("%d: the first line names the columns, and %s is %s; or name them with names = [ … ]", number, quoted(fields[i]), message)
		}
		d.Columns = append(d.Columns, name)
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
	for line := range strings.Lines(string(bytes.TrimPrefix(text, []byte("\ufeff")))) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			lines = append(lines, line)
		}
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

// lines visits the lines of a file, each with its number and its columns, and where it begins and ends. Its error
// begins with the line's number.
func (f dataFormat) lines(text string, visit func(number int, columns []string, from, to int) error) error {
	if !f.quoted {
		return f.plainLines(text, visit)
	}
	c := csv.NewReader(strings.NewReader(text))
	c.Comma, c.FieldsPerRecord, c.ReuseRecord = f.comma, -1, true
	for from := 0; ; from = int(c.InputOffset()) {
		columns, err := c.Read()
		var wrong *csv.ParseError
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &wrong):
			return fmt.Errorf("%d:%d: %v: with quoted = false quotes are characters as others", wrong.Line, wrong.Column, wrong.Err)
		case err != nil:
			return fmt.Errorf(" %v", err)
		}
		line := text[from:c.InputOffset()]
		from += len(line) - len(strings.TrimLeft(line, "\r\n")) // empty lines before it
		line = strings.TrimSuffix(strings.TrimSuffix(text[from:c.InputOffset()], "\n"), "\r")
		number, _ := c.FieldPos(0)
		if err := visit(number, columns, from, from+len(line)); err != nil {
			return err
		}
	}
}

// plainLines visits lines in which a quote is a character as others.
func (f dataFormat) plainLines(text string, visit func(number int, columns []string, from, to int) error) error {
	number, from := 0, 0
	var columns []string
	for whole := range strings.Lines(text) {
		number++
		if line := strings.TrimRight(whole, "\r\n"); line != "" {
			columns = columns[:0]
			for column := range strings.SplitSeq(line, string(f.comma)) {
				columns = append(columns, column)
			}
			if err := visit(number, columns, from, from+len(line)); err != nil {
				return err
			}
		}
		from += len(whole)
	}
	return nil
}
