//! `ironclad rbac graph`: subjects → bindings → roles with their rules, for Graphviz, Mermaid, GraphML readers, browsers.

use super::graph_html;
use super::graph_model::{Filter, Graph, Node, NodeKind, graph};
use super::lookup::regex;
use super::session::{Session, Setting, paths};
use super::show::{self, escape};
use crate::args::Global;
use crate::args::rbac::Graph as Arguments;
use crate::exit::Exit;
use crate::output;
use serde_json::json;

/// Most rules and members that a label shows.
const LINES: usize = 6;

/// Draws.
pub(crate) fn run(arguments: &Arguments, global: &Global) -> anyhow::Result<Exit> {
    let target = show::target(&arguments.output, &["dot", "mermaid", "graphml", "html", "json"])?;
    let operands = paths(&arguments.paths, "`ironclad rbac graph -o rbac.html rbac/`")?;
    let namespace = arguments.namespace.as_deref();
    let setting = Setting { namespace: namespace.unwrap_or("default"), empty: false };
    let session = Session::open(&arguments.input, &operands, setting, global)?;
    let filter = Filter {
        include: arguments.include_subjects.as_deref().map(regex).transpose()?,
        exclude: arguments.exclude_subjects.as_deref().map(regex).transpose()?,
        namespace,
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
    lines.extend(node.detail.iter().take(LINES).cloned());
    if node.detail.len() > LINES {
        lines.push(format!("… and {} more", node.detail.len() - LINES));
    }
    lines
}

fn dot(graph: &Graph) -> String {
    let quote = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " ");
    let mut out = String::from("digraph rbac {\n  rankdir=LR;\n  node [fontname=\"sans-serif\", fontsize=10];\n");
    for node in graph.shown() {
        let style = match node.kind {
            NodeKind::Subject => "shape=ellipse, style=filled, fillcolor=\"#dbe9ff\"",
            NodeKind::Binding => "shape=box, style=\"filled,rounded\", fillcolor=\"#f1f3f7\"",
            NodeKind::Role => "shape=box, style=filled, fillcolor=\"#ffe9d6\"",
        };
        let text: Vec<String> = lines(node).iter().map(|line| quote(line)).collect();
        out.push_str(&format!("  {} [label=\"{}\", {style}];\n", node.id, text.join("\\l")));
    }
    for (from, to) in graph.shown_edges() {
        out.push_str(&format!("  {} -> {};\n", from.id, to.id));
    }
    if !graph.remark().is_empty() {
        out.push_str(&format!("  label=\"{}\";\n", quote(&graph.remark())));
    }
    out.push_str("}\n");
    out
}

fn mermaid(graph: &Graph) -> String {
    let quote = |text: &str| escape(text).replace('#', "#35;").replace("&#35;39;", "#39;").replace('&', "#amp;");
    let mut out = String::from("flowchart LR\n");
    for node in graph.shown() {
        let text: Vec<String> = lines(node).iter().map(|line| quote(line)).collect();
        let (open, close) = match node.kind {
            NodeKind::Subject => ("([\"", "\"])"),
            NodeKind::Binding => ("(\"", "\")"),
            NodeKind::Role => ("[\"", "\"]"),
        };
        out.push_str(&format!("  {}{open}{}{close}\n", node.id, text.join("<br>")));
    }
    for (from, to) in graph.shown_edges() {
        out.push_str(&format!("  {} --> {}\n", from.id, to.id));
    }
    if !graph.remark().is_empty() {
        out.push_str(&format!("  %% {}\n", graph.remark()));
    }
    out
}

fn graphml(graph: &Graph) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n",
    );
    for key in ["kind", "label", "members", "detail"] {
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
            json!({"id": node.id, "kind": node.kind.as_str(), "label": node.label, "members": node.members, "detail": node.detail})
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
