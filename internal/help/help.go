// Package help finds help topics and prints them in a terminal.
//
//	help_plans.md ─Topics→ Topic{plans, "the plan file, key by key"} ─Render→ text of so many columns
//
// A topic is a Markdown file, so that it reads as well in the repository. goldmark parses it; what is left to
// do here is to fold it to the terminal's width, which the renderers for terminals do without regard to wide
// tables, and with a highlighter of 200 languages in the binary.
package help

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Topic is one thing that `stickbench help` explains.
type Topic struct {
	Name    string // as in `stickbench help NAME`
	Summary string // one line
	Path    string // of its file, within the file system that it is from
	Source  string // Markdown
}

// Topics are those of the files help_NAME.md of a file system, by name. Each begins with the line
// "# NAME: summary"; one that does not, or a second one of the same name, is an error.
func Topics(files fs.FS) ([]Topic, error) {
	var topics []Topic
	err := fs.WalkDir(files, ".", func(file string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, ok := strings.CutPrefix(path.Base(file), "help_")
		name, markdown := strings.CutSuffix(name, ".md")
		if !ok || !markdown {
			return nil
		}
		source, err := fs.ReadFile(files, file)
		if err != nil {
			return err
		}
		title, _, _ := strings.Cut(string(source), "\n")
		summary, ok := strings.CutPrefix(title, "# "+name+": ")
		if !ok {
			return fmt.Errorf("%s: invalid first line %q: want %q and what the topic explains", file, title, "# "+name+": ")
		}
		topics = append(topics, Topic{Name: name, Summary: summary, Path: file, Source: string(source)})
		return nil
	})
	slices.SortFunc(topics, func(a, b Topic) int { return strings.Compare(a.Name, b.Name) })
	for i := 1; i < len(topics); i++ {
		if topics[i].Name == topics[i-1].Name {
			return nil, fmt.Errorf("%s and %s are both topic %s", topics[i-1].Path, topics[i].Path, topics[i].Name)
		}
	}
	return topics, err
}
