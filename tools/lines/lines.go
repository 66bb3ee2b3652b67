// Package lines is the loop of every oracle. One process serves any number of questions: a JSON object a line on
// standard input, one a line on standard output, in order. Whatever a question does to a library, it has an answer, and
// the process goes on.
package lines

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

// Longest is the length of the longest question, in bytes.
const Longest = 1 << 30

// Answer is what is said to a question. `id` is that of the question, `error` what kept it from being answered.
type Answer map[string]any

// Failed is the answer that an error is.
func Failed(err error) Answer {
	return Answer{"error": err.Error()}
}

// guarded decides a question. A panic of a library is an answer too.
func guarded[Q any](question Q, decide func(Q) Answer) (reply Answer) {
	defer func() {
		if cause := recover(); cause != nil {
			reply = Answer{"error": fmt.Sprintf("panic: %v", cause)}
		}
	}()
	return decide(question)
}

// Serve answers until standard input ends.
func Serve[Q any](id func(Q) string, decide func(Q) Answer) {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), Longest)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for in.Scan() {
		var question Q
		reply := Answer{}
		if err := json.Unmarshal(in.Bytes(), &question); err != nil {
			reply = Answer{"error": "bad request: " + err.Error()}
		} else {
			reply = guarded(question, decide)
			reply["id"] = id(question)
		}
		if err := encoder.Encode(reply); err != nil {
			_ = encoder.Encode(Answer{"id": id(question), "error": "unencodable: " + err.Error()})
		}
		if err := out.Flush(); err != nil {
			return
		}
	}
	if err := in.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
