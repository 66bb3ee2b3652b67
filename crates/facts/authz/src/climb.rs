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
mod tests;
