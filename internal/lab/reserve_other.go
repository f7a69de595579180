//go:build !unix

package lab

// reserve does nothing where a port cannot be kept without listening on it.
func reserve(string) (release func() error, err error) {
	return func() error { return nil }, nil
}
