//! Which dependencies a chart has in the end, and what they hand up: `pkg/chartutil/dependencies.go` of Helm.

use crate::chart::{Chart, Dependency};
use crate::values;
use ironclad_gotemplate::{Data, Value, is_compatible};

/// Applies aliases, conditions, tags and import-values, all the way down.
pub(crate) fn process(chart: &mut Chart, given: &Value) -> Result<(), String> {
    enable(chart, given, "")?;
    import(chart)
}

fn enable(chart: &mut Chart, given: &Value, path: &str) -> Result<(), String> {
    if !chart.declares {
        return Ok(());
    }
    let declared = |child: &Chart, dependency: &Dependency| {
        *child.name == *dependency.name && is_compatible(&dependency.version, &child.version)
    };
    // What lies in charts/ without being declared is a dependency as well.
    let mut children: Vec<Chart> = Vec::new();
    for child in &chart.children {
        if !chart.dependencies.iter().any(|dependency| declared(child, dependency)) {
            children.push(child.clone());
        }
    }
    for dependency in &mut chart.dependencies {
        if let Some(child) = chart.children.iter().find(|child| declared(child, dependency)) {
            let mut child = child.clone();
            if let Some(alias) = &dependency.alias {
                child.rename(alias);
            }
            dependency.found = true;
            children.push(child);
        }
        if let Some(alias) = &dependency.alias {
            dependency.name = alias.clone();
        }
        dependency.enabled = true;
    }
    chart.children = children;
    let values = values::coalesce(chart, given, false)?;
    by_tags(&mut chart.dependencies, &values);
    by_conditions(&mut chart.dependencies, &values, path);
    let disabled: Vec<String> = chart.dependencies.iter().filter(|d| !d.enabled).map(|d| d.name.to_string()).collect();
    chart.children.retain(|child| !disabled.iter().any(|name| **name == *child.name));
    for child in &mut chart.children {
        let below = format!("{path}{}.", child.name);
        enable(child, &values, &below)?;
    }
    chart.missing = chart.dependencies.iter().filter(|d| d.enabled && !d.found).cloned().collect();
    chart.dependencies.retain(|dependency| dependency.enabled);
    Ok(())
}

fn by_tags(dependencies: &mut [Dependency], values: &Value) {
    let Some(tags) = values::table_at(values, "tags") else { return };
    for dependency in dependencies {
        let set: Vec<bool> = dependency
            .tags
            .iter()
            .filter_map(|tag| match tags.get(tag)?.data {
                Data::Bool(on) => Some(on),
                _ => None,
            })
            .collect();
        dependency.enabled = set.is_empty() || set.contains(&true);
    }
}

/// The first condition that is a boolean decides, over the tags.
fn by_conditions(dependencies: &mut [Dependency], values: &Value, path: &str) {
    for dependency in dependencies {
        for condition in dependency.condition.trim().split(',').filter(|condition| !condition.is_empty()) {
            let found = values::at_path(values, &format!("{path}{condition}"));
            if let Some(Data::Bool(on)) = found.map(|value| value.data.clone()) {
                dependency.enabled = on;
                break;
            }
        }
    }
}

fn import(chart: &mut Chart) -> Result<(), String> {
    for child in &mut chart.children {
        import(child)?;
    }
    if !chart.declares {
        return Ok(());
    }
    let own = values::coalesce(chart, &Value::map([]), true)?;
    let imported = Value::map([]);
    for dependency in &chart.dependencies {
        for wanted in &dependency.import_values {
            let (child, parent) = match &wanted.data {
                Data::Str(name) => (format!("exports.{}", name.as_str()), ".".to_owned()),
                Data::Map(_) => {
                    let text =
                        |key: &str| wanted.get(key).and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
                    (text("child"), text("parent"))
                }
                _ => continue,
            };
            let Some(table) = values::table_at(&own, &format!("{}.{child}", dependency.name)) else { continue };
            let table = values::copy(&table);
            values::coalesce_tables(&imported, &values::below_path(&parent, table), true);
        }
    }
    let merged = values::copy(&own);
    values::coalesce_tables(&merged, &imported, true);
    chart.values = merged;
    Ok(())
}
