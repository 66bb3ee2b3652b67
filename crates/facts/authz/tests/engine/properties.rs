//! What holds for every world.

use crate::reference;
use ironclad_authz::{Column, Matrix, Options, PolicyRule, SubjectKind, User, World, breakdown, covers};
use ironclad_testkit::{is_full_run, snapshot};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Requests of an ordinary run; the long one asks 120,000.
fn cases(requests: usize) -> u32 {
    let wanted = if is_full_run() { 120_000 } else { 12_000 };
    (wanted / requests) as u32
}

const REQUESTS: usize = 40;

fn world_of(world: &reference::World) -> World {
    World::of(&snapshot("world.yaml", &world.yaml()), &Options::default())
}

fn run<S: Strategy>(cases: u32, strategy: &S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new(config).run(strategy, test).unwrap();
}

#[test]
fn the_engine_agrees_with_the_obvious_evaluator() {
    let asked = prop::collection::vec((reference::user(), reference::request()), REQUESTS);
    run(cases(REQUESTS), &(reference::world(), asked), |(plain, asked)| {
        let world = world_of(&plain);
        prop_assert!(world.invalid().is_empty(), "{:?}", world.invalid());
        for (user, request) in asked {
            let via = plain.via(&user, &request);
            let decision = world.decide(&user, &request);
            prop_assert_eq!(&decision.via(&world), &via, "{:?} {:?}\n{}", user, request, plain.yaml());
            prop_assert_eq!(world.allows(&user, &request), !via.is_empty());
            for proof in &decision.proofs {
                prop_assert!(world.rule_of(proof.role, proof.rule).allows(&request), "a proof that proves nothing");
            }
        }
        Ok(())
    });
}

/// The user that is exactly this subject.
fn as_user(world: &World, subject: ironclad_authz::SubjectId) -> User {
    match world.subject(subject).kind() {
        SubjectKind::Group => User::literal("", &[world.principal(subject)]),
        _ => User::literal(world.principal(subject), &[]),
    }
}

#[test]
fn who_can_lists_exactly_those_who_can() {
    let asked = prop::collection::vec(reference::request(), REQUESTS);
    run(cases(REQUESTS * 4), &(reference::world(), asked), |(plain, asked)| {
        let world = world_of(&plain);
        for request in asked {
            let who = world.who_can(&request);
            for subject in world.subject_ids() {
                let user = as_user(&world, subject);
                // As a subject, the ServiceAccount and its user name are two; as a user they are one.
                let decision = world.decide(&user, &request);
                let own = decision.proofs.iter().any(|proof| proof.subject == subject)
                    || who.subjects.contains(&subject) && decision.allowed;
                prop_assert_eq!(
                    who.subjects.contains(&subject),
                    own && !decision.bypass || {
                        decision.bypass && world.bindings_of(subject).any(|b| who.bindings.contains(&b))
                    },
                    "{:?} {}",
                    request,
                    world.subject_label(subject)
                );
                for proof in world.proofs_for(&who, subject, &request) {
                    prop_assert!(world.rule_of(proof.role, proof.rule).allows(&request));
                }
            }
        }
        Ok(())
    });
}

#[test]
fn the_matrix_agrees_with_single_questions() {
    let verbs = ["get", "list", "create", "delete", "impersonate"];
    let mut columns = Vec::new();
    for (group, resource, subresource) in
        [("", "pods", ""), ("", "pods", "exec"), ("apps", "deployments", ""), ("apps", "deployments", "scale")]
    {
        for name in ["", "x"] {
            let [group, resource, subresource, name] = [group, resource, subresource, name].map(str::to_owned);
            columns.push(Column { group, resource, subresource, name });
        }
    }
    let users = prop::collection::vec(reference::user(), 6);
    run(cases(6 * columns.len() * verbs.len()), &(reference::world(), users), |(plain, users)| {
        let world = world_of(&plain);
        for namespace in ["", "a"] {
            let users: Vec<User> = users.iter().filter(|u| !u.is_in(ironclad_authz::MASTERS)).cloned().collect();
            let matrix: Matrix = world.matrix_of_users(&users, &columns, &verbs, namespace);
            for (row, user) in users.iter().enumerate() {
                for (index, column) in columns.iter().enumerate() {
                    let cell = matrix.cell(row, index);
                    for (bit, verb) in verbs.iter().enumerate() {
                        let request = ironclad_authz::Request::resource(verb, &column.group, &column.resource)
                            .subresource(&column.subresource)
                            .named(&column.name)
                            .within(namespace);
                        let allowed = world.allows(user, &request);
                        prop_assert_eq!(cell.yes & 1 << bit != 0, allowed, "{:?} {:?}", user, request);
                        if cell.partial & 1 << bit != 0 {
                            prop_assert!(!allowed, "both whole and partial");
                        }
                    }
                }
            }
        }
        Ok(())
    });
}

/// One more binding never takes a right away.
#[test]
fn more_bindings_are_more_rights() {
    let asked = prop::collection::vec((reference::user(), reference::request()), REQUESTS);
    run(cases(REQUESTS * 4), &(reference::world(), asked), |(plain, asked)| {
        let all = world_of(&plain);
        let mut fewer = plain.clone();
        fewer.bindings.pop();
        let fewer = world_of(&fewer);
        for (user, request) in asked {
            prop_assert!(!fewer.allows(&user, &request) || all.allows(&user, &request));
        }
        Ok(())
    });
}

/// Who covers a set of rules may do all that it allows; the atoms of a rule allow what the rule does.
#[test]
fn what_is_covered_is_allowed() {
    let asked = prop::collection::vec(reference::request(), REQUESTS);
    run(cases(REQUESTS), &(reference::world(), reference::world(), asked), |(owner, wanted, asked)| {
        let rules = |plain: &reference::World| -> Vec<PolicyRule> {
            let world = world_of(plain);
            world.role_ids().flat_map(|role| world.rules_of(role)).collect()
        };
        let (owner, wanted) = (rules(&owner), rules(&wanted));
        let missing = covers(&owner, &wanted);
        let allows = |rules: &[PolicyRule], request| rules.iter().any(|rule| rule.allows(request));
        let atoms: Vec<PolicyRule> = wanted.iter().flat_map(breakdown).collect();
        for request in &asked {
            prop_assert_eq!(allows(&wanted, request), allows(&atoms, request));
            // Each atom on its own: covered and allowed to the servant means allowed to the owner.
            for atom in atoms.iter().filter(|atom| !missing.contains(atom) && atom.allows(request)) {
                prop_assert!(allows(&owner, request), "{} covers {} and denies {:?}", owner.len(), atom, request);
            }
        }
        Ok(())
    });
}
