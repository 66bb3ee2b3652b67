//! What an audit policy keeps out of the log: rights whose use nobody can see there.
//!
//! Source: k8s.io/apiserver `pkg/audit/policy/checker.go`: the first rule that matches decides the level; a request that
//! none matches is not logged.

use ironclad_tree::NodeRef;
use serde::Deserialize;

/// An audit policy (`audit.k8s.io`).
#[derive(Deserialize, Debug, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct AuditPolicy {
    kind: String,
    omit_stages: Vec<String>,
    rules: Vec<Rule>,
}

#[derive(Deserialize, Debug, Default)]
#[serde(rename_all = "camelCase", default)]
struct Rule {
    level: String,
    users: Vec<String>,
    user_groups: Vec<String>,
    verbs: Vec<String>,
    resources: Vec<Resources>,
    namespaces: Vec<String>,
    #[serde(rename = "nonResourceURLs")]
    non_resource_urls: Vec<String>,
    omit_stages: Vec<String>,
}

#[derive(Deserialize, Debug, Default)]
#[serde(rename_all = "camelCase", default)]
struct Resources {
    group: String,
    resources: Vec<String>,
    resource_names: Vec<String>,
}

impl AuditPolicy {
    /// Reads one from its document.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn of(node: NodeRef<'_>) -> Result<AuditPolicy, String> {
        let policy: AuditPolicy = node.deserialize().map_err(|error| error.message)?;
        if policy.kind != "Policy" {
            return Err(format!("its kind is `{}`, not `Policy`", policy.kind));
        }
        Ok(policy)
    }
}

/// What the log cannot show, one sentence each; nothing where it shows every request.
pub fn blind_spots(policy: &AuditPolicy) -> Vec<String> {
    let complete = |stages: &[String]| stages.iter().any(|stage| stage == "ResponseComplete");
    let started = |stages: &[String]| stages.iter().any(|stage| stage == "ResponseStarted");
    let mut spots = Vec::new();
    let mut ends = false;
    for (index, rule) in policy.rules.iter().enumerate() {
        let silent = complete(&policy.omit_stages) || complete(&rule.omit_stages);
        let number = index + 1;
        if rule.level == "None" {
            spots.push(format!("rule {number} logs nothing of {}", rule.what()));
        } else if silent && (started(&policy.omit_stages) || started(&rule.omit_stages)) {
            spots.push(format!("rule {number} omits the stages that say what became of {}", rule.what()));
        } else if silent {
            spots.push(format!(
                "rule {number} omits `ResponseComplete`: of {} only long-running requests are seen",
                rule.what()
            ));
        }
        if rule.is_last() {
            ends = true;
            break;
        }
    }
    if !ends {
        spots.push("a request that no rule names is not logged".to_owned());
    }
    spots
}

impl Rule {
    /// Does it take every request, so that none after it is reached?
    fn is_last(&self) -> bool {
        self.users.is_empty()
            && self.user_groups.is_empty()
            && self.verbs.is_empty()
            && self.resources.is_empty()
            && self.namespaces.is_empty()
            && self.non_resource_urls.is_empty()
    }

    fn what(&self) -> String {
        let mut parts = Vec::new();
        let list = |texts: &[String]| texts.iter().map(|t| format!("`{t}`")).collect::<Vec<_>>().join(", ");
        if !self.verbs.is_empty() {
            parts.push(list(&self.verbs));
        }
        let resources: Vec<String> = self.resources.iter().map(Resources::what).collect();
        if !resources.is_empty() {
            parts.push(resources.join(", "));
        }
        if !self.non_resource_urls.is_empty() {
            parts.push(format!("paths {}", list(&self.non_resource_urls)));
        }
        if !self.namespaces.is_empty() {
            let shown: Vec<String> = self
                .namespaces
                .iter()
                .map(|n| if n.is_empty() { "no namespace".to_owned() } else { format!("`{n}`") })
                .collect();
            parts.push(format!("in {}", shown.join(", ")));
        }
        if !self.users.is_empty() {
            parts.push(format!("by {}", list(&self.users)));
        }
        if !self.user_groups.is_empty() {
            parts.push(format!("by members of {}", list(&self.user_groups)));
        }
        if parts.is_empty() { "every request that no earlier rule names".to_owned() } else { parts.join(" ") }
    }
}

impl Resources {
    fn what(&self) -> String {
        let group = if self.group.is_empty() { String::new() } else { format!(".{}", self.group) };
        let names = match self.resource_names.as_slice() {
            [] => String::new(),
            names => format!(" named {}", names.join(", ")),
        };
        if self.resources.is_empty() {
            let group = if self.group.is_empty() { "the core group" } else { &self.group };
            return format!("all of {group}{names}");
        }
        let shown: Vec<String> = self.resources.iter().map(|resource| format!("`{resource}{group}`")).collect();
        format!("{}{names}", shown.join(", "))
    }
}
