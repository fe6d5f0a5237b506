-- Phones are searched for by label, in the form in which texts are compared.
alter table phones add column label_key text not null default '';
update phones set label_key = lower(label);
