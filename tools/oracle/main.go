// The oracle answers what kubectl, the API machinery and Pod Security admission decide, so that tests of ironclad can
// compare. One process for any number of questions: a JSON object a line on standard input, one a line on standard
// output, in order.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
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

type answer map[string]any

// answerOf decides a question. A panic of a library is an answer too: the process must outlive any document.
func answerOf(question request) (reply answer) {
	defer func() {
		if cause := recover(); cause != nil {
			reply = answer{"id": question.ID, "error": fmt.Sprintf("panic: %v", cause)}
		}
	}()
	switch question.Op {
	case "read":
		reply = read(question)
	case "strict":
		reply = strict(question)
	case "psa":
		reply = podSecurity(question)
	case "quantity":
		reply = quantity(question)
	case "cmp-quantity":
		reply = compareQuantities(question)
	case "selector":
		reply = selector(question)
	default:
		reply = answer{"error": "unknown op " + question.Op}
	}
	reply["id"] = question.ID
	return reply
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
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<30)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for in.Scan() {
		var question request
		if err := json.Unmarshal(in.Bytes(), &question); err != nil {
			_ = encoder.Encode(answer{"error": "bad request: " + err.Error()})
		} else if err := encoder.Encode(answerOf(question)); err != nil {
			_ = encoder.Encode(answer{"id": question.ID, "error": "unencodable: " + err.Error()})
		}
		if err := out.Flush(); err != nil {
			return
		}
	}
}
