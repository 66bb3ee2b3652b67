package main

import (
	"bytes"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/resource"
)

// read takes the bytes of a file the way `kubectl apply -f` does, as far as the request to the server.
func read(question request) answer {
	objects := []any{}
	result := resource.NewLocalBuilder().
		Unstructured().
		ContinueOnError().
		Stream(utf16or8BOM(bytes.NewReader(question.Data)), "input").
		Flatten().
		Do()
	failure := ""
	err := result.Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		unstructured, err := runtime.DefaultUnstructuredConverter.ToUnstructured(info.Object)
		if err != nil {
			return err
		}
		objects = append(objects, unstructured)
		return nil
	})
	if err != nil {
		failure = err.Error()
	}
	return answer{"objects": objects, "error": failure}
}
