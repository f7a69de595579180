package loadgen

// coldStack does what most users do only when they begin, such as connecting and asking the jar. It takes twice
// the stack of all the rest, which a user's goroutine would keep; so the first few times it happens on a stack
// of its own. Who does it again and again is better off with a stack that has grown.
type coldStack struct{ times int }

// do does f and returns when it is done.
func (r *coldStack) do(f func()) {
	const few = 4
	if r.times++; r.times > few {
		f()
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}
