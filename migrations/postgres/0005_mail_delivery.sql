-- Mail is delivered from here on. What lies in the outbox already was written by releases that sent nothing: it has no
-- `due_at`, so nobody is mailed the past.

-- When the worker takes it next; while one is at it, when its claim ends. Null: there is nothing left to do.
alter table outbox add column due_at bigint;
-- How often it was taken.
alter table outbox add column tries bigint not null default 0;
-- When the transport had it. Without it and without `due_at` it was given up, and `last_error` says why.
alter table outbox add column delivered_at bigint;
-- Why the last try failed. Never what the mail says.
alter table outbox add column last_error text;
create index outbox_due on outbox (due_at) where due_at is not null;
