package main

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/client-go/kubernetes/scheme"
)

var strictDecoder = json.NewSerializerWithOptions(
	json.DefaultMetaFactory, scheme.Scheme, scheme.Scheme, json.SerializerOptions{Strict: true})

// strict decodes an object as the API server does under `fieldValidation=Strict`: `unknown` holds what strict decoding
// adds (unknown and duplicate fields), `error` what every decoding refuses, `known` is false for kinds of nobody here.
func strict(question request) answer {
	_, _, err := strictDecoder.Decode(question.Object, nil, nil)
	switch failure, isStrict := runtime.AsStrictDecodingError(err); {
	case err == nil:
		return answer{"known": true, "unknown": []string{}}
	case isStrict:
		unknown := []string{}
		for _, one := range failure.Errors() {
			unknown = append(unknown, one.Error())
		}
		return answer{"known": true, "unknown": unknown}
	case runtime.IsNotRegisteredError(err):
		return answer{"known": false}
	default:
		return answer{"known": true, "unknown": []string{}, "error": err.Error()}
	}
}
