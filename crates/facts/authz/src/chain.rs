//! The configured order of authorizers: the first that allows or denies decides.
//!
//! Source: k8s.io/apiserver `pkg/authorization/union`, `pkg/apis/apiserver` (AuthorizationConfiguration). Members of
//! `system:masters` are allowed before any of them is asked. A webhook's answer is not ours to know: a decision that
//! would come after one, or from one, is [`Verdict::Unknown`].

use crate::condition::{Reach, reach};
use crate::{AbacPolicies, Decision, MASTERS, NodeFacts, Request, User, World};
use ironclad_tree::NodeRef;
use std::fmt;

/// What an authorizer, or all of them, say.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Verdict {
    /// Allowed.
    Allow,
    /// Denied, whatever others would say.
    Deny,
    /// Not allowed by this one; of a whole chain: forbidden, because nobody allows it.
    NoOpinion,
    /// Cannot be told, for this reason.
    Unknown(String),
}

/// A webhook that authorizes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Webhook {
    /// Its name.
    pub name: String,
    /// `failurePolicy` is `Deny`?
    pub fails_closed: bool,
    /// Expressions that decide whether it is asked at all.
    pub conditions: Vec<String>,
}

/// One authorizer of a chain.
#[derive(Debug)]
pub enum Authorizer {
    /// Allows everything.
    AlwaysAllow,
    /// Allows nothing, and leaves it to those behind it.
    AlwaysDeny,
    /// Kubelets, by their pods.
    Node(NodeFacts),
    /// A file of policies.
    Abac(AbacPolicies),
    /// Roles and bindings.
    Rbac,
    /// Somebody else.
    Webhook(Webhook),
}

/// Why a list of authorizers is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChainError(pub String);

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ChainError {}

/// Authorizers in order.
#[derive(Debug)]
pub struct Chain {
    /// First to last.
    pub authorizers: Vec<Authorizer>,
}

/// What the chain decides.
#[derive(Debug)]
pub struct ChainDecision {
    /// The verdict.
    pub verdict: Verdict,
    /// Who gave it; empty where nobody did.
    pub by: String,
    /// What RBAC says, where it was asked.
    pub rbac: Option<Decision>,
}

impl Chain {
    /// From `--authorization-mode`: `Node,RBAC`.
    pub fn parse(modes: &str, node: NodeFacts, abac: Option<AbacPolicies>) -> Result<Chain, ChainError> {
        let (mut node, mut abac) = (Some(node), abac);
        let mut authorizers = Vec::new();
        for mode in modes.split(',').map(str::trim) {
            authorizers.push(match mode {
                "AlwaysAllow" => Authorizer::AlwaysAllow,
                "AlwaysDeny" => Authorizer::AlwaysDeny,
                "RBAC" => Authorizer::Rbac,
                "Node" => Authorizer::Node(node.take().ok_or_else(|| twice("Node"))?),
                "Webhook" => Authorizer::Webhook(Webhook { name: "webhook".to_owned(), ..Webhook::default() }),
                "ABAC" => Authorizer::Abac(
                    abac.take().ok_or_else(|| ChainError("mode `ABAC` needs its policy file".to_owned()))?,
                ),
                other => {
                    let known = "AlwaysAllow, AlwaysDeny, ABAC, Webhook, RBAC and Node";
                    return Err(ChainError(format!("`{other}` is not an authorization mode: {known}")));
                }
            });
        }
        Ok(Chain { authorizers })
    }

    /// From an `AuthorizationConfiguration` (`apiserver.config.k8s.io`).
    pub fn of(configuration: NodeRef<'_>, node: NodeFacts) -> Result<Chain, ChainError> {
        let mut node = Some(node);
        let mut authorizers = Vec::new();
        let list = configuration.get_str("authorizers").map(|entry| entry.value());
        for item in list.into_iter().flat_map(|list| list.items()) {
            let text = |pointer: &str| item.at_pointer(pointer).and_then(|n| n.as_str()).unwrap_or_default();
            authorizers.push(match text("/type") {
                "Node" => Authorizer::Node(node.take().ok_or_else(|| twice("Node"))?),
                "RBAC" => Authorizer::Rbac,
                "AlwaysAllow" => Authorizer::AlwaysAllow,
                "AlwaysDeny" => Authorizer::AlwaysDeny,
                "Webhook" => {
                    let conditions = item.at_pointer("/webhook/matchConditions").into_iter().flat_map(|l| l.items());
                    let expression = |c: NodeRef<'_>| Some(c.get_str("expression")?.value().as_str()?.to_owned());
                    Authorizer::Webhook(Webhook {
                        name: text("/name").to_owned(),
                        fails_closed: text("/webhook/failurePolicy") == "Deny",
                        conditions: conditions.filter_map(expression).collect(),
                    })
                }
                other => {
                    let known = "AlwaysAllow, AlwaysDeny, Webhook, RBAC and Node";
                    return Err(ChainError(format!("`{other}` is not a type of authorizer: {known}")));
                }
            });
        }
        if authorizers.is_empty() {
            return Err(ChainError("the configuration names no authorizer".to_owned()));
        }
        Ok(Chain { authorizers })
    }

