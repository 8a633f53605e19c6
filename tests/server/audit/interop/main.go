// Verifies a log directory in the layout of C2SP tlog-tiles with code that is
// not ours: golang.org/x/mod/sumdb/note and sumdb/tlog.
//
//	verifylog DIRECTORY VERIFIER_KEY
//	verifylog RECEIPT VERIFIER_KEY
//
// Of a receipt: the checkpoint's signature, and that the leaf hash stands at its
// number in the tree that was signed. Of a log:
//
// The checkpoint's signature; its root against the tree over all records in
// the entry bundles; every byte of every tile; and for each record an
// inclusion proof that is built from the tiles on disk.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: verifylog DIRECTORY VERIFIER_KEY")
		os.Exit(2)
	}
	if info, err := os.Stat(os.Args[1]); err == nil && info.Mode().IsRegular() {
		index, err := verifyReceipt(os.Args[1], os.Args[2])
		if err != nil {
			fmt.Fprintln(os.Stderr, "verifylog:", err)
			os.Exit(1)
		}
		fmt.Printf("receipt of record %d verified\n", index)
		return
	}
	size, err := verify(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "verifylog:", err)
		os.Exit(1)
	}
	fmt.Printf("%d records verified\n", size)
}

func verify(dir, key string) (int64, error) {
	tree, err := readCheckpoint(dir, key)
	if err != nil {
		return 0, err
	}
	records, err := readEntries(dir, tree.N)
	if err != nil {
		return 0, err
	}
	stored, err := hashAll(records)
	if err != nil {
		return 0, err
	}
	root, err := tlog.TreeHash(tree.N, stored)
	if err != nil {
		return 0, err
	}
	if root != tree.Hash {
		return 0, fmt.Errorf("the root over all records is not the signed one")
	}
	if err := checkTiles(dir, tree.N, stored); err != nil {
		return 0, err
	}
	reader := tlog.TileHashReader(tree, &tiles{dir: dir, size: tree.N, cache: map[tlog.Tile][]byte{}})
	for i, record := range records {
		proof, err := tlog.ProveRecord(tree.N, int64(i), reader)
		if err != nil {
			return 0, fmt.Errorf("record %d: %v", i, err)
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, int64(i), tlog.RecordHash(record)); err != nil {
			return 0, fmt.Errorf("record %d: %v", i, err)
		}
	}
	return tree.N, nil
}

func verifyReceipt(path, key string) (int64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	head, signed, found := strings.Cut(string(text), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return 0, fmt.Errorf("%s is no proof with a leaf hash", path)
	}
	leaf, err := tlog.ParseHash(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		return 0, err
	}
	var index int64
	if _, err := fmt.Sscanf(lines[2], "index %d", &index); err != nil {
		return 0, err
	}
	var proof tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return 0, err
		}
		proof = append(proof, hash)
	}
	tree, err := openCheckpoint([]byte(signed), key)
	if err != nil {
		return 0, err
	}
	return index, tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf)
}

func readCheckpoint(dir, key string) (tlog.Tree, error) {
	text, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return tlog.Tree{}, err
	}
	return openCheckpoint(text, key)
}

func openCheckpoint(text []byte, key string) (tlog.Tree, error) {
	var tree tlog.Tree
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return tree, err
	}
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tree, err
	}
	lines := bytes.SplitN([]byte(opened.Text), []byte("\n"), 4)
	if len(lines) < 4 || string(lines[0]) != verifier.Name() {
		return tree, fmt.Errorf("the checkpoint's origin is not %s", verifier.Name())
	}
	if _, err := fmt.Sscanf(string(lines[1]), "%d", &tree.N); err != nil {
		return tree, err
	}
	hash, err := tlog.ParseHash(string(lines[2]))
	tree.Hash = hash
	return tree, err
}

// path is the tile's path in C2SP tlog-tiles, which names no height.
func path(level string, n int64, width int) string {
	p := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		p = fmt.Sprintf("x%03d/%s", n%1000, p)
	}
	p = "tile/" + level + "/" + p
	if width != 1<<height {
		p += fmt.Sprintf(".p/%d", width)
	}
	return p
}

func readEntries(dir string, size int64) ([][]byte, error) {
	var records [][]byte
	for first := int64(0); first < size; first += 1 << height {
		width := int(min(size-first, 1<<height))
		name := path("entries", first>>height, width)
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		for i := 0; i < width; i++ {
			if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
				return nil, fmt.Errorf("%s is cut short", name)
			}
			n := int(binary.BigEndian.Uint16(data))
			records = append(records, data[2:2+n])
			data = data[2+n:]
		}
		if len(data) != 0 {
			return nil, fmt.Errorf("%s is too long", name)
		}
	}
	return records, nil
}

type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(m)) {
			return nil, fmt.Errorf("no hash %d", index)
		}
		out[i] = m[index]
	}
	return out, nil
}

func hashAll(records [][]byte) (memory, error) {
	var stored memory
	for i, record := range records {
		hashes, err := tlog.StoredHashes(int64(i), record, stored)
		if err != nil {
			return nil, err
		}
		stored = append(stored, hashes...)
	}
	return stored, nil
}

func checkTiles(dir string, size int64, stored memory) error {
	for _, tile := range tlog.NewTiles(height, 0, size) {
		want, err := tlog.ReadTileData(tile, stored)
		if err != nil {
			return err
		}
		name := path(fmt.Sprint(tile.L), tile.N, tile.W)
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		if !bytes.Equal(got, want) {
			return fmt.Errorf("%s is wrong", name)
		}
	}
	return nil
}

// tiles reads tiles from disk for tlog.TileHashReader, which checks them
// against the signed root.
type tiles struct {
	dir   string
	size  int64
	cache map[tlog.Tile][]byte
}

func (t *tiles) Height() int { return height }

func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range wanted {
		data, ok := t.cache[tile]
		if !ok {
			var err error
			data, err = os.ReadFile(filepath.Join(t.dir, path(fmt.Sprint(tile.L), tile.N, tile.W)))
			if err != nil {
				return nil, err
			}
			t.cache[tile] = data
		}
		out = append(out, data)
	}
	return out, nil
}

func (t *tiles) SaveTiles([]tlog.Tile, [][]byte) {}
