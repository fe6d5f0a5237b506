-- Phones and their registrations. No statement that changes a portal password writes to either.

create table phones (
    id text primary key not null,
    account_id text not null references accounts (id),
    user_id text not null references users (id),
    label text not null,
    -- The realm; copied from the account, where it never changes.
    sip_domain text not null,
    sip_name text not null,
    extension text,
    -- The six HA1s of the SIP password, sealed. The password itself is stored nowhere.
    sip_hashes blob not null,
    -- Rises by one with every new SIP password; a registration remembers the one that made it.
    generation integer not null,
    created_at integer not null,
    unique (sip_domain, sip_name),
    unique (user_id, label)
) strict;

create table registrations (
    phone_id text not null references phones (id),
    account_id text not null references accounts (id),
    contact text not null,
    address_of_record text not null,
    received text not null,
    transport text not null,
    call_id text not null,
    cseq integer not null,
    instance text,
    user_agent text not null,
    -- RFC 3261 section 20.10, in thousandths.
    q integer,
    generation integer not null,
    registered_at integer not null,
    refreshed_at integer not null,
    expires_at integer not null,
    -- When it ended; the row stays until the phone's next registration, to say since when it is offline.
    ended_at integer,
    primary key (phone_id, contact)
) strict;
