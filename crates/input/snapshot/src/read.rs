//! Reads a file: the frames in order, their content on all threads.

use crate::format::{END, Entry, HEADER, INDEX, OBJECTS};
use crate::{Header, KindOf, MAGIC, VERSION};
use ironclad_tree::{Document, Source, parse};
use rayon::prelude::*;
use ruzstd::decoding::StreamingDecoder;
use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;

/// What is refused, whatever a file says.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a frame as it lies in the file.
    pub frame: usize,
    /// Bytes of a frame's content.
    pub content: usize,
    /// Objects of a file.
    pub objects: usize,
    /// Bytes of the content of all frames.
    pub total: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { frame: 256 << 20, content: 512 << 20, objects: 20_000_000, total: 256 << 30 }
    }
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It does not begin as a snapshot does.
    NotASnapshot,
    /// It is of this major version.
    Version(u16),
    /// It ends before its end.
    CutShort,
    /// It is larger than a limit; which one.
    TooLarge(&'static str),
    /// It holds something that no writer writes.
    Broken(String),
    /// It cannot be read.
    Io(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::NotASnapshot => f.write_str("is not a snapshot"),
            Fault::Version(major) => {
                write!(f, "is of version {major}, and this program reads version {}", VERSION.0)
            }
            Fault::CutShort => f.write_str("is cut short: the end is missing"),
            Fault::TooLarge(what) => write!(f, "is refused: {what}"),
            Fault::Broken(what) => write!(f, "is broken: {what}"),
            Fault::Io(error) => write!(f, "cannot be read: {error}"),
        }
    }
}

impl std::error::Error for Fault {}

/// Objects of one kind, in the order of the file.
#[derive(Debug)]
pub struct Batch {
    /// Their kind.
    pub of: KindOf,
    /// The objects, without their texts.
    pub documents: Vec<Arc<Document>>,
}

/// Whoever looks at objects while a file is read, on the threads of the reading.
pub trait Through: Sync {
    /// These are there. Of frames that are read together every one is shown before any is handed over.
    fn see(&self, header: &Header, of: &KindOf, documents: &[Document]);

    /// Takes the objects of a frame, and gives as many back in the same order.
    fn take(&self, header: &Header, of: &KindOf, documents: Vec<Document>) -> Vec<Arc<Document>>;
}

/// Nobody.
struct Plainly;

impl Through for Plainly {
    fn see(&self, _: &Header, _: &KindOf, _: &[Document]) {}

    fn take(&self, _: &Header, _: &KindOf, documents: Vec<Document>) -> Vec<Arc<Document>> {
        documents.into_iter().map(Arc::new).collect()
    }
}

/// What a file held.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// What it is of; nothing where not even that could be read.
    pub header: Option<Header>,
    /// `cluster:CONTEXT`, which stands for the text of every object.
    pub source: Option<Arc<Source>>,
    /// The objects.
    pub batches: Vec<Batch>,
    /// What was wrong; what came before it is whole.
    pub fault: Option<Fault>,
}

/// Frames that are read before their content is.
const AT_ONCE: usize = 16;

/// Frames of pods that wait, as they lie in the file, for the objects that own them.
const LATE: usize = 256 << 20;

/// Reads a file. What could be read before a fault is kept.
pub fn read(input: impl Read, limits: &Limits) -> Snapshot {
    read_through(input, limits, &Plainly)
}

/// As [`read`], with every object in somebody's hands before the next ones are read. Pods come last; the batches are in
/// the order of the file all the same.
pub fn read_through(input: impl Read, limits: &Limits, through: &dyn Through) -> Snapshot {
    let mut snapshot = Snapshot::default();
    let mut reader =
        Reader { input, offset: 0, limits, through, waiting: Vec::new(), late: Vec::new(), found: Vec::new() };
    if let Err(fault) = reader.all(&mut snapshot) {
        snapshot.fault = Some(fault);
    }
    reader.found.sort_by_key(|(entry, _)| entry.offset);
    snapshot.batches = reader.found.into_iter().map(|(_, batch)| batch).collect();
    snapshot
}

struct Reader<'l, R: Read> {
    input: R,
    offset: u64,
    limits: &'l Limits,
    through: &'l dyn Through,
    /// Frames that were read and not looked into, each with its place.
    waiting: Vec<(u64, Vec<u8>)>,
    /// Those that are looked into when all others were.
    late: Vec<(u64, Vec<u8>)>,
    found: Vec<(Entry, Batch)>,
}

