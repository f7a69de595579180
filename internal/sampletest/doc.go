// Package sampletest makes samples for tests: runs of users through a balancer to nodes (Stream), latencies
// that depend on those before them (Process), single users from a script (Responses); and compares with golden
// files. It knows nothing of reports, so that the tests of every room can use it.
package sampletest
