// Package parity holds imported plans beside JMeter itself: each of the plans of package jmx's testdata runs through
// JMeter 2.13 of Debian's packages and through import and run, against the same server, which notes what it
// received. Rows and their order, counts, failures, bytes, what was sent, and pauses are compared.
//
// It runs only when asked, with `just jmeter-parity`, since it takes minutes and needs Java:
//
//	apt-get install jmeter bsh libbsf-java default-jdk-headless
//
// Elements that JMeter got after 2.13 (JSON extractors and assertions, boundaries, open models) and the groups of its
// plugins are not among them: they are held by package jmx's own tests.
package parity
