//! Whole-program figures: ironclad beside its peers, on the same files, in one run.
//!
//! Inputs are generated (no download): 1,200 manifests as teams write them, and one file of 20 MB. A peer is taken from
//! the PATH, or else installed from its published package into the cache; one that cannot be had is named with the
//! reason. `BENCH_RUNS` sets the runs of each command (5). `bench cluster` is about clusters and snapshots,
//! `bench render` about charts beside Helm.

mod cluster;
mod render;

use crate::{oracle, root, say};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[derive(Default)]
struct Figures {
    wall: Vec<f64>,
    cpu: Vec<f64>,
    memory: Vec<f64>,
}

impl Figures {
    fn add(&mut self, more: Figures) {
        self.wall.extend(more.wall);
        self.cpu.extend(more.cpu);
        self.memory.extend(more.memory);
    }
}

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    if let Some(("cluster", rest)) = arguments.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        return cluster::run(rest);
    }
    let only = arguments.first().map(String::as_str);
    if only == Some("render") {
        return render::run();
    }
    let ironclad = release()?.display().to_string();
    let folder = root().join("target/bench");
    let manifests = folder.join("manifests");
    let large = folder.join("large.yaml");
    generate(&manifests, 1_200)?;
    generate_large(&large, 20 << 20)?;
    let files = manifests.display().to_string();
    let big = large.display().to_string();

    let mut table = vec!["| command | wall s | CPU s | memory MB |".to_owned(), "|---|---|---|---|".to_owned()];
    let mut measure = |name: &str, command: Vec<String>| -> Result<()> {
        if only.is_some_and(|only| !name.contains(only)) {
            return Ok(());
        }
        let figures = if command.is_empty() { None } else { Some(time(&command, runs())?) };
        match figures {
            Some(figures) => table.push(format!(
                "| {name} | {} | {} | {} |",
                spread(&figures.wall, 3),
                spread(&figures.cpu, 3),
                spread(&figures.memory, 0)
            )),
            None => table.push(format!("| {name} | – | – | – |")),
        }
        Ok(())
    };
    let scan = |path: &str, extra: &[&str]| -> Vec<String> {
        let mut command = vec![ironclad.clone(), "scan".to_owned(), "--no-config".to_owned(), path.to_owned()];
        command.extend(extra.iter().map(|e| (*e).to_owned()));
        command
    };
    let json = ["--profile", "all", "--format", "json"];
    measure("ironclad --version", vec![ironclad.clone(), "--version".to_owned()])?;
    measure("ironclad, 1,200 manifests", scan(&files, &["--format", "json"]))?;
    for profile in ["compat:kube-linter", "compat:kube-score", "compat:polaris"] {
        let name = format!("ironclad, the same, {profile}");
        measure(&name, scan(&files, &["--profile", profile, "--format", "json"]))?;
    }
    measure("ironclad, the same, all checks", scan(&files, &json))?;
    measure(
        "ironclad, the same, all checks, one thread",
        scan(&files, &["--profile", "all", "--format", "json", "--jobs", "1"]),
    )?;
    measure("ironclad, 20 MB in one file, one thread", scan(&big, &["--format", "json", "--jobs", "1"]))?;
    measure("ironclad, the same, all checks", scan(&big, &["--profile", "all", "--format", "json", "--jobs", "1"]))?;
    for peer in PEERS {
        let name = format!("{}, 1,200 manifests", peer.name);
        if only.is_some_and(|only| !name.contains(only)) {
            continue;
        }
        match peer.program() {
            Ok(program) => measure(&name, peer.command(&program, &files))?,
            Err(why) => measure(&format!("{name}: {why}"), Vec::new())?,
        }
    }
    for line in table {
        say(&line);
    }
    say("");
    if only.is_none() {
        render::run()?;
        say("");
    }
    // Rates of the reader itself, beside the libraries that do half of its work.
    let rates = ["run", "--release", "--quiet", "--package", "ironclad-tree", "--example", "throughput"];
    Command::new("cargo").args(rates).current_dir(root()).status()?;
    Ok(())
}

