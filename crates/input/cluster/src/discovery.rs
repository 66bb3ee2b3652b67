//! What the cluster serves: one request for the core group, one for all others (aggregated discovery, since 1.26).

use crate::request::Asker;
use crate::{Connection, Failure};
use ironclad_model::Kind;
use ironclad_tree::{Limits, Source, parse};
use serde::Deserialize;

const ACCEPT: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// A resource that can be listed, in the version that the server prefers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Resource {
    /// API group, empty for the core group.
    pub group: String,
    /// Preferred version.
    pub version: String,
    /// Name in paths: `deployments`.
    pub plural: String,
    /// Kind.
    pub kind: String,
    /// Lives in namespaces?
    pub namespaced: bool,
}

impl Resource {
    /// `apiVersion` of its objects.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// As rules and messages name it: `deployments.apps`.
    pub fn name(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// As we know it.
    pub fn known_kind(&self) -> Kind {
        Kind::of(&self.api_version(), &self.kind)
    }

    /// Path of the listing of all of them, or of one namespace's.
    pub(crate) fn path(&self, namespace: Option<&str>) -> String {
        let root = match self.group.is_empty() {
            true => format!("/api/{}", self.version),
            false => format!("/apis/{}/{}", self.group, self.version),
        };
        match namespace.filter(|_| self.namespaced) {
            Some(namespace) => format!("{root}/namespaces/{namespace}/{}", self.plural),
            None => format!("{root}/{}", self.plural),
        }
    }
}

/// Anything that can be asked for, listed or not, subresources among them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// API group, empty for the core group.
    pub group: String,
    /// Plural.
    pub plural: String,
    /// Subresource, or empty.
    pub subresource: String,
    /// Kind.
    pub kind: String,
    /// Singular, or empty.
    pub singular: String,
    /// Short names.
    pub short: Vec<String>,
    /// Verbs.
    pub verbs: Vec<String>,
    /// Lives in namespaces?
    pub namespaced: bool,
}

/// What the cluster serves.
#[derive(Clone, Default, Debug)]
pub struct Served {
    /// Every resource that can be listed, each in one version, sorted.
    pub resources: Vec<Resource>,
    /// Everything, each in one version, in the server's own order: where two share a name, kubectl takes the first.
    pub entries: Vec<Entry>,
    /// Groups whose server (of an aggregated API) did not answer the cluster: `metrics.k8s.io/v1beta1`.
    pub silent: Vec<String>,
    /// `gitVersion` of the API server.
    pub version: String,
}

impl Served {
    /// Minor version (`37` of `v1.37.2`).
    pub fn minor(&self) -> Option<u8> {
        self.version.strip_prefix("v1.")?.split(['.', '+', '-']).next()?.parse().ok()
    }
}

#[derive(Deserialize)]
struct Groups {
    #[serde(default)]
    items: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    metadata: Name,
    #[serde(default)]
    versions: Vec<Version>,
}

#[derive(Deserialize, Default)]
struct Name {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Version {
    version: String,
    #[serde(default)]
    resources: Vec<Described>,
    #[serde(default)]
    freshness: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    resource: String,
    response_kind: Option<KindName>,
    scope: String,
    #[serde(default)]
    singular_resource: String,
    #[serde(default)]
    short_names: Vec<String>,
    #[serde(default)]
    verbs: Vec<String>,
    #[serde(default)]
    subresources: Vec<Below>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Below {
    subresource: String,
    response_kind: Option<KindName>,
    #[serde(default)]
    verbs: Vec<String>,
}

#[derive(Deserialize)]
struct KindName {
    #[serde(default)]
    kind: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct VersionInfo {
    #[serde(default)]
    git_version: String,
}

impl Connection {
    /// Asks what the cluster serves.
    ///
    /// # Errors
    ///
    /// When it does not answer.
    pub fn discover(&self) -> Result<Served, Failure> {
        self.runtime.block_on(discover(&self.asker))
    }
}

/// What the cluster serves now.
pub(crate) async fn discover(asker: &Asker) -> Result<Served, Failure> {
    let (core, groups, version) = tokio::try_join!(
        asker.get("/api", ACCEPT),
        asker.get("/apis", ACCEPT),
        asker.get("/version", "application/json")
    )?;
    let mut served = Served { version: answer::<VersionInfo>(version)?.git_version, ..Served::default() };
    for group in answer::<Groups>(core)?.items.into_iter().chain(answer::<Groups>(groups)?.items) {
        served.add(group);
    }
    served.resources.sort();
    served.silent.sort();
    Ok(served)
}

impl Served {
    /// Versions come in the server's order of preference: the first that has a resource is the one.
    fn add(&mut self, group: Group) {
        let name = group.metadata.name;
        let before = self.resources.len();
        for version in group.versions {
            if version.freshness == "Stale" {
                self.silent.push(format!("{name}/{}", version.version));
            }
            for described in version.resources {
                let listed = described.verbs.iter().any(|verb| verb == "list");
                let known = self.resources[before..].iter().any(|r| r.plural == described.resource);
                if listed && !known {
                    self.resources.push(Resource {
                        group: name.clone(),
                        version: version.version.clone(),
                        plural: described.resource.clone(),
                        kind: kind_of(&described.response_kind),
                        namespaced: described.scope == "Namespaced",
                    });
                }
                self.describe(&name, described);
            }
        }
    }

    /// A resource and what is below it, unless an earlier version has them.
    fn describe(&mut self, group: &str, described: Described) {
        let whole = Entry {
            group: group.to_owned(),
            kind: kind_of(&described.response_kind),
            plural: described.resource,
            subresource: String::new(),
            singular: described.singular_resource,
            short: described.short_names,
            verbs: described.verbs,
            namespaced: described.scope == "Namespaced",
        };
        let below = described.subresources.into_iter().map(|below| Entry {
            subresource: below.subresource,
            kind: kind_of(&below.response_kind),
            singular: String::new(),
            short: Vec::new(),
            verbs: below.verbs,
            ..whole.clone()
        });
        for entry in std::iter::once(whole.clone()).chain(below) {
            let same = |known: &&Entry| {
                known.group == entry.group && known.plural == entry.plural && known.subresource == entry.subresource
            };
            if self.entries.iter().rev().find(same).is_none() {
                self.entries.push(entry);
            }
        }
    }
}

fn kind_of(name: &Option<KindName>) -> String {
    name.as_ref().map(|name| name.kind.clone()).unwrap_or_default()
}

/// An answer as a value.
pub(crate) fn answer<T: for<'de> Deserialize<'de>>(body: Vec<u8>) -> Result<T, Failure> {
    let bad =
        |message: String| Failure::new("cluster/answer", format!("an answer that is not what it should be: {message}"));
    let text = String::from_utf8(body).map_err(|error| bad(error.to_string()))?;
    let parsed = parse(&Source::new("answer", text), &Limits { document_bytes: usize::MAX, ..Limits::default() });
    if let Some(problem) = parsed.problems.first() {
        return Err(bad(problem.message.clone()));
    }
    let document = parsed.documents.first().ok_or_else(|| bad("it is empty".to_owned()))?;
    document.root().deserialize::<T>().map_err(|error| bad(error.message))
}
