//go:build !race

package compare

const usualPairs = 200
