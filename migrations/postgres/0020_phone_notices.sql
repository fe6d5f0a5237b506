-- Phones whose owner is mailed when they are offline for long, or connect again and again.
create table phone_notices (
    phone_id text primary key not null references phones (id),
    account_id text not null references accounts (id),
    since bigint not null,
    -- The last mail about the phone, and the moment it went offline that was mailed about last.
    mailed_at bigint,
    told_offline_at bigint
);
-- When the owner was mailed that an overlap ends though the newest SIP password was never used.
alter table phones add column overlap_told_at bigint;
