//! The `linekey` program.

use std::process::ExitCode;

/// Gives memory back after a storm of sign-ins, and is quick at the many small pieces of a page.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    linekey::cli::run()
}
