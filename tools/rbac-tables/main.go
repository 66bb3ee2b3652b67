// Writes what the engine of authorization knows of one Kubernetes release, as lines: the default RBAC objects
// (`defaults`) and the resources of the API (`resources DIR`, where DIR is the release's api/discovery).
//
// `cargo xtask rbac-tables` builds it against each supported release and merges what it prints.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy"
)

func main() {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "defaults":
		defaults()
	case len(os.Args) == 3 && os.Args[1] == "resources":
		if err := resources(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	default:
		fmt.Fprintln(os.Stderr, "usage: rbac-tables defaults | resources DIR")
		os.Exit(2)
	}
}

func defaults() {
	for _, role := range append(bootstrappolicy.ClusterRoles(), bootstrappolicy.ControllerRoles()...) {
		fmt.Printf("ClusterRole %s\n", role.Name)
		labels(role.Labels)
		if role.AggregationRule != nil {
			for _, selector := range role.AggregationRule.ClusterRoleSelectors {
				if len(selector.MatchLabels) != 1 || len(selector.MatchExpressions) != 0 {
					panic("a selector of another shape: " + role.Name)
				}
				for key, value := range selector.MatchLabels {
					fmt.Printf("a %s=%s\n", key, value)
				}
			}
		}
		rules(role.Rules)
	}
	for _, namespace := range sorted(bootstrappolicy.NamespaceRoles()) {
		for _, role := range bootstrappolicy.NamespaceRoles()[namespace] {
			fmt.Printf("Role %s %s\n", namespace, role.Name)
			rules(role.Rules)
		}
	}
	for _, binding := range append(bootstrappolicy.ClusterRoleBindings(), bootstrappolicy.ControllerRoleBindings()...) {
		fmt.Printf("ClusterRoleBinding %s\n", binding.Name)
		bound(binding.RoleRef, binding.Subjects)
	}
	for _, namespace := range sorted(bootstrappolicy.NamespaceRoleBindings()) {
		for _, binding := range bootstrappolicy.NamespaceRoleBindings()[namespace] {
			fmt.Printf("RoleBinding %s %s\n", namespace, binding.Name)
			bound(binding.RoleRef, binding.Subjects)
		}
	}
}

func sorted[V any](of map[string]V) []string {
	var keys []string
	for key := range of {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

func labels(of map[string]string) {
	for _, key := range sorted(of) {
		fmt.Printf("l %s=%s\n", key, of[key])
	}
}

func rules(of []rbacv1.PolicyRule) {
	for _, rule := range of {
		var groups []string
		for _, group := range rule.APIGroups {
			if group == "" {
				group = "-"
			}
			groups = append(groups, group)
		}
		lists := [][]string{rule.Verbs, groups, rule.Resources, rule.ResourceNames, rule.NonResourceURLs}
		var parts []string
		for _, list := range lists {
			parts = append(parts, strings.Join(list, ","))
		}
		fmt.Printf("r %s\n", strings.Join(parts, ";"))
	}
}

func bound(role rbacv1.RoleRef, subjects []rbacv1.Subject) {
	fmt.Printf("b %s=%s\n", role.Kind, role.Name)
	for _, subject := range subjects {
		if subject.Namespace != "" {
			fmt.Printf("s %s %s %s\n", subject.Kind, subject.Namespace, subject.Name)
		} else {
			fmt.Printf("s %s %s\n", subject.Kind, subject.Name)
		}
	}
}

// resources prints `group version plural scope Kind singular short-names verbs`, `-` for what is empty.
func resources(folder string) error {
	files, err := filepath.Glob(filepath.Join(folder, "*__*.json"))
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var list metav1.APIResourceList
		if err := json.Unmarshal(text, &list); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if list.Kind != "APIResourceList" {
			continue
		}
		group, version := "-", list.GroupVersion
		if before, after, found := strings.Cut(list.GroupVersion, "/"); found {
			group, version = before, after
		}
		for _, resource := range list.APIResources {
			scope := "cluster"
			if resource.Namespaced {
				scope = "namespaced"
			}
			or := func(text string) string {
				if text == "" {
					return "-"
				}
				return text
			}
			fmt.Println(group, version, resource.Name, scope, resource.Kind, or(resource.SingularName),
				or(strings.Join(resource.ShortNames, ",")), strings.Join(resource.Verbs, ","))
		}
	}
	return nil
}
