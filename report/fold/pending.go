package fold

// maxPending is how many samples wait for events that are told late: 9 MB of them, which is 13 seconds
// at 5000 requests per second.
const maxPending = 1 << 16

// none is no node, or no label.
const none = -1

// traits are what is true of an entry.
type traits uint16

const (
	isMark      traits = 1 << iota // or the row of a transaction, which counts under its label alone as well
	isSaid                         // it says something of its session
	isOpening                      // the first of its session to do so
	isFirst                        // the first of its session to name a node
	isNamed                        // a node, as did the one before it in its session
	isMoved                        // another node than that
	isWandering                    // not the first move of its session
	isBack                         // to a node that its session had been on before
	isLost                         // the session
	isFirstLoss                    // of its session
	isRenewed                      // the session's id, under which its counter went on
	isCounted                      // a counter, as did the one before it
	isContinued                    // the counter went up by one
)

// entry is what events must know of a sample: some 140 bytes.
type entry struct {
	measurement
	active      int32 // users
	label, node int16 // indices
	step
}

func (e *entry) has(t traits) bool { return e.is&t != 0 }

// one is 1 if the entry has the trait.
func (e *entry) one(t traits) int64 { return boolInt(e.has(t)) }

// weight is how many samples the entry stands for.
func (e *entry) weight() int64 { return e.samples }

// blockEntries are kept in one piece of memory: a slice that grows would hold them twice while it does.
const blockEntries = 1 << 10

// at is the entry at a place of the ring.
func (g *phaseTracker) at(i int) *entry { return &g.pending[i/blockEntries][i%blockEntries] }

// push keeps the entry until g.most others have come after it, and folds it then.
func (g *phaseTracker) push(e *entry) {
	if g.told {
		g.settle(e)
		return
	}
	if g.kept < g.most {
		if g.kept == len(g.pending)*blockEntries {
			g.pending = append(g.pending, make([]entry, blockEntries))
		}
		*g.at(g.kept) = *e
		g.kept++
		return
	}
	oldest := g.at(g.head)
	g.settle(oldest)
	*oldest = *e
	g.head = (g.head + 1) % g.most
}

// flush folds all that is kept, the oldest first.
func (g *phaseTracker) flush() {
	for i := range g.kept {
		g.settle(g.at((g.head + i) % g.kept))
	}
	g.pending, g.kept, g.head = nil, 0, 0
}
