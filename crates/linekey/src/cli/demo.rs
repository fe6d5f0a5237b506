//! `linekey demo`

use std::path::PathBuf;

use super::DemoArguments;
use crate::demo::{self, Demo, Options};
use crate::serve::told_to_stop;

/// Runs the demo until it is told to stop.
pub(super) async fn run(arguments: DemoArguments, settings: Option<PathBuf>) -> anyhow::Result<()> {
    let options = Options {
        http: arguments.http,
        sip: arguments.sip,
        data: arguments.data,
        seed_users: arguments.seed_users,
    };
    let prepared = demo::prepare(&options, settings.as_deref(), &super::variables())?;
    super::log(&prepared.config.log);
    super::say("Starting the portal, the registrar and three simulated phones that register over UDP.\n");
    // Told to stop before it is ready, it leaves nothing behind either.
    let demo = tokio::select! {
        demo = demo::start(&options, prepared) => demo?,
        () = told_to_stop() => return Ok(()),
    };
    super::say(&ready(&demo, &options));
    told_to_stop().await;
    demo.stop().await;
    Ok(())
}

fn ready(demo: &Demo, options: &Options) -> String {
    let mut text = format!("phones  {} are registered\n\n", demo.phones().join(", "));
    text += &format!("portal  {}\n", demo.url);
    text += &format!("mail  {}demo/mail\n", demo.url);
    text += &format!("sip  {}\n\n", demo.sip);
    text += &format!("{:<22}{:<19}{:<15}{}\n", "sign-in name", "password", "role", "account");
    for someone in demo::people() {
        let name = someone.sign_in_name();
        text += &format!(
            "{name:<22}{:<19}{:<15}{}\n",
            someone.password,
            someone.role.as_str(),
            someone.account()
        );
    }
    if options.seed_users > 0 {
        let last = format!("u{:06}@load.example", options.seed_users - 1);
        text += &format!(
            "\nu000000@load.example to {last}, password Harbour-Light-0 (one shared hash), each with a phone u......-desk\n"
        );
    }
    text += match &options.data {
        Some(_) => "\nThe data stays in the folder, changed passwords too. Ctrl-C ends the demo.\n",
        None => "\nThe data is temporary. Ctrl-C ends the demo.\n",
    };
    text
}
