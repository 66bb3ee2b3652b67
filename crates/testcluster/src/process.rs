//! Processes that never outlive us.
//!
//! Each runs under a shell that waits for the end of its standard input, a pipe that we hold: when we drop it, or end
//! in any way, the shell ends the program. No signal handler and no unsafe code is needed for that.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

/// The shell: start the program; wait for the end of our side or of the program; end the program, hard, because a
/// server of a test has nothing to save; clear up what the caller named.
const GUARD: &str = r#"clear=$1; shift
pidfile=$1; shift
"$@" </dev/null & pid=$!
[ -z "$pidfile" ] || echo "$pid" >"$pidfile"
( while kill -0 "$pid" 2>/dev/null; do sleep 0.2; done; kill -9 $$ 2>/dev/null ) >/dev/null 2>&1 &
watch=$!
cat >/dev/null
kill -9 "$watch" 2>/dev/null
kill -9 "$pid" 2>/dev/null
wait "$pid" 2>/dev/null
[ -z "$clear" ] || rm -rf -- "$clear""#;

/// A program that ends with this value.
#[derive(Debug)]
pub(crate) struct Guarded {
    child: Child,
    /// Where the program's process id is.
    pid: PathBuf,
}

impl Guarded {
    /// Starts it; what it prints goes to `log`; the folder `clear`, where one is named, goes away with it.
    pub(crate) fn start(program: &Path, arguments: &[String], log: &Path, clear: Option<&Path>) -> io::Result<Guarded> {
        let pid = log.with_extension("pid");
        let output = File::create(log)?;
        let errors = output.try_clone()?;
        let child = Command::new("sh")
            .args(["-c", GUARD, "sh"])
            .arg(clear.unwrap_or(Path::new("")))
            .arg(&pid)
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(errors)
            .spawn()?;
        Ok(Guarded { child, pid })
    }

    /// Ends the program hard, as a crash would, and waits until it has.
    pub(crate) fn crash(&mut self) -> io::Result<()> {
        let pid = std::fs::read_to_string(&self.pid)?;
        Command::new("kill").args(["-9", pid.trim()]).status()?;
        // To wait closes the pipe, and a guard whose pipe is closed clears up: it must be gone before.
        let pipe = self.child.stdin.take();
        let ended = self.child.wait();
        drop(pipe);
        ended.map(drop)
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
