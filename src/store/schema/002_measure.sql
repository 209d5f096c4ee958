-- What figures need beside the counters of 001.

-- One row for each record that a term of kind median counts: a median is exact (decisions 15).
CREATE TABLE duration (
    term {I64} NOT NULL, rid {I64} NOT NULL,
    day {I64} NOT NULL,          -- civil day of its end
    ms {I64} NOT NULL,
    area {I64} NOT NULL,         -- area.aid of the record
    PRIMARY KEY (term, rid)
) {KEYED};
CREATE INDEX duration_area ON duration (term, area, day, ms, rid);

-- When anything that a figure of this playbook could read last changed (for ETags).
CREATE TABLE figure_seq (playbook {TXT} PRIMARY KEY, last_seq {I64} NOT NULL) {STRICT};

-- What the counters of a term were made with, beside its definition: dimensions, code lists.
ALTER TABLE term ADD COLUMN built {BLOB};
