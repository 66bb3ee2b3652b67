// The kustomize oracle builds kustomizations with kustomize's own module, so that tests of ironclad can compare. How
// questions and answers go, package lines says.
// `kustomize-oracle tables` instead writes the tables of the renderer from the module's data.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"ironclad.dev/tools/lines"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

type request struct {
	// Op is `build`.
	Op string `json:"op"`
	ID string `json:"id"`
	// Files by path below the root; none for a folder of the disk.
	Files map[string]string `json:"files"`
	// Root is the folder to build, below the root of the files, or a path of the disk.
	Root string `json:"root"`
	// Helm is the program that inflates `helmCharts`; none, and they are an error.
	Helm string `json:"helm"`
}

// answer is what is said to a question.
type answer = lines.Answer

// build builds one folder, of files that it writes to memory or of the disk: the objects in their order, or the error.
func build(question request) (answer, error) {
	openapi.ResetOpenAPI()
	files, root := filesys.MakeFsOnDisk(), question.Root
	if question.Files != nil {
		files, root = filesys.MakeFsInMemory(), filepath.Join("/work", question.Root)
	}
	for name, text := range question.Files {
		if err := files.WriteFile(filepath.Join("/work", name), []byte(text)); err != nil {
			return nil, err
		}
	}
	options := krusty.MakeDefaultOptions()
	if question.Helm != "" {
		options.PluginConfig = types.EnabledPluginConfig(types.BploUseStaticallyLinked)
		options.PluginConfig.HelmConfig.Enabled = true
		options.PluginConfig.HelmConfig.Command = question.Helm
	}
	result, err := krusty.MakeKustomizer(options).Run(files, root)
	if err != nil {
		return nil, err
	}
	objects := make([]json.RawMessage, 0, result.Size())
	for _, resource := range result.Resources() {
		text, err := resource.MarshalJSON()
		if err != nil {
			return nil, err
		}
		objects = append(objects, text)
	}
	return answer{"objects": objects}, nil
}

func answerOf(question request) answer {
	if question.Op != "build" {
		return answer{"error": "unknown op " + question.Op}
	}
	reply, err := build(question)
	if err != nil {
		return lines.Failed(err)
	}
	return reply
}

func main() {
	log.SetOutput(io.Discard)
	if len(os.Args) == 4 && os.Args[1] == "tables" {
		if err := tables(os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	// Warnings of deprecated fields go to standard error, one each.
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr = null
	}
	lines.Serve(func(question request) string { return question.ID }, answerOf)
}
