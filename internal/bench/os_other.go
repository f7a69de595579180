//go:build !unix

package main

import (
	"os"
	"os/exec"
)

func maxRSS(*os.ProcessState) int64 { return 0 }

func ownGroup(*exec.Cmd) {}

func killGroup(p *os.Process) error { return p.Kill() }

func terminate(p *os.Process) error { return p.Kill() }

func raiseFiles() uint64 { return 0 }
