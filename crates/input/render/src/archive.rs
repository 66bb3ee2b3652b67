//! `.tgz` archives of charts: read in memory, never unpacked to disk, every size counted before it is believed.

use crate::files::{CHART_BYTES, ChartFile, FILE_BYTES, FILES, without_mark};
use crate::problems::of_file;
use flate2::read::GzDecoder;
use ironclad_model::ReportedProblem;
use std::io::Read;

/// The files of an archive. `budget`: bytes that may still be unpacked, shared with the archives inside.
pub(crate) fn unpack(bytes: &[u8], shown: &str, budget: &mut u64) -> Result<Vec<ChartFile>, ReportedProblem> {
    let bad = |message: String| of_file(shown, message, "pack it again with `helm package`");
    // What a decoder yields is bounded, whatever the archive says of its sizes.
    let decoder = GzDecoder::new(bytes).take(budget.saturating_add(16 << 20));
    let mut archive = tar::Archive::new(decoder);
    let entries = archive.entries().map_err(|error| bad(format!("archive cannot be read: {error}")))?;
    let mut files: Vec<ChartFile> = Vec::new();
    for entry in entries {
        let mut entry = entry.map_err(|error| bad(format!("archive cannot be read: {error}")))?;
        let kind = entry.header().entry_type();
        if kind.is_dir() || kind.is_pax_global_extensions() || kind.is_pax_local_extensions() {
            continue;
        }
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if !kind.is_file() && kind != tar::EntryType::Continuous {
            return Err(bad(format!("archive holds {path:?}, which is no regular file")));
        }
        let name = name_of(&path).map_err(&bad)?;
        if files.len() >= FILES {
            return Err(bad(format!("archive holds more than {FILES} files")));
        }
        let limit = FILE_BYTES.min(*budget);
        let mut content = Vec::new();
        entry
            .by_ref()
            .take(limit + 1)
            .read_to_end(&mut content)
            .map_err(|error| bad(format!("archive cannot be read: {error}")))?;
        if content.len() as u64 > limit {
            let message = if limit < FILE_BYTES {
                format!("{path:?} makes the chart larger than {} MiB unpacked", CHART_BYTES >> 20)
            } else {
                format!("{path:?} is larger than {} MiB, Helm's limit for a file", FILE_BYTES >> 20)
            };
            return Err(bad(message));
        }
        *budget -= content.len() as u64;
        let shown = format!("{shown}/{name}");
        files.push(ChartFile { name, shown, bytes: without_mark(content) });
    }
    if files.is_empty() {
        return Err(bad("archive holds no files".to_owned()));
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// Does an archive hold a `Chart.yaml` where a chart has it? An archive that breaks before it does holds none.
pub(crate) fn has_chart(packed: impl Read) -> bool {
    let decoder = GzDecoder::new(packed).take(CHART_BYTES);
    let mut archive = tar::Archive::new(decoder);
    let Ok(entries) = archive.entries() else { return false };
    let mut entries = entries.take(FILES).map_while(Result::ok);
    entries.any(|entry| {
        entry.header().entry_type().is_file()
            && name_of(&String::from_utf8_lossy(&entry.path_bytes())).is_ok_and(|name| name == "Chart.yaml")
    })
}

/// The path below the chart's folder, which is the first part of every path.
fn name_of(path: &str) -> Result<String, String> {
    let normal = path.replace('\\', "/");
    let (first, rest) = normal.split_once('/').unwrap_or((normal.as_str(), ""));
    if first == "Chart.yaml" {
        return Err("Chart.yaml is not in the base directory".to_owned());
    }
    if rest.starts_with('/') || normal.starts_with('/') {
        return Err(format!("archive holds the absolute path {path:?}"));
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in rest.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                if parts.pop().is_none() {
                    return Err(format!("archive holds {path:?}, which leads outside of the chart"));
                }
            }
            part => parts.push(part),
        }
    }
    let drive = rest.as_bytes().get(1) == Some(&b':');
    if parts.is_empty() || first == ".." || drive {
        return Err(format!("archive holds {path:?}, which is outside of the chart"));
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside() {
        assert_eq!(name_of("web/templates/a.yaml").as_deref(), Ok("templates/a.yaml"));
        assert_eq!(name_of("web/./a/../b").as_deref(), Ok("b"));
        for bad in ["../x", "web/../../x", "/etc/passwd", "web//etc/passwd", "web", "Chart.yaml", "web/c:/x", "web/.."]
        {
            assert!(name_of(bad).is_err(), "{bad}");
        }
    }
}
