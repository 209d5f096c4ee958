-- Look-up by telephone among open matters: a keyed hash, salted by the record, so that the same
-- number in two matters has two values and nothing at rest joins them (decisions 5).
CREATE TABLE lookup (
    rid {I64} NOT NULL,
    value {BLOB} NOT NULL,
    PRIMARY KEY (rid, value)
) {KEYED};
