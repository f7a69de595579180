package jmx

import "regexp"

// goPattern is a Perl pattern as Go reads it, or why Go does not.
func goPattern(s string) (string, error) {
	if _, err := regexp.Compile(s); err != nil {
		return "", err
	}
	return s, nil
}
