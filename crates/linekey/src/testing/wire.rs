//! The wire to a server, which a story can cut and mend.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A loopback address behind which the PostgreSQL server answers, until the wire is cut.
pub(crate) struct Wire {
    address: SocketAddr,
    server: String,
    tasks: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl Wire {
    /// A wire to the server of `TEST_POSTGRES_URL`.
    pub(crate) async fn to_postgres() -> Self {
        let url = super::postgres::server();
        let server = url
            .split('@')
            .nth(1)
            .and_then(|rest| rest.split('/').next())
            .expect("a host and port")
            .to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let wire = Self {
            address,
            server,
            tasks: Arc::default(),
        };
        wire.carry(listener);
        wire
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends every connection and refuses new ones.
    pub(crate) async fn cut(&self) {
        let tasks = std::mem::take(&mut *self.tasks.lock().expect("no test panicked"));
        for task in tasks {
            task.abort();
            let _ = task.await;
        }
    }

    /// Carries again, at the same address.
    pub(crate) async fn mend(&self) {
        let listener = TcpListener::bind(self.address).await.expect("the port is still ours");
        self.carry(listener);
    }

    fn carry(&self, listener: TcpListener) {
        let (server, tasks) = (self.server.clone(), Arc::clone(&self.tasks));
        let accept = tokio::spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                let server = server.clone();
                let task = tokio::spawn(async move {
                    let mut to = TcpStream::connect(server).await.expect("the server answers");
                    let _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
                });
                tasks.lock().expect("no test panicked").push(task);
            }
        });
        self.tasks.lock().expect("no test panicked").push(accept);
    }
}
