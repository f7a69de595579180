// Package bounded reads files that somebody names: with a limit of size, and without waiting for ever. A plan, a
// command line or a folder of others may name a device or a pipe.
package bounded

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// patience is how long a pipe may take: the file that it stands for is made by a program at the same time, as the
// shell's <(…) is.
const patience = 10 * time.Second

// File is the content of the file of that name, of at most so many bytes. Its error is a *fs.PathError.
func File(name string, most int64) ([]byte, error) {
	content, err := Beginning(name, most+1)
	if err == nil && int64(len(content)) > most {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("larger than %s", size(most))}
	}
	return content, err
}

// Beginning is the beginning of the file of that name, of at most so many bytes. Its error is a *fs.PathError.
func Beginning(name string, most int64) ([]byte, error) { return beginning(name, most, patience) }

func beginning(name string, most int64, wait time.Duration) ([]byte, error) {
	f, err := open(name, wait)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	f.SetReadDeadline(time.Now().Add(wait)) // of pipes; other files have none, and do not wait
	var content bytes.Buffer
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() { // at once, and not twice as much in steps
		content.Grow(int(min(info.Size(), most)) + bytes.MinRead)
	}
	_, err = content.ReadFrom(io.LimitReader(f, most))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("nothing came for %v", wait)}
	case err != nil:
		return nil, err
	}
	return content.Bytes(), nil
}

// Open opens the file of that name for a reader that bounds what it keeps of it. A pipe that no program opens to
// write into is an error, after 10 seconds. Its error is a *fs.PathError.
func Open(name string) (*os.File, error) { return open(name, patience) }

func open(name string, wait time.Duration) (*os.File, error) {
	info, err := os.Stat(name)
	if err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		return os.Open(name)
	}
	type opened struct {
		file *os.File
		err  error
	}
	done := make(chan opened, 1)
	go func() {
		f, err := os.Open(name)
		done <- opened{f, err}
	}()
	select {
	case o := <-done:
		return o.file, o.err
	case <-time.After(wait):
		return nil, &fs.PathError{Op: "open", Path: name, Err: fmt.Errorf("a pipe that nothing writes into (waited %v)", wait)}
	}
}

// size is a number of bytes in words.
func size(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", n>>10)
}
