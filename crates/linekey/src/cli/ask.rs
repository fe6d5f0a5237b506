//! Asks for what a command needs to know. Secrets come from a terminal, without echo and twice, or from standard input:
//! never from arguments, which everyone on the machine can read.

use std::io::{BufRead, IsTerminal, Write};

use anyhow::bail;
use zeroize::Zeroizing;

use super::Usage;
use crate::password::typed::{READ_AT_MOST, TypedPassword};

/// How often a password is asked for before the command gives up.
const TRIES: usize = 3;

/// Whether somebody can be asked.
pub(super) fn is_terminal() -> bool {
    std::io::stdin().is_terminal()
}

/// Asks for a line of text until `judge` takes it; an empty answer means `default`.
pub(super) fn text<T>(
    question: &str,
    default: Option<&str>,
    judge: impl Fn(&str) -> Result<T, String>,
) -> anyhow::Result<T> {
    loop {
        let shown = default.map(|default| format!(" [{default}]")).unwrap_or_default();
        let mut out = std::io::stderr().lock();
        let _ = write!(out, "{question}{shown}: ").and_then(|()| out.flush());
        let mut line = String::new();
        if std::io::stdin().lock().read_line(&mut line)? == 0 {
            bail!("no answer; nothing is done");
        }
        let typed = match line.trim() {
            "" => default.unwrap_or_default(),
            typed => typed,
        };
        match judge(typed) {
            Ok(good) => return Ok(good),
            Err(why) => {
                let _ = writeln!(out, "{why}");
            }
        }
    }
}

/// A new password: the first line of standard input if `stdin`, else typed twice on the terminal. `judge` says what is
/// wrong with it, in sentences; on a terminal it is asked for again then.
pub(super) fn new_password(
    stdin: bool,
    judge: impl Fn(&TypedPassword) -> Result<(), String>,
) -> anyhow::Result<TypedPassword> {
    if stdin {
        let password = first_line()?;
        return match judge(&password) {
            Ok(()) => Ok(password),
            Err(why) => bail!("the password is refused: {why}"),
        };
    }
    if !is_terminal() {
        bail!(Usage(
            "there is no terminal to ask for a password on; give --stdin and the password on standard input".to_owned()
        ));
    }
    for _ in 0..TRIES {
        let password = hidden("Password: ")?;
        if let Err(why) = judge(&password) {
            super::complain(&why);
            continue;
        }
        if password.same_as(&hidden("The same again: ")?) {
            return Ok(password);
        }
        super::complain("The two differ.");
    }
    bail!("no password after {TRIES} tries; nothing is done")
}

fn hidden(prompt: &str) -> anyhow::Result<TypedPassword> {
    Ok(TypedPassword::new(rpassword::prompt_password(prompt)?))
}

fn first_line() -> anyhow::Result<TypedPassword> {
    // One byte more than is looked at, and two for the end of the line: what is longer is too long.
    let limit = READ_AT_MOST + 3;
    let mut line = Zeroizing::new(String::with_capacity(limit));
    let mut input = std::io::Read::take(std::io::stdin().lock(), limit as u64);
    input.read_line(&mut line)?;
    let end = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(end);
    Ok(TypedPassword::new(std::mem::take(&mut *line)))
}
