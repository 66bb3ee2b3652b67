//! `rbac/sa-cloud-identity`

use crate::cloud::{AWS_ROLE, BRIDGES, GOOGLE_ACCOUNT, annotation};
use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity};

pub(super) static META: Meta = Meta {
    id: "rbac/sa-cloud-identity",
    title: "ServiceAccount that is an identity in the cloud",
    severity: Severity::Info,
    reads: &[Kind::SERVICE_ACCOUNT],
    tags: &["mitre:T1078"],
    page: include_str!("sa_cloud_identity.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    for (key, what) in BRIDGES {
        let Some((value, name)) = annotation(object, key) else { continue };
        let message = format!("ServiceAccount \"{}\" is the {what} `{name}`", object.name());
        // Every pod of the namespace that names no account runs as `default`.
        if object.name() == "default" {
            cx.find(value, message)
                .severity(Severity::Medium)
                .label("every pod that names no ServiceAccount has that identity");
        } else {
            cx.find(value, message).label(worth_knowing(key));
        }
    }
}

/// What follows from an annotation.
fn worth_knowing(key: &str) -> &'static str {
    match key {
        AWS_ROLE => {
            "whoever may run pods as it or create its tokens has the role; its trust policy must name this namespace and \
             account with StringEquals"
        }
        GOOGLE_ACCOUNT => "whoever may run pods as it or create its tokens has the rights of the Google account",
        _ => "whoever may run pods as it or create its tokens has the application's rights",
    }
}
