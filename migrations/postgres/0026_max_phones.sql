-- How many phones an account may have. Those it has stay when it may have fewer.
alter table accounts add column max_phones bigint not null default 1000 check (max_phones >= 0);

-- They are counted whenever one is added. With the user and the label, for statements that name both: an index of the
-- account alone would win over that of the user, and read all phones of the account for those of one.
create index phones_by_account on phones (account_id, user_id, label);
