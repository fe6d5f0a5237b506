//! `linekey init`

use std::path::{Path, PathBuf};

use anyhow::bail;
use lettre::message::Mailbox;

use super::account::{refused as account_refused, wrong_domain, wrong_name};
use super::user::refused as user_refused;
use super::{Usage, ask, open};
use crate::accounts::{domain, name};
use crate::app;
use crate::clock::Clock;
use crate::config::sample::Sample;
use crate::config::{Config, PublicUrl};
use crate::db;
use crate::error::{self, Error};
use crate::links::Made;
use crate::password::typed::TypedPassword;
use crate::provider::files::{Files, already};
use crate::provider::set_up::{First, LONGEST_NAME, Refusal, check, set_up};
use crate::serve::told_to_stop;
use crate::users::add::{LONGEST_DISPLAY_NAME, check_name};
use crate::when;
use crate::words::Words;

const DATABASE: &str = "LINEKEY_DATABASE__URL";

/// What a new portal is to be. What is not given is asked for on the terminal.
#[derive(Debug, clap::Args)]
pub(super) struct InitArguments {
    /// Where browsers will reach the portal; plain http for this machine alone
    #[arg(long, value_name = "URL")]
    public_url: Option<PublicUrl>,
    /// The provider's name, which the pages show
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// The provider's own domain, such as quayside.example
    #[arg(long)]
    domain: Option<String>,
    /// What the first operator signs in with, such as olivia
    #[arg(long, value_name = "NAME")]
    operator: Option<String>,
    /// What the first operator is called, such as "Olivia Quay"
    #[arg(long, value_name = "NAME")]
    display_name: Option<String>,
    /// sqlite:PATH or postgres://USER@HOST/NAME; with a password set the variable LINEKEY_DATABASE__URL instead
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Ask nothing, and read the operator's password from standard input
    #[arg(long)]
    stdin: bool,
    /// No password: print a link, once, with which the operator chooses one within 72 hours
    #[arg(long, conflicts_with = "stdin")]
    set_up_link: bool,
}

/// Everything that was answered, the password aside.
struct Answers {
    public_url: PublicUrl,
    provider: String,
    domain: String,
    operator: String,
    display_name: String,
}

pub(super) async fn run(arguments: InitArguments, file: Option<PathBuf>) -> anyhow::Result<()> {
    let path = file.unwrap_or_else(|| PathBuf::from(Config::FILE));
    if path.exists() {
        bail!(
            "{} is there already: a portal is set up here, and nothing is changed. `linekey serve` runs it, `linekey \
             doctor` checks it; to begin anew, move its settings, key file and database away",
            path.display()
        );
    }
    let database = database(&arguments)?;
    let answers = answers(&arguments)?;
    let sample = sample(&answers, database.as_deref());
    let mut config = Config::of_text(&path, sample.text(), &super::variables())?;
    if let Some(path) = already(&path, &config) {
        bail!(
            "{} is there already, and nothing is overwritten; move it away, or name another place with --config or \
             --database",
            path.display()
        );
    }
    let password = match arguments.set_up_link {
        true => None,
        false => Some(password(&arguments, &answers, &config)?),
    };
    open::prepare(&mut config);
    let first = answers.first(password.as_ref());
    let made = make(&path, sample.text(), &config, first).await?;
    super::say(&done(&path, &answers, &config, made.as_ref()));
    Ok(())
}

/// The database for the settings file: what `--database` or the variable says, without a password.
fn database(arguments: &InitArguments) -> anyhow::Result<Option<String>> {
    let variable = super::variables().remove(DATABASE);
    match (&arguments.database, variable) {
        (Some(_), Some(_)) => bail!(Usage(format!(
            "both --database and {DATABASE} are given; one is enough"
        ))),
        (Some(url), None) => match db::without_password(url) {
            (_, true) => bail!(Usage(format!(
                "a password in an argument is seen by everyone on this machine; set {DATABASE} to the whole address \
                 instead, here and for `linekey serve`"
            ))),
            (url, false) => Ok(Some(url)),
        },
        (None, variable) => Ok(variable.map(|url| db::without_password(&url).0)),
    }
}

/// Says what is wrong with an answer, if anything.
type Judge<'a> = &'a dyn Fn(&str) -> Result<(), String>;

