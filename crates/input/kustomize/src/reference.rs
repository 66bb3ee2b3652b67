//! References follow the names that they name (kustomize's `nameReferenceTransformer` and `filters/nameref`).

use crate::config::{BackReference, FieldSpec};
use crate::field::{matches, visit};
use crate::ids::{Gvk, ResId};
use crate::node::{Data, Node, Shape};
use crate::path::open;
use crate::resource::{Resource, Resources};
use crate::scalar::Scalar;
use crate::schema::Schemas;
use crate::trail::Trail;

/// What is asked of an object that may be meant.
struct Candidate {
    previous: Vec<ResId>,
    current: ResId,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
    /// Its namespace as written.
    namespace: String,
    /// Where its name and namespace come from.
    name_trail: Trail,
    namespace_trail: Trail,
    original_namespace: String,
}

/// Updates every reference of every object.
pub(crate) fn update(resources: &mut Resources, references: &[BackReference], schemas: &Schemas) -> Result<(), String> {
    let candidates: Vec<Candidate> = resources
        .all
        .iter()
        .map(|resource| Candidate {
            previous: resource.previous_ids(schemas),
            current: resource.id(schemas),
            prefixes: resource.prefixes.clone(),
            suffixes: resource.suffixes.clone(),
            namespace: resource.namespace().to_owned(),
            name_trail: trail_of(resource, "name"),
            namespace_trail: trail_of(resource, "namespace"),
            original_namespace: resource.original_id(schemas).effective_namespace().to_owned(),
        })
        .collect();
    // Only an object that was ever renamed or moved can be meant by an older name.
    if candidates.iter().all(|candidate| candidate.previous.is_empty()) {
        return Ok(());
    }
    for resource in &mut resources.all {
        let original = resource.original_id(schemas);
        let own = Referrer::of(resource, schemas);
        let near: Vec<&Candidate> = candidates.iter().filter(|candidate| own.could_mean(candidate)).collect();
        for reference in references {
            for spec in reference.referrers.iter().filter(|spec| original.gvk.is_selected(&spec.gvk)) {
                // Kinds may have changed since: the field is looked for in the object as it is.
                let spec = FieldSpec { gvk: resource.gvk(), ..spec.clone() };
                if !matches(&spec, &resource.node) {
                    continue;
                }
                let role = role_of(&spec, &resource.node);
                let finder = Finder { own: &own, near: &near, target: &reference.target, role: role.as_ref() };
                let set = &mut |node: &mut Node| finder.set(node);
                visit(&mut resource.node, &spec, None, &Trail::default(), set)
                    .map_err(|message| format!("{message} (in {})", own.current))?;
            }
        }
    }
    Ok(())
}

/// The object whose references are updated.
struct Referrer {
    current: ResId,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
    /// Namespaces of ServiceAccounts that a RoleBinding names.
    subject_namespaces: Vec<String>,
}

impl Referrer {
    fn of(resource: &Resource, schemas: &Schemas) -> Referrer {
        let subjects = resource.node.get("subjects").filter(|_| resource.kind() == "RoleBinding");
        let accounts = subjects
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .filter(|subject| subject.get("kind").and_then(Node::text) == Some("ServiceAccount"));
        let namespaces = accounts.filter_map(|subject| subject.get("namespace").and_then(Node::as_str));
        Referrer {
            subject_namespaces: namespaces.map(str::to_owned).collect(),
            current: resource.id(schemas),
            prefixes: resource.prefixes.clone(),
            suffixes: resource.suffixes.clone(),
        }
    }

    /// `SubsetThatCouldBeReferencedByResource`
    fn could_mean(&self, candidate: &Candidate) -> bool {
        self.current.is_cluster
            || candidate.current.is_cluster
            || candidate.current.same_namespace(&self.current)
            || self.subject_namespaces.contains(&candidate.namespace)
    }
}

/// Group and kind of a role reference, which pick among roles of one name.
fn role_of(spec: &FieldSpec, object: &Node) -> Option<Gvk> {
    if !spec.path.ends_with("roleRef/name") {
        return None;
    }
    let role = object.get("roleRef")?;
    let text = |key: &str| role.get(key).and_then(Node::text).map(str::to_owned);
    Some(Gvk { group: text("apiGroup")?, kind: text("kind")?, version: String::new() })
}

struct Finder<'a> {
    own: &'a Referrer,
    near: &'a [&'a Candidate],
    target: &'a Gvk,
    role: Option<&'a Gvk>,
}

