-- Lists of the record that are narrowed to a person or a kind, and the sealer's way past a chain that it cannot seal.

-- What was done to somebody, most of it by themselves.
create index audit_events_by_subject on audit_events (subject_id, at);
-- What somebody did to others or to nobody: the rest is in the index before.
create index audit_events_by_actor on audit_events (actor_id, at) where subject_id is null or actor_id <> subject_id;
-- By chain rather than account: SQLite, which guesses how many rows an account has, would take audit_events_by_account.
create index audit_events_by_kind on audit_events (coalesce(account_id, 'portal'), kind, at);

-- Rows that wait for the sealer, chain by chain: one whose backlog has to stay is stepped over.
drop index audit_events_unsealed;
create index audit_events_waiting on audit_events (coalesce(account_id, 'portal'), id) where seq is null;
