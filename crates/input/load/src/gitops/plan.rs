//! What is to be rendered because an object says so.

use super::home::{Lent, Seen};
use super::place::{Lost, Spot};
use ironclad_kustomize::How;
use ironclad_render::{Placed, Variable};
use ironclad_tree::{NodeId, NodeRef, Source};
use std::path::PathBuf;
use std::sync::Arc;

/// One chart, kustomization or folder that an object deploys.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) seen: Arc<Seen>,
    /// Name of the unit, in fingerprints.
    pub(crate) unit: String,
    /// Which of the object's sources it is.
    pub(crate) number: usize,
    /// Where objects go that name no namespace.
    pub(crate) namespace: Option<String>,
    pub(crate) spot: Spot,
    pub(crate) work: Work,
}

impl Plan {
    /// What tells it from others.
    pub(crate) fn key(&self) -> (String, usize, PathBuf) {
        (self.unit.clone(), self.number, self.spot.canonical.clone())
    }
}

/// What is rendered.
#[derive(Debug)]
pub(crate) enum Work {
    Chart(Box<Chart>),
    Kustomization(Box<Kustomization>),
    /// Manifests as they are.
    Folder,
}

/// What a chart is told.
#[derive(Debug, Default)]
pub(crate) struct Chart {
    pub(crate) release: String,
    pub(crate) namespace: Option<String>,
    pub(crate) kubernetes_version: Option<String>,
    pub(crate) api_versions: Vec<String>,
    /// In place of the chart's values.yaml.
    pub(crate) own_values: Vec<Lent>,
    /// On top of them, later ones on top.
    pub(crate) values: Vec<Lent>,
    pub(crate) placed: Vec<Placed>,
    pub(crate) set_files: Vec<(String, Arc<Source>)>,
    pub(crate) skip_crds: bool,
    pub(crate) skip_tests: bool,
    /// Kustomizations over what it prints, each by its fields.
    pub(crate) post: Vec<Fields>,
    pub(crate) labels: Option<NodeId>,
    pub(crate) annotations: Option<NodeId>,
}

/// Fields of a kustomization that stand in an object: their names there, how they join, and the node.
pub(crate) type Fields = Vec<(&'static str, How, Arc<Seen>, NodeId)>;

/// What a kustomization is told.
#[derive(Debug, Default)]
pub(crate) struct Kustomization {
    pub(crate) fields: Fields,
    pub(crate) include_templates: bool,
    pub(crate) labels: Option<NodeId>,
    pub(crate) annotations: Option<NodeId>,
    /// `resources` where the folder has no kustomization.
    pub(crate) resources: Option<Vec<String>>,
    pub(crate) variables: Option<Vec<Variable>>,
    /// Files may lie anywhere in the repository.
    pub(crate) unrestricted: bool,
}

impl Kustomization {
    /// Would the folder be the same without the object?
    pub(crate) fn is_plain(&self) -> bool {
        let substitutes = self.variables.as_ref().is_some_and(|variables| !variables.is_empty());
        self.fields.is_empty() && self.labels.is_none() && self.annotations.is_none() && !substitutes
    }
}

/// What an object says that is not done: which of its parts, and why.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) at: NodeId,
    pub(crate) reason: String,
}

impl Left {
    pub(crate) fn new(at: NodeRef<'_>, reason: impl Into<String>) -> Left {
        Left { at: at.id(), reason: reason.into() }
    }

    /// A path that leads nowhere.
    pub(crate) fn lost(at: NodeRef<'_>, path: &str, lost: &Lost) -> Left {
        let reason = match lost {
            Lost::Missing => format!("\"{path}\" is not in this tree"),
            Lost::Outside => format!("\"{path}\" is outside of what is scanned: scan the folder that holds both"),
        };
        Left::new(at, reason)
    }
}

/// What an object leads to.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) plans: Vec<Plan>,
    /// Nothing is done with these parts, or with the whole object.
    pub(crate) left: Vec<Left>,
    /// Objects that it stands for.
    pub(crate) objects: Vec<Seen>,
}
