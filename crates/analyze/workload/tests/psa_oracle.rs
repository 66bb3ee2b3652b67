//! Pods with every field that Pod Security looks at, at random, judged by us and by upstream's own library: the same
//! checks fail, at every level and version. 2,000 pods, 20,000 in the full run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a test")]

use ironclad_check::{Catalogue, Level, RunConfig, Selection, run};
use ironclad_testkit::oracle::{Dice, ask};
use ironclad_testkit::{is_full_run, skipped, snapshot};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

fn seccomp(dice: &mut Dice) -> Value {
    dice.pick(&[
        json!({"type": "RuntimeDefault"}),
        json!({"type": "Unconfined"}),
        json!({"type": "Localhost", "localhostProfile": "a.json"}),
        json!({}),
        json!({"type": ""}),
    ])
    .clone()
}

fn se_linux(dice: &mut Dice) -> Value {
    dice.pick(&[
        json!({"type": "container_t"}),
        json!({"type": "container_engine_t"}),
        json!({"type": "spc_t"}),
        json!({"user": "u"}),
        json!({"role": ""}),
        json!({"role": "r", "level": "s0"}),
    ])
    .clone()
}

fn app_armor(dice: &mut Dice) -> Value {
    dice.pick(&[
        json!({"type": "RuntimeDefault"}),
        json!({"type": "Unconfined"}),
        json!({"type": "Localhost", "localhostProfile": "a"}),
        json!({"type": "other"}),
    ])
    .clone()
}

/// Sets a field, one time in four.
fn maybe(dice: &mut Dice, map: &mut Map<String, Value>, key: &str, value: impl FnOnce(&mut Dice) -> Value) {
    if dice.below(4) == 0 {
        let value = value(dice);
        map.insert(key.to_owned(), value);
    }
}

fn container(dice: &mut Dice, name: &str) -> Value {
    let mut context = Map::new();
    // Mostly hardened, so that single faults show.
    if dice.below(5) > 0 {
        context.insert("allowPrivilegeEscalation".into(), false.into());
        context.insert("capabilities".into(), json!({"drop": ["ALL"]}));
    }
    maybe(dice, &mut context, "allowPrivilegeEscalation", |d| (*d.pick(&[true, false])).into());
    maybe(dice, &mut context, "privileged", |d| (*d.pick(&[true, false])).into());
    maybe(dice, &mut context, "runAsNonRoot", |d| d.pick(&[json!(true), json!(false), Value::Null]).clone());
    maybe(dice, &mut context, "runAsUser", |d| (*d.pick(&[0, 1000])).into());
    maybe(dice, &mut context, "procMount", |d| (*d.pick(&["Default", "Unmasked"])).into());
    maybe(dice, &mut context, "seccompProfile", seccomp);
    maybe(dice, &mut context, "seLinuxOptions", se_linux);
    maybe(dice, &mut context, "appArmorProfile", app_armor);
    maybe(dice, &mut context, "windowsOptions", |d| json!({"hostProcess": *d.pick(&[true, false])}));
    maybe(dice, &mut context, "capabilities", |d| {
        let pool = ["ALL", "all", "CHOWN", "NET_BIND_SERVICE", "NET_RAW", "SYS_ADMIN", "CAP_CHOWN"];
        json!({"add": [d.pick(&pool)], "drop": [d.pick(&pool)]})
    });
    let mut container = json!({"name": name, "image": "a"});
    if dice.below(8) > 0 {
        container["securityContext"] = Value::Object(context);
    }
    if dice.below(5) == 0 {
        container["ports"] = json!([{"containerPort": 80, "hostPort": *dice.pick(&[0, 80])}]);
    }
    if dice.below(6) == 0 {
        let host = *dice.pick(&["", "127.0.0.1"]);
        let (field, handler) =
            *dice.pick(&[("livenessProbe", "httpGet"), ("readinessProbe", "tcpSocket"), ("startupProbe", "httpGet")]);
        container[field] = json!({handler: {"host": host, "port": 80}});
    }
    if dice.below(8) == 0 {
        let hook = *dice.pick(&["postStart", "preStop"]);
        let handler = *dice.pick(&["httpGet", "tcpSocket"]);
        container["lifecycle"] = json!({hook: {handler: {"host": *dice.pick(&["", "h"]), "port": 80}}});
    }
    container
}

