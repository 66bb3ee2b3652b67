package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
)

// Patch releases whose OpenAPI documents the tables are derived from, oldest first.
var releases = []string{"v1.33.13", "v1.34.4", "v1.35.4", "v1.36.3", "v1.37.2"}

const firstMinor = 33

type property struct {
	Type                 string              `json:"type"`
	Format               string              `json:"format"`
	Ref                  string              `json:"$ref"`
	Items                *property           `json:"items"`
	AdditionalProperties *property           `json:"additionalProperties"`
	AllOf                []property          `json:"allOf"`
	IntOrString          bool                `json:"x-kubernetes-int-or-string"`
	Properties           map[string]property `json:"properties"`
	Required             []string            `json:"required"`
	MergeKey             string              `json:"x-kubernetes-patch-merge-key"`
	ListMapKeys          []string            `json:"x-kubernetes-list-map-keys"`
	Kinds                []kind              `json:"x-kubernetes-group-version-kind"`
}

type kind struct {
	Group   string `json:"group"`
	Version string `json:"version"`
	Kind    string `json:"kind"`
}

type document struct {
	Definitions map[string]property                   `json:"definitions"`
	Paths       map[string]map[string]json.RawMessage `json:"paths"`
}

// field collects what the versions say of one field.
type field struct {
	shape    string
	required bool
	keys     string
	values   map[string]bool
	versions []int
}

type kindRow struct {
	definition string
	namespaced bool
	versions   []int
}

const prefix = "io.k8s."

func shorten(ref string) string {
	return strings.TrimPrefix(strings.TrimPrefix(ref, "#/definitions/"), prefix)
}

// shapeOf is a type in the notation of the table. A definition without properties is a structure without fields where
// it says that it is an object, and otherwise a scalar, or anything.
func shapeOf(p property, definitions map[string]property) string {
	ref := p.Ref
	if ref == "" && len(p.AllOf) == 1 {
		ref = p.AllOf[0].Ref
	}
	switch {
	case ref != "":
		name := shorten(ref)
		switch name {
		case "apimachinery.pkg.api.resource.Quantity":
			return "quantity"
		case "apimachinery.pkg.util.intstr.IntOrString":
			return "port"
		case "apimachinery.pkg.apis.meta.v1.Time", "apimachinery.pkg.apis.meta.v1.MicroTime":
			return "time"
		case "apimachinery.pkg.apis.meta.v1.FieldsV1", "apimachinery.pkg.runtime.RawExtension":
			return "any"
		}
		if known, ok := definitions[prefix+name]; ok && len(known.Properties) == 0 && known.Type != "object" {
			known.Ref, known.AllOf = "", nil
			return shapeOf(known, definitions)
		}
		return "@" + name
	case p.IntOrString:
		return "port"
	case p.Type == "array" && p.Items != nil:
		return "[" + shapeOf(*p.Items, definitions)
	case p.Type == "object" && p.AdditionalProperties != nil:
		return "{" + shapeOf(*p.AdditionalProperties, definitions)
	case p.Type == "string" && p.Format == "byte":
		return "bytes"
	case p.Type == "string":
		return "text"
	case p.Type == "integer" && p.Format == "int32":
		return "int32"
	case p.Type == "integer":
		return "int"
	case p.Type == "number":
		return "number"
	case p.Type == "boolean":
		return "flag"
	}
	return "any"
}

func folderOf(release string) (string, error) {
	out, err := exec.Command("go", "mod", "download", "-json", "k8s.io/kubernetes@"+release).Output()
	if err != nil {
		return "", fmt.Errorf("go mod download k8s.io/kubernetes@%s: %w", release, err)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		return "", err
	}
	return module.Dir, nil
}

// schema writes the table of kinds and fields of all releases.
func schema(arguments []string) error {
	if len(arguments) != 2 || arguments[0] != "-o" {
		return errors.New("usage: oracle schema -o DIR")
	}
	kinds := map[kind]*kindRow{}
	fields := map[string]map[string]*field{}
	for index, release := range releases {
		minor := firstMinor + index
		folder, err := folderOf(release)
		if err != nil {
			return err
		}
		bytes, err := os.ReadFile(filepath.Join(folder, "api", "openapi-spec", "swagger.json"))
		if err != nil {
			return err
		}
		var spec document
		if err := json.Unmarshal(bytes, &spec); err != nil {
			return err
		}
		values, err := enumsOf(folder)
		if err != nil {
			return err
		}
		namespaced := map[kind]bool{}
		created := map[kind]bool{}
		for path, operations := range spec.Paths {
			raw, ok := operations["post"]
			if !ok {
				continue
			}
			var post struct {
				Kind kind `json:"x-kubernetes-group-version-kind"`
			}
			if err := json.Unmarshal(raw, &post); err != nil {
				return err
			}
			created[post.Kind] = true
			if strings.Contains(path, "/namespaces/{namespace}/") {
				namespaced[post.Kind] = true
			}
		}
		reach := []string{}
		for name, definition := range spec.Definitions {
			for _, k := range definition.Kinds {
				if !created[k] || len(definition.Kinds) > 1 {
					continue
				}
				row := kinds[k]
				if row == nil {
					row = &kindRow{definition: shorten(name), namespaced: namespaced[k]}
					kinds[k] = row
				}
				row.versions = append(row.versions, minor)
				reach = append(reach, name)
			}
		}
		seen := map[string]bool{}
		for len(reach) > 0 {
			name := reach[len(reach)-1]
			reach = reach[:len(reach)-1]
			if seen[name] {
				continue
			}
			seen[name] = true
			definition, ok := spec.Definitions[name]
			if !ok {
				continue
			}
			short := shorten(name)
			if fields[short] == nil {
				fields[short] = map[string]*field{}
			}
			required := map[string]bool{}
			for _, name := range definition.Required {
				required[name] = true
			}
			for property, schema := range definition.Properties {
				shape := shapeOf(schema, spec.Definitions)
				keys := strings.Join(schema.ListMapKeys, ",")
				if keys == "" {
					keys = schema.MergeKey
				}
				row := fields[short][property]
				if row == nil {
					row = &field{values: map[string]bool{}}
					fields[short][property] = row
				}
				// The newest release has the last word.
				row.shape, row.required, row.keys = shape, required[property], keys
				row.versions = append(row.versions, minor)
				for _, value := range values[short+" "+property] {
					row.values[value] = true
				}
				if at := strings.Index(shape, "@"); at >= 0 {
					reach = append(reach, prefix+shape[at+1:])
				}
			}
		}
	}
	return os.WriteFile(filepath.Join(arguments[1], "schema.txt"), []byte(table(kinds, fields)), 0o644)
}

