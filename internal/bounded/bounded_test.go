//go:build unix

package bounded

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A plan whose ca was /dev/zero took 2.6 GB in 25 s.
func TestFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte(strings.Repeat("x", 2048)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		most int64
		want int // bytes; -1 for an error
		says string
	}{
		{file, 2048, 2048, ""}, {file, 2047, -1, "larger than 1 KiB"}, {"/dev/zero", 1 << 20, -1, "larger than 1 MiB"},
		{"/dev/null", 10, 0, ""}, {dir, 10, -1, "is a directory"}, {filepath.Join(dir, "none"), 10, -1, "no such file"},
	} {
		got, err := File(test.name, test.most)
		switch {
		case test.want < 0 && (err == nil || !strings.Contains(err.Error(), test.says)):
			t.Errorf("%s: %v, want an error with %q", test.name, err, test.says)
		case test.want >= 0 && (err != nil || len(got) != test.want):
			t.Errorf("%s: %d bytes, %v", test.name, len(got), err)
		}
	}
	if _, err := File(filepath.Join(dir, "none"), 10); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
}

// A plan whose ca was a pipe hung, and a report of a folder whose samples.jtl was one.
func TestOpenOfAPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := beginning(pipe, 10, time.Millisecond); err == nil || !strings.Contains(err.Error(), "nothing writes into") {
		t.Errorf("no writer: %v", err)
	}
	writer, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	if _, err := beginning(pipe, 10, 200*time.Millisecond); err == nil || !strings.Contains(err.Error(), "nothing came") {
		t.Errorf("a silent writer: %v", err)
	}
	if _, err := io.WriteString(writer, "content"); err != nil {
		t.Fatal(err)
	}
	if got, err := Beginning(pipe, 7); err != nil || string(got) != "content" {
		t.Errorf("%q, %v", got, err)
	}
}

// What a shell's <(…) is: a pipe whose writer comes at the same time.
func TestFileOfAPipeWithAWriter(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := w.WriteString("content"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if _, err := os.Stat("/dev/fd"); err != nil {
		t.Skip(err)
	}
	name := fmt.Sprintf("/dev/fd/%d", r.Fd())
	if got, err := File(name, 100); err != nil || string(got) != "content" {
		t.Errorf("%q, %v", got, err)
	}
}
