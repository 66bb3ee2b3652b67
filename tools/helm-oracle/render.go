package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/cli"
	"helm.sh/helm/v3/pkg/cli/values"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/getter"
	kubefake "helm.sh/helm/v3/pkg/kube/fake"
	"helm.sh/helm/v3/pkg/storage"
	"helm.sh/helm/v3/pkg/storage/driver"
	"helm.sh/helm/v3/pkg/strvals"
	"ironclad.dev/tools/lines"
	"sigs.k8s.io/yaml"
)

func init() {
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
}

func failed(err error) answer {
	return lines.Failed(err)
}

// valuesOf merges values as the command line does: files through temporary files, then the arguments.
func valuesOf(question request) (map[string]any, error) {
	options := values.Options{Values: question.Set, StringValues: question.SetString, JSONValues: question.SetJSON}
	for _, text := range question.Values {
		handle, err := os.CreateTemp("", "values-*.yaml")
		if err != nil {
			return nil, err
		}
		defer os.Remove(handle.Name())
		if _, err := handle.WriteString(text); err != nil {
			return nil, err
		}
		if err := handle.Close(); err != nil {
			return nil, err
		}
		options.ValueFiles = append(options.ValueFiles, handle.Name())
	}
	return options.MergeValues(getter.All(cli.New()))
}

// load writes the files to a folder and reads it as Helm reads a chart, so that .helmignore counts.
func load(question request) (*chart.Chart, error) {
	folder, err := os.MkdirTemp("", "chart-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	for _, file := range question.Files {
		path := folder + "/" + file.Name
		if err := os.MkdirAll(path[:strings.LastIndex(path, "/")], 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, file.Data, 0o644); err != nil {
			return nil, err
		}
	}
	return loader.Load(folder)
}

// render is `helm template --include-crds`, client only.
func render(question request) answer {
	loaded, err := load(question)
	if err != nil {
		return failed(err)
	}
	given, err := valuesOf(question)
	if err != nil {
		return failed(err)
	}
	config := &action.Configuration{
		Releases:     storage.Init(driver.NewMemory()),
		KubeClient:   &kubefake.PrintingKubeClient{Out: io.Discard},
		Capabilities: chartutil.DefaultCapabilities,
		Log:          func(string, ...any) {},
	}
	install := action.NewInstall(config)
	install.DryRun = true
	install.DryRunOption = "true"
	install.ReleaseName = question.Release
	install.Replace = true
	install.ClientOnly = true
	install.IncludeCRDs = true
	install.Namespace = question.Namespace
	install.APIVersions = question.APIVersions
	if question.KubeVersion != "" {
		version, err := chartutil.ParseKubeVersion(question.KubeVersion)
		if err != nil {
			return failed(err)
		}
		install.KubeVersion = version
	}
	release, err := install.Run(loaded, given)
	if err != nil {
		return failed(err)
	}
	var all bytes.Buffer
	fmt.Fprintln(&all, strings.TrimSpace(release.Manifest))
	for _, hook := range release.Hooks {
		fmt.Fprintf(&all, "---\n# Source: %s\n%s\n", hook.Path, hook.Manifest)
	}
	return answer{"manifest": all.String()}
}

// evaluate renders each text as the only template of a chart.
func evaluate(question request) answer {
	given, err := valuesOf(question)
	if err != nil {
		return failed(err)
	}
	results := []answer{}
	for _, text := range question.Templates {
		one := &chart.Chart{
			Metadata:  &chart.Metadata{Name: "c", Version: "1.2.3", APIVersion: "v2", AppVersion: "4.5.6"},
			Templates: []*chart.File{{Name: "templates/t.yaml", Data: []byte(text)}},
			Values:    map[string]any{},
		}
		for _, extra := range question.Files {
			f := &chart.File{Name: extra.Name, Data: extra.Data}
			if strings.HasPrefix(extra.Name, "templates/") {
				one.Templates = append(one.Templates, f)
			} else {
				one.Files = append(one.Files, f)
			}
		}
		results = append(results, evaluateOne(one, given, question))
	}
	return answer{"results": results}
}

func evaluateOne(one *chart.Chart, given map[string]any, question request) (reply answer) {
	defer func() {
		if cause := recover(); cause != nil {
			reply = answer{"error": fmt.Sprintf("panic: %v", cause)}
		}
	}()
	options := chartutil.ReleaseOptions{Name: question.Release, Namespace: question.Namespace, Revision: 1, IsInstall: true}
	capabilities := chartutil.DefaultCapabilities.Copy()
	if question.KubeVersion != "" {
		version, err := chartutil.ParseKubeVersion(question.KubeVersion)
		if err != nil {
			return failed(err)
		}
		capabilities.KubeVersion = *version
	}
	capabilities.APIVersions = append(capabilities.APIVersions, question.APIVersions...)
	top, err := chartutil.ToRenderValues(one, given, options, capabilities)
	if err != nil {
		return failed(err)
	}
	rendered, err := engine.Render(one, top)
	if err != nil {
		return failed(err)
	}
	return answer{"output": rendered["c/templates/t.yaml"]}
}

// parseSet gives what the arguments of --set and its kin mean.
func parseSet(question request) answer {
	parsed := map[string]any{}
	for _, text := range question.Values {
		if err := yaml.Unmarshal([]byte(text), &parsed); err != nil {
			return failed(err)
		}
	}
	for _, argument := range question.SetJSON {
		if err := strvals.ParseJSON(argument, parsed); err != nil {
			return failed(err)
		}
	}
	for _, argument := range question.Set {
		if err := strvals.ParseInto(argument, parsed); err != nil {
			return failed(err)
		}
	}
	for _, argument := range question.SetString {
		if err := strvals.ParseIntoString(argument, parsed); err != nil {
			return failed(err)
		}
	}
	text, err := json.Marshal(parsed)
	if err != nil {
		return failed(err)
	}
	return answer{"values": json.RawMessage(text)}
}
