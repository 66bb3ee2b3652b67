//! Megabytes a second of the reader beside libyaml and serde_json into their `Value`s, on Pods of about 4 kB:
//! `cargo run --release -p ironclad-tree --example throughput`.

use ironclad_tree::{Limits, Source, parse};
use serde::Deserialize;
use std::fmt::Write;
use std::time::Instant;

fn pod(index: usize) -> String {
    let mut text = format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web-{index}\n  namespace: shop\n  labels:\n    app.kubernetes.io/name: web\n    app.kubernetes.io/instance: \"{index}\"\n  annotations:\n    prometheus.io/scrape: \"true\"\nspec:\n  serviceAccountName: web\n  automountServiceAccountToken: false\n  securityContext:\n    runAsNonRoot: true\n    seccompProfile:\n      type: RuntimeDefault\n  containers:\n"
    );
    for container in 0..4 {
        let _ = write!(
            text,
            "    - name: c{container}\n      image: registry.example.com/shop/web-{container}@sha256:4bcff63911fcb4448bd4fdacec207030997caf25e9bea4045fa6c8c44de311d1\n      # the port of the health check\n      ports:\n        - name: http\n          containerPort: 80{container}0\n          protocol: TCP\n      env:\n        - name: LOG_LEVEL\n          value: info\n        - name: DATABASE_URL\n          valueFrom:\n            secretKeyRef:\n              name: database\n              key: url\n      resources:\n        requests:\n          cpu: 100m\n          memory: 128Mi\n        limits:\n          memory: 256Mi\n      securityContext:\n        allowPrivilegeEscalation: false\n        readOnlyRootFilesystem: true\n        capabilities:\n          drop: [\"ALL\"]\n      livenessProbe:\n        httpGet:\n          path: /healthz\n          port: http\n        periodSeconds: 10\n      volumeMounts:\n        - name: tmp\n          mountPath: /tmp\n"
        );
    }
    text.push_str("  volumes:\n    - name: tmp\n      emptyDir: {}\n---\n");
    text
}

fn main() {
    let yaml: String = (0..6000).map(pod).collect();
    let source = Source::new("pods.yaml", yaml);
    let documents = parse(&source, &Limits::default()).documents;
    let mut json = String::new();
    for document in &documents {
        document.root().write_json(&mut json);
        json.push('\n');
    }
    let memory: usize = documents.iter().map(|document| document.memory()).sum();
    let nodes: usize = documents.iter().map(|document| document.node_count()).sum();
    report("YAML to tree", &source);
    let text = source.text();
    rate("libyaml into Value", text.len(), || {
        let documents = yaml_serde::Deserializer::from_str(text);
        documents.filter_map(|document| yaml_serde::Value::deserialize(document).ok()).count()
    });
    let source_json = Source::new("pods.json", json);
    report("JSON to tree", &source_json);
    let text = source_json.text();
    rate("serde_json into Value", text.len(), || {
        serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>().filter(Result::is_ok).count()
    });
    let megabyte = 1e6;
    print(format_args!(
        "tree of {:.1} MB YAML: {nodes} nodes, {:.1} MB",
        source.text().len() as f64 / megabyte,
        memory as f64 / megabyte
    ));
}

fn report(name: &str, source: &std::sync::Arc<Source>) {
    rate(name, source.text().len(), || parse(source, &Limits::default()).documents.len());
}

/// The best of seven runs, each of which must find the 6,000 Pods.
fn rate(name: &str, bytes: usize, mut work: impl FnMut() -> usize) {
    let mut best = f64::MAX;
    for _ in 0..7 {
        let start = Instant::now();
        let found = work();
        best = best.min(start.elapsed().as_secs_f64());
        assert!(found >= 6000, "{name} found {found}");
    }
    let size = bytes as f64 / 1e6;
    print(format_args!("{name}: {size:.1} MB in {:.0} ms, {:.0} MB/s", best * 1e3, size / best));
}

#[allow(clippy::print_stdout)]
fn print(line: std::fmt::Arguments<'_>) {
    println!("{line}");
}
