// The Helm oracle renders charts and evaluates templates with Helm's own module, so that tests of ironclad can compare.
// How questions and answers go, package lines says.
package main

import "ironclad.dev/tools/lines"

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
	// Schema is the text of a values.schema.json.
	Schema string `json:"schema"`
}

// answer is what is said to a question.
type answer = lines.Answer

func answerOf(question request) answer {
	switch question.Op {
	case "render":
		return render(question)
	case "eval":
		return evaluate(question)
	case "functions":
		return functions()
	case "schema":
		return validate(question)
	case "strvals":
		return parseSet(question)
	default:
		return answer{"error": "unknown op " + question.Op}
	}
}

func main() {
	lines.Serve(func(question request) string { return question.ID }, answerOf)
}
