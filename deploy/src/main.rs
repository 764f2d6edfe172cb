//! The `couponry` program: standard streams and the exit code. All else is the library's.

use std::{env, io, process::ExitCode};

fn main() -> ExitCode {
    let (mut out, mut err) = (io::stdout().lock(), io::stderr());
    match couponry::cli::run(env::args_os(), &mut out, &mut err) {
        Ok(code) => code.into(),
        // Nobody is left to tell.
        Err(_) => couponry::cli::REFUSED.into(),
    }
}
