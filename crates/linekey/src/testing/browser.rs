//! A browser as far as HTTP goes: keeps cookies, follows nothing by itself, and says what it sees.

use std::net::SocketAddr;
use std::sync::Mutex;

use reqwest::header::{HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Method, StatusCode};

/// A browser with cookies of its own.
pub(crate) struct Browser {
    origin: String,
    client: reqwest::Client,
    cookies: Mutex<Vec<(String, String)>>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Browser {
    pub(super) fn new(address: SocketAddr) -> Self {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .user_agent("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
            .build()
            .expect("a client");
        Self {
            origin: format!("http://{address}"),
            client,
            cookies: Mutex::default(),
        }
    }

    /// Another browser with the same cookies: a second tab, or a thief.
    pub(crate) fn copy(&self) -> Self {
        let cookies = self.cookies.lock().expect("no test panicked").clone();
        Self {
            origin: self.origin.clone(),
            client: self.client.clone(),
            cookies: Mutex::new(cookies),
        }
    }

    /// What the page `html` costs: its bytes with those of its stylesheets and scripts, and of what these bring.
    pub(crate) async fn weight(&self, html: &str) -> usize {
        let (mut weight, mut seen, mut unread) = (html.len(), Vec::new(), vec![html.to_owned()]);
        while let Some(text) = unread.pop() {
            for rest in text.split("/assets/").skip(1) {
                let name = rest.split(['"', '?', ')']).next().unwrap_or_default().to_owned();
                if name == "icon.svg" || seen.contains(&name) {
                    continue;
                }
                let asset = self.get(&format!("/assets/{name}")).await.text;
                weight += asset.len();
                unread.push(asset);
                seen.push(name);
            }
        }
        weight
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let cookies = self.cookies.lock().expect("no test panicked");
        cookies
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        let mut cookies = self.cookies.lock().expect("no test panicked");
        cookies.retain(|(known, _)| known != name);
        if !value.is_empty() {
            cookies.push((name.to_owned(), value.to_owned()));
        }
    }

    /// All cookies, for a browser that is driven.
    #[cfg(feature = "outside")]
    pub(crate) fn cookies(&self) -> Vec<(String, String)> {
        self.cookies.lock().expect("no test panicked").clone()
    }

    /// Opens a page.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    /// Sends a form.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)));
        let body = body.collect::<Vec<_>>().join("&");
        let kind = ("content-type", "application/x-www-form-urlencoded");
        self.send(Method::POST, path, &[kind], Some(body.into_bytes())).await
    }

    /// Sends anything.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Answer {
        let mut request = self.request(method, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await.expect("the portal answers");
        let (status, headers) = (response.status(), response.headers().clone());
        for cookie in headers.get_all(SET_COOKIE) {
            let pair = cookie
                .to_str()
                .expect("cookies are text")
                .split(';')
                .next()
                .unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a cookie has a name");
            self.set_cookie(name, value);
        }
        // A stream of events has no end.
        let is_stream = headers
            .get("content-type")
            .is_some_and(|kind| kind == "text/event-stream");
        let text = match is_stream {
            true => String::new(),
            false => response.text().await.expect("pages are text"),
        };
        Answer { status, headers, text }
    }

    /// Opens a stream of server-sent events.
    pub(crate) async fn listen(&self, path: &str) -> Stream {
        let answer = self
            .request(Method::GET, path)
            .send()
            .await
            .expect("the portal answers");
        let text = String::new();
        Stream { answer, text }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.origin));
        let cookies = self.cookies.lock().expect("no test panicked").clone();
        if cookies.is_empty() {
            return request;
        }
        let all = cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>();
        request.header("cookie", all.join("; "))
    }

    pub(crate) async fn sign_in(&self, name: &str, password: &str) -> Answer {
        self.post("/sign-in", &[("username", name), ("password", password)])
            .await
    }

    /// Types a new password twice and saves it, other browsers signed out.
    pub(crate) async fn change_password(&self, new: &str) -> Answer {
        let fields = [
            ("new_password", new),
            ("confirm_password", new),
            ("sign_out_others", "on"),
        ];
        self.post("/account/password", &fields).await
    }

    /// Whether the browser still has a live session.
    pub(crate) async fn is_signed_in(&self) -> bool {
        self.get("/account/settings").await.status == StatusCode::OK
    }
}

/// Server-sent events on their way.
pub(crate) struct Stream {
    pub(crate) answer: reqwest::Response,
    text: String,
}

impl Stream {
    /// The data of the next event; `None` once the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<serde_json::Value> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let data = event.lines().find_map(|line| line.strip_prefix("data: "));
                let data = data.map(|data| serde_json::from_str(data).expect("events are JSON"));
                self.text = rest.to_owned();
                if data.is_some() {
                    return data;
                }
                continue;
            }
            let chunk = self.answer.chunk().await.ok().flatten()?;
            self.text
                .push_str(std::str::from_utf8(&chunk).expect("events are text"));
        }
    }
}

impl Answer {
    pub(crate) fn location(&self) -> &str {
        self.headers
            .get(LOCATION)
            .map_or("", |place| place.to_str().expect("a location is text"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("headers are text"))
    }

    /// Checks that it sends the browser to `place`.
    #[track_caller]
    pub(crate) fn leads_to(&self, place: &str) -> &Self {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text);
        assert_eq!(self.location(), place);
        self
    }

    /// Checks status and that the page says `text`.
    #[track_caller]
    pub(crate) fn says(&self, status: u16, text: &str) -> &Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert!(
            self.plain().contains(text),
            "the page does not say \"{text}\":\n{}",
            self.text
        );
        self
    }

    /// What stands at a form's field as its error.
    /// The page holds none of this text.
    pub(crate) fn lacks(&self, text: &str) -> &Self {
        assert!(!self.plain().contains(text), "{text} is in {}", self.plain());
        self
    }

    pub(crate) fn at_field(&self, field: &str) -> String {
        let page = self.plain();
        let (_, rest) = page.split_once(&format!("id=\"{field}-error\">")).unwrap_or_default();
        rest.split("</div>").next().unwrap_or_default().to_owned()
    }

    /// The page with the escapes of HTML undone.
    pub(crate) fn plain(&self) -> String {
        self.text
            .replace("&#39;", "'")
            .replace("&#34;", "\"")
            .replace("&#38;", "&")
            .replace("&amp;", "&")
    }

    /// The id that follows `prefix` in the location or in the page.
    #[track_caller]
    pub(crate) fn id_after(&self, prefix: &str) -> String {
        let place = format!("{} {}", self.location(), self.text);
        let (_, rest) = place
            .split_once(prefix)
            .unwrap_or_else(|| panic!("no {prefix} in {place}"));
        rest.chars()
            .take_while(|c| c.is_ascii_hexdigit() || *c == '-')
            .collect()
    }
}

fn encode(text: &str) -> String {
    crate::web::form::encode(text).replace('/', "%2F")
}
