//! What a cluster says beside its objects: which deprecated APIs were asked for, and, where a person says so, what
//! Secrets hold.
//!
//! Invariants: the value of a Secret is lent for the length of a call and is never part of what is returned; every
//! buffer of ours that held one is wiped, whatever happens. (What the HTTP library and the operating system copied is
//! theirs.) An error says nothing of what was read.

use crate::list::escape;
use crate::read::OfType;
use crate::{Connection, Failure, Resource, Stream, Unseen};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read;
use zeroize::{Zeroize, Zeroizing};

/// A deprecated API that somebody asked for since the API server began.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct DeprecatedRequest {
    /// API group, empty for the core group.
    pub group: String,
    /// Version.
    pub version: String,
    /// With a subresource: `pods/status`.
    pub resource: String,
    /// The first release that does not serve it, as `1.32`, where that is decided.
    pub removed: Option<String>,
}

/// One value, lent.
pub struct SecretValue<'a> {
    /// Namespace of the Secret.
    pub namespace: &'a str,
    /// Name of the Secret.
    pub name: &'a str,
    /// Key.
    pub key: &'a str,
    /// The value, decoded.
    pub value: &'a [u8],
}

/// What a Helm release says of itself, without its values and the text of its manifests.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HelmRelease {
    /// Namespace of the release.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Name of its chart.
    pub chart: String,
    /// Version of its chart.
    pub version: String,
    /// Its objects.
    pub objects: Vec<Templated>,
}

/// An object of a release, and the template that made it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Templated {
    /// `kind`
    pub kind: String,
    /// `metadata.namespace`, where the template sets it.
    pub namespace: Option<String>,
    /// `metadata.name`
    pub name: String,
    /// `chart/templates/web.yaml`
    pub template: String,
}

/// Types of Secrets whose values are nothing to compare: tokens that the cluster makes itself, and records.
const NOT_COMPARED: [&str; 4] = [
    "kubernetes.io/service-account-token",
    "bootstrap.kubernetes.io/token",
    "helm.sh/release.v1",
    "helm.sh/release.v2",
];
/// Secrets of a page: each may have a megabyte.
const PAGE: usize = 50;
const RELEASE: &str = "helm.sh/release.v1";
/// A release, unpacked. Helm itself has no limit; etcd's bounds what is packed.
const LARGEST_RELEASE: u64 = 64 << 20;
const JSON: &str = "application/json";
const METADATA: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow, default)]
    metadata: PageMetadata<'a>,
    #[serde(borrow)]
    items: Vec<Item<'a>>,
}

#[derive(Deserialize, Default)]
struct PageMetadata<'a> {
    #[serde(borrow, default, rename = "continue")]
    next: Option<&'a str>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    metadata: ItemMetadata<'a>,
    // Values are base64, which JSON never escapes: they are borrowed, and nowhere else.
    #[serde(borrow, default)]
    data: Option<BTreeMap<&'a str, &'a str>>,
}

#[derive(Deserialize)]
struct ItemMetadata<'a> {
    #[serde(borrow)]
    name: &'a str,
    #[serde(borrow, default)]
    namespace: &'a str,
    #[serde(borrow, default)]
    labels: Option<BTreeMap<&'a str, &'a str>>,
}

fn secrets(namespace: Option<&str>, of_type: OfType) -> Stream {
    let resource = Resource {
        group: String::new(),
        version: "v1".to_owned(),
        plural: "secrets".to_owned(),
        kind: "Secret".to_owned(),
        namespaced: true,
    };
    Stream { resource, namespace: namespace.map(str::to_owned), of_type }
}

fn bad(message: &str) -> Failure {
    Failure::new("cluster/answer", format!("reading values of secrets: {message}"))
}

