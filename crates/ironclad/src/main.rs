//! The binary: see the library of this crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    ironclad::main()
}
