package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"stickbench/internal/lab"
)

// parseNodes reads the --node options: TAG[,weight=N][,delay=D][,listen=HOST:PORT][,stopped].
func parseNodes(options []string) ([]lab.Node, error) {
	nodes := make([]lab.Node, len(options))
	for i, o := range options {
		fields := strings.Split(o, ",")
		nodes[i].Tag = fields[0]
		for _, f := range fields[1:] {
			if err := nodeOption(&nodes[i], f); err != nil {
				return nil, fmt.Errorf("--node %s: %w", o, err)
			}
		}
	}
	return nodes, nil
}

func nodeOption(n *lab.Node, option string) (err error) {
	key, value, _ := strings.Cut(option, "=")
	switch key {
	case "weight":
		w, err := strconv.Atoi(value)
		if err != nil {
			return fmt.Errorf("weight %q is not a whole number", value)
		}
		n.Weight = &w
	case "delay":
		if n.Delay, err = time.ParseDuration(value); err != nil {
			return fmt.Errorf("delay %q is not a duration such as 250ms", value)
		}
	case "listen":
		n.Listen = value
	case "stopped":
		n.Stopped = true
	default:
		return fmt.Errorf("%q: expected weight=N, delay=DURATION, listen=HOST:PORT or stopped", option)
	}
	return nil
}