impl<R: Read> Reader<'_, R> {
    fn all(&mut self, snapshot: &mut Snapshot) -> Result<(), Fault> {
        let magic = self.bytes(MAGIC.len()).map_err(|fault| match fault {
            Fault::CutShort => Fault::NotASnapshot,
            other => other,
        })?;
        if magic != MAGIC {
            return Err(Fault::NotASnapshot);
        }
        let major = u16::from_le_bytes(self.array()?);
        let _minor: [u8; 2] = self.array()?;
        if major != VERSION.0 {
            return Err(Fault::Version(major));
        }
        loop {
            let offset = self.offset;
            let (kind, frame) = match self.frame() {
                Ok(frame) => frame,
                Err(fault) => {
                    self.judge_all(snapshot)?;
                    return Err(fault);
                }
            };
            match kind {
                HEADER if snapshot.header.is_none() => {
                    let content = content(&frame, self.limits)?;
                    let header: Header = serde_json::from_slice(&content).map_err(|error| broken("header", &error))?;
                    snapshot.source = Some(Source::new(format!("cluster:{}", header.context), ""));
                    snapshot.header = Some(header);
                }
                _ if snapshot.header.is_none() => return Err(Fault::Broken("it has no header".to_owned())),
                OBJECTS => {
                    let late: usize = self.late.iter().map(|(_, frame)| frame.len()).sum();
                    if late + frame.len() <= LATE && is_of_pods(&frame) {
                        self.late.push((offset, frame));
                        continue;
                    }
                    self.waiting.push((offset, frame));
                    if self.waiting.len() >= AT_ONCE {
                        self.judge(snapshot)?;
                    }
                }
                INDEX => {
                    self.judge_all(snapshot)?;
                    return self.end(&frame, offset);
                }
                // A later minor version may have more.
                _ => {}
            }
        }
    }

    /// Takes the content of all frames apart, pods last.
    fn judge_all(&mut self, snapshot: &Snapshot) -> Result<(), Fault> {
        self.judge(snapshot)?;
        let mut late = std::mem::take(&mut self.late).into_iter().peekable();
        while late.peek().is_some() {
            self.waiting = late.by_ref().take(AT_ONCE).collect();
            self.judge(snapshot)?;
        }
        Ok(())
    }

    /// Takes the content of the frames that wait apart.
    fn judge(&mut self, snapshot: &Snapshot) -> Result<(), Fault> {
        let (Some(source), Some(header)) = (&snapshot.source, &snapshot.header) else { return Ok(()) };
        let frames = std::mem::take(&mut self.waiting);
        let open = |(offset, frame): &(u64, Vec<u8>)| objects(frame, *offset, source, self.limits);
        let mut parts: Vec<Result<(Entry, Vec<Document>), Fault>> = frames.par_iter().map(open).collect();
        drop(frames);
        let fault = parts.iter().position(Result::is_err).and_then(|first| {
            parts.truncate(first + 1);
            parts.pop()?.err()
        });
        let parts: Vec<(Entry, Vec<Document>)> = parts.into_iter().flatten().collect();
        for (entry, documents) in &parts {
            self.through.see(header, &entry.of, documents);
        }
        let take = |(entry, documents): (Entry, Vec<Document>)| {
            let documents = self.through.take(header, &entry.of, documents);
            let of = entry.of.clone();
            (entry, Batch { of, documents })
        };
        self.found.par_extend(parts.into_par_iter().map(take));
        if let Some(fault) = fault {
            return Err(fault);
        }
        if self.found.iter().map(|(entry, _)| entry.bytes as u64).sum::<u64>() > self.limits.total {
            return Err(Fault::TooLarge("its objects are larger than the limit"));
        }
        if self.found.iter().map(|(entry, _)| entry.objects).sum::<usize>() > self.limits.objects {
            return Err(Fault::TooLarge("it holds more objects than the limit"));
        }
        Ok(())
    }

    /// The index names what came, and the trailer names the index: nothing was lost in between.
    fn end(&mut self, index: &[u8], offset: u64) -> Result<(), Fault> {
        let index = content(index, self.limits)?;
        let index: Vec<Entry> = serde_json::from_slice(&index).map_err(|error| broken("index", &error))?;
        self.found.sort_by_key(|(entry, _)| entry.offset);
        if !index.iter().eq(self.found.iter().map(|(entry, _)| entry)) {
            return Err(Fault::Broken("its index names other frames than it has".to_owned()));
        }
        let at = u64::from_le_bytes(self.array()?);
        let end: [u8; 8] = self.array()?;
        if at != offset || end != END {
            return Err(Fault::Broken("its end is not that of a snapshot".to_owned()));
        }
        Ok(())
    }

    fn frame(&mut self) -> Result<(u8, Vec<u8>), Fault> {
        let [kind] = self.array()?;
        let length = u32::from_le_bytes(self.array()?) as usize;
        if length > self.limits.frame {
            return Err(Fault::TooLarge("a frame is larger than the limit"));
        }
        Ok((kind, self.bytes(length)?))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes).map_err(|error| of_io(&error))?;
        self.offset += N as u64;
        Ok(bytes)
    }

    /// So many bytes; memory is taken as they come.
    fn bytes(&mut self, length: usize) -> Result<Vec<u8>, Fault> {
        let mut bytes = Vec::new();
        let read = self.input.by_ref().take(length as u64).read_to_end(&mut bytes).map_err(|error| of_io(&error))?;
        self.offset += read as u64;
        if read < length { Err(Fault::CutShort) } else { Ok(bytes) }
    }
}

