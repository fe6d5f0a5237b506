//! Every step of every article names a control that is there, and has a picture that still tells the truth.
//!
//! `scripts/shots` takes the pictures by the same walk, with UPDATE_PICTURES=1. PICTURES_OF names articles or steps, as
//! `passwords/change-your-password` or `passwords/change-your-password.save`, and leaves all others alone.
//! PICTURES_WITHOUT=1 takes the control of each step from its page first: every step must be missed then, which is what
//! `scripts/prove steps` looks at.

mod read;
mod walk;

use std::path::Path;

use walk::{Asked, walk};

use crate::testing::Folder;
use crate::testing::chromium::root;

/// A switch for tests alone.
#[expect(clippy::disallowed_methods, reason = "a switch for tests alone")]
fn switch(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_of_every_article_shows_what_is_on_its_page() {
    let asked = Asked {
        of: switch("PICTURES_OF").split_whitespace().map(str::to_owned).collect(),
        writes: switch("UPDATE_PICTURES") == "1",
        without: switch("PICTURES_WITHOUT") == "1",
    };
    let complaints = walk(&root().join("help"), &asked).await;
    assert!(
        complaints.is_empty(),
        "articles and pages have parted; change the article, or take its pictures with scripts/shots:\n  {}\n{} in all",
        complaints.join("\n  "),
        complaints.len()
    );
}

/// An article with one picture of the settings page.
fn article(help: &Path, name: &str, (who, open, control): (&str, &str, &str)) {
    let text = format!(
        "+++\ntitle = \"{name}\"\nsummary = \"One.\"\norder = 1\n\n[pictures.it]\npage = \"/account/settings\"\nas = \"{who}\"\nopen = [{open}]\n\
         control = \"{control}\"\n+++\n\n## Steps\n\n1. Look.\n2. Press it.\n\n   ![It](it)\n"
    );
    std::fs::create_dir_all(help.join("a")).expect("a folder of ours");
    std::fs::write(help.join(format!("a/{name}.md")), text).expect("a file of ours");
}

async fn told(help: &Path, writes: bool, of: &[&str]) -> String {
    let of = of.iter().map(|of| (*of).to_owned()).collect();
    let asked = Asked {
        of,
        writes,
        without: false,
    };
    walk(help, &asked).await.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_leads_nowhere_is_told_by_article_and_step() {
    let folder = Folder::new();
    let help = folder.path();
    let save = "#password button[type=submit]";
    article(help, "right", ("user", "", save));
    article(help, "gone", ("user", "", "#recovery-codes"));
    article(help, "twice", ("user", "", "input[type=password]"));
    article(
        help,
        "unseen",
        ("user", "", ".account .menu a[href='/account/sessions']"),
    );
    article(
        help,
        "opened",
        (
            "user",
            "\".account > summary\"",
            ".account .menu a[href='/account/sessions']",
        ),
    );
    article(help, "stuck", ("user", "\"#nowhere\"", save));
    article(help, "stranger", ("nobody", "", save));
    article(help, "wrong", ("everyone", "", save));
    let said = told(help, true, &[]).await;
    let expected = [
        "help/a/wrong.md, line 8: ",
        "help/a/gone.md, step 2, picture it: nothing is #recovery-codes at /account/settings",
        "help/a/twice.md, step 2, picture it: 2 things are input[type=password] at /account/settings",
        "help/a/unseen.md, step 2, picture it: what is .account .menu a[href='/account/sessions'] cannot be seen",
        "help/a/stuck.md, step 2, picture it: to get there: nothing is #nowhere",
        "help/a/stranger.md, step 2, picture it: nothing is #password button[type=submit] at /sign-in",
    ];
    for expected in expected {
        assert!(said.contains(expected), "{expected}\nis not in\n{said}");
    }
    assert_eq!(said.matches("help/").count(), expected.len(), "{said}");

    std::fs::remove_file(help.join("a/wrong.md")).expect("it was written");

    // The others have their pictures now, and are as these say.
    let fine = ["a/right", "a/opened"];
    assert_eq!(told(help, false, &fine).await, "");
    let structure = help.join("a/right.it.txt");
    let text = std::fs::read_to_string(&structure).expect("it was written");
    assert!(
        text.contains("> ") && text.contains("button type=submit \"Save new password\""),
        "{text}"
    );
    std::fs::write(&structure, text.replace("Save new password", "Store")).expect("a file of ours");
    std::fs::remove_file(help.join("a/opened.it.dark.webp")).expect("it was written");
    std::fs::write(help.join("a/opened.it.light.webp"), vec![0; 61_000]).expect("a file of ours");
    let said = told(help, false, &fine).await;
    for expected in [
        "help/a/right.md, step 2, picture it: the page has changed since its picture: - ",
        "help/a/opened.md, step 2, picture it: opened.it.light.webp has 61000 bytes, 60000 are allowed; \
         opened.it.dark.webp is missing",
    ] {
        assert!(said.contains(expected), "{expected}\nis not in\n{said}");
    }
}
