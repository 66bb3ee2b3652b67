//! A chart's files, from a folder or an archive, within limits.

use crate::archive;
use crate::helmignore::Rules;
use crate::local;
use crate::problems::of_file;
use ironclad_model::ReportedProblem;
use std::fs::FileType;
use std::io::Read;
use std::path::{Path, PathBuf};

/// One file of a chart.
#[derive(Clone, Debug)]
pub struct ChartFile {
    /// Path below the chart's folder, `/`-separated.
    pub name: String,
    /// Name in the output: the path that a person opens.
    pub shown: String,
    /// The bytes, without a byte order mark.
    pub bytes: Vec<u8>,
}

/// The files of one chart.
#[derive(Clone, Debug, Default)]
pub struct ChartFiles {
    /// Name of the folder or archive in the output.
    pub root: String,
    /// The files, sorted by name.
    pub files: Vec<ChartFile>,
}

/// Helm's own limits (`MaxDecompressedFileSize`, `MaxDecompressedChartSize`), and ours on the number of files.
pub(crate) const FILE_BYTES: u64 = 5 << 20;
pub(crate) const CHART_BYTES: u64 = 100 << 20;
pub(crate) const FILES: usize = 20_000;
/// Folders below a chart before it is refused.
const DEEPEST: usize = 64;

/// Reads a chart's folder, and the charts beside it that it depends on. Symbolic links are followed only within it.
pub fn read_folder(folder: &Path, shown: &str) -> Result<ChartFiles, ReportedProblem> {
    read_folder_at(folder, shown, 0)
}

/// As [`read_folder`], for a chart that others depend on.
pub(crate) fn read_folder_at(folder: &Path, shown: &str, depth: usize) -> Result<ChartFiles, ReportedProblem> {
    let rules = match fs_err::read_to_string(folder.join(".helmignore")) {
        Ok(text) => Rules::parse(&text)
            .map_err(|message| of_file(&format!("{shown}/.helmignore"), message, "Helm knows no `**` in a pattern"))?,
        Err(_) => Rules::default(),
    };
    let root = fs_err::canonicalize(folder).map_err(|error| io(shown, &error))?;
    let mut reader = Folder { root, shown, rules, files: Vec::new(), bytes: 0 };
    reader.walk(folder, "", 0)?;
    let mut files = reader.files;
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let mut chart = ChartFiles { root: shown.to_owned(), files };
    local::add(&mut chart, folder, depth)?;
    Ok(chart)
}

/// Reads a chart's archive (`.tgz`).
pub fn read_archive(path: &Path, shown: &str) -> Result<ChartFiles, ReportedProblem> {
    let file = fs_err::File::open(path).map_err(|error| io(shown, &error))?;
    let mut bytes = Vec::new();
    file.take(CHART_BYTES + 1).read_to_end(&mut bytes).map_err(|error| io(shown, &error))?;
    if bytes.len() as u64 > CHART_BYTES {
        return Err(of_file(shown, format!("archive is larger than {} MiB", CHART_BYTES >> 20), ""));
    }
    read_archive_bytes(&bytes, shown)
}

/// Is this archive one of a chart: is there a `Chart.yaml` in the one folder that it holds? Looked for only as far as a
/// chart may reach, so that an archive of something else costs no more than a chart.
pub fn holds_chart(path: &Path) -> bool {
    fs_err::File::open(path).is_ok_and(|file| archive::has_chart(std::io::BufReader::new(file)))
}

/// Reads the bytes of a chart's archive.
pub fn read_archive_bytes(bytes: &[u8], shown: &str) -> Result<ChartFiles, ReportedProblem> {
    let files = archive::unpack(bytes, shown, &mut { CHART_BYTES })?;
    Ok(ChartFiles { root: shown.to_owned(), files })
}

fn io(shown: &str, error: &std::io::Error) -> ReportedProblem {
    let mut problem = of_file(shown, format!("cannot be read: {}", errno(error)), "check the file");
    problem.problem.code = "input/io";
    problem
}

