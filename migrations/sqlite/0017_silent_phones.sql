-- Since when the phone does not answer what the registrar sends to this contact.
alter table registrations add column silent_at integer;
