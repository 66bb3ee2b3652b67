package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	runtimeschema "k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

// What `zz_generated.prerelease-lifecycle.go` of k8s.io/api says of a type: minor versions of 1.x.
type (
	introduced interface{ APILifecycleIntroduced() (int, int) }
	deprecated interface{ APILifecycleDeprecated() (int, int) }
	removed    interface{ APILifecycleRemoved() (int, int) }
	replaced   interface {
		APILifecycleReplacement() runtimeschema.GroupVersionKind
	}
)

// lifecycle writes the table of kinds that are or will be deprecated.
func lifecycle(arguments []string) error {
	if len(arguments) != 2 || arguments[0] != "-o" {
		return errors.New("usage: oracle lifecycle -o DIR")
	}
	rows := []string{}
	for gvk := range scheme.Scheme.AllKnownTypes() {
		object, err := scheme.Scheme.New(gvk)
		if err != nil {
			return err
		}
		row, err := lifecycleRow(gvk, object)
		if err != nil {
			return err
		}
		if row != "" {
			rows = append(rows, row)
		}
	}
	sort.Strings(rows)
	text := "# When kinds of Kubernetes were introduced, deprecated and removed: minor versions of 1.x, from the\n" +
		"# `zz_generated.prerelease-lifecycle.go` files of k8s.io/api. Written by `oracle lifecycle`.\n" +
		"# group version kind introduced deprecated removed [replacement's group version kind]; `-` is none, or the core group.\n"
	return os.WriteFile(filepath.Join(arguments[1], "lifecycle.txt"), []byte(text+strings.Join(rows, "")), 0o644)
}

// lifecycleRow is empty for lists, options, and kinds that are not on their way out.
func lifecycleRow(gvk runtimeschema.GroupVersionKind, object runtime.Object) (string, error) {
	if _, isObject := object.(metav1.Object); !isObject {
		return "", nil
	}
	in, ok := object.(introduced)
	if !ok {
		return "", nil
	}
	out, isDeprecated := object.(deprecated)
	gone, isRemoved := object.(removed)
	if !isDeprecated && !isRemoved {
		return "", nil
	}
	minor := func(major, minor int) (string, error) {
		if major != 1 {
			return "", fmt.Errorf("%v: major version %d", gvk, major)
		}
		return fmt.Sprint(minor), nil
	}
	from, err := minor(in.APILifecycleIntroduced())
	if err != nil {
		return "", err
	}
	old, end := "-", "-"
	if isDeprecated {
		if old, err = minor(out.APILifecycleDeprecated()); err != nil {
			return "", err
		}
	}
	if isRemoved {
		if end, err = minor(gone.APILifecycleRemoved()); err != nil {
			return "", err
		}
	}
	next := ""
	if successor, ok := object.(replaced); ok {
		replacement := successor.APILifecycleReplacement()
		// The source names IngressClassList where it means IngressClass.
		kind := strings.TrimSuffix(replacement.Kind, "List")
		next = fmt.Sprintf(" %s %s %s", groupWord(replacement.Group), replacement.Version, kind)
	}
	return fmt.Sprintf("%s %s %s %s %s %s%s\n", groupWord(gvk.Group), gvk.Version, gvk.Kind, from, old, end, next), nil
}

func groupWord(group string) string {
	if group == "" {
		return "-"
	}
	return group
}
