package jtl

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"stickbench/loadgen"
)

// FileOptions say how a File writes.
type FileOptions struct {
	// XML is JMeter's other format.
	XML bool
	// Columns are those of a CSV file; nil are all. A file that is there already goes on in its own.
	Columns []string
	// Late says that the run has arrivals, whose lateness all columns hold.
	Late bool
}

// File writes samples to a file where the user says. One that has samples already is continued, as JMeter does:
// CSV without a second header, XML before its closing tag.
type File struct {
	file *os.File
	rows interface {
		Write(*loadgen.Sample) error
		Flush() error
	}
	foot string
}

// OpenFile opens the file of that name, or makes it. What is in it and is no JTL of the same form is an error.
func OpenFile(name string, o FileOptions) (*File, error) {
	how := os.O_RDWR | os.O_CREATE
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		how = os.O_WRONLY // a pipe has nothing to continue, and to read from it is to wait for its end
	}
	f, err := os.OpenFile(name, how, 0o666)
	if err != nil {
		return nil, err
	}
	w := &File{file: f}
	if o.XML {
		err = w.continueXML()
	} else {
		err = w.continueCSV(o)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return w, nil
}

// continueCSV goes to the file's end, and finds out which columns it has.
func (w *File) continueCSV(o FileOptions) error {
	end, err := w.size()
	if err != nil {
		return err
	}
	columns := o.Columns
	if end > 0 {
		head, err := bufio.NewReader(io.NewSectionReader(w.file, 0, 1<<16)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		columns = strings.Split(bareNames(strings.TrimSuffix(strings.TrimRight(head, "\r\n"), "\n")), ",")
	}
	if columns == nil {
		all := NewWriter(w.file)
		if o.Late {
			all.WithLate()
		}
		w.rows = all
		return nil
	}
	rows, err := newSelected(w.file, columns, end == 0)
	if err != nil && end > 0 {
		return errors.New("it holds something else than samples with a header of known columns, which cannot be continued: name another file, or remove this one")
	}
	w.rows = rows
	return err
}

// size goes to the end of the file, and is how much there is; 0 of what is no regular file.
func (w *File) size() (int64, error) {
	info, err := w.file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return 0, err
	}
	return w.file.Seek(0, io.SeekEnd)
}

// continueXML cuts the closing tag off, which Close writes again.
func (w *File) continueXML() error {
	end, err := w.size()
	if err != nil {
		return err
	}
	w.foot = xmlFoot
	w.rows = &xmlWriter{w: w.file}
	if end == 0 {
		w.rows = &xmlWriter{w: w.file, buf: []byte(xmlHead)}
		return nil
	}
	tail := make([]byte, min(end, 256))
	if _, err := w.file.ReadAt(tail, end-int64(len(tail))); err != nil {
		return err
	}
	i := bytes.LastIndex(tail, []byte("</testResults>"))
	if i < 0 {
		return errors.New("it does not end as results in XML do, and cannot be continued: name another file, or remove this one")
	}
	at := end - int64(len(tail)) + int64(len(bytes.TrimRight(tail[:i], "\n"))) + 1
	if err := w.file.Truncate(at); err != nil {
		return err
	}
	_, err = w.file.Seek(at, io.SeekStart)
	return err
}

// Record writes a sample (loadgen.Sink).
func (w *File) Record(s *loadgen.Sample) error { return w.rows.Write(s) }

// Flush hands on what was written so far (loadgen.Sink).
func (w *File) Flush() error { return w.rows.Flush() }

// Close completes the file (loadgen.Sink).
func (w *File) Close() error {
	err := w.rows.Flush()
	if err == nil && w.foot != "" {
		_, err = io.WriteString(w.file, w.foot)
	}
	return errors.Join(err, CloseFile(w.file))
}

// CloseFile closes a file of samples. That its name is gone, or another file's, is an error: nobody would find them.
func CloseFile(f *os.File) error {
	wrote, err := f.Stat()
	if err == nil {
		var found os.FileInfo
		if found, err = os.Stat(f.Name()); err == nil && !os.SameFile(wrote, found) {
			err = fmt.Errorf("%s is another file now", f.Name())
		}
	}
	if err != nil {
		err = fmt.Errorf("the samples were removed while they were written: %w", err)
	}
	return errors.Join(err, f.Close())
}
