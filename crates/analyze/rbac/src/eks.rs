//! Who is who in a cluster of EKS, as it is written outside of the cluster: access entries, associations of Pod Identity and
//! the authentication mode.
//!
//! Read are the objects of eksctl (`ClusterConfig`) and of AWS's controllers (`eks.services.k8s.aws`), what `aws eks
//! describe-access-entry`, `list-associated-access-policies`, `describe-pod-identity-association` and `describe-cluster`
//! print, templates of CloudFormation, and what `terraform show -json` prints. What an intrinsic function or a variable
//! fills in later is not known, and nothing is said of it.

mod types;

pub(crate) use types::wrong_types;

use ironclad_model::{Object, group_of};
use ironclad_tree::{Kind, NodeRef};

/// How a form calls its fields.
struct Names {
    arn: &'static str,
    kind: &'static str,
    groups: &'static str,
    user: &'static str,
    /// The list of policies; empty where the entry is itself one association.
    policies: &'static str,
    policy: &'static str,
    scope: &'static str,
    scope_kind: &'static str,
    namespaces: &'static str,
}

/// AWS's controllers, `AccessEntry` of `eks.services.k8s.aws`.
const CONTROLLER: Names = Names {
    arn: "principalARN",
    kind: "type",
    groups: "kubernetesGroups",
    user: "username",
    policies: "accessPolicies",
    policy: "policyARN",
    scope: "accessScope",
    scope_kind: "type",
    namespaces: "namespaces",
};
const EKSCTL: Names = Names { user: "kubernetesUsername", ..CONTROLLER };
const COMMAND: Names =
    Names { arn: "principalArn", policies: "associatedAccessPolicies", policy: "policyArn", ..CONTROLLER };
const TEMPLATE: Names = Names {
    arn: "PrincipalArn",
    kind: "Type",
    groups: "KubernetesGroups",
    user: "Username",
    policies: "AccessPolicies",
    policy: "PolicyArn",
    scope: "AccessScope",
    scope_kind: "Type",
    namespaces: "Namespaces",
};
const PLAN: Names = Names {
    arn: "principal_arn",
    kind: "type",
    groups: "kubernetes_groups",
    user: "user_name",
    policies: "",
    policy: "policy_arn",
    scope: "access_scope",
    scope_kind: "type",
    namespaces: "namespaces",
};

/// One entry, or what is said of one.
pub(crate) struct Entry<'o> {
    pub(crate) node: NodeRef<'o>,
    names: &'static Names,
    /// Not only its policies.
    pub(crate) whole: bool,
}

/// A policy of EKS that an entry has.
pub(crate) struct Policy<'o> {
    pub(crate) node: NodeRef<'o>,
    /// Its ARN, where it is written.
    pub(crate) arn: Option<NodeRef<'o>>,
    pub(crate) scope: Scope<'o>,
}

/// Where a policy holds.
pub(crate) enum Scope<'o> {
    Cluster,
    Namespaces(NodeRef<'o>, Vec<&'o str>),
    Unknown,
    /// A type that is none.
    Wrong(NodeRef<'o>),
}

/// A ServiceAccount that a role of AWS is given to.
pub(crate) struct Association<'o> {
    pub(crate) node: NodeRef<'o>,
    pub(crate) namespace: Option<&'o str>,
    pub(crate) account: Option<NodeRef<'o>>,
    pub(crate) role: Option<NodeRef<'o>>,
}

/// What kind of document it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Eksctl,
    Controller,
    Command,
    Template,
    Plan,
}

fn form(object: &Object) -> Option<Form> {
    match (group_of(object.api_version()), object.kind_name()) {
        ("eksctl.io", "ClusterConfig") => Some(Form::Eksctl),
        ("eks.services.k8s.aws", _) => Some(Form::Controller),
        ("aws.amazon.com", "CloudFormationTemplate") => Some(Form::Template),
        ("aws.amazon.com", "TerraformPlan") => Some(Form::Plan),
        ("aws.amazon.com", _) => Some(Form::Command),
        _ => None,
    }
}

/// Is anything in it about a cluster of EKS?
pub(crate) fn is_eks(object: &Object) -> bool {
    form(object).is_some()
}

