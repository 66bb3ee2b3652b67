//! One running control plane.

use crate::Assets;
use crate::certificates::{Authority, Identity};
use crate::process::Guarded;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a control plane may take to answer; a cold start on a busy machine takes some ten seconds.
const PATIENCE: Duration = Duration::from_secs(120);

/// What kind of control plane.
#[derive(Clone, Debug)]
pub struct Options {
    /// `--authorization-mode`.
    pub authorization: String,
    /// Run kube-controller-manager as well (service accounts, garbage collection, role aggregation).
    pub controller_manager: bool,
    /// Flags for kube-apiserver beyond ours.
    pub apiserver_flags: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Options { authorization: "Node,RBAC".to_owned(), controller_manager: false, apiserver_flags: Vec::new() }
    }
}

/// A running etcd and kube-apiserver. Ends when dropped.
pub struct ControlPlane {
    plain: Mutex<Option<(Guarded, u16)>>,
    // In the order in which they end: the API server before its etcd, the folder last.
    controller_manager: Option<Guarded>,
    apiserver: Guarded,
    etcd: Guarded,
    /// Of the API server, to start it again.
    arguments: Vec<String>,
    assets: Assets,
    authority: Authority,
    port: u16,
    written: AtomicUsize,
    folder: TempDir,
}

impl ControlPlane {
    /// Starts one and waits until it is ready.
    ///
    /// # Errors
    ///
    /// With the last lines of the program that failed.
    pub fn start(assets: &Assets, options: &Options) -> io::Result<ControlPlane> {
        let folder = tempfile::Builder::new().prefix("ironclad-control-plane").tempdir()?;
        let authority = Authority::new()?;
        let at = |name: &str| folder.path().join(name).display().to_string();
        prepare(folder.path(), &authority)?;
        let [client, peer, port, manager] = free_ports()?;
        let url = format!("http://127.0.0.1:{client}");
        let peer = format!("http://127.0.0.1:{peer}");
        let etcd = Guarded::start(
            &assets.etcd,
            &flags(&[
                ("data-dir", &at("etcd")),
                ("listen-client-urls", &url),
                ("advertise-client-urls", &url),
                ("listen-peer-urls", &peer),
                ("initial-advertise-peer-urls", &peer),
                ("initial-cluster", &format!("default={peer}")),
                // Nothing here outlives its test: no flush to disk is waited for.
                ("unsafe-no-fsync", "true"),
            ]),
            &folder.path().join("etcd.log"),
            // A shared control plane lives in a static, which is never dropped: its folder goes with its etcd.
            Some(folder.path()),
        )?;
        let mut arguments = flags(&[
            ("etcd-servers", &url),
            ("bind-address", "127.0.0.1"),
            ("secure-port", &port.to_string()),
            ("advertise-address", "127.0.0.1"),
            ("endpoint-reconciler-type", "none"),
            ("service-cluster-ip-range", "10.0.0.0/24"),
            ("allow-privileged", "true"),
            ("tls-cert-file", &at("server.crt")),
            ("tls-private-key-file", &at("server.key")),
            ("client-ca-file", &at("ca.crt")),
            ("service-account-issuer", "https://kubernetes.default.svc"),
            ("service-account-key-file", &at("service-account.crt")),
            ("service-account-signing-key-file", &at("service-account.key")),
            ("authorization-mode", &options.authorization),
            ("enable-admission-plugins", "NodeRestriction"),
            ("audit-policy-file", &at("audit-policy.yaml")),
            ("audit-log-path", &at("audit.log")),
        ]);
        if !options.controller_manager {
            // Without controllers no namespace has a ServiceAccount, and no pod could be created.
            arguments.push("--disable-admission-plugins=ServiceAccount".to_owned());
        }
        arguments.extend(options.apiserver_flags.iter().cloned());
        let apiserver = Guarded::start(&assets.apiserver, &arguments, &folder.path().join("kube-apiserver.log"), None)?;
        let mut plane = ControlPlane {
            plain: Mutex::new(None),
            controller_manager: None,
            apiserver,
            etcd,
            arguments,
            assets: assets.clone(),
            authority,
            port,
            written: AtomicUsize::new(0),
            folder,
        };
        let admin = plane.write_kubeconfig("admin.kubeconfig", "test-admin", &["system:masters"])?;
        plane.wait_until_ready()?;
        if options.controller_manager {
            plane.controller_manager = Some(plane.start_controller_manager(&admin, manager)?);
        }
        Ok(plane)
    }

    /// Ends the API server at once, as a crash would.
    ///
    /// # Errors
    ///
    /// When it is gone already.
    pub fn crash_apiserver(&mut self) -> io::Result<()> {
        self.apiserver.crash()
    }

