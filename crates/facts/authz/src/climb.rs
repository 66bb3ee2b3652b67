//! Who could get a right that nobody gave him: by being somebody else, or by giving it to himself.
//!
//! Backwards from those who have it. A step makes its actor somebody who is already among them (impersonation, a token, a
//! pod that runs as an account, a certificate), or gives him the right itself (`bind`, `escalate`). Each step names the
//! requests that it takes, all of which its actor may make, so that each can be proved; the shortest way is kept.
//!
//! Deliberately absent: what takes luck or another's doing (webhooks that wait for somebody, a node that is broken into),
//! and chains of two bindings of oneself: those are paths of the attack graph.

use crate::object::{SubjectId, SubjectKind};
use crate::{MASTERS, PolicyRule, Request, User, World, identity, service_account_of};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

const RBAC: &str = "rbac.authorization.k8s.io";
const CERTIFICATES: &str = "certificates.k8s.io";
const CLIENT_SIGNER: &str = "kubernetes.io/kube-apiserver-client";
/// Objects that make pods: group, plural, kind.
const WORKLOADS: [(&str, &str, &str); 8] = [
    ("", "pods", "Pod"),
    ("apps", "deployments", "Deployment"),
    ("apps", "daemonsets", "DaemonSet"),
    ("apps", "statefulsets", "StatefulSet"),
    ("apps", "replicasets", "ReplicaSet"),
    ("batch", "jobs", "Job"),
    ("batch", "cronjobs", "CronJob"),
    ("", "replicationcontrollers", "ReplicationController"),
];

/// What lies around the roles and bindings.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Namespace and name of the accounts that pods run as; none where pods are not in the input: any may.
    pub running: Option<BTreeSet<(String, String)>>,
    /// Secrets that hold tokens: namespace, account, name of the Secret.
    pub tokens: Vec<(String, String, String)>,
    /// Minor version of Kubernetes.
    pub version: u8,
}

/// How a step is made.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Way {
    /// Impersonates a user, group or account.
    Impersonate,
    /// Asks for a token of an account.
    Token,
    /// Starts something of this kind that runs as an account.
    Start(&'static str),
    /// Changes something of this kind, if there is any, to run as an account.
    Change(&'static str),
    /// Runs commands in a pod of an account, by this subresource.
    Enter(&'static str),
    /// The same through the kubelet.
    NodeProxy,
    /// Reads this Secret, which holds a token of an account.
    ReadToken(String),
    /// Makes a Secret that the cluster fills with a token of an account, and reads it.
    MintToken,
    /// Approves a certificate for a user or group.
    Certificate,
    /// Binds himself to this role.
    Bind(String),
    /// Writes the right into this role, which he is bound to.
    Escalate(String),
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Way::Impersonate => f.write_str("impersonates"),
            Way::Token => f.write_str("requests a token of"),
            Way::Start(kind) => write!(f, "starts a {kind} that runs as"),
            Way::Change(kind) => write!(f, "changes a {kind} to run as"),
            Way::Enter(subresource) => write!(f, "enters (pods/{subresource}) a pod that runs as"),
            Way::NodeProxy => f.write_str("enters (nodes/proxy) a pod that runs as"),
            Way::ReadToken(secret) => write!(f, "reads Secret \"{secret}\", which holds a token of"),
            Way::MintToken => f.write_str("makes a Secret with a token of, and reads it:"),
            Way::Certificate => f.write_str("approves a certificate for"),
            Way::Bind(role) => write!(f, "binds itself to {role}"),
            Way::Escalate(role) => write!(f, "writes the right into {role}, which it is bound to"),
        }
    }
}

/// One step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Who makes it.
    pub actor: User,
    /// How.
    pub way: Way,
    /// What it takes: the actor may do all of it.
    pub requests: Vec<Request>,
    /// Label of whom he then is; nothing where he then has the right.
    pub becomes: Option<String>,
}

/// A way to the right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Climb {
    /// Who could.
    pub who: SubjectId,
    /// First to last.
    pub steps: Vec<Step>,
}

