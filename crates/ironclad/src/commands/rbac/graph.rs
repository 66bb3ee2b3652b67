//! `ironclad rbac graph`: subjects → bindings → roles with their rules, for Graphviz, Mermaid, GraphML readers, browsers.

use super::graph_html;
use super::graph_model::{Filter, Graph, Node, NodeKind, graph};
use super::live::Asked;
use super::lookup::regex;
use super::session::{Session, Setting, from};
use super::show::{self, escape};
use crate::args::Global;
use crate::args::rbac::Graph as Arguments;
use crate::exit::Exit;
use crate::output;
use ironclad_model::{Kind, Severity};
use serde_json::json;

/// Most rules and members that a label shows.
const LINES: usize = 6;

/// What makes pods, as far as a cluster is asked for it.
pub(super) const PODS: [Kind; 8] = [
    Kind::POD,
    Kind::REPLICA_SET,
    Kind::DEPLOYMENT,
    Kind::STATEFUL_SET,
    Kind::DAEMON_SET,
    Kind::JOB,
    Kind::CRON_JOB,
    Kind::SERVICE_ACCOUNT,
];

/// Draws.
pub(crate) fn run(arguments: &Arguments, global: &Global) -> anyhow::Result<Exit> {
    let target = show::target(&arguments.output, &["dot", "mermaid", "graphml", "html", "json"])?;
    let from = from(&arguments.input, &arguments.paths, "`ironclad rbac graph -o rbac.html rbac/`")?;
    let namespace = arguments.namespace.as_deref();
    let mut spaces: Vec<&str> = arguments.include_namespaces.iter().map(String::as_str).collect();
    spaces.extend(namespace);
    let draws_pods = arguments.pods || arguments.include_pods_only;
    let needed: &[Kind] = if draws_pods { &PODS } else { &[] };
    let narrow = namespace.is_some() && arguments.include_namespaces.is_empty();
    let asked = Asked { narrow, needed, ..Asked::default() };
    let session = Session::open(&arguments.input, &from, Setting { namespace, asked, ..Setting::default() }, global)?;
    let filter = Filter {
        include: arguments.include_subjects.as_deref().map(regex).transpose()?,
        exclude: arguments.exclude_subjects.as_deref().map(regex).transpose()?,
        spaces,
        without: arguments.exclude_namespaces.iter().map(String::as_str).collect(),
        pods: arguments.pods,
        pods_only: arguments.include_pods_only,
        most: arguments.most.max(1),
    };
    let graph = graph(&session, &filter);
    let text = match target.format.as_str() {
        "mermaid" => mermaid(&graph),
        "graphml" => graphml(&graph),
        "html" => graph_html::page(&graph),
        "json" => json_text(&graph),
        _ => dot(&graph),
    };
    target.write(&text)?;
    let remark = graph.remark();
    if !remark.is_empty() && !global.quiet && target.format != "html" {
        output::note(&format!("note: {remark}"));
    }
    if graph.nodes.is_empty() {
        output::note("note: no grant passes the filter");
    }
    Ok(session.exit(Exit::Clean))
}

/// Label and the first lines of detail.
fn lines(node: &Node) -> Vec<String> {
    let mut lines = vec![node.label.clone()];
    lines.extend(node.risk.map(|risk| format!("⚠ {risk}")));
    lines.extend(node.detail.iter().take(LINES).cloned());
    if node.detail.len() > LINES {
        lines.push(format!("… and {} more", node.detail.len() - LINES));
    }
    lines
}

/// Of what is worth a colour.
fn colour(risk: Severity) -> Option<&'static str> {
    match risk {
        Severity::Critical => Some("#b3001b"),
        Severity::High => Some("#c8501e"),
        Severity::Medium => Some("#b8860b"),
        _ => None,
    }
}

