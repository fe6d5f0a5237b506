-- The set-up file of a phone while its link works: the settings with the SIP password, sealed under a key that is derived
-- from the link's token, of which only the hash is here. Nothing in the database opens it. Gone as soon as the phone first
-- registers with that SIP password, and with whatever makes that SIP password or the phone useless.
create table phone_files (
    phone_id text primary key not null references phones (id),
    account_id text not null references accounts (id),
    token_hash blob not null unique,
    -- Whose format it is in: 'yealink', ...
    kind text not null,
    -- Of the SIP password in it.
    generation integer not null,
    sealed blob not null,
    created_at integer not null,
    expires_at integer not null,
    -- When it was first fetched.
    fetched_at integer
) strict;
create index phone_files_by_expiry on phone_files (expires_at);