/// A text that is one: not what an intrinsic function, a template or a variable makes.
pub(crate) fn plain(node: NodeRef<'_>) -> Option<&str> {
    let text = node.as_str().filter(|text| !text.is_empty() && !text.contains("${") && !text.contains("{{resolve:"))?;
    let source = node.document().source();
    let before = source.text().get(..node.span().start as usize).unwrap_or_default();
    // `!Ref Role`: the tag may belong to the node's text or lie before it.
    let line = before.rsplit('\n').next().unwrap_or_default();
    let tagged = line
        .split_whitespace()
        .next_back()
        .is_some_and(|word| word.trim_start_matches(['[', '{', ',']).starts_with('!'))
        || source.text().get(node.span().start as usize..).is_some_and(|rest| rest.starts_with('!'));
    (!tagged).then_some(text)
}

/// A field, where it is there and not null.
fn field<'a>(node: NodeRef<'a>, name: &str) -> Option<NodeRef<'a>> {
    node.get_str(name).map(|entry| entry.value()).filter(|value| !value.is_null())
}

fn items<'a>(node: NodeRef<'a>, name: &str) -> impl Iterator<Item = NodeRef<'a>> {
    field(node, name).into_iter().flat_map(|list| list.items())
}

fn at<'a>(node: NodeRef<'a>, path: &[&str]) -> Option<NodeRef<'a>> {
    path.iter().try_fold(node, |node, name| field(node, name))
}

/// Resources of a template or a plan of one type, as the nodes that hold their properties.
pub(crate) fn resources<'o>(object: &'o Object, template: &str, plan: &str) -> Vec<NodeRef<'o>> {
    let root = object.root();
    let mut found = Vec::new();
    match form(object) {
        Some(Form::Template) => {
            let resources = field(root, "Resources").into_iter().flat_map(|resources| resources.entries());
            for resource in resources.map(|entry| entry.value()) {
                if field(resource, "Type").and_then(|kind| kind.as_str()) == Some(template) {
                    found.extend(field(resource, "Properties"));
                }
            }
        }
        Some(Form::Plan) => {
            let mut modules: Vec<NodeRef<'_>> =
                ["planned_values", "values"].iter().filter_map(|name| at(root, &[name, "root_module"])).collect();
            while let Some(module) = modules.pop() {
                for resource in items(module, "resources") {
                    if field(resource, "type").and_then(|kind| kind.as_str()) == Some(plan) {
                        found.extend(field(resource, "values"));
                    }
                }
                modules.extend(items(module, "child_modules"));
            }
        }
        _ => {}
    }
    found
}

/// Access entries of a document.
pub(crate) fn entries(object: &Object) -> Vec<Entry<'_>> {
    let root = object.root();
    let entry = |names: &'static Names, whole: bool| move |node| Entry { node, names, whole };
    match form(object) {
        Some(Form::Eksctl) => {
            let list = at(root, &["accessConfig", "accessEntries"]);
            list.into_iter().flat_map(|list| list.items()).map(entry(&EKSCTL, true)).collect()
        }
        Some(Form::Controller) if object.kind_name() == "AccessEntry" => {
            field(root, "spec").into_iter().map(entry(&CONTROLLER, true)).collect()
        }
        Some(Form::Command) => match object.kind_name() {
            "AccessEntry" => field(root, "accessEntry").into_iter().map(entry(&COMMAND, true)).collect(),
            "AssociatedAccessPolicies" => vec![entry(&COMMAND, false)(root)],
            _ => Vec::new(),
        },
        Some(Form::Template) => {
            resources(object, "AWS::EKS::AccessEntry", "").into_iter().map(entry(&TEMPLATE, true)).collect()
        }
        Some(Form::Plan) => {
            let whole = resources(object, "", "aws_eks_access_entry").into_iter().map(entry(&PLAN, true));
            let parts = resources(object, "", "aws_eks_access_policy_association").into_iter();
            whole.chain(parts.map(entry(&PLAN, false))).collect()
        }
        _ => Vec::new(),
    }
}

