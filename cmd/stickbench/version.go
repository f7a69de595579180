package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// build is what the program was built from, and for.
type build struct {
	Schema   string `json:"schema"`
	Version  string `json:"version"`            // the module's, or "devel-" and the commit's first twelve digits
	Commit   string `json:"commit,omitempty"`   // of Git; none in a build without its repository, as of go install
	Modified bool   `json:"modified,omitempty"` // files were changed since the commit
	Go       string `json:"go"`
	Platform string `json:"platform"` // linux/amd64
}

func thisBuild() build {
	b := build{Schema: "stickbench.version/1", Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
			b.Version = "devel-" + s.Value[:min(12, len(s.Value))]
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = v
	}
	return b
}

func version() string { return thisBuild().Version }

func (b build) String() string {
	s := fmt.Sprintf("stickbench %s", b.Version)
	if b.Commit != "" {
		s += fmt.Sprintf("\ncommit     %s", b.Commit)
	}
	if b.Modified {
		s += ", with changes"
	}
	return s + fmt.Sprintf("\ngo         %s\nplatform   %s", b.Go, b.Platform)
}

func (a *app) versionCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Show version, commit, Go and platform",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			b := thisBuild()
			if !asJSON {
				_, err := fmt.Fprintln(a.stdout, b)
				return err
			}
			e := json.NewEncoder(a.stdout)
			e.SetIndent("", "  ")
			return e.Encode(b)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON document")
	return c
}