impl Connection {
    /// The deprecated APIs that were asked for, sorted: `apiserver_requested_deprecated_apis` of this API server's metrics.
    ///
    /// # Errors
    ///
    /// When the metrics are not shown.
    pub fn deprecated_requests(&self) -> Result<Vec<DeprecatedRequest>, Failure> {
        let body = self.runtime.block_on(self.asker.get("/metrics", "text/plain;version=0.0.4"))?;
        let text = String::from_utf8_lossy(&body);
        let mut used: Vec<DeprecatedRequest> = text.lines().filter_map(deprecated).collect();
        used.sort();
        used.dedup();
        Ok(used)
    }

    /// Lends each value of each Secret of some namespaces (all where there are none), tokens of the cluster's own and
    /// records of Helm left out; returns what could not be read.
    pub fn secret_values(&self, namespaces: &[String], take: &mut dyn FnMut(SecretValue<'_>)) -> Vec<Unseen> {
        let others = OfType::Other(NOT_COMPARED.map(str::to_owned).to_vec());
        self.in_each(namespaces, |namespace| {
            let stream = secrets(namespace, others.clone());
            self.each_page(&stream, PAGE, JSON, &mut |item| {
                for (key, encoded) in item.data.iter().flatten() {
                    // A value that is no base64 is none that an API server gives.
                    if let Some(value) = STANDARD.decode(encoded).ok().map(Zeroizing::new) {
                        let ItemMetadata { namespace, name, .. } = item.metadata;
                        take(SecretValue { namespace, name, key, value: &value });
                    }
                }
            })
        })
    }

    /// The Helm releases that are deployed: of each its newest record is read. Returns what could not be listed as well, and
    /// why a record could not be got: the first of them, for what keeps one keeps most.
    pub fn helm_releases(&self, namespaces: &[String]) -> (Vec<HelmRelease>, Vec<Unseen>, Option<Failure>) {
        let mut releases = Vec::new();
        let mut kept = None;
        let unseen = self.in_each(namespaces, |namespace| {
            let stream = secrets(namespace, OfType::One(RELEASE.to_owned()));
            // By release the newest record that is deployed, from metadata alone.
            let mut newest: BTreeMap<(String, String), (u64, String)> = BTreeMap::new();
            self.each_page(&stream, 500, METADATA, &mut |item| {
                let label = |key: &str| item.metadata.labels.as_ref().and_then(|labels| labels.get(key)).copied();
                let number = label("version").and_then(|version| version.parse::<u64>().ok()).unwrap_or_default();
                if label("status") == Some("deployed")
                    && let Some(release) = label("name")
                {
                    let slot = newest.entry((item.metadata.namespace.to_owned(), release.to_owned())).or_default();
                    if number >= slot.0 {
                        *slot = (number, item.metadata.name.to_owned());
                    }
                }
            })?;
            for ((namespace, _), (_, record)) in newest {
                match self.helm_release(&namespace, &record) {
                    Ok(release) => releases.extend(release),
                    Err(failure) => {
                        kept.get_or_insert(failure);
                    }
                }
            }
            Ok(())
        });
        (releases, unseen, kept)
    }

    fn helm_release(&self, namespace: &str, record: &str) -> Result<Option<HelmRelease>, Failure> {
        let path = format!("/api/v1/namespaces/{}/secrets/{}", escape(namespace), escape(record));
        let body = match self.runtime.block_on(self.asker.get_wiped(&path, JSON)) {
            Ok(body) => body,
            // It was superseded in the meantime.
            Err(failure) if failure.code == "cluster/not-found" => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let item: Item<'_> = serde_json::from_slice(&body).map_err(|_| bad("no Secret"))?;
        let Some(encoded) = item.data.as_ref().and_then(|data| data.get("release")) else { return Ok(None) };
        Ok(release(namespace, encoded))
    }

    fn in_each(&self, namespaces: &[String], mut read: impl FnMut(Option<&str>) -> Result<(), Failure>) -> Vec<Unseen> {
        let places: Vec<Option<&str>> = match namespaces.is_empty() {
            true => vec![None],
            false => namespaces.iter().map(|namespace| Some(namespace.as_str())).collect(),
        };
        let one = |namespace: Option<&str>| {
            let failure = read(namespace).err()?;
            let resource = secrets(None, OfType::Any).resource;
            Some(Unseen { resource, namespace: namespace.map(str::to_owned), failure })
        };
        places.into_iter().filter_map(one).collect()
    }

    /// Lends each item of a listing, page by page. A listing that expires between two pages begins again.
    fn each_page(
        &self,
        stream: &Stream,
        size: usize,
        accept: &str,
        take: &mut dyn FnMut(&Item<'_>),
    ) -> Result<(), Failure> {
        let mut next = String::new();
        let mut restarts = 0;
        loop {
            let mut path = stream.path(&format!("limit={size}"));
            if !next.is_empty() {
                path.push_str("&continue=");
                path.push_str(&escape(&next));
            }
            let body = match self.runtime.block_on(self.asker.get_wiped(&path, accept)) {
                Err(failure) if failure.code == "cluster/gone" && restarts < 3 => {
                    restarts += 1;
                    next.clear();
                    continue;
                }
                other => other?,
            };
            // What serde says of a value that it did not expect may repeat it.
            let page: Page<'_> = serde_json::from_slice(&body).map_err(|_| bad("no page of secrets"))?;
            page.items.iter().for_each(&mut *take);
            next = page.metadata.next.unwrap_or_default().to_owned();
            if next.is_empty() {
                return Ok(());
            }
        }
    }
}

/// A line of the metrics.
fn deprecated(line: &str) -> Option<DeprecatedRequest> {
    let labels = line.strip_prefix("apiserver_requested_deprecated_apis{")?;
    let (labels, value) = labels.rsplit_once('}')?;
    if value.trim() == "0" {
        return None;
    }
    let label = |name: &str| {
        let at = labels.split(',').find_map(|label| label.trim().strip_prefix(name)?.strip_prefix("=\""));
        at.and_then(|value| value.strip_suffix('"')).unwrap_or_default().to_owned()
    };
    let (resource, subresource) = (label("resource"), label("subresource"));
    Some(DeprecatedRequest {
        group: label("group"),
        version: label("version"),
        resource: if subresource.is_empty() { resource } else { format!("{resource}/{subresource}") },
        removed: Some(label("removed_release")).filter(|release| !release.is_empty()),
    })
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    name: &'a str,
    chart: Chart,
    manifest: Wiped,
}

#[derive(Deserialize, Default)]
struct Chart {
    #[serde(default)]
    metadata: ChartMetadata,
}

#[derive(Deserialize, Default)]
struct ChartMetadata {
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
}

/// A text that is wiped when it is dropped: manifests hold Secrets.
#[derive(Default)]
struct Wiped(String);

impl<'de> Deserialize<'de> for Wiped {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Wiped)
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// What a record says: base64 (the Secret's), base64 (Helm's), gzip, JSON.
fn release(namespace: &str, encoded: &str) -> Option<HelmRelease> {
    let inner = Zeroizing::new(STANDARD.decode(encoded).ok()?);
    helm_record(namespace, &unpacked(&inner)?)
}

/// The JSON of a record as Helm writes it, which is how it lies in a ConfigMap: base64, gzip. It is wiped after use.
pub fn unpacked_record(encoded: &str) -> Option<Zeroizing<Vec<u8>>> {
    unpacked(encoded.as_bytes())
}

fn unpacked(encoded: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let packed = Zeroizing::new(STANDARD.decode(encoded).ok()?);
    // Taken as large as it says it is, so that it never moves and leaves a copy; a size that lies costs no more than this.
    let says = packed.last_chunk::<4>().map_or(0, |size| u64::from(u32::from_le_bytes(*size)));
    let mut text = Zeroizing::new(Vec::with_capacity(says.min(LARGEST_RELEASE) as usize + 1));
    flate2::read::GzDecoder::new(&packed[..]).take(LARGEST_RELEASE).read_to_end(&mut text).ok()?;
    Some(text)
}

/// What an unpacked record says of its release: names, and nothing else of it.
pub fn helm_record(namespace: &str, json: &[u8]) -> Option<HelmRelease> {
    let record: Record<'_> = serde_json::from_slice(json).ok()?;
    Some(HelmRelease {
        namespace: namespace.to_owned(),
        name: record.name.to_owned(),
        chart: record.chart.metadata.name,
        version: record.chart.metadata.version,
        objects: objects(&record.manifest.0),
    })
}

/// Who the objects of a manifest are: `# Source:` stands before each. Nothing but names is read.
fn objects(manifest: &str) -> Vec<Templated> {
    let mut found = Vec::new();
    for document in manifest.split("\n---") {
        let template = document.lines().find_map(|line| line.strip_prefix("# Source: "));
        let kind = document.lines().find_map(|line| line.strip_prefix("kind: "));
        let (Some(template), Some(kind)) = (template, kind) else { continue };
        let plain = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
        let metadata = document.lines().skip_while(|line| line.trim_end() != "metadata:").skip(1);
        let metadata: Vec<&str> = metadata.take_while(|line| line.starts_with(' ')).collect();
        let field =
            |name: &str| metadata.iter().find_map(|line| line.strip_prefix("  ")?.strip_prefix(name)).map(plain);
        if let Some(name) = field("name: ") {
            let template = template.trim().to_owned();
            found.push(Templated { kind: plain(kind), namespace: field("namespace: "), name, template });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_metrics() {
        let line = "apiserver_requested_deprecated_apis{group=\"flowcontrol.apiserver.k8s.io\",removed_release=\"1.32\",resource=\"flowschemas\",subresource=\"status\",version=\"v1beta3\"} 1";
        let expected = DeprecatedRequest {
            group: "flowcontrol.apiserver.k8s.io".to_owned(),
            version: "v1beta3".to_owned(),
            resource: "flowschemas/status".to_owned(),
            removed: Some("1.32".to_owned()),
        };
        assert_eq!(deprecated(line), Some(expected));
        for none in ["", "# HELP apiserver_requested_deprecated_apis x", "apiserver_requested_deprecated_apis{} 0"] {
            assert_eq!(deprecated(none), None, "{none}");
        }
    }

    #[test]
    fn a_record_of_helm() {
        use std::io::Write;
        let manifest = "---\n# Source: web/templates/web.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  labels:\n    name: no\n  name: web\n  namespace: \"shop\"\nspec:\n  name: no\n---\n# Source: web/templates/s.yaml\nkind: Secret\nmetadata:\n  name: s\nstringData: {password: hunter2}\n";
        let record = serde_json::json!({
            "name": "web", "chart": {"metadata": {"name": "web", "version": "1.2.3"}, "values": {"a": 1}},
            "config": {"password": "hunter2"}, "manifest": manifest,
        });
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(record.to_string().as_bytes()).unwrap();
        let encoded = base64(base64(&packed.finish().unwrap()).as_bytes());
        let release = release("shop", &encoded).unwrap();
        assert_eq!((release.name.as_str(), release.chart.as_str(), release.version.as_str()), ("web", "web", "1.2.3"));
        let objects: Vec<String> =
            release.objects.iter().map(|o| format!("{} {:?} {} {}", o.kind, o.namespace, o.name, o.template)).collect();
        assert_eq!(
            objects,
            ["Deployment Some(\"shop\") web web/templates/web.yaml", "Secret None s web/templates/s.yaml"]
        );
        assert!(!format!("{release:?}").contains("hunter2"));
        for broken in ["", "!", "aGk=", &base64(b"aGk=")] {
            assert_eq!(super::release("shop", broken), None);
        }
    }

    fn base64(bytes: &[u8]) -> String {
        STANDARD.encode(bytes)
    }
}