fn of_io(error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Fault::CutShort,
        _ => Fault::Io(error.to_string()),
    }
}

fn broken(what: &str, error: &dyn fmt::Display) -> Fault {
    Fault::Broken(format!("its {what}: {error}"))
}

/// The content of a frame.
fn content(frame: &[u8], limits: &Limits) -> Result<Vec<u8>, Fault> {
    let mut decoder = StreamingDecoder::new(frame).map_err(|error| broken("compression", &error))?;
    let mut content = Vec::new();
    let most = limits.content as u64;
    decoder.by_ref().take(most + 1).read_to_end(&mut content).map_err(|error| broken("compression", &error))?;
    if content.len() as u64 > most {
        return Err(Fault::TooLarge("the content of a frame is larger than the limit"));
    }
    Ok(content)
}

/// Does a frame hold pods? Only its beginning is unpacked.
fn is_of_pods(frame: &[u8]) -> bool {
    let mut beginning = Vec::new();
    let read = StreamingDecoder::new(frame).map(|decoder| decoder.take(256).read_to_end(&mut beginning));
    let line = beginning.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let of = serde_json::from_slice::<KindOf>(line);
    // What is broken is told when it is read.
    matches!(read, Ok(Ok(_))) && of.is_ok_and(|of| of.api_version == "v1" && of.kind == "Pod")
}

/// The objects of a frame.
fn objects(frame: &[u8], offset: u64, source: &Arc<Source>, limits: &Limits) -> Result<(Entry, Vec<Document>), Fault> {
    let content = content(frame, limits)?;
    let text = String::from_utf8(content).map_err(|error| broken("text", &error))?;
    let mut lines = text.lines();
    let of: KindOf = serde_json::from_str(lines.next().unwrap_or_default()).map_err(|e| broken("kind", &e))?;
    let mut documents = Vec::new();
    for line in lines {
        documents.push(object(line, source)?);
    }
    let entry = Entry { of, offset, objects: documents.len(), bytes: text.len() };
    Ok((entry, documents))
}

