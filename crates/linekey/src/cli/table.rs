//! Lists: a table for people, fields between tabs for a pipe, one array of objects for programs.

use std::io::IsTerminal;

use serde_json::Value;

/// One line of a list: as people read it, and as programs do.
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    pub(super) object: Value,
}

/// Prints a list. `head` names the cells; `empty` is what people are told when there is nothing.
pub(super) fn print(head: &[&str], rows: Vec<Row>, json: bool, empty: &str) -> anyhow::Result<()> {
    if json {
        let objects: Vec<_> = rows.into_iter().map(|row| row.object).collect();
        super::say(&format!("{}\n", serde_json::to_string_pretty(&objects)?));
        return Ok(());
    }
    if rows.is_empty() {
        super::complain(empty);
        return Ok(());
    }
    let mut lines = vec![head.iter().map(|name| (*name).to_owned()).collect()];
    let plain_cells = |row: Row| row.cells.iter().map(|cell| plain(cell)).collect();
    lines.extend(rows.into_iter().map(plain_cells));
    super::say(&if std::io::stdout().is_terminal() {
        aligned(&lines)
    } else {
        lines.iter().map(|cells| cells.join("\t") + "\n").collect()
    });
    Ok(())
}

/// A text of the database as a terminal may have it: whoever wrote it there draws no lines of their own.
pub(super) fn plain(text: &str) -> String {
    let seen = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    text.chars().map(seen).collect()
}

/// Columns as wide as their widest cell, two spaces apart.
pub(super) fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|cells| cells.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..columns).map(width).collect();
    let mut text = String::new();
    for cells in lines {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(&widths) {
            line += &format!("{cell:<width$}  ");
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_moves_no_cursor() {
        assert_eq!(plain("a\u{1b}[2Kb\nc\td"), "a\u{fffd}[2Kb\u{fffd}c\u{fffd}d");
    }

    #[test]
    fn a_table_is_as_wide_as_it_must_be_and_ends_no_line_with_spaces() {
        let line = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        assert_eq!(
            aligned(&[line(["domain", "name"]), line(["a.example", "Ægir"]), line(["b", ""])]),
            "domain     name\na.example  Ægir\nb\n"
        );
    }
}