fn dot(graph: &Graph) -> String {
    let quote = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " ");
    let mut out = String::from("digraph rbac {\n  rankdir=LR;\n  node [fontname=\"sans-serif\", fontsize=10];\n");
    for node in graph.shown() {
        let style = match node.kind {
            NodeKind::Pod => "shape=component, style=filled, fillcolor=\"#e3f4e4\"",
            NodeKind::Subject => "shape=ellipse, style=filled, fillcolor=\"#dbe9ff\"",
            NodeKind::Binding => "shape=box, style=\"filled,rounded\", fillcolor=\"#f1f3f7\"",
            NodeKind::Role => "shape=box, style=filled, fillcolor=\"#ffe9d6\"",
        };
        let text: Vec<String> = lines(node).iter().map(|line| quote(line)).collect();
        let risk = node.risk.and_then(colour).map(|c| format!(", color=\"{c}\", penwidth=2")).unwrap_or_default();
        out.push_str(&format!("  {} [label=\"{}\", {style}{risk}];\n", node.id, text.join("\\l")));
    }
    for (from, to) in graph.shown_edges() {
        let risk = Graph::risk_along(from, to).and_then(colour);
        let risk = risk.map(|c| format!(" [color=\"{c}\", penwidth=2]")).unwrap_or_default();
        out.push_str(&format!("  {} -> {}{risk};\n", from.id, to.id));
    }
    if !graph.remark().is_empty() {
        out.push_str(&format!("  label=\"{}\";\n", quote(&graph.remark())));
    }
    out.push_str("}\n");
    out
}

fn mermaid(graph: &Graph) -> String {
    let quote = |text: &str| escape(text).replace('#', "#35;").replace("&#35;39;", "#39;").replace('&', "#amp;");
    let (mut out, mut styles) = (String::from("flowchart LR\n"), String::new());
    for node in graph.shown() {
        let text: Vec<String> = lines(node).iter().map(|line| quote(line)).collect();
        let (open, close) = match node.kind {
            NodeKind::Pod => ("[[\"", "\"]]"),
            NodeKind::Subject => ("([\"", "\"])"),
            NodeKind::Binding => ("(\"", "\")"),
            NodeKind::Role => ("[\"", "\"]"),
        };
        out.push_str(&format!("  {}{open}{}{close}\n", node.id, text.join("<br>")));
    }
    for (index, (from, to)) in graph.shown_edges().enumerate() {
        out.push_str(&format!("  {} --> {}\n", from.id, to.id));
        if let Some(c) = Graph::risk_along(from, to).and_then(colour) {
            styles.push_str(&format!("  linkStyle {index} stroke:{c},stroke-width:2px\n"));
        }
    }
    for node in graph.shown() {
        if let Some(c) = node.risk.and_then(colour) {
            styles.push_str(&format!("  style {} stroke:{c},stroke-width:3px\n", node.id));
        }
    }
    out.push_str(&styles);
    if !graph.remark().is_empty() {
        out.push_str(&format!("  %% {}\n", graph.remark()));
    }
    out
}

fn graphml(graph: &Graph) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n",
    );
    for key in ["kind", "label", "members", "detail", "risk", "why"] {
        out.push_str(&format!("  <key id=\"{key}\" for=\"node\" attr.name=\"{key}\" attr.type=\"string\"/>\n"));
    }
    out.push_str("  <graph id=\"rbac\" edgedefault=\"directed\">\n");
    for node in graph.shown() {
        out.push_str(&format!("    <node id=\"{}\">\n", node.id));
        for (key, value) in [
            ("kind", node.kind.as_str().to_owned()),
            ("label", node.label.clone()),
            ("members", node.members.join("\n")),
            ("detail", node.detail.join("\n")),
            ("risk", node.risk.map(|risk| risk.to_string()).unwrap_or_default()),
            ("why", node.why.join("\n")),
        ] {
            out.push_str(&format!("      <data key=\"{key}\">{}</data>\n", escape(&value)));
        }
        out.push_str("    </node>\n");
    }
    for (index, (from, to)) in graph.shown_edges().enumerate() {
        out.push_str(&format!("    <edge id=\"e{index}\" source=\"{}\" target=\"{}\"/>\n", from.id, to.id));
    }
    out.push_str("  </graph>\n</graphml>\n");
    out
}

fn json_text(graph: &Graph) -> String {
    let nodes: Vec<_> = graph
        .shown()
        .map(|node| {
            json!({
                "id": node.id, "kind": node.kind.as_str(), "label": node.label, "members": node.members,
                "detail": node.detail, "risk": node.risk.map(|risk| risk.to_string()), "why": node.why,
            })
        })
        .collect();
    let edges: Vec<_> = graph.shown_edges().map(|(from, to)| json!({"from": from.id, "to": to.id})).collect();
    show::json(&json!({
        "nodes": nodes,
        "edges": edges,
        "subjects": graph.subjects,
        "hidden": {
            "subjects": graph.hidden(NodeKind::Subject),
            "bindings": graph.hidden(NodeKind::Binding),
            "roles": graph.hidden(NodeKind::Role),
            "filtered": graph.filtered,
        },
    }))
}
