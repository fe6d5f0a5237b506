//! Stories of phones behind a Kamailio, with the sample configuration, on the wire.
