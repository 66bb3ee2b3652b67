//! `workload/default-service-account`

use ironclad_check::{Cx, FixKind, Meta, Param, ParamDefault};
use ironclad_model::{Kind, Safety, Severity};
use ironclad_model::{Object, Spot};
use ironclad_pod::Automount;
use ironclad_pod::{automount, names_its_account, service_account};
use ironclad_tree::f;
use ironclad_views::Pod;

pub(super) static META: Meta = Meta {
    id: "workload/default-service-account",
    title: "pod runs as the default ServiceAccount",
    severity: Severity::Medium,
    reads: &[Kind::ANY_POD, Kind::SERVICE_ACCOUNT],
    joins: true,
    tags: &["cis:5.1.5"],
    params: &[Param {
        name: "strict",
        default: ParamDefault::Bool(false),
        doc: "Report the default ServiceAccount without its token too, and the account itself where it gives its token away.",
    }],
    fix: FixKind::Safe,
    page: include_str!("default_service_account.md"),
    ..Meta::DEFAULT
};

pub(super) fn check(pod: &Pod<'_>, cx: &mut Cx<'_>) {
    if !names_its_account(pod) {
        return;
    }
    let account = service_account(pod);
    if account.name != "default" {
        return;
    }
    let object = cx.named(Kind::SERVICE_ACCOUNT, pod.object.namespace(), "default");
    let mounted = automount(pod, object).is_some_and(Automount::is_on);
    if mounted {
        let strict = cx.strict();
        let finder = cx
            .find(account.field, "pod runs as the default ServiceAccount, with its token")
            .label("rights that are given to it reach every such pod of the namespace");
        // Where the account itself is not accepted, taking its token away is not enough.
        if !strict {
            let field = pod.spec.automount_service_account_token();
            finder.fix_set("set `automountServiceAccountToken: false`", Safety::Safe, field, "false");
        }
    } else if cx.strict() {
        cx.find(account.field, "pod runs as the default ServiceAccount").severity(Severity::Low);
    }
}

/// The account itself, for who wants it to give its token to nobody who does not ask.
pub(super) fn check_object(account: &Object, cx: &mut Cx<'_>) {
    let field = Spot::at(account.root()).field(f::AUTOMOUNT_SERVICE_ACCOUNT_TOKEN);
    let off = field.node().is_some_and(|node| node.as_bool() == Some(false));
    if account.name() == "default" && cx.strict() && !off {
        cx.find(field, "the default ServiceAccount gives its token to every pod that names no other")
            .severity(Severity::Low)
            .fix_set("set `automountServiceAccountToken: false`", Safety::Safe, field, "false");
    }
}
