//! Policies of every kind over one pod, default denials over one namespace, and selectors against a plain walk.
#![allow(clippy::unwrap_used, reason = "a test")]

use ironclad_model::{Kind, LabelSelector, Snapshot};
use ironclad_reach::Answer::{No, Unknown, Yes};
use ironclad_reach::{Answer, LabelIndex, Namespace, Namespaces, POLICY_KINDS, Policies, Side};
use ironclad_tree::{Limits, Source, parse};
use ironclad_views::{WorkloadKinds, pods};

fn snapshot(text: &str) -> Snapshot {
    let parsed = parse(&Source::new("t", text), &Limits::default());
    assert!(parsed.problems.is_empty(), "{text}: {:?}", parsed.problems);
    let mut builder = Snapshot::builder();
    for document in parsed.documents {
        builder.add(document, Default::default());
    }
    builder.build()
}

const POD: &str = "
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web, tier: front}}
spec: {serviceAccountName: web, containers: [{name: web, image: nginx}]}
";

fn policies(snapshot: &Snapshot) -> Policies {
    let objects = POLICY_KINDS.iter().flat_map(|kind| snapshot.of_kind(*kind));
    Policies::of(objects, Namespaces::of(snapshot.of_kind(Kind::NAMESPACE)))
}

/// What a policy does to the pod: ingress, egress.
fn isolation(policy: &str) -> (Answer, Answer) {
    let snapshot = snapshot(&format!("{POD}---\n{policy}\n"));
    let object = snapshot.of_kind(Kind::POD)[0];
    let pod = &pods(object, &WorkloadKinds::default())[0];
    let found = policies(&snapshot).isolation(pod);
    (found.of(Side::Ingress), found.of(Side::Egress))
}

/// `{head, metadata: …, spec: …}` in one line.
fn object(head: &str, namespace: &str, spec: &str) -> String {
    let (version, kind) = head.rsplit_once(' ').unwrap();
    let namespace = if namespace.is_empty() { String::new() } else { format!(", namespace: {namespace}") };
    format!("{{apiVersion: {version}, kind: {kind}, metadata: {{name: p{namespace}}}, {spec}}}")
}

#[test]
fn network_policies_close_what_upstream_says() {
    for (namespace, spec, expected) in [
        ("shop", "spec: {podSelector: {}}", (Yes, No)),
        ("shop", "spec: {}", (Yes, No)),
        ("other", "spec: {podSelector: {}}", (No, No)),
        ("", "spec: {podSelector: {}}", (No, No)),
        ("shop", "spec: {podSelector: {}, egress: []}", (Yes, No)),
        ("shop", "spec: {podSelector: {}, egress: [{}]}", (Yes, Yes)),
        ("shop", "spec: {podSelector: {}, policyTypes: []}", (Yes, No)),
        ("shop", "spec: {podSelector: {}, policyTypes: [Egress], ingress: [{}]}", (No, Yes)),
        ("shop", "spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress, Egress]}", (Yes, Yes)),
        ("shop", "spec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress, Egress]}", (No, No)),
        ("shop", "spec: {podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [back]}]}}", (Yes, No)),
        ("shop", "spec: {podSelector: {matchExpressions: [{key: tier, operator: In}]}}", (Unknown, No)),
    ] {
        assert_eq!(isolation(&object("networking.k8s.io/v1 NetworkPolicy", namespace, spec)), expected, "{spec}");
    }
}

