-- Accounts (customer organisations), their users, the users' sessions, and what a change of password leaves behind.
-- Ids are UUIDv7 text, times are milliseconds UTC, a state is the time at which it began.

create table accounts (
    id text primary key not null,
    name text not null,
    domain text not null unique,
    -- The realm of the account's phones. Never changes, or every phone of the account would have to be set up again.
    sip_domain text not null unique,
    -- Challenge algorithm of RFC 8760: MD5, SHA-256 or SHA-512-256.
    sip_algorithm text not null default 'MD5' check (sip_algorithm in ('MD5', 'SHA-256', 'SHA-512-256')),
    created_at bigint not null,
    suspended_at bigint
);

create table users (
    id text primary key not null,
    account_id text not null references accounts (id),
    role text not null check (role in ('user', 'administrator', 'operator')),
    -- Canonical (NFC, lower case) and without the domain.
    name text not null,
    display_name text not null,
    email text,
    -- Canonical form of `email`, for comparison only; mail goes to `email`.
    email_key text,
    email_verified_at bigint,
    extension text,
    language text,
    time_zone text,
    password_hash text,
    password_set_at bigint,
    -- Rises by one with every password: a change carries the epoch it read, and of two only one wins.
    credential_epoch bigint not null default 0,
    must_change_at bigint,
    disabled_at bigint,
    created_at bigint not null,
    unique (account_id, name)
);
create index users_by_email on users (email_key) where email_verified_at is not null;
create unique index operators_by_name on users (name) where role = 'operator';

create table sessions (
    id text primary key not null,
    account_id text not null references accounts (id),
    user_id text not null references users (id),
    -- SHA-256 of the cookie's token.
    token_hash bytea not null unique,
    user_agent text not null,
    address text not null,
    started_at bigint not null,
    last_seen_at bigint not null,
    -- When the password was last proven in this session.
    authenticated_at bigint not null
);
create index sessions_by_user on sessions (user_id, last_seen_at);

create table pending_changes (
    id text primary key not null,
    session_id text not null unique references sessions (id) on delete cascade,
    account_id text not null references accounts (id),
    user_id text not null references users (id),
    password_hash text not null,
    -- Sealed: what the rules that need a stored secret said. Told only to whoever confirms.
    verdict bytea not null,
    credential_epoch bigint not null,
    policy text not null,
    sign_out_others bigint not null,
    created_at bigint not null
);
create index pending_changes_by_user on pending_changes (user_id);

create table audit_events (
    id text primary key not null,
    at bigint not null,
    account_id text references accounts (id),
    kind text not null,
    outcome text not null,
    actor_id text,
    subject_id text,
    session_id text,
    address text,
    detail text not null,
    -- HMAC-SHA-256 of the row under the key file's audit purpose, with the key's id in front.
    mac bytea not null
);
create index audit_events_by_account on audit_events (account_id, at);

create table outbox (
    id text primary key not null,
    account_id text not null references accounts (id),
    user_id text not null references users (id),
    kind text not null,
    to_address text not null,
    -- Harmless parameters of the template, JSON. Never a token.
    parameters text not null,
    created_at bigint not null
);
create index outbox_by_time on outbox (created_at);

create table throttle (
    -- A keyed hash: the table tells nobody who tried to sign in.
    bucket bytea primary key not null,
    failures bigint not null,
    first_at bigint not null,
    last_at bigint not null
);
create index throttle_by_time on throttle (last_at);

-- What this database is: a demo's may not be served.
create table portal (
    name text primary key not null,
    value text not null
);
