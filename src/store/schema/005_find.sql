-- What lists are driven by beside the scopes.
CREATE INDEX record_due ON record (type, due, rid);
-- The few that are in lists and in no counter (measure/total.h).
CREATE INDEX record_gone ON record (type, rid) WHERE void = 1 OR merged IS NOT NULL;
-- within() of a field that holds an area, and the children of one.
CREATE INDEX area_parent ON area (parent);

-- Where cases lie, for "what is near": the cell of the place that the type declares (record/spot.h).
-- Matters without a point, sealed ones and erased places have no row.
CREATE TABLE spot (rid {I64} PRIMARY KEY, type {TXT} NOT NULL, cell {I64} NOT NULL) {STRICT};
CREATE INDEX spot_cell ON spot (type, cell, rid);
