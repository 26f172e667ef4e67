// Pictures draws what the documents show, so that a picture says what the code and the other documents say:
//
//	go run ./fuzz/pictures
//
// is run from the root of the repository, and writes the SVG files of this folder. A test fails when one of them is not
// what would be drawn.
package main

import (
	"io/fs"
	"log"
	"os"
	"path/filepath"
)

const folder = "fuzz/pictures"

func main() {
	log.SetFlags(0)
	pictures, err := draw(os.DirFS("."))
	if err != nil {
		log.Fatal(err)
	}
	for name, svg := range pictures {
		if err := os.WriteFile(filepath.Join(folder, name), svg, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// draw returns every picture by the name of its file. Root is the repository.
func draw(root fs.FS) (map[string][]byte, error) {
	table, err := fs.ReadFile(root, "examples/quickstart/README.md")
	if err != nil {
		return nil, err
	}
	tour, err := drawTour(string(table))
	if err != nil {
		return nil, err
	}
	figures, err := fs.ReadFile(root, "fuzz/speed/README.md")
	if err != nil {
		return nil, err
	}
	speed, err := drawSpeed(string(figures))
	if err != nil {
		return nil, err
	}
	return map[string][]byte{"flow.svg": drawFlow(), "speed.svg": speed, "tour.svg": tour}, nil
}
