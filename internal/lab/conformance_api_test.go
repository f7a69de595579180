package lab_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"stickbench/internal/haproxy"
)

// lists are where responses begin to list what else there is: HAProxy has more of it.
var lists = regexp.MustCompile(`(?s)^(Unknown command|usage: set server <backend>/<server>).*`)

// ask gives the Runtime API a command.
func (b *bench) ask(ctx context.Context, command string) error {
	response, err := b.client.Do(ctx, command)
	var refused *haproxy.CommandError
	switch {
	case errors.As(err, &refused) && (refused.Cause != nil || errors.Is(err, haproxy.ErrNoResponse)):
		return err
	case errors.As(err, &refused):
		b.say("%v: %s", refused.Kind, lists.ReplaceAllString(refused.Text, "$1 …"))
	case err != nil:
		return err
	case response != "":
		b.say("%s", response)
	}
	return nil
}

func (b *bench) await(ctx context.Context, tag, status string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		row, err := b.row(ctx, tag)
		if err != nil || row.Status == status {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s is %q and not %q", tag, row.Status, status)
		}
	}
}

// row is a row of `show stat` when no request is in progress, and no check of it: HAProxy counts a response a moment
// after its user has it, and has no code of a check that is being made.
func (b *bench) row(ctx context.Context, name string) (haproxy.Row, error) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		rows, err := b.client.Stat(ctx, "")
		if err != nil {
			return haproxy.Row{}, err
		}
		if rows, idle := laboratory(rows); idle {
			i := slices.IndexFunc(rows, func(r haproxy.Row) bool { return r.Server == name })
			if i < 0 {
				return haproxy.Row{}, fmt.Errorf("no row of %q", name)
			}
			if !strings.HasPrefix(rows[i].Text("check_status"), "* ") {
				return rows[i], nil
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return haproxy.Row{}, ctx.Err()
		}
	}
}

// laboratory leaves the rows of the stats page out, and reports whether the backend has nothing to do.
func laboratory(all []haproxy.Row) (rows []haproxy.Row, idle bool) {
	for _, r := range all {
		if r.Proxy == "nodes" || r.Proxy == "http" && r.Kind == haproxy.Frontend {
			rows = append(rows, r)
		}
		idle = idle || r.Proxy == "nodes" && r.Kind == haproxy.Backend && r.Current == 0
	}
	return rows, idle
}

func (b *bench) stat(ctx context.Context, name string, columns []string) error {
	row, err := b.row(ctx, name)
	if err == nil {
		b.columns(columns, row.Text)
	}
	return err
}

func (b *bench) state(ctx context.Context, tag string, columns []string) error {
	response, err := b.client.Do(ctx, "show servers state nodes")
	if err != nil {
		return err
	}
	lines := strings.Split(response, "\n")
	header := strings.Fields(strings.TrimPrefix(lines[1], "#"))
	name := slices.Index(header, "srv_name")
	for _, line := range lines[2:] {
		fields := strings.Fields(line)
		if fields[name] != tag {
			continue
		}
		b.columns(columns, func(column string) string {
			if i := slices.Index(header, column); i >= 0 {
				return fields[i]
			}
			return "no such column"
		})
		return nil
	}
	return fmt.Errorf("no state of %q", tag)
}

func (b *bench) columns(names []string, value func(string) string) {
	for i, name := range names {
		names[i] = fmt.Sprintf("%s=%s", name, cmp.Or(value(name), "-"))
	}
	b.say("%s", strings.Join(names, " "))
}
