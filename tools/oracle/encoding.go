package main

import (
	"io"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// utf16or8BOM decodes what has a byte order mark, as kubectl's file visitor does.
func utf16or8BOM(reader io.Reader) io.Reader {
	return transform.NewReader(reader, unicode.BOMOverride(unicode.UTF8.NewDecoder()))
}
