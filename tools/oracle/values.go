package main

import (
	"encoding/json"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

func quantity(question request) answer {
	parsed, err := resource.ParseQuantity(question.Value)
	if err != nil {
		return answer{"ok": false, "error": err.Error()}
	}
	return answer{"ok": true, "canonical": parsed.String(), "decimal": parsed.AsDec().String()}
}

func compareQuantities(question request) answer {
	a, err := resource.ParseQuantity(question.A)
	if err != nil {
		return answer{"error": err.Error()}
	}
	b, err := resource.ParseQuantity(question.B)
	if err != nil {
		return answer{"error": err.Error()}
	}
	return answer{"cmp": a.Cmp(b)}
}

func selector(question request) answer {
	var written metav1.LabelSelector
	if err := json.Unmarshal(question.Selector, &written); err != nil {
		return answer{"error": err.Error()}
	}
	parsed, err := metav1.LabelSelectorAsSelector(&written)
	if err != nil {
		return answer{"error": err.Error()}
	}
	return answer{"matches": parsed.Matches(labels.Set(question.Labels))}
}
