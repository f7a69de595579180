//go:build race

package compare

// usualPairs are the audit's pairs of sides in a cell. The race detector has nothing to find in the statistics, and
// would take six times as long over them.
const usualPairs = 20