fn answers(arguments: &InitArguments) -> anyhow::Result<Answers> {
    let asks = !arguments.stdin && ask::is_terminal();
    let given = |value: Option<&String>, flag: &str, (question, default): (&str, Option<&str>), judge: Judge<'_>| {
        let judged = |text: &str| judge(text.trim()).map(|()| text.trim().to_owned());
        match value.map(String::as_str).or(default.filter(|_| !asks)) {
            Some(value) => judged(value).map_err(|why| anyhow::Error::new(Usage(format!("{flag}: {why}")))),
            None if asks => ask::text(question, default, judged),
            None => bail!(Usage(format!("{flag} is missing, and there is no terminal to ask on"))),
        }
    };
    let public_url = match &arguments.public_url {
        Some(url) => url.clone(),
        None if asks => ask::text(
            "Where browsers will reach the portal",
            Some("http://localhost:8080"),
            |text| text.parse(),
        )?,
        None => PublicUrl::default(),
    };
    let provider = given(
        arguments.provider.as_ref(),
        "--provider",
        ("The provider's name, such as Quayside Telecom", None),
        &|text| is_name(text, LONGEST_NAME),
    )?;
    let domain = given(
        arguments.domain.as_ref(),
        "--domain",
        ("The provider's own domain, such as quayside.example", None),
        &|text| {
            domain::check(text)
                .map(drop)
                .map_err(|refusal| wrong_domain("it", &refusal))
        },
    )?;
    let operator = given(
        arguments.operator.as_ref(),
        "--operator",
        ("What the first operator signs in with, such as olivia", None),
        &|text| check_name(text).map_err(|refusal| user_refused(&refusal)),
    )?;
    let display_name = given(
        arguments.display_name.as_ref(),
        "--display-name",
        ("The operator's name", Some(&operator)),
        &|text| is_name(text, LONGEST_DISPLAY_NAME),
    )?;
    Ok(Answers {
        public_url,
        provider,
        domain: domain.to_ascii_lowercase(),
        operator,
        display_name,
    })
}

fn is_name(text: &str, most: usize) -> Result<(), String> {
    match name::refusal(text, most) {
        Some(refusal) => Err(wrong_name("the name", refusal, most)),
        None => Ok(()),
    }
}

impl Answers {
    fn first<'a>(&'a self, password: Option<&'a TypedPassword>) -> First<'a> {
        First {
            provider: &self.provider,
            domain: &self.domain,
            operator: &self.operator,
            display_name: &self.display_name,
            password,
        }
    }
}

fn sample(answers: &Answers, database: Option<&str>) -> Sample {
    let sample = Sample::default()
        .with("portal", "public_url", answers.public_url.origin())
        .with("mail", "from", sender(&answers.provider, &answers.domain))
        .with("sip", "domain_suffix", format!("sip.{}", answers.domain))
        .with("brand", "name", answers.provider.as_str());
    // Plain HTTP is for this machine alone: then it is what people open themselves, and no proxy.
    let sample = match answers.public_url.local_port() {
        Some(port) => sample.with("portal", "listen", vec![format!("127.0.0.1:{port}")]),
        None => sample,
    };
    match database {
        Some(url) => sample.with("database", "url", url),
        None => sample,
    }
}

/// Whom mail comes from, until somebody says otherwise.
fn sender(provider: &str, domain: &str) -> String {
    let default = Config::default().mail.from.0.to_string();
    let address = lettre::Address::new("portal", domain).ok();
    address.map_or(default, |address| {
        Mailbox::new(Some(provider.to_owned()), address).to_string()
    })
}

fn password(arguments: &InitArguments, answers: &Answers, config: &Config) -> anyhow::Result<TypedPassword> {
    if !arguments.stdin {
        super::complain(&format!("The password of {}:", answers.operator));
        for rule in config.password.policy.rules() {
            super::complain(&format!("- {}", rule.text(&Words::english())));
        }
    }
    ask::new_password(arguments.stdin, |password| {
        check(
            &config.brand.name,
            config.password.policy,
            answers.first(Some(password)),
        )
        .map_err(|refusal| refused(&refusal))
    })
}

