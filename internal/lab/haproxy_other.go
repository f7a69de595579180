//go:build !unix

package lab

import "syscall"

func haproxyAttributes() *syscall.SysProcAttr { return nil }

func haproxyMaxConn() int { return 0 }
