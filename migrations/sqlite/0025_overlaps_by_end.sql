-- Overlaps are looked for when they end, among all phones.
create index phones_by_old_until on phones (old_until) where old_until is not null;
