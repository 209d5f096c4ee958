-- What a unit has to read, and what has not gone out yet.
CREATE INDEX outbox_org ON outbox (org, id);
CREATE INDEX outbox_unsent ON outbox (id) WHERE sent IS NULL;
