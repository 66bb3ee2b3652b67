//! Standard output, files and colour: decided here and nowhere else.

use crate::args::Colour;
use std::io::{self, IsTerminal, Write};

/// Applies `--color` to both streams; NO_COLOR and CLICOLOR_FORCE are anstream's to honour under `auto`.
pub(crate) fn set_colour(colour: Colour) {
    match colour {
        Colour::Auto => anstream::ColorChoice::Auto.write_global(),
        Colour::Always => anstream::ColorChoice::AlwaysAnsi.write_global(),
        Colour::Never => anstream::ColorChoice::Never.write_global(),
    }
}

/// Is standard output a terminal?
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Columns to fill: those of the terminal; no wrapping elsewhere.
pub(crate) fn width() -> Option<usize> {
    if !is_terminal() {
        return None;
    }
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}

/// Prints text with styles, which anstream drops where they are not wanted.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Prints bytes as they are.
pub(crate) fn print_raw(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// Lets a writer print bytes as they are, as they come.
pub(crate) fn stream_raw(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut stdout = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    write(&mut stdout)?;
    stdout.flush()
}

/// Prints a line to standard error.
pub(crate) fn note(line: &str) {
    // Standard error may be closed; there is nowhere left to say so.
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}
