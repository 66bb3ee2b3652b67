//! `rbac/sa-cloud-identity-malformed`

use crate::aws_auth::{Arn, arn};
use crate::cloud::{AWS_ROLE, AZURE_CLIENT, GOOGLE_ACCOUNT, annotation};
use ironclad_check::{Cx, Meta};
use ironclad_model::{Kind, Object, Severity};

pub(super) static META: Meta = Meta {
    id: "rbac/sa-cloud-identity-malformed",
    title: "annotation that names no identity of the cloud",
    severity: Severity::Medium,
    reads: &[Kind::SERVICE_ACCOUNT],
    tags: &["mitre:T1078"],
    page: include_str!("sa_cloud_identity_malformed.md"),
    ..Meta::DEFAULT
};

/// Annotation, what its value must be, an example, and the test.
type Form = (&'static str, &'static str, &'static str, fn(&str) -> bool);

const FORMS: &[Form] = &[
    (AWS_ROLE, "the ARN of a role", "arn:aws:iam::111122223333:role/web", is_role),
    (
        GOOGLE_ACCOUNT,
        "the address of a Google service account",
        "web@project.iam.gserviceaccount.com",
        is_google_account,
    ),
    (AZURE_CLIENT, "a client id", "00000000-0000-0000-0000-000000000000", is_uuid),
    ("azure.workload.identity/tenant-id", "a tenant id", "00000000-0000-0000-0000-000000000000", is_uuid),
];

pub(super) fn check(object: &Object, cx: &mut Cx<'_>) {
    for (key, what, example, is_one) in FORMS {
        let Some((value, text)) = annotation(object, key) else { continue };
        // `${…}` is filled in before the file is applied.
        if !text.contains("${") && !is_one(text) {
            let message = format!("`{text}` is not {what}: pods of \"{}\" get nothing for it", object.name());
            cx.find(value, message).label(format!("such as `{example}`"));
        }
    }
}

fn is_role(text: &str) -> bool {
    matches!(arn(text).0, Arn::Role { name, .. } if !name.is_empty() && !name.contains(['*', '?', ' ']))
}

fn is_google_account(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else { return false };
    let project = domain.strip_suffix("gserviceaccount.com").and_then(|rest| rest.strip_suffix('.'));
    !name.is_empty() && project.is_some_and(|project| !project.is_empty() && !project.contains(['@', ' ']))
}

fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}
