package main

import (
	"bytes"
	"encoding/json"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/resource"
	"k8s.io/client-go/kubernetes/scheme"
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
	typed := []string{}
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
		typed = append(typed, typedError(unstructured))
		return nil
	})
	if err != nil {
		failure = err.Error()
	}
	return answer{"objects": objects, "typed": typed, "error": failure}
}

// typedError is what the decoder of a built-in kind says of an object, as the API server would; empty for other kinds.
func typedError(object map[string]any) string {
	data, err := json.Marshal(object)
	if err != nil {
		return err.Error()
	}
	_, _, err = scheme.Codecs.UniversalDeserializer().Decode(data, nil, nil)
	if err == nil || runtime.IsNotRegisteredError(err) || runtime.IsMissingVersion(err) || runtime.IsMissingKind(err) {
		return ""
	}
	return err.Error()
}
