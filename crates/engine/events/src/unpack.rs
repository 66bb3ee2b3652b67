//! Compressed or plain, by the first bytes. What it unpacks to is bounded by what the caller reads.

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};
use std::io::{self, BufRead, BufReader, Read};

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const BUFFER: usize = 1 << 18;

/// A reader of the plain bytes.
pub(crate) fn plain<'r>(input: impl Read + 'r) -> io::Result<Box<dyn BufRead + 'r>> {
    let mut input = BufReader::with_capacity(BUFFER, input);
    let head = input.fill_buf()?;
    if head.starts_with(GZIP) {
        return Ok(Box::new(BufReader::with_capacity(BUFFER, flate2::bufread::MultiGzDecoder::new(input))));
    }
    if head.starts_with(ZSTD) {
        let frames = Frames { waiting: Some(input), current: None };
        return Ok(Box::new(BufReader::with_capacity(BUFFER, frames)));
    }
    Ok(Box::new(input))
}

/// zstd frames, one after the other: rotated logs are often concatenated.
struct Frames<R: BufRead> {
    waiting: Option<R>,
    current: Option<StreamingDecoder<R, FrameDecoder>>,
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(decoder) = &mut self.current {
                let read = decoder.read(buffer)?;
                if read > 0 || buffer.is_empty() {
                    return Ok(read);
                }
                self.waiting = self.current.take().map(StreamingDecoder::into_inner);
            }
            let Some(mut input) = self.waiting.take() else { return Ok(0) };
            if input.fill_buf()?.is_empty() {
                return Ok(0);
            }
            self.current = Some(StreamingDecoder::new(input).map_err(io::Error::other)?);
        }
    }
}
