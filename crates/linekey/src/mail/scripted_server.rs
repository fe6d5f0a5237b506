//! A mail server of stories that does what it is told: refuses, goes silent, hangs up, waits.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::{self, MailTransport};

/// Where in a conversation something happens: its greeting, a command, or the end of the message.
pub(super) const PLACES: [&str; 6] = ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "."];

/// What the server does wrong, at one of [`PLACES`].
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// Answers this instead.
    Says(&'static str, &'static str),
    /// Hangs up instead of an answer. At the end of the message it has the mail by then.
    HangsUp(&'static str),
    /// Hangs up in the middle of the message.
    HangsUpInMessage,
    /// Waits there until it is released; the first connection alone.
    Waits(&'static str),
}

#[derive(Default)]
struct State {
    fault: Option<Fault>,
    /// The messages it took, whether or not anybody heard of it.
    taken: Vec<String>,
    connections: usize,
    waiting: usize,
}

/// A server on a free port of this machine.
pub(super) struct Server {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    go: watch::Sender<u32>,
    listens: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let listens = self.listens.get_mut().map(Option::take);
        if let Ok(Some(task)) = listens {
            task.abort();
        }
    }
}

impl Server {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let server = Self {
            address: listener.local_addr().expect("a bound socket"),
            state: Arc::default(),
            go: watch::Sender::new(0),
            listens: Mutex::default(),
        };
        server.listen(listener);
        server
    }

    fn listen(&self, listener: TcpListener) {
        let (state, go) = (self.state.clone(), self.go.subscribe());
        let accepting = tokio::spawn(async move {
            // Those that are under way end with the listener.
            let mut conversations = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                conversations.spawn(serve(stream, state.clone(), go.clone()));
            }
        });
        *self.listens.lock().expect("nobody panicked") = Some(accepting);
    }

    /// Ends it, and every conversation.
    pub(super) async fn stop(&self) {
        let task = self.listens.lock().expect("nobody panicked").take();
        if let Some(task) = task {
            task.abort();
            let _ = task.await;
        }
    }

    /// Starts it again where it was.
    pub(super) async fn again(&self) {
        self.listen(TcpListener::bind(self.address).await.expect("its own port"));
    }

    pub(super) fn settings(&self, settings: &mut config::Mail) {
        settings.transport = MailTransport::Smtp;
        settings.smtp_url = Some(format!("smtp://{}", self.address).parse().expect("a server"));
    }

    pub(super) fn does(&self, fault: impl Into<Option<Fault>>) {
        self.state.lock().expect("nobody panicked").fault = fault.into();
    }

    /// Lets those go on that wait.
    pub(super) fn release(&self) {
        self.go.send_modify(|times| *times += 1);
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.state.lock().expect("nobody panicked").waiting
    }

    pub(super) fn connections(&self) -> usize {
        self.state.lock().expect("nobody panicked").connections
    }

    pub(super) fn taken(&self) -> Vec<String> {
        self.state.lock().expect("nobody panicked").taken.clone()
    }

    /// The id of each message that was taken, in order.
    pub(super) fn message_ids(&self) -> Vec<String> {
        let id = |message: &String| {
            let line = message.lines().find_map(|line| line.strip_prefix("Message-ID: "));
            line.expect("a message id").to_owned()
        };
        self.taken().iter().map(id).collect()
    }
}

async fn serve(stream: TcpStream, state: Arc<Mutex<State>>, go: watch::Receiver<u32>) {
    let (is_first, go) = {
        let mut state = state.lock().expect("nobody panicked");
        state.connections += 1;
        (state.connections == 1, go)
    };
    let conversation = Conversation {
        stream: BufReader::new(stream),
        state,
        go,
        is_first,
    };
    // A portal that hangs up is its right.
    let _ = conversation.run().await;
}

struct Conversation {
    stream: BufReader<TcpStream>,
    state: Arc<Mutex<State>>,
    go: watch::Receiver<u32>,
    is_first: bool,
}

impl Conversation {
    async fn run(mut self) -> std::io::Result<()> {
        if !self.answer("greeting", "220 scripted ESMTP").await? {
            return Ok(());
        }
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let command = line.split_whitespace().next().unwrap_or_default();
            let goes_on = match command {
                "EHLO" => self.answer("EHLO", "250-scripted\r\n250 8BITMIME").await?,
                "MAIL" => self.answer("MAIL", "250 2.1.0 Ok").await?,
                "RCPT" => self.answer("RCPT", "250 2.1.5 Ok").await?,
                "DATA" => self.answer("DATA", "354 go on").await? && self.message().await?,
                "QUIT" => self.say("221 bye").await.map(|()| false)?,
                _ => self.say("250 Ok").await.map(|()| true)?,
            };
            if !goes_on {
                return Ok(());
            }
        }
    }

    async fn say(&mut self, reply: &str) -> std::io::Result<()> {
        // So that whoever asks has to wait for each answer, as on a network.
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        self.stream.get_mut().write_all(format!("{reply}\r\n").as_bytes()).await
    }

    /// Answers, or does what it was told to. False: the conversation is over.
    async fn answer(&mut self, place: &str, usual: &str) -> std::io::Result<bool> {
        let fault = self.state.lock().expect("nobody panicked").fault;
        match fault {
            Some(Fault::HangsUp(at)) if at == place => return Ok(false),
            Some(Fault::Says(at, reply)) if at == place => {
                self.say(reply).await?;
                return Ok(place != "greeting");
            }
            Some(Fault::Waits(at)) if at == place && self.is_first => {
                self.go.mark_unchanged();
                self.state.lock().expect("nobody panicked").waiting += 1;
                let _ = self.go.changed().await;
                self.state.lock().expect("nobody panicked").waiting -= 1;
            }
            _ => {}
        }
        self.say(usual).await?;
        Ok(true)
    }

    async fn message(&mut self) -> std::io::Result<bool> {
        let fault = self.state.lock().expect("nobody panicked").fault;
        let mut message = String::new();
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line).await? == 0 {
                return Ok(false);
            }
            if line == ".\r\n" {
                break;
            }
            message.push_str(&line);
            if matches!(fault, Some(Fault::HangsUpInMessage)) {
                return Ok(false);
            }
        }
        if matches!(fault, Some(Fault::Says(".", _))) {
            return self.answer(".", "").await;
        }
        let count = {
            let mut state = self.state.lock().expect("nobody panicked");
            state.taken.push(message);
            state.taken.len()
        };
        self.answer(".", &format!("250 2.0.0 Ok: queued as {count}")).await
    }
}
