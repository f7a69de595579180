// Package bounded reads files that somebody names: with a limit of size, and without waiting for ever. A plan, a
// command line or a folder of others may name a device or a pipe.
package bounded

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// wait is how long a pipe may take: the file that it stands for is made by a program at the same time, as the
// shell's <(…) is.
const wait = 10 * time.Second

// File is the content of the file of that name, of at most so many bytes. A pipe without a writer is empty. Its
// error is a *fs.PathError.
func File(name string, most int64) ([]byte, error) {
	content, err := Beginning(name, most+1)
	if err == nil && int64(len(content)) > most {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("larger than %s", size(most))}
	}
	return content, err
}

// Beginning is the beginning of the file of that name, of at most so many bytes.
func Beginning(name string, most int64) ([]byte, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|nonblocking, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	f.SetReadDeadline(time.Now().Add(wait)) // of pipes; other files have none, and do not wait
	content, err := io.ReadAll(io.LimitReader(f, most))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("nothing came for %v", wait)}
	case err != nil:
		return nil, err
	}
	return content, nil
}

// size is a number of bytes in words.
func size(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", n>>10)
}
