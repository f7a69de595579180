// Package jmx reads test plans of Apache JMeter and writes them as plans of stickbench.
//
//	bytes ─▶ parse ─▶ Element, Element … ─▶ importer ─┬▶ document ─▶ TOML
//	        (xml.go)   a tree with lines              └▶ Account: what was carried, what was lost and why
//
// A JMeter plan is a tree of elements in which configuration, timers, extractors and assertions apply to
// all samplers of their parent's subtree, in an order of their own (TestCompiler, JMeter's component
// reference). A plan of ours is a tree of steps, each of which says for itself what it does. So the importer
// walks JMeter's tree with a stack of scopes, and writes for each sampler, in JMeter's order: pre-processors,
// timers, the request with what is merged for it, extractors, assertions, what post-processors set. What all
// requests have in common goes to the top of the plan.
//
// Nothing aborts an import but a file that is no plan. What cannot be carried over is told in the account and
// in a comment at its place, and a sampler of that sort leaves a mark of its name, so that the report has the
// rows that JMeter's had.
//
// The file formats are those of JMeter 1.8 to 6: Avalon's <node><testelement> of 1.x and 2.0, and XStream's
// <jmeterTestPlan><hashTree> since. Properties are read by name and converted by need, since their types
// changed from version to version.
package jmx