/// Whom one can be: kind and principal.
type Being = (SubjectKind, String);

/// How a being gets on: the step, and the being after it.
type Next = (Step, Option<Being>);

impl World {
    /// Those of the index who may make none of these requests and could come to, each by one of the shortest ways; in
    /// the order of the length and of their labels. `start` are those who may.
    pub fn who_could(&self, start: &[SubjectId], requests: &[Request], around: &Surroundings) -> Vec<Climb> {
        self.who_could_by(Climber::new(self, around), start, requests)
    }

    fn who_could_by(&self, mut climber: Climber<'_>, start: &[SubjectId], requests: &[Request]) -> Vec<Climb> {
        for subject in start {
            climber.known.insert(self.being(*subject), None);
            climber.seen.insert(*subject);
        }
        climber.known.insert((SubjectKind::Group, MASTERS.to_owned()), None);
        let mut found = Vec::new();
        let mut frontier: Vec<Being> = climber.known.keys().cloned().collect();
        let mut is_first = true;
        while !frontier.is_empty() {
            let mut level = Level::default();
            if is_first {
                for request in requests {
                    climber.reach_the_right(request, &mut level);
                }
            }
            for being in &frontier {
                climber.reach(being, &mut level);
            }
            is_first = false;
            frontier = Vec::new();
            let mut reached: Vec<(SubjectId, Next)> = level.into_iter().collect();
            reached.sort_by_cached_key(|(who, _)| self.subject_label(*who));
            for (who, next) in reached {
                let user = self.user_of(who);
                // A member of a group that may is no news.
                if requests.iter().any(|request| self.allows(&user, request)) {
                    climber.seen.insert(who);
                    continue;
                }
                let being = self.being(who);
                climber.seen.insert(who);
                climber.known.insert(being.clone(), Some(next));
                frontier.push(being);
                found.push(who);
            }
        }
        found.into_iter().map(|who| Climb { who, steps: climber.steps(&self.being(who)) }).collect()
    }

    fn being(&self, subject: SubjectId) -> Being {
        (self.subject(subject).kind(), self.principal(subject).to_owned())
    }

    /// A subject as one who asks: with the groups that follow from its name, a group as one of its members.
    fn user_of(&self, subject: SubjectId) -> User {
        let name = self.principal(subject);
        match self.subject(subject).kind() {
            SubjectKind::Group => {
                let mut user = User { name: String::new(), groups: vec![name.to_owned()] };
                if name != "system:unauthenticated" && name != identity::ALL_AUTHENTICATED {
                    user.groups.push(identity::ALL_AUTHENTICATED.to_owned());
                }
                user
            }
            _ => User::implied(name, &[]),
        }
    }
}

/// Who is one step away, and by which.
type Level = FxHashMap<SubjectId, Next>;

/// A way, what it takes, and who may do that.
type Holders = (Way, Vec<Request>, Vec<SubjectId>);

struct Climber<'w> {
    world: &'w World,
    around: &'w Surroundings,
    known: BTreeMap<Being, Option<Next>>,
    /// Those of them that the index knows.
    seen: FxHashSet<SubjectId>,
    /// Names that rules are limited to.
    names: BTreeSet<String>,
    /// Who may do what leads to any account of a namespace.
    spaces: BTreeMap<String, Vec<Holders>>,
    /// Requests to be somebody, whoever it is.
    anybody: Vec<Request>,
    done: Done,
}

/// Ways that lead to one being as to the next: once they are looked at for one, they bring nobody new for another.
#[derive(Default)]
struct Done {
    /// Ways into any account of a namespace; with those that need a pod that runs?
    spaces: FxHashMap<String, bool>,
    /// Impersonation of groups, and of users, whose names no rule is limited to.
    impersonation: [bool; 2],
    /// Certificates.
    certificates: bool,
    /// Look all the same: for the test that nothing is lost.
    again: bool,
}

