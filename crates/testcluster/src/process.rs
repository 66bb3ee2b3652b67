//! Processes that never outlive us.
//!
//! Each runs under a shell that waits for the end of its standard input, a pipe that we hold: when we drop it, or end
//! in any way, the shell ends the program. No signal handler and no unsafe code is needed for that.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

/// The shell: start the program, wait for end of input, end the program, wait for it.
const GUARD: &str = r#""$@" </dev/null & pid=$!
( wait_for=$pid; while kill -0 "$wait_for" 2>/dev/null; do sleep 0.2; done; kill -9 $$ 2>/dev/null ) >/dev/null 2>&1 &
watch=$!
cat >/dev/null
kill "$watch" 2>/dev/null
kill "$pid" 2>/dev/null
wait "$pid""#;

/// A program that ends with this value.
#[derive(Debug)]
pub(crate) struct Guarded {
    child: Child,
}

impl Guarded {
    /// Starts it; what it prints goes to `log`.
    pub(crate) fn start(program: &Path, arguments: &[String], log: &Path) -> io::Result<Guarded> {
        let output = File::create(log)?;
        let errors = output.try_clone()?;
        let child = Command::new("sh")
            .args(["-c", GUARD, "sh"])
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(errors)
            .spawn()?;
        Ok(Guarded { child })
    }

    /// Has it ended by itself?
    pub(crate) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // The end of a process cannot be waited for twice: an error here means that it is gone already.
        let _ = self.child.wait();
    }
}
