//! `bench render`: a chart of 100 templates, rendered and judged by ironclad, and rendered by `helm template`.
//!
//! A run takes some ten milliseconds, and the kernel counts processor time in ticks as long: so a figure is that of a
//! batch of runs, divided. The programs take turns, so that whatever else the machine does is shared; the first batch
//! warms files and caches and counts for nothing.

use super::{HELM, figures_of, generate_chart, median, release, runs, spread};
use crate::{root, say};
use anyhow::Result;

/// Runs of a batch.
const BATCH: usize = 10;
const TEMPLATES: usize = 100;

struct Subject {
    name: &'static str,
    command: Vec<String>,
    wall: Vec<f64>,
    cpu: Vec<f64>,
    memory: Vec<f64>,
}

pub(super) fn run() -> Result<()> {
    let chart = root().join("target/bench/chart");
    generate_chart(&chart, TEMPLATES)?;
    let chart = chart.display().to_string();
    let ironclad = release()?.display().to_string();
    let own = |words: &[&str]| -> Vec<String> {
        [ironclad.as_str()]
            .iter()
            .chain(words)
            .chain(&[chart.as_str(), "--no-config"])
            .map(|w| (*w).to_owned())
            .collect()
    };
    let mut subjects = vec![
        subject("ironclad render", own(&["render"])),
        subject("ironclad scan", own(&["scan", "--format", "json", "--fail-on", "never"])),
    ];
    match HELM.program() {
        Ok(program) => subjects.push(subject("helm template", HELM.command(&program, &chart))),
        Err(why) => say(&format!("helm template: {why}")),
    }
    let load = fs_err::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?").to_owned();
    for number in 0..=runs() {
        for subject in &mut subjects {
            let script = format!("i=0; while [ $i -lt {BATCH} ]; do \"$@\" > /dev/null || exit; i=$((i+1)); done");
            let mut command = vec!["sh".to_owned(), "-c".to_owned(), script, "sh".to_owned()];
            command.extend(subject.command.iter().cloned());
            let [wall, cpu, memory] = figures_of(&command)?;
            if number > 0 {
                subject.wall.push(1000.0 * wall / BATCH as f64);
                subject.cpu.push(1000.0 * cpu / BATCH as f64);
                subject.memory.push(memory);
            }
        }
        // Whoever was first is last.
        subjects.rotate_left(1);
    }
    subjects.sort_by_key(|subject| subject.name == "helm template");
    say(&format!(
        "A chart of {TEMPLATES} templates, {} batches of {BATCH} runs each, in turns; load at the start {load}. Median \
         (least–most).",
        runs()
    ));
    say("");
    say("| command | wall ms | CPU ms | memory MB |");
    say("|---|---|---|---|");
    for subject in &subjects {
        let (wall, cpu) = (spread(&subject.wall, 1), spread(&subject.cpu, 1));
        say(&format!("| {} | {wall} | {cpu} | {} |", subject.name, spread(&subject.memory, 0)));
    }
    if let Some((helm, own)) = subjects.split_last().filter(|(helm, _)| helm.name == "helm template") {
        say("");
        for subject in own {
            let times = |of: fn(&Subject) -> &Vec<f64>| median(of(helm)) / median(of(subject));
            say(&format!(
                "helm template takes {:.1} times the wall time and {:.1} times the processor time of {}",
                times(|s| &s.wall),
                times(|s| &s.cpu),
                subject.name
            ));
        }
    }
    Ok(())
}

fn subject(name: &'static str, command: Vec<String>) -> Subject {
    Subject { name, command, wall: Vec::new(), cpu: Vec::new(), memory: Vec::new() }
}
