//! The graph as one self-contained page. Everything that matters is in the markup: without scripts the page shows the
//! same cards in columns. The script draws the arrows, searches, and narrows to what is connected.

use super::graph_model::{Graph, Node, NodeKind};
use super::show::escape;

/// Cards of one column that are in the page at all; the rest is counted.
const CARDS: usize = 3_000;
/// Checks that a card names.
const NAMED: usize = 3;
/// Members of a card that are listed; the rest is counted.
const MEMBERS: usize = 40;

const STYLE: &str = include_str!("graph.css");
const SCRIPT: &str = include_str!("graph.js");

/// The page.
pub(super) fn page(graph: &Graph) -> String {
    let mut out = String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    // Nothing is fetched, whatever a name in a manifest says.
    out.push_str("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n");
    out.push_str(&format!("<title>RBAC graph</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"));
    let (shown, hidden) = (shown(graph, NodeKind::Subject), graph.hidden(NodeKind::Subject));
    out.push_str(&format!(
        "<header><h1>Who may do what</h1>\n<p><b>{}</b> subjects in <b>{}</b> groups of equal grants",
        graph.subjects,
        shown + hidden
    ));
    if hidden > 0 {
        out.push_str(&format!(
            "; the first <b>{shown}</b> are drawn, risky ones in front, <b>{hidden}</b> are hidden until you search or show them"
        ));
    }
    let beyond = (shown + hidden).saturating_sub(CARDS);
    if beyond > 0 {
        out.push_str(&format!(
            "; <b>{beyond}</b> of them are not in this page: <code>--include-subjects</code> and <code>-n</code> make a smaller one"
        ));
    }
    if graph.filtered > 0 {
        out.push_str(&format!("; filtered out, the API server's own among them: {}", graph.filtered));
    }
    out.push_str(". Choose a card to see what it is connected to.</p>\n<p class=\"tools\"><input id=\"search\" type=\"search\" placeholder=\"Name, resource, verb or severity\" aria-label=\"Search\"> ");
    let hidden = if graph.nodes.iter().any(|node| !node.shown) { "" } else { " hidden" };
    out.push_str(&format!("<button id=\"all\" type=\"button\"{hidden}>Show hidden</button> "));
    out.push_str("<button id=\"reset\" type=\"button\">Reset</button> <span id=\"count\"></span> <span id=\"few\"></span></p></header>\n");
    if graph.nodes.is_empty() {
        out.push_str("<p class=\"empty\">No grant passes the filter. <code>--include-subjects .</code> draws the API server's own, too.</p>\n");
    }
    let pods = if graph.nodes.iter().any(|node| node.kind == NodeKind::Pod) { " class=\"four\"" } else { "" };
    out.push_str(&format!("<main{pods}>\n"));
    out.push_str("<svg id=\"wires\" aria-hidden=\"true\"></svg>\n");
    let columns = [
        (NodeKind::Pod, "What runs"),
        (NodeKind::Subject, "Subjects"),
        (NodeKind::Binding, "Bindings"),
        (NodeKind::Role, "Roles"),
    ];
    for (kind, title) in columns {
        // Pods are drawn where they were asked for.
        if kind != NodeKind::Pod || graph.nodes.iter().any(|node| node.kind == kind) {
            column(graph, kind, title, &mut out);
        }
    }
    out.push_str("</main>\n");
    out.push_str(&format!("<script>\n{SCRIPT}</script>\n</body>\n</html>\n"));
    out
}

fn shown(graph: &Graph, kind: NodeKind) -> usize {
    graph.shown().filter(|node| node.kind == kind).count()
}

fn column(graph: &Graph, kind: NodeKind, title: &str, out: &mut String) {
    let nodes: Vec<(usize, &Node)> = graph.nodes.iter().enumerate().filter(|(_, node)| node.kind == kind).collect();
    let mut next: std::collections::BTreeMap<usize, Vec<&str>> = std::collections::BTreeMap::new();
    for (from, to) in &graph.edges {
        next.entry(*from).or_default().push(graph.nodes[*to].id.as_str());
    }
    out.push_str(&format!("<section class=\"{}\"><h2>{title} <small>{}</small></h2>\n", kind.as_str(), nodes.len()));
    for (index, node) in nodes.iter().take(CARDS) {
        let to = next.get(index).map(|ids| ids.join(" ")).unwrap_or_default();
        let more = if node.shown { "" } else { " more" };
        let risk = node.risk.map(|risk| format!(" {risk}")).unwrap_or_default();
        out.push_str(&format!(
            "<article id=\"{}\" class=\"card{more}{risk}\" tabindex=\"0\" data-to=\"{to}\"",
            node.id
        ));
        out.push_str(&format!("><h3>{}</h3>", escape(&node.label)));
        if let Some(risk) = node.risk {
            let why = node.why.iter().map(|why| escape(why)).collect::<Vec<_>>().join("\n");
            out.push_str(&format!("<p class=\"risk\" title=\"{why}\">{risk}</p>{}", reasons(&node.why, risk.as_str())));
        }
        list(&node.detail, "detail", out);
        if node.members.len() > 1 {
            out.push_str(&format!("<details><summary>{} in this card</summary>", node.members.len()));
            list(&node.members, "members", out);
            out.push_str("</details>");
        }
        out.push_str("</article>\n");
    }
    if nodes.len() > CARDS {
        out.push_str(&format!("<p class=\"empty\">{} more are not in this page</p>\n", nodes.len() - CARDS));
    }
    out.push_str("</section>\n");
}

/// The checks that make a card as risky as it is, by name.
fn reasons(why: &[String], risk: &str) -> String {
    let own = why.iter().filter_map(|why| why.strip_prefix(risk)?.strip_prefix(": rbac/"));
    let names: Vec<&str> = own.collect();
    let Some((first, rest)) = names.split_first() else { return String::new() };
    let more: String = rest.iter().take(NAMED - 1).map(|name| format!(", {name}")).collect();
    let end = if names.len() > NAMED { ", …" } else { "" };
    format!("<p class=\"why\">{}</p>", escape(&format!("{first}{more}{end}")))
}

fn list(items: &[String], class: &str, out: &mut String) {
    if items.is_empty() {
        return;
    }
    out.push_str(&format!("<ul class=\"{class}\">"));
    for item in items.iter().take(MEMBERS) {
        out.push_str(&format!("<li>{}</li>", escape(item)));
    }
    if items.len() > MEMBERS {
        out.push_str(&format!("<li>… and {} more</li>", items.len() - MEMBERS));
    }
    out.push_str("</ul>");
}
