//go:build tools

package main

// The second verifier, run as a program of its own.
import _ "github.com/transparency-dev/tessera/cmd/fsck"
