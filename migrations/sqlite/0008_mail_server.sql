-- Mail goes to a server from here on, which says what it did with it.

-- What the mail server said when it took the mail, such as "250 2.0.0 Ok: queued as 4XZ".
alter table outbox add column reply text;
-- Until when it is tried. Null, in rows of earlier releases: three days from when it was written.
alter table outbox add column tried_until integer;
-- While a worker has it, when its claim ends; `due_at` is the same then. Null: nobody is at it.
alter table outbox add column claimed_until integer;

-- What is withdrawn, or goes with its user.
create index outbox_by_user on outbox (user_id);
-- How many wait, and how many were given up.
create index outbox_undelivered on outbox (due_at) where delivered_at is null;