/// All of it, or nothing: whatever fails takes the files with it.
async fn make(path: &Path, text: &str, config: &Config, first: First<'_>) -> anyhow::Result<Option<Made>> {
    let mut files = Files::make(path, text, config)?;
    let app = tokio::select! {
        app = app::open(config.clone(), Clock::default()) => app?,
        () = told_to_stop() => bail!("stopped; nothing is set up"),
    };
    // Nobody stops it from here on: a server that was told to commit may do it, and the portal would be without its key.
    let settled = settle(&mut files, set_up(&app, first).await);
    app.db.close().await;
    settled
}

/// Keeps the files of a portal that was set up, or may have been.
fn settle<T>(files: &mut Files, set_up: error::Result<Result<T, Refusal>>) -> anyhow::Result<T> {
    match set_up {
        Ok(Ok(made)) => {
            files.keep();
            Ok(made)
        }
        Ok(Err(refusal)) => bail!("nothing is set up: {}", refused(&refusal)),
        Err(Error::Unknown(lost)) => {
            files.keep();
            bail!(
                "whether the portal is set up is not known, since the connection to the database was lost at the last \
                 moment ({lost}). The files stay: `linekey doctor` says under \"portal\" whether it is set up. If it is \
                 not, remove the settings and the key file and run `linekey init` again"
            )
        }
        Err(error) => Err(error.into()),
    }
}

fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Already(kind) => format!(
            "the database is a {kind}'s already. To run another server of that portal, copy its linekey.toml and key \
             file here; else name another database"
        ),
        Refusal::Provider(refusal) => wrong_name("the provider's name", *refusal, LONGEST_NAME),
        Refusal::Account(refusal) => account_refused(refusal),
        Refusal::Operator(refusal) => user_refused(refusal),
        Refusal::Password(refused) => super::user::refused_password(refused),
    }
}

fn done(path: &Path, answers: &Answers, config: &Config, made: Option<&Made>) -> String {
    let named = match path == Path::new(Config::FILE) {
        true => String::new(),
        false => format!(" --config {}", path.display()),
    };
    let (_, had_password) = db::without_password(&config.database.url);
    let environment = match had_password {
        true => format!("\nThe database's password is in none of them: {DATABASE} must be set for every command.\n"),
        false => String::new(),
    };
    let sign_in = match made {
        None => format!(
            "open {}/ and sign in as {}",
            answers.public_url.origin(),
            answers.operator
        ),
        Some(made) => format!(
            "open the link, choose a password for {} and sign in; it is good once, before {}, and shown only here:\n    {}",
            answers.operator,
            when::exact(made.expires_at),
            made.url
        ),
    };
    format!(
        "The portal of {} is set up.\n\n  settings  {}\n  key file  {}   (keep a copy apart from the backups)\n  \
         database  {}\n{environment}\nNext:\n  linekey serve{named}\n  {sign_in}\n  linekey account \
         add acme.example --name \"Acme Boats\"{named}\n",
        answers.provider,
        path.display(),
        config.keys.file.display(),
        db::without_password(&config.database.url).0,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the files of a portal are there after what came of its database.
    fn stay_after(set_up: error::Result<Result<(), Refusal>>) -> (bool, String) {
        let folder = crate::testing::Folder::new();
        let path = folder.path().join("new").join(Config::FILE);
        let text = "[database]\nurl = \"postgres://linekey@localhost/linekey\"\n";
        let config = Config::of_text(&path, text, &std::collections::BTreeMap::new()).expect("right settings");
        let mut files = Files::make(&path, text, &config).expect("an empty folder");
        let said = settle(&mut files, set_up).err();
        drop(files);
        let there = [path.exists(), config.keys.file.exists()];
        assert_eq!(there[0], there[1], "both or none");
        (there[0], said.map(|error| format!("{error:#}")).unwrap_or_default())
    }

    #[test]
    fn the_key_of_a_portal_that_may_be_set_up_stays() {
        assert_eq!(stay_after(Ok(Ok(()))), (true, String::new()));
        let (stay, said) = stay_after(Err(Error::Unknown(sqlx::Error::PoolClosed)));
        assert!(
            stay && said.contains("is not known") && said.contains("linekey doctor"),
            "{said}"
        );
        let (stay, said) = stay_after(Ok(Err(Refusal::Already("portal".to_owned()))));
        assert!(!stay && said.contains("a portal's already"), "{said}");
        let (stay, said) = stay_after(Err(Error::Unavailable(sqlx::Error::PoolClosed)));
        assert!(!stay && said.contains("does not answer"), "{said}");
    }
}
