//! The roles that the API server makes by itself.

use ironclad_authz::{Defaults, NEWEST, OLDEST, Options, Request, User, World};
use ironclad_testkit::snapshot;

fn world(text: &str, defaults: Defaults) -> World {
    World::of(&snapshot("a.yaml", text), &Options { defaults, ..Options::default() })
}

const BOUND: &str = "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b, namespace: shop}\nroleRef: {kind: ClusterRole, name: ROLE}\nsubjects: [{kind: User, name: eve}]\n";

#[test]
fn built_in_roles_resolve() {
    for version in OLDEST..=NEWEST {
        let can = |role: &str, request: &Request| {
            let world = world(&BOUND.replace("ROLE", role), Defaults::Roles(version));
            world.allows(&User::implied("eve", &[]), request)
        };
        let secrets = Request::resource("get", "", "secrets").within("shop");
        let pods = Request::resource("list", "", "pods").within("shop");
        assert!(can("view", &pods) && can("edit", &pods) && can("admin", &pods), "1.{version}");
        assert!(!can("view", &secrets) && can("edit", &secrets) && can("admin", &secrets), "1.{version}");
        let impersonate = Request::resource("impersonate", "", "serviceaccounts").within("shop");
        assert!(can("edit", &impersonate) && !can("view", &impersonate), "1.{version}");
        let roles = Request::resource("create", "rbac.authorization.k8s.io", "roles").within("shop");
        assert!(can("admin", &roles) && !can("edit", &roles), "1.{version}");
        assert!(can("cluster-admin", &roles));
        assert!(!can("gone", &pods));
    }
}

#[test]
fn default_bindings_join_when_asked_for() {
    let anonymous = User::implied("system:anonymous", &[]);
    let version = Request::path("get", "/version");
    assert!(!world("kind: List\nitems: []\n", Defaults::Roles(NEWEST)).allows(&anonymous, &version));
    let all = world("kind: List\nitems: []\n", Defaults::All(NEWEST));
    assert!(all.allows(&anonymous, &version));
    assert!(!all.allows(&anonymous, &Request::path("get", "/metrics")));
    let scheduler = User::implied("system:kube-scheduler", &[]);
    assert!(all.allows(&scheduler, &Request::resource("create", "", "pods").subresource("binding").within("a")));
    assert!(all.dangling().is_empty());
}

#[test]
fn a_role_of_the_user_extends_a_built_in_one() {
    let extra = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: more, labels: {rbac.authorization.k8s.io/aggregate-to-view: 'true'}}\nrules: [{verbs: [get], apiGroups: [example.com], resources: [widgets]}]\n---\n";
    let text = format!("{extra}{}", BOUND.replace("ROLE", "admin"));
    let world = world(&text, Defaults::Roles(NEWEST));
    let widgets = Request::resource("get", "example.com", "widgets").within("shop");
    let eve = User::implied("eve", &[]);
    let decision = world.decide(&eve, &widgets);
    assert!(decision.allowed);
    let proof = decision.proofs[0];
    assert_eq!(world.role_label(world.rule_source(proof.role, proof.rule).0), "ClusterRole/more");
}