impl<'w> Climber<'w> {
    fn new(world: &'w World, around: &'w Surroundings) -> Climber<'w> {
        let rules = || world.role_ids().flat_map(|role| world.rules_of(role));
        let names: BTreeSet<String> = rules().flat_map(|rule: PolicyRule| rule.resource_names).collect();
        let impersonate = |resource: &str| Request::resource("impersonate", "", resource);
        let mut anybody = vec![impersonate("users"), impersonate("serviceaccounts")];
        let limited = rules().filter(|rule| rule.verbs.iter().any(|verb| verb == "impersonate"));
        let limited: BTreeSet<String> = limited.flat_map(|rule| rule.resource_names).collect();
        anybody.extend(limited.iter().map(|name| impersonate("users").named(name)));
        let spaces: BTreeSet<&str> = world.binding_ids().map(|id| world.binding_namespace(id)).collect();
        for space in spaces.into_iter().filter(|space| !space.is_empty()) {
            anybody.push(impersonate("serviceaccounts").within(space));
            anybody.extend(limited.iter().map(|name| impersonate("serviceaccounts").named(name).within(space)));
        }
        Climber {
            world,
            around,
            known: BTreeMap::new(),
            seen: FxHashSet::default(),
            names,
            spaces: BTreeMap::new(),
            anybody,
            done: Done::default(),
        }
    }

    /// The way of somebody who is known, to its end.
    fn steps(&self, being: &Being) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut at = Some(being.clone());
        while let Some((step, next)) = at.and_then(|being| self.known.get(&being).cloned().flatten()) {
            steps.push(step);
            at = next;
        }
        steps
    }

    /// Those who may make all of these requests.
    fn who(&self, requests: &[Request]) -> Vec<SubjectId> {
        let mut candidates: Vec<SubjectId> =
            requests.iter().flat_map(|request| self.world.who_can(request).subjects).collect();
        candidates.sort_unstable();
        candidates.dedup();
        if requests.len() > 1 {
            candidates.retain(|id| {
                let user = self.world.user_of(*id);
                requests.iter().all(|request| self.world.allows(&user, request))
            });
        }
        candidates
    }

    /// Adds those who are not known yet.
    fn add(
        &self,
        who: impl IntoIterator<Item = SubjectId>,
        way: &Way,
        requests: &[Request],
        to: Option<&Being>,
        level: &mut Level,
    ) {
        for id in who {
            if self.seen.contains(&id) {
                continue;
            }
            level.entry(id).or_insert_with(|| {
                let actor = self.world.user_of(id);
                let becomes = to.map(label);
                (Step { actor, way: way.clone(), requests: requests.to_vec(), becomes }, to.cloned())
            });
        }
    }

    /// One step to somebody who is known.
    fn reach(&mut self, being: &Being, level: &mut Level) {
        let (kind, name) = being;
        if let Some((namespace, account)) = service_account_of(name).filter(|_| *kind != SubjectKind::Group) {
            self.reach_account(being, namespace, account, level);
            return;
        }
        match (kind, name.strip_prefix("system:serviceaccounts")) {
            (SubjectKind::Group, Some("")) => {
                let spaces: BTreeSet<String> =
                    self.world.binding_ids().map(|id| self.world.binding_namespace(id).to_owned()).collect();
                for space in spaces {
                    self.reach_any_account(being, &space, None, level);
                }
            }
            (SubjectKind::Group, Some(rest)) => {
                let space = rest.trim_start_matches(':').to_owned();
                self.reach_any_account(being, &space, None, level);
            }
            _ => {}
        }
        self.impersonate(being, level);
        // Admission refuses certificates of this group (CertificateSubjectRestriction).
        if name != MASTERS && !std::mem::replace(&mut self.done.certificates, !self.done.again) {
            self.certify(being, level);
        }
    }

    fn impersonate(&mut self, being: &Being, level: &mut Level) {
        let (kind, name) = being;
        if !self.names.contains(name) {
            let done = &mut self.done.impersonation[usize::from(*kind != SubjectKind::Group)];
            if std::mem::replace(done, !self.done.again) {
                return;
            }
        }
        let resource = if *kind == SubjectKind::Group { "groups" } else { "users" };
        let impersonate = Request::resource("impersonate", "", resource).named(name);
        for id in self.who(std::slice::from_ref(&impersonate)) {
            // A request that impersonates must name a user: groups alone are nobody.
            let mut requests = vec![impersonate.clone()];
            if *kind == SubjectKind::Group {
                let user = self.world.user_of(id);
                match self.anybody.iter().find(|request| self.world.allows(&user, request)) {
                    Some(request) => requests.push(request.clone()),
                    None => continue,
                }
            }
            self.add([id], &Way::Impersonate, &requests, Some(being), level);
        }
    }

    fn certify(&self, being: &Being, level: &mut Level) {
        let of = |verb: &str, resource: &str| Request::resource(verb, CERTIFICATES, resource);
        let signers = of("approve", "signers");
        let own = [
            of("create", "certificatesigningrequests"),
            of("update", "certificatesigningrequests").subresource("approval"),
        ];
        for signer in [CLIENT_SIGNER, "kubernetes.io/*"] {
            let requests = [own.as_slice(), &[signers.clone().named(signer)]].concat();
            let who = self.who(&requests);
            self.add(who, &Way::Certificate, &requests, Some(being), level);
        }
    }

    fn reach_account(&mut self, being: &Being, namespace: &str, account: &str, level: &mut Level) {
        if self.names.contains(account) {
            let named = [
                (Way::Impersonate, Request::resource("impersonate", "", "serviceaccounts")),
                (Way::Token, Request::resource("create", "", "serviceaccounts").subresource("token")),
            ];
            for (way, request) in named {
                let requests = [request.named(account).within(namespace)];
                let who = self.who(&requests);
                self.add(who, &way, &requests, Some(being), level);
            }
        }
        let tokens = self.around.tokens.iter().filter(|(space, own, _)| space == namespace && own == account);
        for (_, _, secret) in tokens {
            for request in [
                Request::resource("get", "", "secrets").named(secret).within(namespace),
                Request::resource("list", "", "secrets").within(namespace),
                Request::resource("watch", "", "secrets").within(namespace),
            ] {
                let who = self.who(std::slice::from_ref(&request));
                self.add(who, &Way::ReadToken(secret.clone()), &[request], Some(being), level);
            }
        }
        self.reach_any_account(being, namespace, Some(account), level);
    }

    /// What leads to every account of a namespace, or to one of them.
    fn reach_any_account(&mut self, being: &Being, namespace: &str, account: Option<&str>, level: &mut Level) {
        if !self.spaces.contains_key(namespace) {
            let ways: Vec<_> = ways_into(namespace, self.around.version)
                .into_iter()
                .map(|(way, requests)| {
                    let who = self.who(&requests);
                    (way, requests, who)
                })
                .collect();
            self.spaces.insert(namespace.to_owned(), ways);
        }
        let runs = |running: &BTreeSet<(String, String)>| match account {
            Some(account) => running.contains(&(namespace.to_owned(), account.to_owned())),
            None => running.iter().any(|(space, _)| space == namespace || namespace.is_empty()),
        };
        let runs = self.around.running.as_ref().is_none_or(runs);
        match self.done.spaces.get_mut(namespace) {
            Some(done) if (*done || !runs) && !self.done.again => return,
            Some(done) => *done |= runs,
            None => drop(self.done.spaces.insert(namespace.to_owned(), runs)),
        }
        for (way, requests, who) in self.spaces.get(namespace).into_iter().flatten() {
            let enters = matches!(way, Way::Enter(_) | Way::NodeProxy);
            if enters && !runs {
                continue;
            }
            self.add(who.iter().copied(), way, requests, Some(being), level);
        }
    }

    /// Steps that give the right itself.
    fn reach_the_right(&self, request: &Request, level: &mut Level) {
        let world = self.world;
        let space = request.namespace();
        for role in world.role_ids() {
            let rules = world.rules_of(role);
            let home = world.role_namespace(role);
            let grants = rules.iter().any(|rule| rule.allows(request)) && (home.is_empty() || home == space);
            if !grants {
                continue;
            }
            let (is_cluster, name) = (home.is_empty(), world.role_name(role));
            let resource = if is_cluster { "clusterroles" } else { "roles" };
            let mut scopes: Vec<&str> = if space.is_empty() { Vec::new() } else { vec![space] };
            scopes.extend(is_cluster.then_some(""));
            for scope in scopes {
                let bindings = if scope.is_empty() { "clusterrolebindings" } else { "rolebindings" };
                let bind = Request::resource("bind", RBAC, resource).named(name).within(scope);
                for verb in ["create", "update", "patch"] {
                    let requests = [Request::resource(verb, RBAC, bindings).within(scope), bind.clone()];
                    self.add(self.who(&requests), &Way::Bind(world.role_label(role)), &requests, None, level);
                }
            }
        }
        self.escalating(request, level);
    }

    fn escalating(&self, request: &Request, level: &mut Level) {
        let world = self.world;
        let space = request.namespace();
        for id in world.subject_ids() {
            let user = world.user_of(id);
            world.visit(&user, space, |binding, _| {
                let Some(role) = world.binding(binding).role() else { return true };
                let (home, name) = (world.role_namespace(role), world.role_name(role));
                let resource = if home.is_empty() { "clusterroles" } else { "roles" };
                let of = |verb: &str| Request::resource(verb, RBAC, resource).named(name).within(home);
                // The cheap test first: few hold it.
                let escalate = of("escalate");
                if !world.allows(&user, &escalate) {
                    return true;
                }
                let Some(write) = ["update", "patch"].into_iter().map(of).find(|write| world.allows(&user, write))
                else {
                    return true;
                };
                let way = Way::Escalate(world.role_label(role));
                self.add([id], &way, &[write, escalate], None, level);
                false
            });
        }
    }
}

