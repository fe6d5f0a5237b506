-- What phones did, for their pages. The registrar's host writes it after the fact; nothing that is decided rests on it.
-- It goes with its phone.

-- Tries to register. Equal ones within one hour are one row.
create table phone_attempts (
    phone_id text not null references phones (id) on delete cascade,
    account_id text not null references accounts (id),
    -- `registered`, or why not.
    outcome text not null,
    address text not null,
    -- Hours since 1970, UTC.
    hour bigint not null,
    user_agent text not null,
    first_at bigint not null,
    last_at bigint not null,
    times bigint not null,
    primary key (phone_id, outcome, address, hour)
);

-- From when to when a phone was registered, of registrations that are over. One row for those that began in one minute.
create table phone_spells (
    phone_id text not null references phones (id) on delete cascade,
    account_id text not null references accounts (id),
    from_at bigint not null,
    until_at bigint not null,
    primary key (phone_id, from_at)
);

-- Where a phone registered from: an IPv4 network of 256 addresses, or an IPv6 /64.
create table phone_networks (
    phone_id text not null references phones (id) on delete cascade,
    account_id text not null references accounts (id),
    network text not null,
    first_at bigint not null,
    last_at bigint not null,
    primary key (phone_id, network)
);

-- Whoever was refused is looked for by name alone, to tell them that the domain is wrong.
create index phones_by_sip_name on phones (sip_name);