    /// Starts it again, at the same address, and waits until it is ready.
    ///
    /// # Errors
    ///
    /// With its last lines where it does not start.
    pub fn restart_apiserver(&mut self) -> io::Result<()> {
        let log = self.folder.path().join("kube-apiserver.log");
        self.apiserver = Guarded::start(&self.assets.apiserver, &self.arguments, &log, None)?;
        self.wait_until_ready()
    }

    /// Ends etcd at once: the API server goes on and cannot read.
    ///
    /// # Errors
    ///
    /// When it is gone already.
    pub fn crash_etcd(&mut self) -> io::Result<()> {
        self.etcd.crash()
    }

    fn start_controller_manager(&self, kubeconfig: &Path, port: u16) -> io::Result<Guarded> {
        let missing = || io::Error::new(io::ErrorKind::NotFound, "the assets have no kube-controller-manager");
        let program = self.assets.controller_manager.as_ref().ok_or_else(missing)?;
        let at = |name: &str| self.folder.path().join(name).display().to_string();
        let arguments = flags(&[
            ("kubeconfig", &kubeconfig.display().to_string()),
            ("bind-address", "127.0.0.1"),
            ("secure-port", &port.to_string()),
            ("service-account-private-key-file", &at("service-account.key")),
            ("root-ca-file", &at("ca.crt")),
            ("use-service-account-credentials", "false"),
            ("leader-elect", "false"),
        ]);
        Guarded::start(program, &arguments, &self.folder.path().join("kube-controller-manager.log"), None)
    }

    fn wait_until_ready(&mut self) -> io::Result<()> {
        let started = Instant::now();
        loop {
            let ready = self.kubectl(&["get", "--raw", "/readyz"])?;
            if ready.status.success() {
                return Ok(());
            }
            let ended = [("kube-apiserver", self.apiserver.ended()?), ("etcd", self.etcd.ended()?)];
            if let Some((name, Some(status))) = ended.into_iter().find(|(_, status)| status.is_some()) {
                return Err(self.failure(&format!("{name} ended with {status}"), name));
            }
            if started.elapsed() > PATIENCE {
                return Err(self.failure("the API server did not become ready", "kube-apiserver"));
            }
            // Not a test's sleep: the server has no way to tell us, and a tight loop would slow it down.
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn failure(&self, what: &str, log: &str) -> io::Error {
        let text = fs::read_to_string(self.folder.path().join(format!("{log}.log"))).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let last = &lines[lines.len().saturating_sub(20)..];
        io::Error::other(format!("{what}; its last words:\n{}", last.join("\n")))
    }

    /// `https://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The authority's certificate, as PEM.
    pub fn ca(&self) -> String {
        self.authority.certificate()
    }

    /// Certificate and key of a user of these groups.
    ///
    /// # Errors
    ///
    /// When the system has no randomness to give.
    pub fn identity(&self, user: &str, groups: &[&str]) -> io::Result<Identity> {
        self.authority.client(user, groups)
    }

    /// kubeconfig of a member of `system:masters`.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("admin.kubeconfig")
    }

    /// kubeconfig of a user of these groups, in a file of its own.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn kubeconfig_of(&self, user: &str, groups: &[&str]) -> io::Result<PathBuf> {
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        self.write_kubeconfig(&format!("user-{number}.kubeconfig"), user, groups)
    }

    fn write_kubeconfig(&self, name: &str, user: &str, groups: &[&str]) -> io::Result<PathBuf> {
        let identity = self.authority.client(user, groups)?;
        let path = self.folder.path().join(name);
        let mut text = String::from("apiVersion: v1\nkind: Config\ncurrent-context: test\n");
        // Certificates lie beside it: within it they would have to be base64.
        let stem = name.trim_end_matches(".kubeconfig");
        let files = [("crt", &identity.certificate), ("key", &identity.key)];
        for (extension, pem) in files {
            write_private(&self.folder.path().join(format!("{stem}.{extension}")), pem)?;
        }
        let at = |file: &str| self.folder.path().join(file).display().to_string();
        let _ = write!(
            text,
            "clusters:\n- name: test\n  cluster:\n    server: {}\n    certificate-authority: {}\n\
             contexts:\n- name: test\n  context: {{cluster: test, user: test, namespace: default}}\n\
             users:\n- name: test\n  user:\n    client-certificate: {}\n    client-key: {}\n",
            self.url(),
            at("ca.crt"),
            at(&format!("{stem}.crt")),
            at(&format!("{stem}.key")),
        );
        fs::write(&path, text)?;
        Ok(path)
    }

