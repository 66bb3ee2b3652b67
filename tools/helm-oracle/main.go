// The Helm oracle renders charts and evaluates templates with Helm's own module, so that tests of ironclad can compare.
// One process for any number of questions: a JSON object a line on standard input, one a line on standard output, in
// order.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

type file struct {
	Name string `json:"name"`
	Data []byte `json:"data"`
}

type request struct {
	Op string `json:"op"`
	ID string `json:"id"`
	// The chart, as files below its folder.
	Files []file `json:"files"`
	// Values files, in order.
	Values []string `json:"values"`
	// Arguments of --set and its kin, in order of Helm's merge.
	Set       []string `json:"set"`
	SetString []string `json:"setString"`
	SetJSON   []string `json:"setJson"`
	// The release.
	Release     string   `json:"release"`
	Namespace   string   `json:"namespace"`
	KubeVersion string   `json:"kubeVersion"`
	APIVersions []string `json:"apiVersions"`
	// Texts to evaluate, each by itself, with the values.
	Templates []string `json:"templates"`
}

type answer map[string]any

// answerOf decides a question. A panic of a library is an answer too.
func answerOf(question request) (reply answer) {
	defer func() {
		if cause := recover(); cause != nil {
			reply = answer{"id": question.ID, "error": fmt.Sprintf("panic: %v", cause)}
		}
	}()
	switch question.Op {
	case "render":
		reply = render(question)
	case "eval":
		reply = evaluate(question)
	case "strvals":
		reply = parseSet(question)
	default:
		reply = answer{"error": "unknown op " + question.Op}
	}
	reply["id"] = question.ID
	return reply
}

func main() {
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