impl Finder<'_> {
    fn set(&self, node: &mut Node) -> Result<(), String> {
        if node.is_null() {
            return Ok(());
        }
        match &mut node.data {
            Data::Scalar(_) => self.set_name(node),
            Data::Map(_) => self.set_map(node),
            Data::List(items) => {
                items.iter_mut().filter(|item| !item.is_null()).try_for_each(|item| match item.shape() {
                    Shape::Scalar => self.set_name(item),
                    Shape::Map => self.set_map(item),
                    Shape::List => Err("a list stands where a name is expected".to_owned()),
                })
            }
        }
    }

    fn set_name(&self, node: &mut Node) -> Result<(), String> {
        let name = node.text().unwrap_or_default().to_owned();
        if let Some(found) = self.find(&name, self.near, false)?
            && found.current.name != name
        {
            rename(node, &found.current.name, &found.name_trail);
        }
        Ok(())
    }

    /// A reference with a name and maybe a namespace.
    fn set_map(&self, node: &mut Node) -> Result<(), String> {
        let Some(name) = node.get("name").map(|name| name.text().unwrap_or_default().to_owned()) else {
            return Err("a reference without `name`".to_owned());
        };
        let namespace = node.get("namespace").map(|namespace| namespace.text().unwrap_or_default().to_owned());
        let listed: Vec<&Candidate> = match &namespace {
            None => self.near.to_vec(),
            Some(wanted) => {
                let of = |original: bool| -> Vec<&Candidate> {
                    let namespace = |candidate: &Candidate| {
                        if original {
                            candidate.original_namespace.clone()
                        } else {
                            candidate.current.effective_namespace().to_owned()
                        }
                    };
                    let fits =
                        |candidate: &&&Candidate| !candidate.current.is_cluster && namespace(candidate) == *wanted;
                    self.near.iter().filter(fits).copied().collect()
                };
                let original = of(true);
                if original.is_empty() { of(false) } else { original }
            }
        };
        let Some(found) = self.find(&name, &listed, true)? else { return Ok(()) };
        let (name_now, namespace_now) = (found.current.name.clone(), found.namespace.clone());
        if name_now == name && namespace_now.is_empty() {
            return Ok(());
        }
        if let Some(field) = node.get_mut("name").filter(|field| field.text() != Some(&name_now)) {
            rename(field, &name_now, &found.name_trail);
        }
        if namespace_now.is_empty() {
            return Ok(());
        }
        match node.get_mut("namespace") {
            Some(field) if field.text() != Some(&namespace_now) => {
                rename(field, &namespace_now, &found.namespace_trail)
            }
            Some(_) => {}
            None => {
                let trail = node.trail.through_all(&found.namespace_trail);
                node.set("namespace", open(&namespace_now, &trail));
            }
        }
        Ok(())
    }

    /// The object that a name means (`selectReferral`).
    fn find<'c>(
        &self,
        name: &str,
        listed: &[&'c Candidate],
        with_namespace: bool,
    ) -> Result<Option<&'c Candidate>, String> {
        let had = |candidate: &Candidate, fits: &dyn Fn(&ResId) -> bool| candidate.previous.iter().any(fits);
        let mut left: Vec<&'c Candidate> = listed
            .iter()
            .copied()
            .filter(|candidate| had(candidate, &|id| id.name == name))
            .filter(|candidate| had(candidate, &|id| id.gvk.is_selected(self.target)))
            .filter(|candidate| self.role.is_none_or(|role| had(candidate, &|id| id.gvk.is_selected(role))))
            .filter(|candidate| {
                self.own.current.is_cluster
                    || candidate.current.is_cluster
                    || candidate.current.gvk.kind == "ServiceAccount"
                    || candidate.current.same_namespace(&self.own.current)
            })
            .collect();
        if let [only] = left.as_slice() {
            return Ok(Some(only));
        }
        left.retain(|candidate| self.same_affixes(candidate, true));
        if left.len() > 1 {
            left.retain(|candidate| self.same_affixes(candidate, false));
        }
        let Some(first) = left.first() else { return Ok(None) };
        let identical = left.iter().all(|other| {
            other.current.name == first.current.name && (!with_namespace || other.namespace == first.namespace)
        });
        if left.len() == 1 || identical {
            return Ok(Some(first));
        }
        let all: Vec<String> = left.iter().map(|candidate| candidate.current.to_string()).collect();
        Err(format!("\"{name}\" could mean several objects: {}", all.join(", ")))
    }

    fn same_affixes(&self, candidate: &Candidate, allow_empty: bool) -> bool {
        let same = |a: &[String], b: &[String]| {
            let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
            if short.is_empty() { long.is_empty() } else { long.ends_with(short) }
        };
        let fits = |a: &[String], b: &[String]| (allow_empty && (a.is_empty() || b.is_empty())) || same(a, b);
        fits(&candidate.prefixes, &self.own.prefixes) && fits(&candidate.suffixes, &self.own.suffixes)
    }
}

/// A reference is edited where it stands, whatever the new name is; what made that is in its chain.
fn rename(node: &mut Node, name: &str, by: &Trail) {
    let trail = node.trail.through_all(by);
    node.replace(Node::scalar(Scalar::open(name), &Trail::default()));
    node.trail = trail;
}

fn trail_of(resource: &Resource, field: &str) -> Trail {
    let field = resource.node.get("metadata").and_then(|metadata| metadata.get(field));
    field.map(|field| field.trail.clone()).unwrap_or_default()
}
