//! How many connections there may be, in all and from one source.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Connections that are open, by source.
#[derive(Debug)]
pub(crate) struct Room {
    open: Mutex<Open>,
    most: usize,
    most_per_source: usize,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_source: HashMap<IpAddr, usize>,
}

impl Room {
    pub(crate) fn new(most: usize, most_per_source: usize) -> Self {
        Self {
            open: Mutex::default(),
            most,
            most_per_source,
        }
    }

    /// Connections that are open.
    pub(crate) fn taken(&self) -> usize {
        self.open().all
    }

    /// A place for a connection from `address`, kept until it is dropped; `None` when there is none.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let source = source_of(address);
        let mut open = self.open();
        let of_source = open.by_source.get(&source).copied().unwrap_or_default();
        if open.all >= self.most || of_source >= self.most_per_source {
            return None;
        }
        open.all += 1;
        open.by_source.insert(source, of_source + 1);
        Some(Place {
            room: Arc::clone(self),
            source,
        })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One place that is taken.
#[derive(Debug)]
pub(crate) struct Place {
    room: Arc<Room>,
    source: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.room.open();
        open.all -= 1;
        if let Some(count) = open.by_source.get_mut(&self.source) {
            *count -= 1;
            if *count == 0 {
                open.by_source.remove(&self.source);
            }
        }
    }
}

/// Who has one IPv6 address has the 2^64 of its network.
fn source_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_run_out_in_all_and_for_one_source_and_come_back() {
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        let room = Arc::new(Room::new(4, 2));
        let mut places: Vec<_> = ["2001:db8::1", "2001:db8::2", "192.0.2.1"]
            .map(|source| room.enter(address(source)).expect("a place"))
            .into();
        assert!(room.enter(address("2001:db8::ffff")).is_none(), "the same network");
        places.extend(room.enter(address("192.0.2.1")));
        assert_eq!(room.taken(), 4);
        assert!(room.enter(address("192.0.2.9")).is_none(), "no place at all");
        places.remove(0);
        assert!(room.enter(address("2001:db8::3")).is_some());
        drop(places);
        assert_eq!(room.taken(), 0);
        assert!(room.open().by_source.is_empty(), "nobody is remembered");
    }
}
