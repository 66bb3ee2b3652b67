//! What fuzzers found once is tried on every run: each file of `fuzz/corpus` goes through its target.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test")]

#[path = "../../../fuzz/targets.rs"]
mod targets;

fn replay(name: &str, target: fn(&[u8])) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus");
    let mut files: Vec<_> =
        std::fs::read_dir(format!("{folder}/{name}")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 4, "the corpus of {name} is too small to mean anything");
    for file in files {
        target(&std::fs::read(file).unwrap());
    }
}

#[test]
fn documents() {
    replay("document", targets::document);
}

#[test]
fn messages_of_editors() {
    replay("lsp", targets::lsp);
}

#[test]
fn quantities() {
    replay("quantity", targets::quantity);
}

#[test]
fn match_conditions() {
    replay("match_condition", targets::match_condition);
}

#[test]
fn abac_policies() {
    replay("abac", targets::abac);
}

#[test]
fn image_references() {
    replay("image_reference", targets::image_reference);
}

#[test]
fn files_of_peers() {
    replay("peers", targets::peers);
}

#[test]
fn configurations() {
    replay("config", targets::config);
}

#[test]
fn schemas_of_custom_kinds() {
    replay("schema", targets::schema);
}

#[test]
fn schedules() {
    replay("schedule", targets::schedule);
}

#[test]
fn calico_selectors() {
    replay("calico_selector", targets::calico_selector);
}

#[test]
fn leaks() {
    replay("leak", targets::leak);
}

#[test]
fn charts() {
    replay("chart", targets::chart);
}

#[test]
fn variables() {
    replay("substitute", targets::substitute);
}

#[test]
fn patches() {
    replay("patch", targets::patch);
}

#[test]
fn kustomizations() {
    replay("kustomization", targets::kustomization);
}

/// The seeds with pieces cut, doubled, swapped and taken from each other: what a fuzzer would begin with.
#[test]
fn kustomizations_cut_and_mixed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/kustomization");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let seeds: Vec<Vec<u8>> = paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect();
    let mut dice = ironclad_testkit::oracle::Dice::new(11);
    let times = if ironclad_testkit::is_full_run() { 20_000 } else { 400 };
    for _ in 0..times {
        let mut bytes = dice.pick(&seeds).clone();
        for _ in 0..=dice.below(4) {
            let at = dice.below(bytes.len());
            let end = (at + 1 + dice.below(24)).min(bytes.len());
            match dice.below(5) {
                0 => drop(bytes.drain(at..end)),
                1 => {
                    let piece = bytes[at..end].to_vec();
                    let to = dice.below(bytes.len());
                    bytes.splice(to..to, piece);
                }
                2 => bytes[at] = b"\0 \n:-{}[]&*$'\"#|>a1/"[dice.below(20)],
                3 => {
                    let other = dice.pick(&seeds);
                    let from = dice.below(other.len());
                    let piece = other[from..(from + dice.below(80)).min(other.len())].to_vec();
                    bytes.splice(at..end, piece);
                }
                _ => bytes.truncate(end),
            }
            if bytes.is_empty() {
                break;
            }
        }
        targets::kustomization(&bytes);
    }
}

#[test]
fn chart_archives() {
    replay("chart_archive", targets::archive);
}

#[test]
fn audit_logs() {
    replay("audit", targets::audit);
}

#[test]
fn certificates() {
    replay("certificate", targets::certificate);
}

#[test]
fn fixes() {
    replay("fix", targets::fix);
}

/// Every kind of edit at every place of the small seeds: what a fuzzer would begin with.
#[test]
fn fixes_everywhere() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/fix");
    for entry in std::fs::read_dir(folder).unwrap() {
        let mut bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for how in 0..64 {
            for place in (0..=255).step_by(5) {
                bytes[0] = how;
                bytes[1] = place;
                targets::fix(&bytes);
            }
        }
    }
}

#[test]
fn snapshots() {
    replay("snapshot", targets::snapshot);
}

#[test]
fn helm_records() {
    replay("helm_record", targets::helm_record);
}
