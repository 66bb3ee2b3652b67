//! `ironclad rbac generate role`: a role that allows verbs on the resources that are known, but some.

use super::question::parts;
use super::session::{From, Session, Setting, from};
use super::show;
use crate::args::Global;
use crate::args::rbac::{GenerateRole, What};
use crate::exit::Exit;
use crate::failure::user_error;
use crate::output;
use ironclad_authz::resources::Resource;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Writes the manifest.
pub(crate) fn run(arguments: &GenerateRole, global: &Global) -> anyhow::Result<Exit> {
    let example = "`ironclad rbac generate role reader --deny secrets crds/`";
    let from = match from(&arguments.input, &arguments.paths, example) {
        // The resources of this Kubernetes version will do.
        Err(_) if arguments.paths.is_empty() => From::Paths(Vec::new()),
        other => other?,
    };
    let setting = Setting { namespace: arguments.namespace.as_deref(), empty: true, ..Setting::default() };
    let session = Session::open(&arguments.input, &from, setting, global)?;
    let allowed = named(&session, &arguments.allow)?;
    let denied = named(&session, &arguments.deny)?;
    let group = |word: &str| if word == "core" { String::new() } else { word.to_owned() };
    let groups: Vec<String> = arguments.groups.iter().map(|word| group(word)).collect();
    if let Some(unknown) = groups.iter().find(|group| !session.resources.has_group(group)) {
        let help = "it is not in this Kubernetes version, nor in a CustomResourceDefinition of the PATHs".to_owned();
        return Err(user_error(format!("API group `{unknown}` is not known"), help));
    }
    // Resources with the same verbs, by group: one rule each.
    let mut rules: BTreeMap<(String, Vec<String>), Vec<String>> = BTreeMap::new();
    for resource in session.resources.all() {
        let key = (resource.group.as_str(), resource.name.as_str(), resource.subresource.as_str());
        // Who denies a resource means its subresources too; who allows it does not: `nodes` is no `nodes/proxy`.
        let is_in = |list: &[(String, String, String)], below: bool| {
            let fits = |s: &str| s == key.2 || (below && s.is_empty());
            list.iter().any(|(g, n, s)| (g.as_str(), n.as_str()) == (key.0, key.1) && fits(s))
        };
        let whole = key.2.is_empty() || arguments.include_subresources;
        let wanted = if allowed.is_empty() { whole } else { is_in(&allowed, arguments.include_subresources) };
        let wanted = wanted
            && !is_in(&denied, true)
            && (groups.is_empty() || groups.contains(&resource.group))
            && (arguments.namespace.is_none() || resource.namespaced);
        if wanted {
            let verbs = verbs(resource, &arguments.verbs);
            if !verbs.is_empty() {
                rules.entry((resource.group.clone(), verbs)).or_default().push(full_name(resource));
            }
        }
    }
    if rules.is_empty() {
        return Err(user_error("no known resource is left", "widen --allow, --verbs or --groups".to_owned()));
    }
    let rules: Vec<Value> = rules
        .into_iter()
        .map(|((group, verbs), mut resources)| {
            resources.sort();
            json!({"apiGroups": [group], "resources": resources, "verbs": verbs})
        })
        .collect();
    let kind = if arguments.namespace.is_some() { "Role" } else { "ClusterRole" };
    let mut metadata = json!({"name": arguments.name});
    if let Some(namespace) = &arguments.namespace {
        metadata["namespace"] = json!(namespace);
    }
    // Keys in the order of manifests, which a map would not keep.
    let mut text = format!("apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata:\n");
    text.push_str(&indented(&show::yaml(&metadata), "  "));
    text.push_str("rules:\n");
    for rule in &rules {
        let body = indented(&show::yaml(rule), "  ");
        text.push_str(&format!("- {}", body.trim_start()));
    }
    output::print_raw(text.as_bytes())?;
    Ok(session.exit(Exit::Clean))
}

fn indented(text: &str, by: &str) -> String {
    text.lines().map(|line| format!("{by}{line}\n")).collect()
}

fn full_name(resource: &Resource) -> String {
    match resource.subresource.as_str() {
        "" => resource.name.clone(),
        subresource => format!("{}/{subresource}", resource.name),
    }
}

/// The wanted verbs that the resource has, in the order of the wish.
fn verbs(resource: &Resource, wanted: &[String]) -> Vec<String> {
    let all = wanted.iter().any(|verb| verb == "*");
    match all {
        true => vec!["*".to_owned()],
        false => wanted.iter().filter(|verb| resource.verbs.contains(verb)).cloned().collect(),
    }
}

/// Group, name and subresource of each word.
fn named(session: &Session, words: &[String]) -> anyhow::Result<Vec<(String, String, String)>> {
    let what = What { name: None, subresource: None, allow_unknown: false };
    let mut found = Vec::new();
    for word in words {
        let part = parts(session, word, &what)?;
        if !part.name.is_empty() {
            let help = "give resources: names of objects cannot be left out of a role".to_owned();
            return Err(user_error(format!("`{word}` names an object"), help));
        }
        // A resource in several groups (events) is meant in all of them, unless one is named.
        let elsewhere = session.resources.of_name(&part.resource).filter(|_| !word.contains('.'));
        found.extend(elsewhere.map(|r| (r.group.clone(), r.name.clone(), part.subresource.clone())));
        found.push((part.group, part.resource, part.subresource));
    }
    Ok(found)
}