#[test]
fn ciliums_policies_close_what_cilium_says() {
    let (local, global) = ("cilium.io/v2 CiliumNetworkPolicy", "cilium.io/v2 CiliumClusterwideNetworkPolicy");
    let other_namespace =
        r#"spec: {endpointSelector: {matchLabels: {"k8s:io.kubernetes.pod.namespace": x}}, ingress: [{}]}"#;
    let labelled = r#"spec: {endpointSelector: {matchLabels: {io.cilium.k8s.namespace.labels.a: b}}, ingress: [{}]}"#;
    let account =
        r#"spec: {endpointSelector: {matchLabels: {io.cilium.k8s.policy.serviceaccount: web}}, egress: [{}]}"#;
    for (head, namespace, spec, expected) in [
        (local, "shop", "spec: {endpointSelector: {}, ingress: [{}]}", (Yes, No)),
        (local, "shop", "spec: {endpointSelector: {}, ingress: [], egress: []}", (No, No)),
        (local, "shop", "spec: {endpointSelector: {}, egressDeny: [{}]}", (No, Yes)),
        (local, "shop", "spec: {endpointSelector: {}, ingress: [{}], enableDefaultDeny: {ingress: false}}", (No, No)),
        (local, "shop", "spec: {endpointSelector: {}, enableDefaultDeny: {egress: true}}", (No, Yes)),
        (
            local,
            "shop",
            "specs: [{endpointSelector: {}, ingress: [{}]}, {endpointSelector: {}, egress: [{}]}]",
            (Yes, Yes),
        ),
        (local, "other", "spec: {endpointSelector: {}, ingress: [{}]}", (No, No)),
        (local, "shop", r#"spec: {endpointSelector: {matchLabels: {"any:app": web}}, ingress: [{}]}"#, (Yes, No)),
        (global, "", "spec: {endpointSelector: {}, ingress: [{}]}", (Yes, No)),
        (global, "", "spec: {nodeSelector: {}, ingress: [{}]}", (No, No)),
        (global, "", other_namespace, (No, No)),
        (global, "", labelled, (Unknown, No)),
        (global, "", account, (No, Yes)),
    ] {
        assert_eq!(isolation(&object(head, namespace, spec)), expected, "{spec}");
    }
}

#[test]
fn calicos_policies_close_what_calico_says() {
    let (local, global) = ("projectcalico.org/v3 NetworkPolicy", "crd.projectcalico.org/v1 GlobalNetworkPolicy");
    for (head, namespace, spec, expected) in [
        (local, "shop", "spec: {}", (Yes, No)),
        (local, "shop", "spec: {egress: [{action: Allow}]}", (No, Yes)),
        (local, "shop", "spec: {ingress: [{action: Allow}], egress: [{action: Allow}]}", (Yes, Yes)),
        (local, "shop", "spec: {types: [Egress], selector: \"app == 'web'\"}", (No, Yes)),
        (local, "shop", "spec: {selector: \"app == 'db'\"}", (No, No)),
        (local, "other", "spec: {}", (No, No)),
        (local, "shop", "spec: {selector: broken ==}", (Unknown, No)),
        (global, "", "spec: {selector: all()}", (Yes, No)),
        (global, "", "spec: {namespaceSelector: projectcalico.org/name == 'shop'}", (Yes, No)),
        (global, "", "spec: {namespaceSelector: projectcalico.org/name == 'x'}", (No, No)),
        (global, "", "spec: {namespaceSelector: has(team)}", (Unknown, No)),
        (global, "", "spec: {selector: \"projectcalico.org/serviceaccount == 'web'\"}", (Yes, No)),
    ] {
        assert_eq!(isolation(&object(head, namespace, spec)), expected, "{spec}");
    }
}

#[test]
fn admin_policies_count_where_they_have_rules() {
    let head = "policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy";
    let shop = "matchLabels: {kubernetes.io/metadata.name: shop}";
    for (subject, rules, expected) in [
        ("namespaces: {}", "ingress: [{action: Deny, from: [{namespaces: {}}]}]", (Yes, No)),
        ("namespaces: {}", "egress: []", (No, No)),
        (&*format!("namespaces: {{{shop}}}"), "egress: [{action: Pass}]", (No, Yes)),
        (
            &*format!("pods: {{namespaceSelector: {{{shop}}}, podSelector: {{matchLabels: {{app: db}}}}}}"),
            "egress: [{}]",
            (No, No),
        ),
        ("namespaces: {matchLabels: {team: a}}", "egress: [{}]", (No, Unknown)),
    ] {
        let spec = format!("spec: {{subject: {{{subject}}}, {rules}}}");
        assert_eq!(isolation(&object(head, "", &spec)), expected, "{spec}");
    }
}

#[test]
fn default_denials_are_for_all_and_allow_not_everything() {
    let np = "networking.k8s.io/v1 NetworkPolicy";
    let banp = "policy.networking.k8s.io/v1alpha1 BaselineAdminNetworkPolicy";
    for (head, spec, expected) in [
        (np, "spec: {podSelector: {}, policyTypes: [Ingress]}", (Yes, No)),
        (np, "spec: {podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 53}]}]}", (No, Yes)),
        (np, "spec: {podSelector: {}, policyTypes: [Egress], egress: [{}]}", (No, No)),
        (np, "spec: {podSelector: {matchLabels: {a: b}}}", (No, No)),
        (banp, "spec: {subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]}", (Yes, No)),
        (banp, "spec: {subject: {namespaces: {}}, ingress: [{action: Allow, from: [{namespaces: {}}]}]}", (No, No)),
    ] {
        let snapshot = snapshot(&object(head, if head == np { "shop" } else { "" }, spec));
        let (policies, shop) = (policies(&snapshot), Namespace::named("shop"));
        let found = Side::BOTH.map(|side| policies.denies_by_default(&shop, side));
        assert_eq!((found[0], found[1]), expected, "{spec}");
    }
}

#[test]
fn selectors_find_what_a_walk_finds() {
    let mut text = String::new();
    for i in 0..120 {
        let (app, tier, kind) = (i % 5, i % 3, if i % 4 == 0 { "StatefulSet" } else { "Deployment" });
        text += &format!(
            "---\napiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: a{i}, namespace: n{}}}\nspec: {{template: {{metadata: {{labels: {{app: a{app}, tier: t{tier}}}}}, spec: {{containers: []}}}}}}\n",
            i % 7
        );
    }
    let snapshot = snapshot(&text);
    let mut index = LabelIndex::default();
    for object in snapshot.objects() {
        for pod in pods(object, &WorkloadKinds::default()) {
            index.push(object.id(), object.kind(), Namespace::of(object), pod.metadata.labels().node(), ());
        }
    }
    for selector in [
        "",
        "app=a1",
        "app=a1,tier=t2",
        "app in (a1,a2),tier!=t0",
        "!app",
        "other notin (x)",
        "app=a1,statefulset.kubernetes.io/pod-name=a5-0",
        "apps.kubernetes.io/pod-index",
    ] {
        let parsed = LabelSelector::parse(selector).unwrap();
        for namespace in (0..8).map(|n| Namespace::named(&format!("n{n}"))) {
            let found: Vec<_> = index.select(&namespace, &parsed).map(|entry| entry.object).collect();
            let walked = index.entries().iter().filter(|entry| entry.namespace == namespace);
            let walked: Vec<_> =
                walked.filter(|entry| entry.answer(&parsed).is_possible()).map(|entry| entry.object).collect();
            assert_eq!(found, walked, "{selector} in {namespace:?}");
        }
    }
    let added = LabelSelector::parse("statefulset.kubernetes.io/pod-name=a4-0").unwrap();
    let found = index.select(&Namespace::named("n4"), &added).map(|entry| entry.kind);
    assert!(found.eq(
        snapshot.objects().filter(|o| o.namespace() == Some("n4") && o.kind() == Kind::STATEFUL_SET).map(|o| o.kind())
    ));
}
