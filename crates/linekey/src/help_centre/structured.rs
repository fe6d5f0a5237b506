//! What search engines are told of an article: schema.org as JSON-LD.
//!
//! It stands in the page as a block of data, which the content security policy lets be, since nothing runs it.

use serde_json::{Value, json};

use super::articles::{Article, Audience, Category, Section};
use super::values::Values;

/// The steps as a HowTo, the questions as a FAQPage, and where the article stands. What is for engineers is a TechArticle.
pub fn of(article: &Article, category: &Category, values: &Values<'_>, origin: &str, help: &str) -> String {
    let address = format!("{origin}{}", article.address());
    let mut graph = vec![place(article, category, origin, help)];
    if article.audience == Audience::Engineers {
        // For whom a page of commands is no list of steps to be read aloud.
        graph.push(json!({ "@type": "TechArticle", "headline": article.title, "description": article.summary, "url": address }));
        return block(graph);
    }
    let sections: Vec<_> = article
        .sections
        .iter()
        .filter(|section| !section.steps.is_empty())
        .collect();
    let steps = |section: &Section| -> Vec<Value> {
        let steps = section.steps.iter();
        let step = steps.map(|step| json!({ "@type": "HowToStep", "text": values.text(&step.text) }));
        step.collect()
    };
    if !sections.is_empty() {
        let all = match sections[..] {
            [section] => steps(section),
            _ => sections
                .iter()
                .map(|section| {
                    let name = values.text(&section.title);
                    json!({ "@type": "HowToSection", "name": name, "itemListElement": steps(section) })
                })
                .collect(),
        };
        graph.push(json!({
            "@type": "HowTo", "url": address, "name": article.title, "description": article.summary, "step": all,
        }));
    }
    let questions = article.sections.iter().flat_map(|section| &section.questions);
    let questions: Vec<_> = questions
        .map(|question| {
            json!({
                "@type": "Question", "name": values.text(&question.text),
                "acceptedAnswer": { "@type": "Answer", "text": values.text(&question.plain) },
            })
        })
        .collect();
    if !questions.is_empty() {
        graph.push(json!({ "@type": "FAQPage", "mainEntity": questions }));
    }
    block(graph)
}

fn block(graph: Vec<Value>) -> String {
    let whole = json!({ "@context": "https://schema.org", "@graph": graph });
    // Nothing in it may end the block.
    whole.to_string().replace('<', "\\u003c")
}

fn place(article: &Article, category: &Category, origin: &str, help: &str) -> Value {
    let item = |position: u32, name: &str, path: &str| {
        let address = format!("{origin}{path}");
        json!({ "@type": "ListItem", "position": position, "name": name, "item": address })
    };
    json!({
        "@type": "BreadcrumbList",
        "itemListElement": [
            item(1, help, "/help"),
            item(2, &category.title, &format!("/help/{}", category.name)),
            item(3, &article.title, &article.address()),
        ],
    })
}
