// The oracle answers what kubectl, the API machinery and Pod Security admission decide, so that tests of ironclad can
// compare. How questions and answers go, package lines says.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"ironclad.dev/tools/lines"
)

type request struct {
	Op       string            `json:"op"`
	ID       string            `json:"id"`
	Data     []byte            `json:"data"`
	Object   json.RawMessage   `json:"object"`
	Level    string            `json:"level"`
	Version  string            `json:"version"`
	Value    string            `json:"value"`
	A        string            `json:"a"`
	B        string            `json:"b"`
	Selector json.RawMessage   `json:"selector"`
	Labels   map[string]string `json:"labels"`
}

// answer is what is said to a question.
type answer = lines.Answer

func answerOf(question request) answer {
	switch question.Op {
	case "read":
		return read(question)
	case "strict":
		return strict(question)
	case "psa":
		return podSecurity(question)
	case "quantity":
		return quantity(question)
	case "cmp-quantity":
		return compareQuantities(question)
	case "selector":
		return selector(question)
	default:
		return answer{"error": "unknown op " + question.Op}
	}
}

func main() {
	if len(os.Args) > 1 {
		derive, known := map[string]func([]string) error{"schema": schema, "lifecycle": lifecycle}[os.Args[1]]
		err := errors.New("unknown command " + os.Args[1])
		if known {
			err = derive(os.Args[2:])
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	lines.Serve(func(question request) string { return question.ID }, answerOf)
}
