-- What lists are driven by beside the scopes.
CREATE INDEX record_due ON record (type, due, rid);
-- within() of a field that holds an area, and the children of one.
CREATE INDEX area_parent ON area (parent);
