package main

import "errors"

func schema(arguments []string) error {
	return errors.New("usage: oracle schema -o DIR")
}