fn pod(dice: &mut Dice) -> Value {
    let mut context = Map::new();
    if dice.below(4) > 0 {
        context.insert("runAsNonRoot".into(), true.into());
        context.insert("seccompProfile".into(), json!({"type": "RuntimeDefault"}));
    }
    maybe(dice, &mut context, "runAsNonRoot", |d| (*d.pick(&[true, false])).into());
    maybe(dice, &mut context, "runAsUser", |d| (*d.pick(&[0, 1000])).into());
    maybe(dice, &mut context, "seccompProfile", seccomp);
    maybe(dice, &mut context, "seLinuxOptions", se_linux);
    maybe(dice, &mut context, "appArmorProfile", app_armor);
    maybe(dice, &mut context, "windowsOptions", |d| json!({"hostProcess": *d.pick(&[true, false])}));
    maybe(dice, &mut context, "sysctls", |d| {
        let name = *d.pick(&[
            "kernel.shm_rmid_forced",
            "net.ipv4.ip_local_reserved_ports",
            "net.ipv4.tcp_keepalive_time",
            "net.ipv4.tcp_rmem",
            "net.ipv4.tcp_slow_start_after_idle",
            "net.core.somaxconn",
        ]);
        json!([{"name": name, "value": "1"}])
    });
    let mut spec = json!({"containers": [container(dice, "a")], "securityContext": context});
    if dice.below(3) == 0 {
        spec["initContainers"] = json!([container(dice, "i")]);
    }
    if dice.below(6) == 0 {
        let mut debug = container(dice, "e");
        // Ephemeral containers have neither ports nor probes.
        for field in ["ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle"] {
            debug.as_object_mut().unwrap().remove(field);
        }
        spec["ephemeralContainers"] = json!([debug]);
    }
    for field in ["hostPID", "hostIPC", "hostNetwork"] {
        if dice.below(12) == 0 {
            spec[field] = (*dice.pick(&[true, false])).into();
        }
    }
    if dice.below(5) == 0 {
        spec["hostUsers"] = (*dice.pick(&[true, false])).into();
    }
    if dice.below(6) == 0 {
        spec["os"] = json!({"name": *dice.pick(&["windows", "linux"])});
    }
    if dice.below(5) == 0 {
        let sources = [
            json!({"emptyDir": {}}),
            json!({"hostPath": {"path": "/"}}),
            json!({"nfs": {"server": "a", "path": "/"}}),
            json!({"image": {"reference": "a"}}),
            json!({"gitRepo": {"repository": "a"}}),
            json!({"secret": {"secretName": "a"}}),
        ];
        let mut volume = dice.pick(&sources).clone();
        volume["name"] = "v".into();
        spec["volumes"] = json!([volume]);
    }
    let mut metadata = json!({"name": "p"});
    if dice.below(6) == 0 {
        let key = *dice.pick(&[
            "seccomp.security.alpha.kubernetes.io/pod",
            "container.seccomp.security.alpha.kubernetes.io/a",
            "container.seccomp.security.alpha.kubernetes.io/z",
            "container.apparmor.security.beta.kubernetes.io/a",
            "container.apparmor.security.beta.kubernetes.io/z",
        ]);
        let value = *dice.pick(&["unconfined", "runtime/default", "localhost/a", "docker/default", ""]);
        metadata["annotations"] = json!({key: value});
    }
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
}

#[test]
fn random_pods_fail_the_checks_that_they_fail_upstream() {
    let count = if is_full_run() { 20_000 } else { 2_000 };
    let mut dice = Dice::new(0x95a);
    let versions: Vec<u8> = (0..=37).collect();
    let cases: Vec<(Value, &str, u8)> =
        (0..count).map(|_| (pod(&mut dice), *dice.pick(&["baseline", "restricted"]), *dice.pick(&versions))).collect();
    let questions = cases.iter().map(
        |(pod, level, version)| json!({"op": "psa", "object": pod, "level": level, "version": format!("v1.{version}")}),
    );
    let Some(answers) = ask(questions) else {
        skipped("pods beside Pod Security's library", "the oracle is not built: `cargo xtask test` builds it with Go");
        return;
    };
    let catalogue = Catalogue::new([ironclad_workload::CHECKS], &[]);
    let (mut allowed, mut differ) = (0, Vec::new());
    for ((pod, level, version), answer) in cases.iter().zip(&answers) {
        let standard = if *level == "baseline" { Level::Baseline } else { Level::Restricted };
        let selection = Selection { pss: Some((standard, *version)), ..Selection::default() };
        let enabled = selection.resolve(&catalogue).unwrap();
        let config = RunConfig { enabled, version: *version, pss: Some((standard, *version)), ..RunConfig::default() };
        let outcome = run(&snapshot("pod.json", &pod.to_string()), &config);
        assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
        let ours: BTreeSet<String> = outcome.findings.iter().map(|f| f.pss.unwrap().to_owned()).collect();
        let theirs: BTreeSet<String> =
            answer["checks"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
        assert_eq!(answer["allowed"].as_bool().unwrap(), theirs.is_empty(), "{answer} {pod}");
        allowed += usize::from(theirs.is_empty());
        if ours != theirs {
            differ.push(format!("{level} 1.{version}: ours {ours:?}, theirs {theirs:?}\n  {pod}"));
        }
    }
    println!("Pod Security: {} of {count} agree, {allowed} allowed", count - differ.len());
    assert!(allowed > count / 50, "too few pods pass for the comparison to mean anything: {allowed}");
    assert!(
        differ.is_empty(),
        "{} differ:\n{}",
        differ.len(),
        differ.iter().take(15).cloned().collect::<Vec<_>>().join("\n")
    );
}
