package main

import (
	"encoding/json"
	"sort"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

type pod struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              corev1.PodSpec `json:"spec"`
}

// podSecurity evaluates each upstream check by itself, so that the ids of those that fail are known.
func podSecurity(question request) answer {
	var object pod
	if err := json.Unmarshal(question.Object, &object); err != nil {
		return answer{"error": err.Error()}
	}
	level, err := api.ParseLevel(question.Level)
	if err != nil {
		return answer{"error": err.Error()}
	}
	version, err := api.ParseVersion(question.Version)
	if err != nil {
		return answer{"error": err.Error()}
	}
	wanted := api.LevelVersion{Level: level, Version: version}
	failing := map[string]bool{}
	all := policy.DefaultChecks()
	for _, check := range all {
		evaluator, err := policy.NewEvaluator([]policy.Check{check}, nil)
		if err != nil {
			return answer{"error": err.Error()}
		}
		for _, result := range evaluator.EvaluatePod(wanted, &object.ObjectMeta, &object.Spec) {
			if !result.Allowed {
				failing[string(check.ID)] = true
			}
		}
	}
	// A restricted check may replace one of the baseline; a lone check does not know.
	if level == api.LevelRestricted {
		for _, check := range all {
			if check.Level != api.LevelRestricted {
				continue
			}
			for _, versioned := range check.Versions {
				if !version.Older(versioned.MinimumVersion) {
					for _, id := range versioned.OverrideCheckIDs {
						delete(failing, string(id))
					}
				}
			}
		}
	}
	evaluator, err := policy.NewEvaluator(all, nil)
	if err != nil {
		return answer{"error": err.Error()}
	}
	allowed := policy.AggregateCheckResults(evaluator.EvaluatePod(wanted, &object.ObjectMeta, &object.Spec)).Allowed
	ids := []string{}
	for id := range failing {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	return answer{"allowed": allowed, "checks": ids}
}
