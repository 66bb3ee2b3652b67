//! What fields the two files have, and of which type: the API server decodes them strictly, so that one wrong field, or
//! one that it does not know, is the end of the whole file (k8s.io/apiserver `pkg/apis/apiserver/v1`, of 1.37).

use super::File;
use ironclad_check::Cx;
use ironclad_model::Object;
use ironclad_tree::{Kind, NodeRef, describe};

/// The type of a field.
enum Shape {
    Text,
    Flag,
    List(&'static Shape),
    Fields(&'static [(&'static str, Shape)]),
}

use Shape::{Fields, Flag, List, Text};

const TEXTS: Shape = List(&Text);
const VALUE: Shape = Fields(&[("claim", Text), ("prefix", Text), ("expression", Text)]);

const JWT: Shape = Fields(&[
    (
        "issuer",
        Fields(&[
            ("url", Text),
            ("discoveryURL", Text),
            ("certificateAuthority", Text),
            ("audiences", TEXTS),
            ("audienceMatchPolicy", Text),
            ("egressSelectorType", Text),
        ]),
    ),
    (
        "claimValidationRules",
        List(&Fields(&[("claim", Text), ("requiredValue", Text), ("expression", Text), ("message", Text)])),
    ),
    (
        "claimMappings",
        Fields(&[
            ("username", VALUE),
            ("groups", VALUE),
            ("uid", Fields(&[("claim", Text), ("expression", Text)])),
            ("extra", List(&Fields(&[("key", Text), ("valueExpression", Text)]))),
        ]),
    ),
    ("userValidationRules", List(&Fields(&[("expression", Text), ("message", Text)]))),
]);

const AUTHENTICATION: Shape = Fields(&[
    ("apiVersion", Text),
    ("kind", Text),
    ("jwt", List(&JWT)),
    ("anonymous", Fields(&[("enabled", Flag), ("conditions", List(&Fields(&[("path", Text)])))])),
]);

const WEBHOOK: Shape = Fields(&[
    ("authorizedTTL", Text),
    ("cacheAuthorizedRequests", Flag),
    ("unauthorizedTTL", Text),
    ("cacheUnauthorizedRequests", Flag),
    ("timeout", Text),
    ("subjectAccessReviewVersion", Text),
    ("matchConditionSubjectAccessReviewVersion", Text),
    ("failurePolicy", Text),
    ("connectionInfo", Fields(&[("type", Text), ("kubeConfigFile", Text)])),
    ("matchConditions", List(&Fields(&[("expression", Text)]))),
]);

const AUTHORIZATION: Shape = Fields(&[
    ("apiVersion", Text),
    ("kind", Text),
    ("authorizers", List(&Fields(&[("type", Text), ("name", Text), ("webhook", WEBHOOK)]))),
]);

/// Versions of the files that a server of today takes.
const VERSIONS: [&str; 3] = ["v1", "v1beta1", "v1alpha1"];

/// Reports fields that the server does not know or that have a wrong type, and versions that it does not know.
pub(crate) fn judge(file: File, object: &Object, cx: &mut Cx<'_>) {
    let root = object.root();
    let version = object.api_version().rsplit('/').next().unwrap_or_default();
    if !VERSIONS.contains(&version)
        && let Some(entry) = root.get_str("apiVersion")
    {
        cx.find(entry.value(), format!("the API server knows no version \"{version}\" of {}", object.kind_name()))
            .label(format!("one of {}", VERSIONS.join(", ")));
    }
    let shape = match file {
        File::Authentication => &AUTHENTICATION,
        File::Authorization => &AUTHORIZATION,
    };
    walk(shape, root, "", cx);
}

fn walk(shape: &Shape, node: NodeRef<'_>, name: &str, cx: &mut Cx<'_>) {
    // Nothing is the zero value of any type.
    if node.is_null() {
        return;
    }
    let (fits, wanted) = match shape {
        Text => (node.as_str().is_some(), "a text"),
        Flag => (node.as_bool().is_some(), "true or false"),
        List(_) => (node.kind() == Kind::Sequence, "a list"),
        Fields(_) => (node.kind() == Kind::Mapping, "an object"),
    };
    if !fits {
        let what = if name.is_empty() { "the file".to_owned() } else { format!("`{name}`") };
        cx.find(node, format!("{what} is {}, not {wanted}", describe(node)))
            .label("the API server does not read the rest of the file either");
        return;
    }
    match shape {
        List(shape) => {
            for (index, item) in node.items().enumerate() {
                walk(shape, item, &format!("{name}[{index}]"), cx);
            }
        }
        Fields(fields) => {
            for entry in node.entries() {
                let path = if name.is_empty() { entry.key().to_owned() } else { format!("{name}.{}", entry.key()) };
                match fields.iter().find(|(field, _)| *field == entry.key()) {
                    Some((_, shape)) => walk(shape, entry.value(), &path, cx),
                    None => unknown(fields, entry.key(), entry.value(), &path, cx),
                }
            }
        }
        Text | Flag => {}
    }
}

fn unknown(fields: &[(&str, Shape)], key: &str, value: NodeRef<'_>, path: &str, cx: &mut Cx<'_>) {
    // Names are compared letter by letter.
    let same = fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(key));
    let label = match same {
        Some((field, _)) => format!("it is written `{field}`"),
        None => format!("it knows {}", fields.iter().map(|(field, _)| *field).collect::<Vec<_>>().join(", ")),
    };
    cx.find(value, format!("the API server knows no field `{path}`")).label(label);
}