// span is the range of minor versions, empty for all.
func span(versions []int) string {
	first, last := versions[0], versions[len(versions)-1]
	if first == firstMinor && last == firstMinor+len(releases)-1 {
		return ""
	}
	return fmt.Sprintf(" %d-%d", first, last)
}

// enum is the list of values that a field may have, empty for any.
func enum(values map[string]bool) string {
	if len(values) == 0 {
		return ""
	}
	sorted := []string{}
	for value := range values {
		sorted = append(sorted, value)
	}
	sort.Strings(sorted)
	return " =" + strings.ReplaceAll(strings.Join(sorted, "|"), " ", "~")
}

var (
	definitionLine = regexp.MustCompile(`^func schema_k8sio_api_([a-z]+)_(v[0-9a-z]+)_([A-Za-z0-9]+)\(`)
	propertyLine   = regexp.MustCompile(`^\t{5}"([^"]+)": \{$`)
	enumLine       = regexp.MustCompile(`^\t+Enum: +\[\]interface\{\}\{(.*)\},$`)
	enumValue      = regexp.MustCompile(`"([^"]*)"`)
)

// enumsOf reads the values of enumerations, by definition and property, from the generated source of the OpenAPI
// definitions: the published documents leave them out. For a list or a map they are those of the items.
func enumsOf(folder string) (map[string][]string, error) {
	bytes, err := os.ReadFile(filepath.Join(folder, "pkg", "generated", "openapi", "zz_generated.openapi.go"))
	if err != nil {
		return nil, err
	}
	found := map[string][]string{}
	definition, property := "", ""
	for _, line := range strings.Split(string(bytes), "\n") {
		if strings.HasPrefix(line, "func ") {
			definition = ""
			if match := definitionLine.FindStringSubmatch(line); match != nil {
				definition = "api." + match[1] + "." + match[2] + "." + match[3]
			}
		} else if match := propertyLine.FindStringSubmatch(line); match != nil {
			property = match[1]
		} else if match := enumLine.FindStringSubmatch(line); match != nil && definition != "" {
			for _, value := range enumValue.FindAllStringSubmatch(match[1], -1) {
				if strings.ContainsAny(value[1], "~|") {
					return nil, fmt.Errorf("%s.%s: the table cannot write the value %q", definition, property, value[1])
				}
				found[definition+" "+property] = append(found[definition+" "+property], value[1])
			}
		}
	}
	if len(found) < 50 {
		return nil, fmt.Errorf("only %d enumerations in %s", len(found), folder)
	}
	return found, nil
}

func table(kinds map[kind]*kindRow, fields map[string]map[string]*field) string {
	var out strings.Builder
	out.WriteString("# Kinds and fields of Kubernetes " + releases[0] + " to " + releases[len(releases)-1] + ", from api/openapi-spec/swagger.json,\n")
	out.WriteString("# and the values of enumerations from pkg/generated/openapi, which knows more of them.\n")
	out.WriteString("# Written by `oracle schema`. K group version kind scope definition [minors]; D definition; name type[!][ *keys][ =A|B values (one may be empty), ~ for a space][ minors].\n")
	out.WriteString("# Types: text bytes int32 int flag number quantity port time any, [T list of T, {T map to T, @D object. ! required. Definitions without `io.k8s.`.\n")
	rows := []string{}
	for k, row := range kinds {
		group := k.Group
		if group == "" {
			group = "-"
		}
		scope := "cluster"
		if row.namespaced {
			scope = "namespaced"
		}
		rows = append(rows, fmt.Sprintf("K %s %s %s %s %s%s\n", group, k.Version, k.Kind, scope, row.definition, span(row.versions)))
	}
	sort.Strings(rows)
	out.WriteString(strings.Join(rows, ""))
	names := []string{}
	for name := range fields {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		out.WriteString("D " + name + "\n")
		properties := []string{}
		for property := range fields[name] {
			properties = append(properties, property)
		}
		sort.Strings(properties)
		for _, property := range properties {
			row := fields[name][property]
			mark := ""
			if row.required {
				mark = "!"
			}
			keys := ""
			if row.keys != "" {
				keys = " *" + row.keys
			}
			out.WriteString(property + " " + row.shape + mark + keys + enum(row.values) + span(row.versions) + "\n")
		}
	}
	return out.String()
}