    /// Decides a request.
    pub fn decide(&self, world: &World, user: &User, request: &Request) -> ChainDecision {
        let mut rbac = None;
        if user.is_in(MASTERS) {
            let by = MASTERS.to_owned();
            return ChainDecision { verdict: Verdict::Allow, by, rbac: Some(world.decide(user, request)) };
        }
        // A webhook may deny what a later one would allow; the Node authorizer only allows.
        let (mut webhook_doubt, mut node_doubt): (Option<String>, Option<String>) = (None, None);
        for authorizer in &self.authorizers {
            let (verdict, by) = match authorizer {
                Authorizer::AlwaysAllow => (Verdict::Allow, "AlwaysAllow".to_owned()),
                // Its name notwithstanding (`pkg/authorization/authorizerfactory`): those behind it are asked.
                Authorizer::AlwaysDeny => (Verdict::NoOpinion, String::new()),
                Authorizer::Node(facts) => (facts.decide(user, request), "Node".to_owned()),
                Authorizer::Abac(policies) => match policies.allowing(user, request) {
                    Some(policy) => (Verdict::Allow, format!("ABAC line {}", policy.line)),
                    None => (Verdict::NoOpinion, String::new()),
                },
                Authorizer::Rbac => {
                    let decision = world.decide(user, request);
                    let verdict = if decision.allowed { Verdict::Allow } else { Verdict::NoOpinion };
                    rbac = Some(decision);
                    (verdict, "RBAC".to_owned())
                }
                Authorizer::Webhook(webhook) => match reach(&webhook.conditions, user, request) {
                    Reach::No => continue,
                    // What the server does with a condition that it cannot evaluate.
                    Reach::Fails if webhook.fails_closed => (Verdict::Deny, format!("webhook \"{}\"", webhook.name)),
                    Reach::Fails => continue,
                    Reach::Yes => {
                        webhook_doubt.get_or_insert_with(|| webhook.doubt(None));
                        continue;
                    }
                    Reach::Unknown(condition) => {
                        webhook_doubt.get_or_insert_with(|| webhook.doubt(Some(&condition)));
                        continue;
                    }
                },
            };
            match verdict {
                Verdict::NoOpinion => {}
                Verdict::Unknown(why) => {
                    node_doubt.get_or_insert(why);
                }
                verdict => {
                    let doubt = webhook_doubt.or(if verdict == Verdict::Deny { node_doubt } else { None });
                    let verdict = doubt.map_or(verdict, Verdict::Unknown);
                    return ChainDecision { verdict, by, rbac };
                }
            }
        }
        let verdict = webhook_doubt.or(node_doubt).map_or(Verdict::NoOpinion, Verdict::Unknown);
        ChainDecision { verdict, by: String::new(), rbac }
    }
}

impl Webhook {
    /// Why it is not known what it says; where it is not known whether it is asked, by which condition.
    fn doubt(&self, condition: Option<&str>) -> String {
        let also = if self.fails_closed { ", and it denies when it cannot be reached" } else { "" };
        match condition {
            None => format!("webhook \"{}\" is asked before it is decided{also}", self.name),
            Some(condition) => format!(
                "whether webhook \"{}\" is asked before it is decided hangs on its match condition `{}`, which is not \
                 evaluated{also}",
                self.name,
                short(condition)
            ),
        }
    }
}

/// An expression as a message shows it: one line, and not all of a long one.
fn short(expression: &str) -> String {
    const MOST: usize = 80;
    let line = expression.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn twice(name: &str) -> ChainError {
    ChainError(format!("mode `{name}` is named twice"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::{Authorizer, Chain, Verdict, Webhook};
    use crate::{Options, Request, User, World};
    use ironclad_model::Snapshot;

    fn verdict(authorizers: Vec<Authorizer>) -> Verdict {
        let world = World::of(&Snapshot::default(), &Options::default());
        Chain { authorizers }.decide(&world, &User::default(), &Request::path("get", "/metrics")).verdict
    }

    /// As the API server has it: `AlwaysDeny` has no opinion, wherever it stands.
    #[test]
    fn always_deny_denies_nothing() {
        assert_eq!(verdict(vec![Authorizer::AlwaysDeny]), Verdict::NoOpinion);
        assert_eq!(verdict(vec![Authorizer::AlwaysDeny, Authorizer::AlwaysAllow]), Verdict::Allow);
    }

    /// Of whom conditions keep away the webhook is not asked; where a condition is not evaluated it is the reason.
    #[test]
    fn conditions_of_webhooks_count() {
        let webhook = |fails_closed: bool, conditions: &[&str]| {
            let conditions = conditions.iter().map(|text| (*text).to_owned()).collect();
            let webhook = Webhook { name: "own".to_owned(), fails_closed, conditions };
            verdict(vec![Authorizer::Webhook(webhook), Authorizer::AlwaysAllow])
        };
        let unknown = |reason: &str| Verdict::Unknown(reason.to_owned());
        let asked = "webhook \"own\" is asked before it is decided";
        assert_eq!(webhook(false, &[]), unknown(asked));
        assert_eq!(webhook(true, &["true"]), unknown(&format!("{asked}, and it denies when it cannot be reached")));
        assert_eq!(webhook(false, &["request.user == 'eve'", "request.uid == ''"]), Verdict::Allow);
        assert_eq!(webhook(false, &["request.resourceAttributes.verb == 'get'"]), Verdict::Allow);
        assert_eq!(webhook(true, &["request.resourceAttributes.verb == 'get'"]), Verdict::Deny);
        assert_eq!(
            webhook(false, &["request.uid ==\n  'eve'"]),
            unknown(
                "whether webhook \"own\" is asked before it is decided hangs on its match condition \
                 `request.uid == 'eve'`, which is not evaluated"
            )
        );
        let Verdict::Unknown(long) = webhook(false, &[&"x".repeat(200)]) else { unreachable!("no webhook answers") };
        assert!(long.contains("x…`, which is not evaluated"), "{long}");
    }
}