/// `Kind:name` as labels have it.
fn label((kind, principal): &Being) -> String {
    match service_account_of(principal) {
        Some((namespace, name)) if *kind != SubjectKind::Group => format!("ServiceAccount:{namespace}/{name}"),
        _ => format!("{}:{principal}", kind.as_str()),
    }
}

/// What makes one any account of a namespace: way and requests.
fn ways_into(namespace: &str, version: u8) -> Vec<(Way, Vec<Request>)> {
    let of = |verb: &str, group: &str, resource: &str| Request::resource(verb, group, resource).within(namespace);
    let mut ways = vec![
        (Way::Impersonate, vec![of("impersonate", "", "serviceaccounts")]),
        (Way::Token, vec![of("create", "", "serviceaccounts").subresource("token")]),
    ];
    ways.extend(WORKLOADS.iter().map(|(group, plural, kind)| (Way::Start(kind), vec![of("create", group, plural)])));
    // A pod's account cannot be changed.
    for (group, plural, kind) in WORKLOADS.iter().skip(1) {
        ways.extend(["update", "patch"].map(|verb| (Way::Change(kind), vec![of(verb, group, plural)])));
    }
    let pods = |verb: &str, subresource: &str| vec![of(verb, "", "pods").subresource(subresource)];
    ways.push((Way::Enter("exec"), pods("create", "exec")));
    ways.push((Way::Enter("attach"), pods("create", "attach")));
    // Until then a websocket asked for `get` alone (kubernetes/kubernetes#134577).
    if version < 35 {
        ways.push((Way::Enter("exec"), pods("get", "exec")));
        ways.push((Way::Enter("attach"), pods("get", "attach")));
    }
    ways.push((Way::Enter("ephemeralcontainers"), pods("patch", "ephemeralcontainers")));
    ways.push((Way::Enter("ephemeralcontainers"), pods("update", "ephemeralcontainers")));
    for verb in ["get", "create"] {
        ways.push((Way::NodeProxy, vec![Request::resource(verb, "", "nodes").subresource("proxy")]));
    }
    let secrets = |verb: &str| of(verb, "", "secrets");
    ways.extend(["get", "list", "watch"].map(|verb| (Way::MintToken, vec![secrets("create"), secrets(verb)])));
    ways
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Defaults, Options};
    use ironclad_testkit::snapshot;

    /// Roles of namespace `a`, each bound to a user of its name; `admin` may read every Secret.
    fn world(rules: &[(&str, &str)]) -> World {
        let head = "apiVersion: rbac.authorization.k8s.io/v1\n";
        let mut text = format!(
            "{head}kind: ClusterRole\nmetadata: {{name: admin}}\nrules: [{{verbs: ['*'], apiGroups: ['*'], resources: ['*']}}]\n\
             ---\n{head}kind: ClusterRoleBinding\nmetadata: {{name: admin}}\nroleRef: {{kind: ClusterRole, name: admin}}\n\
             subjects: [{{kind: ServiceAccount, name: admin, namespace: a}}, {{kind: User, name: root}}]\n"
        );
        for (name, rule) in rules {
            let (kind, place) = match name.strip_prefix("all-") {
                Some(_) => ("Cluster", String::new()),
                None => ("", ", namespace: a".to_owned()),
            };
            text.push_str(&format!(
                "---\n{head}kind: {kind}Role\nmetadata: {{name: {name}{place}}}\nrules: [{rule}]\n\
                 ---\n{head}kind: {kind}RoleBinding\nmetadata: {{name: {name}{place}}}\n\
                 roleRef: {{kind: {kind}Role, name: {name}}}\nsubjects: [{{kind: User, name: {name}}}]\n"
            ));
        }
        let options = Options { defaults: Defaults::None, ..Options::default() };
        World::of(&snapshot("a.yaml", &text), &options)
    }

    fn climbs(world: &World, around: &Surroundings) -> Vec<String> {
        let request = Request::resource("list", "", "secrets").within("a");
        let start = world.who_can(&request).subjects;
        let found = world.who_could(&start, &[request], around);
        found
            .iter()
            .map(|climb| {
                let steps = climb.steps.iter().map(|step| {
                    for request in &step.requests {
                        assert!(world.allows(&step.actor, request), "{} may not {request:?}", step.actor.name);
                    }
                    format!("{} {}", step.way, step.becomes.as_deref().unwrap_or_default()).trim_end().to_owned()
                });
                let steps: Vec<String> = steps.collect();
                format!("{}: {}", world.subject_label(climb.who), steps.join(", "))
            })
            .collect()
    }

    fn core(verbs: &str, resources: &str, more: &str) -> String {
        format!("{{verbs: [{verbs}], apiGroups: [''], resources: [{resources}]{more}}}")
    }

    #[test]
    fn each_way_is_found_and_nothing_beside_it() {
        let rbac = |verbs: &str, resources: &str, more: &str| {
            format!("{{verbs: [{verbs}], apiGroups: [rbac.authorization.k8s.io], resources: [{resources}]{more}}}")
        };
        let account = "ServiceAccount:a/admin";
        let cases: &[(&str, String, Option<String>)] = &[
            ("x", core("create", "pods", ""), Some(format!("starts a Pod that runs as {account}"))),
            ("x", core("patch", "pods", ""), None),
            ("x", core("create", "serviceaccounts/token", ""), Some(format!("requests a token of {account}"))),
            (
                "x",
                core("create", "serviceaccounts/token", ", resourceNames: [admin]"),
                Some(format!("requests a token of {account}")),
            ),
            ("x", core("create", "serviceaccounts/token", ", resourceNames: [other]"), None),
            ("x", core("impersonate", "serviceaccounts", ""), Some(format!("impersonates {account}"))),
            ("all-x", core("impersonate", "users", ""), None),
            ("all-x", core("impersonate", "groups", ""), None),
            (
                "all-x",
                core("impersonate", "'groups', 'users'", ""),
                Some("impersonates Group:system:masters".to_owned()),
            ),
            ("x", core("impersonate", "users", ""), None),
            ("x", core("create", "secrets", ""), None),
            (
                "x",
                core("'create', 'get'", "secrets", ""),
                Some(format!("makes a Secret with a token of, and reads it: {account}")),
            ),
            ("x", core("create", "pods/exec", ""), Some(format!("enters (pods/exec) a pod that runs as {account}"))),
            ("x", core("get", "pods/exec", ""), None),
            ("x", core("get", "nodes/proxy", ""), None),
            ("all-x", core("get", "nodes/proxy", ""), Some(format!("enters (nodes/proxy) a pod that runs as {account}"))),
            ("x", rbac("create", "rolebindings", ""), None),
            (
                "x",
                format!("{}, {}", rbac("create", "rolebindings", ""), rbac("bind", "clusterroles", "")),
                Some("binds itself to ClusterRole/admin".to_owned()),
            ),
            (
                "x",
                format!("{}, {}", rbac("create", "rolebindings", ""), rbac("bind", "clusterroles", ", resourceNames: [view]")),
                None,
            ),
            (
                "x",
                rbac("'patch', 'escalate'", "roles", ", resourceNames: [x]"),
                Some("writes the right into Role/a/x, which it is bound to".to_owned()),
            ),
            ("x", rbac("'patch', 'escalate'", "roles", ", resourceNames: [y]"), None),
            (
                "all-x",
                "{verbs: [create, update, approve], apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests, certificatesigningrequests/approval, signers]}"
                    .to_owned(),
                Some("approves a certificate for User:root".to_owned()),
            ),
        ];
        let around = Surroundings { version: 37, ..Surroundings::default() };
        for (name, rule, expected) in cases {
            let world = world(&[(name, rule)]);
            let found = climbs(&world, &around);
            match (*name, expected) {
                // Users may be impersonated: root is one.
                ("all-x", None) if rule.contains("users") => {
                    assert_eq!(found, ["User:all-x: impersonates User:root"], "{rule}");
                }
                (_, None) => assert_eq!(found, Vec::<String>::new(), "{rule}"),
                (_, Some(way)) => assert_eq!(found, [format!("User:{name}: {way}")], "{rule}"),
            }
        }
    }

    #[test]
    fn steps_add_up_and_pods_must_run() {
        let exec = core("create", "pods/exec", "");
        let token = core("create", "serviceaccounts/token", ", resourceNames: [ci]");
        let mut around = Surroundings { version: 37, running: Some(BTreeSet::new()), ..Surroundings::default() };
        let world = world(&[("exec", &exec), ("token", &token), ("far", &core("impersonate", "users", ""))]);
        assert_eq!(climbs(&world, &around), Vec::<String>::new());
        around.running = Some(BTreeSet::from([("a".to_owned(), "admin".to_owned())]));
        assert_eq!(
            climbs(&world, &around),
            ["User:exec: enters (pods/exec) a pod that runs as ServiceAccount:a/admin"]
        );
        let chain = super::tests::world(&[
            ("exec", &exec),
            ("all-second", &core("impersonate", "users", ", resourceNames: [exec]")),
        ]);
        assert_eq!(
            climbs(&chain, &around),
            [
                "User:exec: enters (pods/exec) a pod that runs as ServiceAccount:a/admin",
                "User:all-second: impersonates User:exec, enters (pods/exec) a pod that runs as ServiceAccount:a/admin",
            ]
        );
    }

    #[test]
    fn a_token_in_a_secret_is_read() {
        let world = world(&[("x", &core("get", "secrets", ", resourceNames: [admin-token]"))]);
        let mut around = Surroundings { version: 37, ..Surroundings::default() };
        assert_eq!(climbs(&world, &around), Vec::<String>::new());
        around.tokens = vec![("a".to_owned(), "admin".to_owned(), "admin-token".to_owned())];
        let expected = "User:x: reads Secret \"admin-token\", which holds a token of ServiceAccount:a/admin";
        assert_eq!(climbs(&world, &around), [expected]);
    }

    /// What is looked at once is no different for the next: ways and order come out the same where all is looked at again.
    #[test]
    fn nothing_is_lost_by_looking_once() {
        let mut state = 7u64;
        let mut roll = |sides: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % sides
        };
        let rules = [
            ("impersonate", "", "users"),
            ("impersonate", "", "groups"),
            ("impersonate", "", "serviceaccounts"),
            ("create", "", "serviceaccounts/token"),
            ("create", "", "pods"),
            ("create", "", "pods/exec"),
            ("create", "", "secrets"),
            ("get", "", "secrets"),
            ("create", RBAC, "rolebindings"),
            ("bind", RBAC, "clusterroles"),
            ("escalate", RBAC, "roles"),
            ("update", RBAC, "roles"),
            ("create", CERTIFICATES, "certificatesigningrequests"),
            ("update", CERTIFICATES, "certificatesigningrequests/approval"),
            ("approve", CERTIFICATES, "signers"),
        ];
        let subjects = [
            "{kind: User, name: u0}",
            "{kind: User, name: u1}",
            "{kind: User, name: u2}",
            "{kind: Group, name: g0}",
            "{kind: Group, name: 'system:serviceaccounts:a'}",
            "{kind: Group, name: 'system:serviceaccounts'}",
            "{kind: ServiceAccount, name: s0, namespace: a}",
            "{kind: ServiceAccount, name: s1, namespace: a}",
            "{kind: ServiceAccount, name: s0, namespace: b}",
        ];
        let names = ["u0", "g0", "s0", "s1"];
        let (mut found, mut longest) = (0, 0);
        for _ in 0..300 {
            let mut text = String::new();
            for role in 0..8 {
                let space = ["", "a", "b"][roll(3)];
                let (kind, place) = match space {
                    "" => ("Cluster", String::new()),
                    space => ("", format!(", namespace: {space}")),
                };
                let mut own = String::new();
                for _ in 0..1 + roll(3) {
                    let (verb, group, resource) = rules[roll(rules.len())];
                    let limit = match roll(3) {
                        0 => format!(", resourceNames: [{}]", names[roll(names.len())]),
                        _ => String::new(),
                    };
                    own.push_str(&format!(
                        "- {{verbs: [{verb}], apiGroups: ['{group}'], resources: [{resource}]{limit}}}\n"
                    ));
                }
                text.push_str(&format!(
                    "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}Role\nmetadata: {{name: r{role}{place}}}\nrules:\n{own}---\n\
                     apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}RoleBinding\nmetadata: {{name: r{role}{place}}}\n\
                     roleRef: {{kind: {kind}Role, name: r{role}}}\nsubjects: [{}, {}]\n---\n",
                    subjects[roll(subjects.len())],
                    subjects[roll(subjects.len())]
                ));
            }
            let world =
                World::of(&snapshot("a.yaml", &text), &Options { defaults: Defaults::None, ..Options::default() });
            let running = BTreeSet::from([("a".to_owned(), "s1".to_owned())]);
            let around = Surroundings {
                version: 37,
                running: (roll(2) == 0).then_some(running),
                tokens: vec![("a".to_owned(), "s0".to_owned(), "s0".to_owned())],
            };
            let request = Request::resource("get", "", "secrets").within(["a", "b"][roll(2)]);
            let start = world.who_can(&request).subjects;
            let once = world.who_could(&start, std::slice::from_ref(&request), &around);
            let mut thorough = Climber::new(&world, &around);
            thorough.done.again = true;
            assert_eq!(once, world.who_could_by(thorough, &start, &[request]), "{text}");
            found += once.len();
            longest = longest.max(once.iter().map(|climb| climb.steps.len()).max().unwrap_or_default());
        }
        assert!(found > 300 && longest >= 3, "{found} ways, the longest of {longest} steps");
    }
}
