// Package format writes numbers and texts as every report and every live view has them: one way to group
// thousands, round milliseconds and shares, escape what came from outside, and measure, cut, pad and wrap text
// in columns of a terminal.
package format
