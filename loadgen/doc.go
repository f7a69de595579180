// Package loadgen is the engine: it lets users of a plan send their requests and records a sample of
// each.
//
//	Plan ─▶ New ─▶ Runner.Run
//	                 │  a goroutine per user: jar ─▶ connection ─▶ response ─▶ extraction ─▶ assertions
//	                 │        │ one Sample each
//	                 ▼        ▼
//	             Progress   recorder: shards ─▶ batches in order of completion ─▶ Options.Sink
//
// A user is one goroutine with one cookie jar and one connection per origin, kept alive across
// iterations unless the group says otherwise. Users share nothing per request but their shard of the
// recorder. In a closed group a user's iterations follow each other; in an open one (Arrivals) they begin on
// a schedule, each by a user who is free.
//
// Nothing that a server may have read is sent twice (package wire, which speaks HTTP for the users). What a target
// does wrong is data, a failed Sample with a Kind; an error is only what keeps the engine from working.
//
// There are two stops. The first one starts nothing new and lets what is in flight end; the second
// cuts it. Every request is accounted for: started = ok + failed + cut.
package loadgen