    /// Runs kubectl as a member of `system:masters`.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn kubectl(&self, arguments: &[&str]) -> io::Result<Output> {
        self.kubectl_as(&self.kubeconfig(), arguments, "")
    }

    /// Runs kubectl with another kubeconfig and this standard input.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn kubectl_as(&self, kubeconfig: &Path, arguments: &[&str], input: &str) -> io::Result<Output> {
        let mut child = Command::new(&self.assets.kubectl)
            .arg("--kubeconfig")
            .arg(kubeconfig)
            .args(arguments)
            .env("HOME", self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // kubectl may end before it reads all: its exit code says why.
            let _ = stdin.write_all(input.as_bytes());
        }
        child.wait_with_output()
    }

    /// A port of loopback that speaks plain HTTP to the API server as a member of `system:masters` (`kubectl proxy`),
    /// started on first need.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn plain_port(&self) -> io::Result<u16> {
        let mut plain = self.plain.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, port)) = &*plain {
            return Ok(*port);
        }
        let log = self.folder.path().join("kubectl-proxy.log");
        let arguments = ["--kubeconfig", &self.kubeconfig().display().to_string(), "proxy", "--port=0"];
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let process = Guarded::start(&self.assets.kubectl, &arguments, &log, None)?;
        let started = Instant::now();
        loop {
            let said = fs::read_to_string(&log).unwrap_or_default();
            let port = said.lines().find_map(|line| line.rsplit_once("127.0.0.1:")?.1.trim().parse().ok());
            if let Some(port) = port {
                *plain = Some((process, port));
                return Ok(port);
            }
            if started.elapsed() > PATIENCE {
                return Err(io::Error::other(format!("kubectl proxy does not start: {said}")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Creates objects from YAML or JSON.
    ///
    /// # Errors
    ///
    /// With what kubectl said.
    pub fn create(&self, manifests: &str) -> io::Result<()> {
        let output = self.kubectl_as(&self.kubeconfig(), &["create", "-f", "-"], manifests)?;
        if output.status.success() {
            return Ok(());
        }
        Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
    }

    /// A new namespace for one test.
    ///
    /// # Errors
    ///
    /// With what kubectl said.
    pub fn namespace(&self, prefix: &str) -> io::Result<String> {
        let name = format!("{prefix}-{}", self.written.fetch_add(1, Ordering::Relaxed));
        self.create(&format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n"))?;
        Ok(name)
    }

    /// The audit log: one JSON event a line, of everything but reads of health and discovery.
    pub fn audit_log(&self) -> PathBuf {
        self.folder.path().join("audit.log")
    }

    /// The folder of logs, certificates and kubeconfigs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// The one control plane that the tests of a process share; each takes a [`namespace`](ControlPlane::namespace) of its
/// own. Says why there is none where the assets are missing.
///
/// # Errors
///
/// Why there is none.
///
/// # Panics
///
/// When there are assets and they do not start: that is a failure and not a missing part.
pub fn shared() -> Result<&'static ControlPlane, String> {
    static SHARED: OnceLock<Result<ControlPlane, String>> = OnceLock::new();
    let started = SHARED.get_or_init(|| {
        let assets = Assets::find()?;
        #[expect(clippy::expect_used, reason = "a test's tool: a control plane that does not start must fail the test")]
        let plane = ControlPlane::start(&assets, &Options::default()).expect("the control plane starts");
        Ok(plane)
    });
    started.as_ref().map_err(Clone::clone)
}

/// Files that the programs read.
fn prepare(folder: &Path, authority: &Authority) -> io::Result<()> {
    fs::write(folder.join("ca.crt"), authority.certificate())?;
    let server = authority.server()?;
    fs::write(folder.join("server.crt"), &server.certificate)?;
    write_private(&folder.join("server.key"), &server.key)?;
    let tokens = authority.client("service-account", &[])?;
    fs::write(folder.join("service-account.crt"), &tokens.certificate)?;
    write_private(&folder.join("service-account.key"), &tokens.key)?;
    fs::write(folder.join("audit-policy.yaml"), AUDIT_POLICY)
}

/// Requests with their bodies' metadata only, except for RBAC objects and tokens, whose bodies tests look at.
const AUDIT_POLICY: &str = "apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  nonResourceURLs: ['/healthz*', '/readyz*', '/livez*', '/openapi*']
- level: RequestResponse
  resources:
  - group: rbac.authorization.k8s.io
- level: Metadata
";

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?.write_all(text.as_bytes())
}

fn flags(flags: &[(&str, &str)]) -> Vec<String> {
    flags.iter().map(|(name, value)| format!("--{name}={value}")).collect()
}

/// Ports that nobody has now. All are held until all are known, so that no two are the same.
fn free_ports<const N: usize>() -> io::Result<[u16; N]> {
    let mut ports = [0; N];
    let mut held = Vec::new();
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}
