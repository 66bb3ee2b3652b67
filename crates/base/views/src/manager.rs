//! Who put an object into a cluster, as its labels and annotations tell.
//!
//! Labels are copied from object to object by controllers and by people: what names its own object is believed, what
//! names another is not.

use ironclad_model::{Kind, Object, group_of};
use std::fmt;

/// Who deploys an object.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Manager<'a> {
    /// A Helm release (`meta.helm.sh/release-name`; Helm writes it since version 3).
    Helm {
        /// Namespace of the release.
        namespace: &'a str,
        /// Its name.
        name: &'a str,
        /// Name of the chart, where the label `helm.sh/chart` tells.
        chart: Option<&'a str>,
        /// Version of the chart.
        version: Option<&'a str>,
    },
    /// An application of Argo CD (`argocd.argoproj.io/tracking-id`).
    ArgoCd {
        /// Namespace of the Application, where it is not Argo CD's own.
        namespace: Option<&'a str>,
        /// Its name.
        name: &'a str,
    },
    /// A Kustomization of Flux.
    FluxKustomization {
        /// Namespace of the Kustomization.
        namespace: &'a str,
        /// Its name.
        name: &'a str,
    },
    /// A HelmRelease of Flux.
    FluxHelmRelease {
        /// Namespace of the HelmRelease.
        namespace: &'a str,
        /// Its name.
        name: &'a str,
    },
}

impl<'a> Manager<'a> {
    /// Who deploys the object. What is nearest to the manifest comes first: a release knows its chart, and who made the
    /// release does not.
    pub fn of(object: &'a Object) -> Option<Manager<'a>> {
        let label = |key: &str| object.labels()?.get_str(key)?.value().as_str().filter(|text| !text.is_empty());
        let annotation = |key: &str| object.annotation(key).filter(|text| !text.is_empty());
        if let Some(name) = annotation("meta.helm.sh/release-name") {
            let namespace = annotation("meta.helm.sh/release-namespace").or(object.namespace()).unwrap_or_default();
            let (chart, version) = label("helm.sh/chart").map(name_and_version).unzip();
            return Some(Manager::Helm { namespace, name, chart, version: version.flatten() });
        }
        if let Some(name) = label("helm.toolkit.fluxcd.io/name") {
            let namespace = label("helm.toolkit.fluxcd.io/namespace").unwrap_or_default();
            return Some(Manager::FluxHelmRelease { namespace, name });
        }
        if let Some(tracked) = annotation("argocd.argoproj.io/tracking-id") {
            return tracking_id(object, tracked);
        }
        let name = label("kustomize.toolkit.fluxcd.io/name")?;
        let namespace = label("kustomize.toolkit.fluxcd.io/namespace").unwrap_or_default();
        Some(Manager::FluxKustomization { namespace, name })
    }
}

/// `APPLICATION:GROUP/KIND:NAMESPACE/NAME`, believed where it names the object that bears it.
fn tracking_id<'a>(object: &Object, text: &'a str) -> Option<Manager<'a>> {
    let (application, rest) = text.split_once(':')?;
    let (kind, place) = rest.rsplit_once(':')?;
    let (group, kind) = kind.rsplit_once('/')?;
    let (namespace, name) = place.split_once('/')?;
    let own = if object.kind() == Kind::OTHER { group_of(object.api_version()) } else { object.kind().group() };
    // Objects without a namespace are tracked under that of the application's destination.
    let same_place = object.namespace().is_none_or(|own| own == namespace);
    if group != own || kind != object.kind_name() || name != object.name() || !same_place {
        return None;
    }
    // An application outside of Argo CD's own namespace is written NAMESPACE_NAME.
    Some(match application.split_once('_') {
        Some((namespace, name)) => Manager::ArgoCd { namespace: Some(namespace), name },
        None => Manager::ArgoCd { namespace: None, name: application },
    })
}

/// `web-1.2.3`; a `+` of a version is written `_` in a label.
fn name_and_version(text: &str) -> (&str, Option<&str>) {
    let is_version = |(at, _): &(usize, &str)| text[at + 1..].starts_with(|c: char| c.is_ascii_digit());
    match text.match_indices('-').find(is_version) {
        Some((at, _)) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

impl fmt::Display for Manager<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Manager::Helm { namespace, name, chart, version } => {
                write!(f, "Helm release {namespace}/{name}")?;
                match (chart, version) {
                    (Some(chart), Some(version)) => write!(f, " (chart {chart}-{version})"),
                    (Some(chart), None) => write!(f, " (chart {chart})"),
                    _ => Ok(()),
                }
            }
            Manager::ArgoCd { namespace: Some(namespace), name } => write!(f, "Argo CD application {namespace}/{name}"),
            Manager::ArgoCd { namespace: None, name } => write!(f, "Argo CD application {name}"),
            Manager::FluxKustomization { namespace, name } => write!(f, "Flux Kustomization {namespace}/{name}"),
            Manager::FluxHelmRelease { namespace, name } => write!(f, "Flux HelmRelease {namespace}/{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironclad_model::Snapshot;
    use ironclad_tree::{Limits, Source, parse};

    #[test]
    fn who_put_it_there() {
        for (metadata, expected) in [
            (
                "annotations: {meta.helm.sh/release-name: web, meta.helm.sh/release-namespace: shop}, labels: {helm.sh/chart: my-web-1.2.3_4}",
                Some("Helm release shop/web (chart my-web-1.2.3_4)"),
            ),
            ("annotations: {meta.helm.sh/release-name: web}", Some("Helm release n/web")),
            (
                "annotations: {'argocd.argoproj.io/tracking-id': 'web:apps/Deployment:n/d'}",
                Some("Argo CD application web"),
            ),
            (
                "annotations: {'argocd.argoproj.io/tracking-id': 'team_web:apps/Deployment:n/d'}",
                Some("Argo CD application team/web"),
            ),
            // Copied from another object.
            ("annotations: {'argocd.argoproj.io/tracking-id': 'web:apps/Deployment:n/other'}", None),
            ("annotations: {'argocd.argoproj.io/tracking-id': 'web'}", None),
            (
                "labels: {kustomize.toolkit.fluxcd.io/name: apps, kustomize.toolkit.fluxcd.io/namespace: flux-system}",
                Some("Flux Kustomization flux-system/apps"),
            ),
            (
                "labels: {helm.toolkit.fluxcd.io/name: web, helm.toolkit.fluxcd.io/namespace: shop}",
                Some("Flux HelmRelease shop/web"),
            ),
            ("labels: {app.kubernetes.io/managed-by: somebody}", None),
        ] {
            let text =
                format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d, namespace: n, {metadata}}}\n");
            let mut builder = Snapshot::builder();
            for document in parse(&Source::new("t", text), &Limits::default()).documents {
                builder.add(document, Default::default());
            }
            let snapshot = builder.build();
            let object = snapshot.objects().next().unwrap();
            assert_eq!(Manager::of(object).map(|manager| manager.to_string()).as_deref(), expected, "{metadata}");
        }
    }
}
