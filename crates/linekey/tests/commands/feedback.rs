//! `linekey help-centre`: what readers say about the articles, and what is done with it.

use crate::place::Place;
use crate::{browser, post, tamper};

#[tokio::test]
async fn votes_and_suggestions_are_listed_and_marked_as_done() {
    let place = Place::set_up("help-centre");
    assert_eq!(place.lists(&["help-centre", "votes"]).len(), 0);
    let server = place.serve().await;
    let article = "/help/passwords/change-your-password";
    for helpful in ["yes", "yes", "no"] {
        let vote = format!("{}{article}/vote", server.portal);
        let voted = post(&browser(), vote, &[("helpful", helpful)]).await;
        assert_eq!(voted, (303, format!("{article}#feedback")));
    }
    server.terminate();
    let votes = place.lists(&["help-centre", "votes"]);
    assert_eq!(votes.len(), 1);
    assert_eq!(votes[0]["article"], "passwords/change-your-password");
    assert_eq!((&votes[0]["helpful"], &votes[0]["not_helpful"]), (&2.into(), &1.into()));
    assert_eq!(votes[0]["weeks"].as_array().map(Vec::len), Some(12));
    assert_eq!(votes[0]["weeks"][11]["helpful"], 2);
    let table = place.does(&["help-centre", "votes"]);
    assert!(
        table.ends_with("passwords/change-your-password\t2\t1\t2\t1\n"),
        "{table}"
    );

    let add = "insert into help_suggestions (id, form, category, article, text, email, created_at)
               values ('one', 'one', 'phones', 'your-phones', 'Clear' || char(10) || char(27) || '[2Kthe screen',
                       'reader@home.example', 1)";
    tamper(&place.folder, add).await;
    let open = place.lists(&["help-centre", "suggestions"]);
    assert_eq!(open[0]["text"], "Clear\n\u{1b}[2Kthe screen");
    assert_eq!(
        (&open[0]["email"], &open[0]["done_at"]),
        (&"reader@home.example".into(), &serde_json::Value::Null)
    );
    let table = place.does(&["help-centre", "suggestions"]);
    assert!(
        table.contains("phones/your-phones\topen\treader@home.example\tClear \u{fffd}[2Kthe"),
        "{table}"
    );

    assert_eq!(place.does(&["help-centre", "done", "one"]), "The suggestion is done.\n");
    assert_eq!(place.lists(&["help-centre", "suggestions"]).len(), 0);
    assert_eq!(place.lists(&["help-centre", "suggestions", "--state", "done"]).len(), 1);
    assert!(
        place
            .refuses(&["help-centre", "done", "one"])
            .contains("it is done already")
    );
    assert!(
        place
            .refuses(&["help-centre", "done", "two"])
            .contains("there is no suggestion two")
    );
    place.does(&["help-centre", "reopen", "one"]);
    assert_eq!(place.lists(&["help-centre", "suggestions"]).len(), 1);
    for kind in ["suggestion-done", "suggestion-reopen"] {
        let events = place.lists(&["audit", "list", "--kind", kind]);
        assert_eq!(
            (events.len(), &events[0]["detail"]["by"]),
            (1, &"console".into()),
            "{kind}"
        );
    }
}