/// A tool that does what `ironclad scan` does.
struct Peer {
    name: &'static str,
    /// Its arguments, before the folder of manifests.
    arguments: &'static [&'static str],
    /// It wants every file by name.
    wants_files: bool,
    install: Install,
}

/// Where a peer's published package is.
enum Install {
    Go(&'static str),
    Python(&'static str),
}

const PEERS: &[Peer] = &[
    Peer {
        name: "kube-linter",
        arguments: &["lint", "--format", "json"],
        wants_files: false,
        install: Install::Go("golang.stackrox.io/kube-linter/cmd/kube-linter@v0.8.3"),
    },
    Peer {
        name: "kube-score",
        arguments: &["score", "--output-format", "json"],
        wants_files: true,
        install: Install::Go("github.com/zegl/kube-score/cmd/kube-score@v1.20.0"),
    },
    Peer {
        name: "polaris",
        arguments: &["audit", "--format", "json", "--audit-path"],
        wants_files: false,
        install: Install::Go("github.com/fairwindsops/polaris@latest"),
    },
    Peer {
        name: "kubeaudit",
        arguments: &["all", "--format", "json", "-f"],
        wants_files: false,
        install: Install::Go("github.com/Shopify/kubeaudit/cmd/kubeaudit@latest"),
    },
    Peer {
        name: "checkov",
        arguments: &["--framework", "kubernetes", "--quiet", "--compact", "-d"],
        wants_files: false,
        install: Install::Python("checkov"),
    },
];

const HELM: Peer = Peer {
    name: "helm",
    arguments: &["template"],
    wants_files: false,
    install: Install::Go("helm.sh/helm/v3/cmd/helm@v3.21.1"),
};

impl Peer {
    /// The program, or why it cannot be had.
    fn program(&self) -> Result<PathBuf, String> {
        let on_path =
            std::env::var_os("PATH").into_iter().flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
        if let Some(found) = on_path.map(|folder| folder.join(self.name)).find(|path| path.is_file()) {
            return Ok(found);
        }
        let cache = oracle::cache_folder().join("peers");
        let (program, steps): (PathBuf, Vec<Vec<String>>) = match &self.install {
            Install::Go(module) => (cache.join(self.name), vec![["go", "install", module].map(str::to_owned).to_vec()]),
            Install::Python(package) => {
                let home = cache.join(format!("python-{package}")).display().to_string();
                let pip = format!("{home}/bin/pip");
                let steps = vec![
                    ["python3", "-m", "venv", &home].map(str::to_owned).to_vec(),
                    [&pip, "install", "--quiet", package].map(str::to_owned).to_vec(),
                ];
                (PathBuf::from(format!("{home}/bin/{}", self.name)), steps)
            }
        };
        for step in steps.iter().filter(|_| !program.is_file()) {
            let (tool, arguments) = step.split_first().ok_or("nothing to run")?;
            let output = Command::new(tool).args(arguments).env("GOBIN", &cache).env("GOFLAGS", "").output();
            let output = output.map_err(|error| format!("{tool}: {error}"))?;
            if !output.status.success() {
                return Err("its published package cannot be installed".to_owned());
            }
        }
        if program.is_file() { Ok(program) } else { Err("its package has no such program".to_owned()) }
    }

    fn command(&self, program: &Path, files: &str) -> Vec<String> {
        let program = program.display().to_string();
        if self.wants_files {
            let words = self.arguments.join(" ");
            return vec!["sh".to_owned(), "-c".to_owned(), format!("{program} {words} {files}/*.yaml")];
        }
        let words = self.arguments.iter().map(|word| (*word).to_owned());
        std::iter::once(program).chain(words).chain([files.to_owned()]).collect()
    }
}

/// The program as it is published; `BENCH_IRONCLAD` names another one.
fn release() -> Result<PathBuf> {
    if let Some(program) = std::env::var_os("BENCH_IRONCLAD") {
        return Ok(PathBuf::from(program));
    }
    let build = ["build", "--release", "--quiet", "--package", "ironclad"];
    let status = Command::new("cargo").args(build).current_dir(root()).status()?;
    if !status.success() {
        bail!("the release build failed");
    }
    Ok(root().join("target/release/ironclad"))
}

/// Runs of each command.
fn runs() -> usize {
    std::env::var("BENCH_RUNS").ok().and_then(|n| n.parse().ok()).unwrap_or(5)
}

/// Runs a command several times.
fn time(command: &[String], runs: usize) -> Result<Figures> {
    let mut figures = Figures::default();
    for _ in 0..runs {
        let [wall, cpu, memory] = figures_of(command)?;
        figures.wall.push(wall);
        figures.cpu.push(cpu);
        figures.memory.push(memory);
    }
    Ok(figures)
}

/// Runs a command once: seconds of wall and of processor time, megabytes.
fn figures_of(command: &[String]) -> Result<[f64; 3]> {
    let (program, arguments) = command.split_first().context("empty command")?;
    // GNU time reports what the kernel counted for the process and its children.
    let output = Command::new("/usr/bin/time")
        .args(["-f", "%e %U %S %M", "--quiet"])
        .arg(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .context("/usr/bin/time is needed (Debian's package `time`)")?;
    let text = String::from_utf8_lossy(&output.stderr);
    let last = text.lines().last().unwrap_or_default();
    let numbers: Vec<f64> = last.split(' ').filter_map(|n| n.parse().ok()).collect();
    let [wall, user, system, memory] = numbers[..] else { bail!("{program}: no figures in `{last}`") };
    Ok([wall, user + system, memory / 1024.0])
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Median, with the extremes.
fn spread(values: &[f64], digits: usize) -> String {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (Some(first), Some(last)) = (sorted.first(), sorted.last()) else { return String::new() };
    let median = median(values);
    format!("{median:.digits$} ({first:.digits$}–{last:.digits$})")
}

fn generate(folder: &Path, count: usize) -> Result<()> {
    fs_err::create_dir_all(folder)?;
    for index in 0..count {
        fs_err::write(folder.join(format!("app-{index:04}.yaml")), manifest(index))?;
    }
    Ok(())
}

/// A chart as teams write them: each template a Deployment with its Service through helpers, `toYaml` and ranges.
fn generate_chart(folder: &Path, templates: usize) -> Result<()> {
    fs_err::create_dir_all(folder.join("templates"))?;
    fs_err::write(folder.join("Chart.yaml"), "apiVersion: v2\nname: shop\nversion: 1.0.0\nappVersion: \"2.1\"\n")?;
    fs_err::write(folder.join("templates/_helpers.tpl"), HELPERS)?;
    let mut values = String::from(
        "podSecurityContext: {runAsNonRoot: true, fsGroup: 2000}\nresources: {limits: {memory: 128Mi}, requests: {cpu: 100m}}\n",
    );
    for index in 0..templates {
        values.push_str(&format!(
            "app{index}:\n  replicas: {}\n  image: {{repository: registry.example.com/app{index}, tag: 1.{index}}}\n  env: {{LEVEL: info, SHARD: \"{index}\"}}\n  privileged: {}\n",
            index % 4 + 1,
            index.is_multiple_of(7)
        ));
        fs_err::write(
            folder.join(format!("templates/app{index}.yaml")),
            TEMPLATE.replace("APP", &format!("app{index}")),
        )?;
    }
    Ok(fs_err::write(folder.join("values.yaml"), values)?)
}

const HELPERS: &str = r#"{{- define "shop.labels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .top.Release.Name }}
app.kubernetes.io/version: {{ .top.Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .top.Chart.Name .top.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}
"#;

const TEMPLATE: &str = r#"{{- $app := .Values.APP }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ printf "%s-APP" .Release.Name | trunc 63 | trimSuffix "-" }}
  labels:
    {{- include "shop.labels" (dict "name" "APP" "top" .) | nindent 4 }}
spec:
  replicas: {{ $app.replicas }}
  selector:
    matchLabels: {app.kubernetes.io/name: APP}
  template:
    metadata:
      labels:
        {{- include "shop.labels" (dict "name" "APP" "top" .) | nindent 8 }}
    spec:
      securityContext:
        {{- toYaml .Values.podSecurityContext | nindent 8 }}
      containers:
        - name: APP
          image: "{{ $app.image.repository }}:{{ $app.image.tag | default .Chart.AppVersion }}"
          securityContext:
            privileged: {{ $app.privileged }}
          env:
            {{- range $name, $value := $app.env }}
            - name: {{ $name }}
              value: {{ $value | quote }}
            {{- end }}
          ports:
            - {name: http, containerPort: 8080}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ printf "%s-APP" .Release.Name | trunc 63 | trimSuffix "-" }}
  labels:
    {{- include "shop.labels" (dict "name" "APP" "top" .) | nindent 4 }}
spec:
  selector: {app.kubernetes.io/name: APP}
  ports:
    - {name: http, port: 80, targetPort: http}
"#;

fn generate_large(path: &PathBuf, bytes: usize) -> Result<()> {
    let mut text = String::with_capacity(bytes + 4096);
    let mut index = 0;
    while text.len() < bytes {
        text.push_str(&manifest(index));
        index += 1;
    }
    Ok(fs_err::write(path, text)?)
}

/// A Deployment with its Service, about 2.5 kB, varied by its number so that some checks fire and others do not.
fn manifest(index: usize) -> String {
    let privileged = if index.is_multiple_of(7) { "          privileged: true\n" } else { "" };
    let tag = if index.is_multiple_of(5) { "latest" } else { "1.27.3" };
    let non_root = !index.is_multiple_of(3);
    format!(
        "---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{index}
  namespace: team-{team}
  labels:
    app.kubernetes.io/name: app-{index}
    app.kubernetes.io/part-of: platform
    app.kubernetes.io/managed-by: gitops
  annotations:
    description: \"application number {index}, owned by team {team}\"
spec:
  replicas: {replicas}
  revisionHistoryLimit: 5
  selector:
    matchLabels:
      app.kubernetes.io/name: app-{index}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 25%
      maxUnavailable: 0
  template:
    metadata:
      labels:
        app.kubernetes.io/name: app-{index}
        app.kubernetes.io/part-of: platform
    spec:
      serviceAccountName: app-{index}
      securityContext:
        runAsNonRoot: {non_root}
        fsGroup: 2000
      containers:
      - name: app
        image: registry.example.com/team-{team}/app:{tag}
        imagePullPolicy: IfNotPresent
        args: [\"--port=8080\", \"--log-level=info\", \"--shard={index}\"]
        ports:
        - name: http
          containerPort: 8080
          protocol: TCP
        - name: metrics
          containerPort: 9090
        env:
        - name: POD_NAME
          valueFrom:
            fieldRef:
              fieldPath: metadata.name
        - name: REGION
          value: eu-west-{team}
        - name: DATABASE_URL
          valueFrom:
            secretKeyRef:
              name: app-{index}
              key: url
        resources:
          requests:
            cpu: 250m
            memory: 256Mi
          limits:
            memory: 512Mi
        livenessProbe:
          httpGet:
            path: /healthz
            port: http
          periodSeconds: 10
        readinessProbe:
          httpGet:
            path: /ready
            port: http
        securityContext:
{privileged}          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities:
            drop:
            - ALL
        volumeMounts:
        - name: config
          mountPath: /etc/app
          readOnly: true
        - name: cache
          mountPath: /var/cache/app
      volumes:
      - name: config
        configMap:
          name: app-{index}
      - name: cache
        emptyDir:
          sizeLimit: 1Gi
---
apiVersion: v1
kind: Service
metadata:
  name: app-{index}
  namespace: team-{team}
spec:
  selector:
    app.kubernetes.io/name: app-{index}
  ports:
  - name: http
    port: 80
    targetPort: http
",
        team = index % 20,
        replicas = 1 + index % 4,
    )
}
