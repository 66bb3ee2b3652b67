package main

import (
	"reflect"
	"text/template"
	// Zones by name must not depend on the machine.
	_ "time/tzdata"
	_ "unsafe"

	"helm.sh/helm/v3/pkg/chartutil"
	_ "helm.sh/helm/v3/pkg/engine"
)

// The functions that Helm gives to its templates besides text/template's own.
//
//go:linkname helmFunctions helm.sh/helm/v3/pkg/engine.funcMap
func helmFunctions() template.FuncMap

// Those of text/template are in no map that can be had: its documentation names them.
var builtins = map[string]string{
	"and": "func(interface {}, ...interface {})", "call": "func(interface {}, ...interface {})",
	"eq": "func(interface {}, ...interface {})", "ge": "func(interface {}, interface {})",
	"gt": "func(interface {}, interface {})", "html": "func(...interface {})",
	"index": "func(interface {}, ...interface {})", "js": "func(...interface {})",
	"le": "func(interface {}, interface {})", "len": "func(interface {})", "lt": "func(interface {}, interface {})",
	"ne": "func(interface {}, interface {})", "not": "func(interface {})",
	"or": "func(interface {}, ...interface {})", "print": "func(...interface {})",
	"printf": "func(string, ...interface {})", "println": "func(...interface {})",
	"slice": "func(interface {}, ...interface {})", "urlquery": "func(...interface {})",
}

// functions gives the type of every function that a template of Helm may call.
func functions() answer {
	types := map[string]string{}
	for name, signature := range builtins {
		if _, err := template.New("t").Parse("{{ " + name + " }}"); err == nil {
			types[name] = signature
		}
	}
	for name, function := range helmFunctions() {
		types[name] = reflect.TypeOf(function).String()
	}
	return answer{"types": types}
}

// validate holds values against a schema as Helm does.
func validate(question request) answer {
	given, err := valuesOf(question)
	if err != nil {
		return failed(err)
	}
	if err := chartutil.ValidateAgainstSingleSchema(given, []byte(question.Schema)); err != nil {
		return answer{"refused": err.Error()}
	}
	return answer{"valid": true}
}
