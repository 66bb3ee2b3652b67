//! How the program says that it could not: errors of the user, errors of the system, and bugs.

use crate::exit::Exit;
use anstyle::{AnsiColor, Style};
use std::fmt;
use std::io::Write as _;

/// Where a bug is reported.
const REPORT: &str = "please report this at https://github.com/ironclad-security/ironclad/issues";

/// An error that the user can act on: what it is, and what helps.
#[derive(Debug)]
pub(crate) struct UserError {
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl fmt::Display for UserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for UserError {}

/// A user error, ready to return.
pub(crate) fn user_error(message: impl Into<String>, help: impl Into<Option<String>>) -> anyhow::Error {
    UserError { message: message.into(), help: help.into() }.into()
}

/// Prints an error to standard error; the exit code is that of everything that could not be done.
pub(crate) fn report(error: &anyhow::Error) -> Exit {
    if error.chain().any(is_broken_pipe) {
        return Exit::Clean;
    }
    let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    let mut text = String::new();
    for (depth, cause) in error.chain().enumerate() {
        text.push_str(if depth == 0 { "" } else { ": " });
        text.push_str(&cause.to_string());
    }
    let mut stderr = anstream::stderr().lock();
    let _ = writeln!(stderr, "{red}error{red:#}: {text}");
    if let Some(help) = error.downcast_ref::<UserError>().and_then(|e| e.help.as_ref()) {
        let cyan = Style::new().fg_color(Some(AnsiColor::Cyan.into()));
        let _ = writeln!(stderr, "  {cyan}help{cyan:#}: {help}");
    }
    Exit::Incomplete
}

/// The reader of our output went away: that is their decision, not an error.
pub(crate) fn is_broken_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}

/// Prints what clap says of the arguments; help and version are no errors.
pub(crate) fn usage(error: &clap::Error) -> Exit {
    // A closed pipe while printing help leaves nothing to say.
    let _ = error.print();
    let arguments: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    if let Some(hint) = crate::args::foreign::hint(error, &arguments) {
        let cyan = Style::new().fg_color(Some(AnsiColor::Cyan.into()));
        let _ = writeln!(anstream::stderr().lock(), "\n  {cyan}help{cyan:#}: {hint}");
    }
    if error.use_stderr() { Exit::Incomplete } else { Exit::Clean }
}

/// A panic in a check is caught by the runner and reported as a problem; what escapes is a bug of ours.
pub(crate) fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| {
        let mut stderr = anstream::stderr().lock();
        let _ = writeln!(stderr, "ironclad {} panicked: {info}", env!("CARGO_PKG_VERSION"));
        let _ = writeln!(stderr, "{REPORT}");
    }));
}