fn object(line: &str, source: &Arc<Source>) -> Result<Document, Fault> {
    // A line is a part of a frame, whose size has a limit.
    let limits = ironclad_tree::Limits { document_bytes: usize::MAX, ..ironclad_tree::Limits::default() };
    if !line.starts_with('{') {
        return Err(Fault::Broken("a line is no object".to_owned()));
    }
    let mut parsed = parse(&Source::new("object", line), &limits);
    match (parsed.problems.first(), parsed.documents.len()) {
        (None, 1) => Ok(parsed.documents.remove(0).detach(source)),
        (Some(problem), _) => Err(broken("object", &problem.message)),
        (None, _) => Err(Fault::Broken("a line is not one object".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Writer;
    use proptest::prelude::*;

    fn documents(texts: &[&str]) -> Vec<Document> {
        let one = |text: &&str| object(text, &Source::new("t", "")).unwrap_or_else(|fault| panic!("{fault}"));
        texts.iter().map(one).collect()
    }

    fn file() -> Vec<u8> {
        let header = Header { context: "prod".to_owned(), kubernetes: "v1.37.2".to_owned(), ..Header::default() };
        let mut writer = Writer::new(Vec::new(), &header).unwrap_or_else(|error| panic!("{error}"));
        let pods = KindOf { api_version: "v1".to_owned(), kind: "Pod".to_owned() };
        let texts = [r#"{"metadata":{"name":"a"},"b":1.5,"a":[null,"x\ny"]}"#, r#"{"metadata":{"name":"b"}}"#];
        let written = writer.objects(&pods, &documents(&texts)).and_then(|()| writer.finish());
        written.unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn what_is_written_is_read() {
        let read = read(file().as_slice(), &Limits::default());
        assert_eq!(read.fault, None);
        assert_eq!(read.header.map(|h| h.kubernetes), Some("v1.37.2".to_owned()));
        let batch = &read.batches[0];
        assert_eq!((batch.of.kind.as_str(), batch.documents.len()), ("Pod", 2));
        let mut json = String::new();
        batch.documents[0].root().write_json(&mut json);
        assert_eq!(json, r#"{"a":[null,"x\ny"],"b":1.5,"metadata":{"name":"a"}}"#);
        assert_eq!(batch.documents[0].source().name().as_ref(), "cluster:prod");
    }

    #[test]
    fn what_is_cut_short_is_never_whole() {
        let whole = file();
        for length in 0..whole.len() {
            let read = read(&whole[..length], &Limits::default());
            assert!(read.fault.is_some(), "{length} of {} bytes", whole.len());
        }
    }

    #[test]
    fn another_version_is_refused() {
        let mut bytes = file();
        bytes[8] = 2;
        assert_eq!(read(bytes.as_slice(), &Limits::default()).fault, Some(Fault::Version(2)));
        bytes[8] = 1;
        bytes[10] = 9;
        assert_eq!(read(bytes.as_slice(), &Limits::default()).fault, None);
        assert_eq!(read(&b"apiVersion: v1"[..], &Limits::default()).fault, Some(Fault::NotASnapshot));
    }

    #[test]
    fn limits_hold() {
        for limits in [
            Limits { frame: 10, ..Limits::default() },
            Limits { content: 10, ..Limits::default() },
            Limits { objects: 1, ..Limits::default() },
            Limits { total: 10, ..Limits::default() },
        ] {
            let fault = read(file().as_slice(), &limits).fault;
            assert!(matches!(fault, Some(Fault::TooLarge(_))), "{limits:?}: {fault:?}");
        }
    }

    /// A file of these frames, each with its right length, and a trailer that is right.
    fn framed(frames: &[(u8, Vec<u8>)]) -> Vec<u8> {
        let mut file = [&MAGIC[..], &VERSION.0.to_le_bytes(), &VERSION.1.to_le_bytes()].concat();
        let mut last = 0;
        for (kind, content) in frames {
            last = file.len() as u64;
            let packed = ruzstd::encoding::compress_to_vec(&content[..], ruzstd::encoding::CompressionLevel::Fastest);
            file.push(*kind);
            file.extend((packed.len() as u32).to_le_bytes());
            file.extend(packed);
        }
        file.extend(last.to_le_bytes());
        file.extend(END);
        file
    }

    const HEAD: &str = r#"{"context":"c","kubernetes":"v1.37.2","notObserved":[{"kind":"Service"}]}"#;
    const LINES: &str =
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}\n{\"metadata\":{\"name\":\"a\"},\"b\":[1,\"\\u00e9\"]}\n";

    fn index(offset: usize) -> String {
        let bytes = LINES.len();
        format!(r#"[{{"apiVersion":"v1","kind":"Pod","offset":{offset},"objects":1,"bytes":{bytes}}}]"#)
    }

    #[test]
    fn an_index_of_other_frames_is_broken() {
        let parts = |index: String| vec![(HEADER, HEAD.into()), (OBJECTS, LINES.into()), (INDEX, index.into_bytes())];
        // The second frame begins where a file of the first alone has its trailer.
        let offset = framed(&[(HEADER, HEAD.into())]).len() - 16;
        assert_eq!(read(framed(&parts(index(offset))).as_slice(), &Limits::default()).fault, None);
        for wrong in [index(offset + 1), index(offset).replace("\"objects\":1", "\"objects\":2"), "[]".to_owned()] {
            let read = read(framed(&parts(wrong)).as_slice(), &Limits::default());
            assert!(matches!(read.fault, Some(Fault::Broken(_))), "{:?}", read.fault);
            assert_eq!(read.batches.len(), 1, "what came before is kept");
        }
    }

    proptest! {
        /// Behind right lengths and a right compression anything may stand: it is read or refused, and what is read has the
        /// number of objects that its index says.
        #[test]
        fn any_content_is_survived(which in 0usize..3, at in 0usize..200, cut in 0usize..6, put in "[\\x00-\\x7f]{0,6}") {
            let offset = framed(&[(HEADER, HEAD.into())]).len() - 16;
            let mut frames = vec![(HEADER, HEAD.into()), (OBJECTS, LINES.into()), (INDEX, index(offset).into_bytes())];
            let content: &mut Vec<u8> = &mut frames[which].1;
            let at = at % content.len();
            content.splice(at..(at + cut).min(content.len()), put.bytes());
            let read = read(framed(&frames).as_slice(), &Limits::default());
            if read.fault.is_none() {
                prop_assert_eq!(read.batches.iter().map(|batch| batch.documents.len()).sum::<usize>(), 1);
            }
        }
    }

    proptest! {
        /// No byte of a file makes a reader panic, and none changes an object unseen but within the compression's own
        /// checks.
        #[test]
        fn a_wrong_byte_is_survived(at in 0usize..400, byte in any::<u8>()) {
            let mut bytes = file();
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = read(bytes.as_slice(), &Limits::default());
        }
    }
}
