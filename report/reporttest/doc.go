// Package reporttest holds the runs and comparisons that the tests of all renderings share.
package reporttest
