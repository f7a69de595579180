package loadgen

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// tally is what a user had done when a transaction began.
type tally struct {
	start          time.Time
	paused         time.Duration
	started        int64 // requests
	failed         int64
	failedMarks    int64
	received, sent int64
}

func (u *user) enter(in *instruction) bool {
	u.tallies[in.shared] = tally{time.Now(), u.paused, u.account.Started, u.account.Failed, u.failedMarks, u.received, u.sent}
	u.open = append(u.open, in)
	return true
}

func (u *user) leave(*instruction) bool {
	u.unwind(len(u.open) - 1)
	return true
}

// unwind ends the transactions within the depth that goes on.
func (u *user) unwind(depth int) {
	for len(u.open) > depth {
		in := u.open[len(u.open)-1]
		u.open = u.open[:len(u.open)-1]
		u.recordTransaction(in)
	}
}

// recordTransaction records the row of a transaction that ends now. One without a request has none unless its
// pauses count: there is nothing to tell.
func (u *user) recordTransaction(in *instruction) {
	t, began := in.step.Transaction, &u.tallies[in.shared]
	marks := u.failedMarks - began.failedMarks
	requests, failed := u.account.Started-began.started+marks, u.account.Failed-began.failed+marks
	if requests == 0 && !t.Pauses {
		return
	}
	elapsed := time.Since(began.start)
	if !t.Pauses {
		elapsed -= u.paused - began.paused
	}
	s := u.blank(u.label(t.Label, t.LabelText), began.start)
	s.Transaction, s.Elapsed = true, max(0, elapsed)
	s.Received, s.Sent = u.received-began.received, u.sent-began.sent
	s.Reason = u.transactionReason(requests, failed)
	if failed > 0 {
		s.Kind, s.Failure = KindTransaction, fmt.Sprintf("%d of %d requests failed", failed, requests)
		if marks > 0 {
			s.Failure = fmt.Sprintf("%d failed, with %d of marks", failed, marks)
		}
	} else {
		s.Status = http.StatusOK
	}
	u.record(s)
}

// transactionReason is JMeter's phrase for a transaction's row (TransactionController), by which reports tell it.
func (u *user) transactionReason(requests, failed int64) string {
	key := [2]int64{requests, failed}
	text, ok := u.reasons[key]
	if !ok {
		text = fmt.Sprintf("Number of samples in transaction : %d, number of failing samples : %d", requests, failed)
		if u.reasons == nil || len(u.reasons) >= maxReasons {
			u.reasons = map[[2]int64]string{}
		}
		u.reasons[key] = text
	}
	return text
}

// maxReasons bounds the phrases that a user keeps.
const maxReasons = 64

// abandon forgets the transactions that were open when the user ended, which have no time of their own.
func (u *user) abandon() {
	for _, in := range u.open {
		if u.account.Started > u.tallies[in.shared].started {
			u.runner.warn(fmt.Sprintf("transaction %s: the run ended within it, and it has no row", in.step.Transaction.Label))
		}
	}
	u.open = u.open[:0]
}

// inner reports whether what the user does, or the one whose hand it is, is within a transaction that stands for it.
func (u *user) inner() bool {
	if u.of != nil {
		u = u.of
	}
	return slices.ContainsFunc(u.open, func(in *instruction) bool { return in.step.Transaction.Only })
}
