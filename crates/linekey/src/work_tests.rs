use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use super::*;

/// Longer than any of these tests.
const LONG: Duration = Duration::from_secs(600);

fn of(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap()
}

/// A pool of one thread that is kept busy until the returned end is dropped.
async fn busy_pool(room: usize) -> (Arc<Pool<()>>, mpsc::Sender<()>) {
    let pool = Arc::new(Pool::start("test", of(1), of(room), LONG, || ()).unwrap());
    let (release, released) = mpsc::channel::<()>();
    let (begun, has_begun) = oneshot::channel();
    spawn(&pool, move || {
        begun.send(()).unwrap();
        let _ = released.recv();
    });
    has_begun.await.unwrap();
    (pool, release)
}

fn spawn(pool: &Arc<Pool<()>>, job: impl FnOnce() + Send + 'static) -> tokio::task::JoinHandle<Result<(), Overloaded>> {
    let pool = Arc::clone(pool);
    tokio::spawn(async move { pool.run(move |()| job()).await })
}

async fn until_waiting(pool: &Pool<()>, jobs: usize) {
    while pool.waiting() != jobs {
        tokio::task::yield_now().await;
    }
}

/// Lets every other task of the test go on as far as it can.
async fn until_settled() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn every_thread_keeps_its_own_state_from_job_to_job() {
    let made = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&made);
    let pool = Pool::start("test", of(1), of(4), LONG, move || {
        counter.fetch_add(1, Ordering::SeqCst)
    })
    .unwrap();
    for jobs_done in 0..10 {
        let state = pool.run(|state| std::mem::replace(state, *state + 1)).await;
        assert_eq!(state, Ok(jobs_done));
    }
    assert_eq!(made.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_takes_jobs_again_later() {
    let (pool, release) = busy_pool(1).await;
    let waiting = spawn(&pool, || ());
    until_waiting(&pool, 1).await;
    let refused = spawn(&pool, || ());
    until_settled().await;
    assert!(refused.is_finished(), "it does not wait");
    assert_eq!(refused.await.unwrap(), Err(Overloaded));

    drop(release);
    assert_eq!(waiting.await.unwrap(), Ok(()));
    assert_eq!(pool.run(|()| 7).await, Ok(7));
    assert_eq!(pool.waiting(), 0);
}

#[tokio::test]
async fn nobody_does_the_job_of_a_caller_who_went_away() {
    let (pool, release) = busy_pool(2).await;
    let done = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&done);
    let caller = spawn(&pool, move || {
        counter.fetch_add(1, Ordering::SeqCst);
    });
    until_waiting(&pool, 1).await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());

    drop(release);
    assert_eq!(pool.run(|()| ()).await, Ok(()), "the pool goes on");
    assert_eq!(done.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn callers_who_went_away_keep_nobody_out() {
    let (pool, release) = busy_pool(1).await;
    let caller = spawn(&pool, || ());
    until_waiting(&pool, 1).await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());

    let next = spawn(&pool, || ());
    until_settled().await;
    drop(release);
    assert_eq!(next.await.unwrap(), Ok(()));
}

#[tokio::test]
async fn a_job_that_panics_gives_an_error_and_the_next_finds_a_new_state() {
    let pool = Pool::start("test", of(1), of(4), LONG, || 0).unwrap();
    let outcome = pool
        .run(|state| {
            *state = 1;
            assert_eq!(*state, 2, "this panic is part of the test");
        })
        .await;
    assert_eq!(outcome, Err(Overloaded));
    assert_eq!(pool.run(|state| *state).await, Ok(0));
}

/// Says when it is dropped.
struct State(mpsc::Sender<()>);

impl Drop for State {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

#[tokio::test]
async fn a_thread_without_work_lets_go_of_its_state_and_makes_another() {
    let (dropped, is_dropped) = mpsc::channel();
    let soon = Duration::from_millis(1);
    let pool = Pool::start("test", of(1), of(4), soon, move || State(dropped.clone())).unwrap();
    for _ in 0..2 {
        assert_eq!(pool.run(|_| ()).await, Ok(()));
        assert!(is_dropped.recv_timeout(Duration::from_secs(20)).is_ok());
    }
}

#[tokio::test]
async fn the_threads_end_with_the_pool() {
    let (ended, has_ended) = mpsc::channel();
    let pool = Pool::start("test", of(2), of(4), LONG, move || State(ended.clone())).unwrap();
    pool.run(|_| ()).await.unwrap();
    drop(pool);
    // The thread that did the job drops its state, and both drop what they would make others with.
    assert!(has_ended.recv_timeout(Duration::from_secs(20)).is_ok());
    let end = has_ended.recv_timeout(Duration::from_secs(20));
    assert_eq!(end, Err(mpsc::RecvTimeoutError::Disconnected));
}