impl<'o> Entry<'o> {
    /// Who it is about, where it is written.
    pub(crate) fn arn(&self) -> Option<(NodeRef<'o>, &'o str)> {
        let node = field(self.node, self.names.arn)?;
        plain(node).map(|text| (node, text))
    }

    /// Who it is about, for a message.
    pub(crate) fn who(&self) -> String {
        self.arn().map_or("somebody whom a variable names".to_owned(), |(_, arn)| format!("`{arn}`"))
    }

    /// `STANDARD`, or one of nodes.
    pub(crate) fn kind(&self) -> Option<(NodeRef<'o>, &'o str)> {
        let node = field(self.node, self.names.kind)?;
        plain(node).map(|text| (node, text))
    }

    /// The name in the cluster, where it is not left to EKS.
    pub(crate) fn username(&self) -> Option<(NodeRef<'o>, &'o str)> {
        let node = field(self.node, self.names.user)?;
        plain(node).map(|text| (node, text))
    }

    /// Is its name in the cluster known: written as a text, or left to EKS?
    pub(crate) fn has_plain_username(&self) -> bool {
        field(self.node, self.names.user).is_none_or(|node| plain(node).is_some())
    }

    /// Is its type known: written as a text, or left out?
    pub(crate) fn has_plain_kind(&self) -> bool {
        field(self.node, self.names.kind).is_none_or(|node| plain(node).is_some())
    }

    /// Its groups in the cluster.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (NodeRef<'o>, &'o str)> + use<'o> {
        items(self.node, self.names.groups).filter_map(|node| plain(node).map(|text| (node, text)))
    }

    /// Its policies.
    pub(crate) fn policies(&self) -> Vec<Policy<'o>> {
        let nodes: Vec<NodeRef<'o>> = match self.names.policies {
            "" => field(self.node, self.names.policy).map(|_| self.node).into_iter().collect(),
            name => items(self.node, name).collect(),
        };
        nodes.into_iter().map(|node| self.policy(node)).collect()
    }

    fn policy(&self, node: NodeRef<'o>) -> Policy<'o> {
        let arn = field(node, self.names.policy);
        let scope = field(node, self.names.scope);
        // Terraform has a list of one.
        let scope = scope.and_then(|scope| match scope.kind() {
            Kind::Sequence => scope.items().next(),
            _ => Some(scope),
        });
        let kind = scope.and_then(|scope| field(scope, self.names.scope_kind));
        let scope = match (scope, kind.and_then(plain), kind) {
            (_, Some("cluster"), _) => Scope::Cluster,
            (Some(scope), Some("namespace"), _) => {
                let list = field(scope, self.names.namespaces);
                let names = list.into_iter().flat_map(|list| list.items());
                Scope::Namespaces(list.unwrap_or(scope), names.filter_map(plain).collect())
            }
            (_, Some(_), Some(node)) => Scope::Wrong(node),
            _ => Scope::Unknown,
        };
        Policy { node, arn, scope }
    }
}

impl<'o> Policy<'o> {
    /// The name in its ARN.
    pub(crate) fn name(&self) -> Option<&'o str> {
        plain(self.arn?)?.rsplit_once(":cluster-access-policy/").map(|(_, name)| name)
    }
}

/// A policy of EKS that an identity of AWS has: a right beside RBAC.
pub struct Grant<'o> {
    /// Who, where it is written.
    pub principal: Option<&'o str>,
    /// The name of the policy: `AmazonEKSViewPolicy`.
    pub policy: &'o str,
    /// Namespaces and patterns (`dev-*`) that it is limited to; none where it holds everywhere.
    pub namespaces: Vec<&'o str>,
    /// Where it is written.
    pub node: NodeRef<'o>,
}

