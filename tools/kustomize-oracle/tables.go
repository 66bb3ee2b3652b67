package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/kustomize/kyaml/openapi"
	"sigs.k8s.io/kustomize/kyaml/yaml"
	sigs "sigs.k8s.io/yaml"
)

// tables writes `fields.txt` and `merge.txt` to a folder. `module` is where sigs.k8s.io/kustomize/api lies: its default
// field specifications are constants of an internal package, which no program may import, so the source is read.
func tables(module, folder string) error {
	fields, err := fieldSpecs(filepath.Join(module, "internal/konfig/builtinpluginconsts"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "fields.txt"), []byte(fields), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "merge.txt"), []byte(mergeKeys()), 0o644)
}

// constants evaluates the string constants of a package: literals, names and sums.
func constants(folder string) (map[string]string, error) {
	packages, err := parser.ParseDir(token.NewFileSet(), folder, nil, 0)
	if err != nil {
		return nil, err
	}
	expressions := map[string]ast.Expr{}
	for _, parsed := range packages {
		for _, file := range parsed.Files {
			for _, declaration := range file.Decls {
				general, ok := declaration.(*ast.GenDecl)
				if !ok || general.Tok != token.CONST {
					continue
				}
				for _, one := range general.Specs {
					value := one.(*ast.ValueSpec)
					for index, name := range value.Names {
						if index < len(value.Values) {
							expressions[name.Name] = value.Values[index]
						}
					}
				}
			}
		}
	}
	var text func(ast.Expr) string
	text = func(expression ast.Expr) string {
		switch it := expression.(type) {
		case *ast.BasicLit:
			value, _ := strconv.Unquote(it.Value)
			return value
		case *ast.Ident:
			return text(expressions[it.Name])
		case *ast.BinaryExpr:
			return text(it.X) + text(it.Y)
		}
		return ""
	}
	result := map[string]string{}
	for name, expression := range expressions {
		result[name] = text(expression)
	}
	return result, nil
}

type gvk struct {
	Group   string `json:"group"`
	Version string `json:"version"`
	Kind    string `json:"kind"`
}

