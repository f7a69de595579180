// Package stickbench holds the help topics: every help_TOPIC.md of the packages below, each beside the code that
// it explains. The commands are in cmd/stickbench.
package stickbench

import "embed"

// Topics are the topics' Markdown files. A file that is there is a topic of `stickbench help`, without more.
//
//go:embed */help_*.md */*/help_*.md
var Topics embed.FS