/// The operating system's words without path and number.
fn errno(error: &std::io::Error) -> String {
    let text = error.to_string();
    let own = text.rsplit("`: ").next().unwrap_or(&text);
    own.split(" (os error").next().unwrap_or(own).to_lowercase()
}

struct Folder<'a> {
    root: PathBuf,
    shown: &'a str,
    rules: Rules,
    files: Vec<ChartFile>,
    bytes: u64,
}

impl Folder<'_> {
    fn walk(&mut self, folder: &Path, below: &str, depth: usize) -> Result<(), ReportedProblem> {
        if depth > DEEPEST {
            return Err(of_file(
                self.shown,
                format!("folders nested deeper than {DEEPEST}"),
                "is there a loop of links?",
            ));
        }
        let entries = fs_err::read_dir(folder).map_err(|error| io(self.shown, &error))?;
        let mut names: Vec<(String, PathBuf, Option<FileType>)> = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| io(self.shown, &error))?;
            let kind = entry.file_type().ok();
            names.push((entry.file_name().to_string_lossy().into_owned(), entry.path(), kind));
        }
        names.sort_by(|a, b| a.0.cmp(&b.0));
        for (name, path, kind) in names {
            let name = if below.is_empty() { name } else { format!("{below}/{name}") };
            let shown = if self.shown == "." { name.clone() } else { format!("{}/{name}", self.shown) };
            // What the folder says of a plain file or folder is enough; a link has to be followed.
            let is_link = kind.is_none_or(|kind| kind.is_symlink());
            let kind = match kind.filter(|_| !is_link).map_or_else(|| followed(&path), Ok) {
                Ok(kind) => kind,
                Err(_) if self.rules.ignores(&name, false) => continue,
                Err(error) => return Err(io(&shown, &error)),
            };
            if self.rules.ignores(&name, kind.is_dir()) {
                continue;
            }
            if is_link && fs_err::symlink_metadata(&path).is_ok_and(|own| own.file_type().is_symlink()) {
                let target = fs_err::canonicalize(&path).map_err(|error| io(&shown, &error))?;
                if !target.starts_with(&self.root) {
                    let mut problem = of_file(
                        &shown,
                        format!("symbolic link leads outside of the chart, to {}", target.display()),
                        "copy the file into the chart",
                    );
                    problem.problem.code = "input/outside-root";
                    return Err(problem);
                }
            }
            if kind.is_dir() {
                self.walk(&path, &name, depth + 1)?;
                continue;
            }
            if !kind.is_file() {
                return Err(of_file(&shown, "is neither a file nor a folder", "take it out of the chart"));
            }
            self.read(name, shown, &path)?;
        }
        Ok(())
    }

    fn read(&mut self, name: String, shown: String, path: &Path) -> Result<(), ReportedProblem> {
        let file = fs_err::File::open(path).map_err(|error| io(&shown, &error))?;
        let length = file.metadata().map_err(|error| io(&shown, &error))?.len();
        self.bytes += length;
        if length > FILE_BYTES {
            let message = format!("file of a chart is larger than {} MiB, Helm's limit", FILE_BYTES >> 20);
            return Err(of_file(&shown, message, "leave it out with `.helmignore`"));
        }
        if self.bytes > CHART_BYTES || self.files.len() >= FILES {
            let message = format!("chart is larger than {} MiB or {FILES} files", CHART_BYTES >> 20);
            return Err(of_file(self.shown, message, "leave out what is no part of it with `.helmignore`"));
        }
        let mut bytes = Vec::with_capacity(length as usize + 1);
        file.take(FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| io(&shown, &error))?;
        self.files.push(ChartFile { name, shown, bytes: without_mark(bytes) });
        Ok(())
    }
}

fn followed(path: &Path) -> std::io::Result<FileType> {
    Ok(fs_err::metadata(path)?.file_type())
}

pub(crate) fn without_mark(bytes: Vec<u8>) -> Vec<u8> {
    match bytes.strip_prefix(b"\xEF\xBB\xBF") {
        Some(rest) => rest.to_vec(),
        None => bytes,
    }
}
