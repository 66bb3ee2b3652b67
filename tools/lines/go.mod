module ironclad.dev/tools/lines

go 1.26.0