/// Associations of Pod Identity in a document.
pub(crate) fn associations(object: &Object) -> Vec<Association<'_>> {
    let root = object.root();
    let of = |node, namespace: &str, account: &str, role: &str| Association {
        node,
        namespace: field(node, namespace).and_then(plain),
        account: field(node, account).filter(|node| plain(*node).is_some()),
        role: field(node, role).filter(|node| plain(*node).is_some()),
    };
    match form(object) {
        Some(Form::Eksctl) => {
            let list = at(root, &["iam", "podIdentityAssociations"]);
            let list = list.into_iter().flat_map(|list| list.items());
            list.map(|node| of(node, "namespace", "serviceAccountName", "roleARN")).collect()
        }
        Some(Form::Controller) if object.kind_name() == "PodIdentityAssociation" => {
            let spec = field(root, "spec").into_iter();
            spec.map(|node| of(node, "namespace", "serviceAccount", "roleARN")).collect()
        }
        Some(Form::Command) if object.kind_name() == "PodIdentityAssociation" => {
            let association = field(root, "association").into_iter();
            association.map(|node| of(node, "namespace", "serviceAccount", "roleArn")).collect()
        }
        Some(Form::Template) => {
            let found = resources(object, "AWS::EKS::PodIdentityAssociation", "").into_iter();
            found.map(|node| of(node, "Namespace", "ServiceAccount", "RoleArn")).collect()
        }
        Some(Form::Plan) => {
            let found = resources(object, "", "aws_eks_pod_identity_association").into_iter();
            found.map(|node| of(node, "namespace", "service_account", "role_arn")).collect()
        }
        _ => Vec::new(),
    }
}

/// An identity of AWS that is mapped as `aws-auth` maps them.
pub(crate) struct Mapping<'o> {
    pub(crate) arn: Option<(NodeRef<'o>, &'o str)>,
    pub(crate) username: Option<(NodeRef<'o>, &'o str)>,
    pub(crate) groups: Vec<(NodeRef<'o>, &'o str)>,
    /// A whole account.
    pub(crate) account: Option<(NodeRef<'o>, &'o str)>,
}

impl Mapping<'_> {
    /// Does it name nodes, as the Node authorizer knows them?
    pub(crate) fn is_node(&self) -> bool {
        self.username.is_some_and(|(_, name)| name.starts_with("system:node:"))
    }
}

/// The mappings of a document: `IAMIdentityMapping` of aws-iam-authenticator, and those that eksctl writes into `aws-auth`.
pub(crate) fn mappings(object: &Object) -> Vec<Mapping<'_>> {
    let root = object.root();
    let nodes: Vec<NodeRef<'_>> = match (group_of(object.api_version()), object.kind_name()) {
        ("iamauthenticator.k8s.aws", "IAMIdentityMapping") => field(root, "spec").into_iter().collect(),
        ("eksctl.io", "ClusterConfig") => items(root, "iamIdentityMappings").collect(),
        _ => Vec::new(),
    };
    let text = |node, name: &str| {
        let node = field(node, name)?;
        plain(node).map(|text| (node, text))
    };
    let mapping = |node| Mapping {
        arn: text(node, "arn"),
        username: text(node, "username"),
        groups: items(node, "groups").filter_map(|node| plain(node).map(|text| (node, text))).collect(),
        account: text(node, "account"),
    };
    nodes.into_iter().map(mapping).collect()
}

/// The authentication modes that a document gives clusters: `API`, `API_AND_CONFIG_MAP` or `CONFIG_MAP`.
pub(crate) fn modes(object: &Object) -> Vec<(NodeRef<'_>, &str)> {
    let root = object.root();
    let nodes: Vec<Option<NodeRef<'_>>> = match form(object) {
        Some(Form::Eksctl) => vec![at(root, &["accessConfig", "authenticationMode"])],
        Some(Form::Controller) if object.kind_name() == "Cluster" => {
            vec![at(root, &["spec", "accessConfig", "authenticationMode"])]
        }
        Some(Form::Command) => vec![at(root, &["cluster", "accessConfig", "authenticationMode"])],
        Some(Form::Template) => {
            let clusters = resources(object, "AWS::EKS::Cluster", "").into_iter();
            clusters.map(|node| at(node, &["AccessConfig", "AuthenticationMode"])).collect()
        }
        Some(Form::Plan) => {
            let clusters = resources(object, "", "aws_eks_cluster").into_iter();
            let config = clusters.map(|node| items(node, "access_config").next());
            config.map(|config| field(config?, "authentication_mode")).collect()
        }
        _ => Vec::new(),
    };
    nodes.into_iter().flatten().filter_map(|node| plain(node).map(|mode| (node, mode))).collect()
}
