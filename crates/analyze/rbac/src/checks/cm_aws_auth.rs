//! `rbac/cm-aws-auth`

use crate::eks::is_eks;
use crate::risk::{CHANGE, Named, Need, Risk, report};
use ironclad_check::{Cx, Meta, Profile};
use ironclad_model::{Kind, Severity};

pub(super) static META: Meta = Meta {
    id: "rbac/cm-aws-auth",
    title: "the map of cloud identities may be changed",
    severity: Severity::Critical,
    profile: Profile::CrossObject,
    reads: &[
        Kind::ROLE,
        Kind::CLUSTER_ROLE,
        Kind::ROLE_BINDING,
        Kind::CLUSTER_ROLE_BINDING,
        Kind::CONFIG_MAP,
        Kind::OTHER,
    ],
    tags: &["mitre:T1098.006"],
    page: include_str!("cm_aws_auth.md"),
    ..Meta::DEFAULT
};

pub(super) static RISK: Risk = Risk {
    needs: &[Need::reaching(CHANGE, &[("", "configmaps")], &["kube-system"], &["aws-auth"])],
    cluster: Severity::Critical,
    namespace: Severity::Critical,
    what: "map any AWS identity to `system:masters`",
    named: Named::Lower,
};

/// Where nothing says that it is EKS, only a rule that names the object.
pub(super) static NAMED: Risk = Risk {
    needs: &[Need::reaching(CHANGE, &[("", "configmaps")], &["kube-system"], &["aws-auth"])],
    cluster: Severity::Critical,
    namespace: Severity::Critical,
    what: "map any AWS identity to `system:masters`",
    named: Named::Only,
};

pub(super) fn check(cx: &mut Cx<'_>) {
    let eks = cx.objects(Kind::CONFIG_MAP).iter().any(|map| map.name() == "aws-auth")
        || cx.objects(Kind::OTHER).into_iter().any(is_eks);
    report(cx, if eks { &RISK } else { &NAMED });
}
