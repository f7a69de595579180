// Package natural orders names as people do: node-2 before node-10, 10.0.0.2 before 10.0.0.10.
package natural