type fieldSpec struct {
	gvk
	Path   string      `json:"path"`
	Create bool        `json:"create"`
	Fields []fieldSpec `json:"fieldSpecs"`
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func fieldSpecs(folder string) (string, error) {
	texts, err := constants(folder)
	if err != nil {
		return "", err
	}
	all := map[string][]fieldSpec{}
	for _, text := range texts {
		// A part of other constants, or no table at all.
		if trimmed := strings.TrimSpace(text); !strings.Contains(trimmed, ":") || strings.HasPrefix(trimmed, "-") {
			continue
		}
		var sections map[string][]fieldSpec
		if err := sigs.Unmarshal([]byte(text), &sections); err != nil {
			return "", err
		}
		for name, specs := range sections {
			if len(specs) > len(all[name]) {
				all[name] = specs
			}
		}
	}
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	sort.Strings(names)
	var out strings.Builder
	out.WriteString("# Where transformers look, in kustomize's own order. Written by `kustomize-oracle tables`.\n")
	out.WriteString("# `[section]`; `> group version kind` is what the references below name; then: group version kind create path.\n")
	line := func(spec fieldSpec) {
		create := "-"
		if spec.Create {
			create = "create"
		}
		fmt.Fprintf(&out, "%s %s %s %s %s\n", orDash(spec.Group), orDash(spec.Version), orDash(spec.Kind), create, spec.Path)
	}
	for _, name := range names {
		fmt.Fprintf(&out, "[%s]\n", name)
		for _, spec := range all[name] {
			if spec.Fields == nil {
				line(spec)
				continue
			}
			fmt.Fprintf(&out, "> %s %s %s\n", orDash(spec.Group), orDash(spec.Version), orDash(spec.Kind))
			for _, referrer := range spec.Fields {
				line(referrer)
			}
		}
	}
	return out.String(), nil
}

func resolve(schema *spec.Schema) *spec.Schema {
	for schema != nil && schema.Ref.String() != "" {
		next, err := openapi.Resolve(&schema.Ref, openapi.Schema())
		if err != nil {
			return nil
		}
		schema = next
	}
	return schema
}

func refName(schema *spec.Schema) string {
	text := schema.Ref.String()
	return strings.TrimPrefix(text[strings.LastIndex(text, "/")+1:], "io.k8s.")
}

// keysOf is how a list is merged: "" not at all, "=" by value, else by these keys.
func keysOf(schema *spec.Schema) string {
	resource := openapi.ResourceSchema{Schema: schema}
	strategy, _ := resource.PatchStrategyAndKey()
	merges := false
	for _, word := range strings.Split(strategy, ",") {
		merges = merges || word == "merge"
	}
	if !merges {
		return ""
	}
	_, keys := resource.PatchStrategyAndKeyList()
	if len(keys) == 0 {
		return "="
	}
	return strings.Join(keys, ",")
}

// A step into a definition's field: `name shape [keys]` with `[` for the items of a list and `{` for values of a map.
type step struct{ name, shape, target, keys string }

func steps(schema *spec.Schema) []step {
	var out []step
	add := func(name string, field spec.Schema) {
		shape, at := "", &field
		keys := ""
		for {
			if at.Ref.String() != "" {
				out = append(out, step{name, shape, refName(at), keys})
				return
			}
			if keys == "" {
				keys = keysOf(at)
			}
			switch {
			case at.Items != nil && at.Items.Schema != nil:
				shape += "["
				at = at.Items.Schema
			case at.AdditionalProperties != nil && at.AdditionalProperties.Schema != nil:
				shape += "{"
				at = at.AdditionalProperties.Schema
			default:
				if keys != "" {
					out = append(out, step{name, shape, "-", keys})
				}
				return
			}
		}
	}
	for name, field := range schema.Properties {
		add(name, field)
	}
	sort.Slice(out, func(a, b int) bool { return out[a].name < out[b].name })
	return out
}

// mergeKeys prints the lists that strategic merges join, and the scope of each kind. What leads to no such list is left out.
func mergeKeys() string {
	definitions := map[string][]step{}
	for name, schema := range openapi.Schema().Definitions {
		definitions[strings.TrimPrefix(name, "io.k8s.")] = steps(&schema)
	}
	// Definitions that lead to a list worth naming.
	useful := map[string]bool{}
	for changed := true; changed; {
		changed = false
		for name, all := range definitions {
			for _, one := range all {
				if !useful[name] && (one.keys != "" || useful[one.target]) {
					useful[name], changed = true, true
				}
			}
		}
	}
	var out strings.Builder
	out.WriteString("# How strategic merges join lists, and the scope of kinds, from the OpenAPI document that kustomize carries.\n")
	out.WriteString("# Written by `kustomize-oracle tables`. K apiVersion kind scope definition|-; D definition; name shape target|- [keys], `=` by value.\n")
	type kind struct{ version, name, definition string }
	var kinds []kind
	for name, schema := range openapi.Schema().Definitions {
		extension, _ := schema.Extensions["x-kubernetes-group-version-kind"].([]any)
		for _, one := range extension {
			entry, _ := one.(map[string]any)
			version, _ := entry["version"].(string)
			if group, _ := entry["group"].(string); group != "" {
				version = group + "/" + version
			}
			named, _ := entry["kind"].(string)
			kinds = append(kinds, kind{version, named, strings.TrimPrefix(name, "io.k8s.")})
		}
	}
	sort.Slice(kinds, func(a, b int) bool {
		if kinds[a].version != kinds[b].version {
			return kinds[a].version < kinds[b].version
		}
		return kinds[a].name < kinds[b].name
	})
	for _, one := range kinds {
		scope := "unknown"
		if namespaced, known := openapi.IsNamespaceScoped(yaml.TypeMeta{APIVersion: one.version, Kind: one.name}); known {
			scope = "cluster"
			if namespaced {
				scope = "namespaced"
			}
		}
		definition := "-"
		if useful[one.definition] {
			definition = one.definition
		}
		if definition == "-" && scope == "unknown" {
			continue
		}
		fmt.Fprintf(&out, "K %s %s %s %s\n", one.version, one.name, scope, definition)
	}
	names := make([]string, 0, len(useful))
	for name := range useful {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(&out, "D %s\n", name)
		for _, one := range definitions[name] {
			if one.keys == "" && !useful[one.target] {
				continue
			}
			target := one.target
			if !useful[target] {
				target = "-"
			}
			fmt.Fprintf(&out, "%s %s %s", one.name, orDash(one.shape), target)
			if one.keys != "" {
				fmt.Fprintf(&out, " %s", one.keys)
			}
			out.WriteString("\n")
		}
	}
	return out.String()
}
