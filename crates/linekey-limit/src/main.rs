//! `linekey-limit hash SECONDS` and `linekey-limit page`: what this machine could do at most, with nothing of the
//! portal around it. `scripts/bench` measures the portal against both in the same run.

mod hash;
mod page;

use std::io::Write;

use anyhow::bail;

/// The portal's, or the two would not be compared.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["hash", seconds] => say(&format!("{:.1}", hash::per_second(seconds.parse()?)?)),
        ["page"] => tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?
            .block_on(page::serve()),
        _ => bail!("usage: linekey-limit hash SECONDS | linekey-limit page"),
    }
}

/// Writes one line to standard output.
fn say(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
