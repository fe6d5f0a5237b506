-- People who were removed: what they did, and what was done to them, goes on naming them. Their sign-in name is free.

create table removed_users (
    id text primary key not null,
    account_id text not null references accounts (id),
    role text not null check (role in ('user', 'administrator', 'operator')),
    name text not null,
    display_name text not null,
    removed_at bigint not null
);
