-- The tables of Bihuan.  Which of them are folds of the log and which are not is printed in
-- docs/architecture.md and compared with this file by a test.

-- The end of the log: one row.  A batch begins by locking it, so that the log has one order.
CREATE TABLE head (
    id {I64} PRIMARY KEY,        -- always 1
    size {I64} NOT NULL,         -- number of events
    peaks {BLOB} NOT NULL,       -- roots of the perfect subtrees, largest first (compact range)
    recorded {I64} NOT NULL,     -- `recorded` of the newest event, never decreasing
    sys_seq {I64} NOT NULL,      -- seq of the newest sys.* event; nodes reload when it moves
    next_rid {I64} NOT NULL      -- next record number
) {STRICT};

CREATE TABLE event (
    seq {I64} PRIMARY KEY,       -- 0, 1, 2 … without a gap
    id {BLOB} NOT NULL,          -- UUIDv7 of the action, or derived from it
    rid {I64} NOT NULL,          -- record.rid
    type {TXT} NOT NULL,         -- "dispute.dispute", "sys.area"
    at {I64} NOT NULL,
    recorded {I64} NOT NULL,
    req {BLOB},                  -- SHA-256 of route, account and request; NULL for further events
    leaf {BLOB} NOT NULL,        -- SHA-256(0x00 || body)
    body {TXT} NOT NULL          -- one line of JSON, never written again in another form
) {STRICT};
CREATE UNIQUE INDEX event_id ON event (id);
CREATE INDEX event_rid ON event (rid, seq);
CREATE INDEX event_recorded ON event (recorded, seq);

-- Full tiles of 256 leaves: level 8, 16, 24 (C2SP tlog-tiles).
CREATE TABLE node (
    level {I64} NOT NULL, idx {I64} NOT NULL, hash {BLOB} NOT NULL,
    PRIMARY KEY (level, idx)
) {KEYED};

CREATE TABLE record (
    rid {I64} PRIMARY KEY,
    id {BLOB} NOT NULL,
    type {TXT} NOT NULL,
    number {TXT},
    state {TXT},
    area {I64} NOT NULL,         -- area.aid
    area_code {TXT} NOT NULL,    -- its code when the record was last changed
    holder {TXT},                -- unit (id text)
    opened {I64} NOT NULL,
    recorded {I64} NOT NULL,
    closed {I64},
    due {I64},                   -- main clock, while it runs and the case is open
    merged {TXT},
    void {I64} NOT NULL,
    reopened {I64} NOT NULL,
    late {I64} NOT NULL,
    sealed {I64} NOT NULL,
    returns {I64} NOT NULL,
    hops {I64} NOT NULL,
    ver {I64} NOT NULL,          -- number of its events
    last_seq {I64} NOT NULL,
    doc {TXT} NOT NULL           -- the fold; SQL never looks into it
) {STRICT};
CREATE UNIQUE INDEX record_id ON record (id);
CREATE UNIQUE INDEX record_number ON record (number);
CREATE INDEX record_type ON record (type, rid);
CREATE INDEX record_last ON record (last_seq);

-- One row for each ancestor area ("a17") and each unit with a part in the matter ("o<id>").
CREATE TABLE scope (
    scope {TXT} NOT NULL, type {TXT} NOT NULL, rid {I64} NOT NULL,
    PRIMARY KEY (scope, type, rid)
) {KEYED};
-- The same rows while the case is open.
CREATE TABLE scope_open (
    scope {TXT} NOT NULL, type {TXT} NOT NULL, rid {I64} NOT NULL,
    PRIMARY KEY (scope, type, rid)
) {KEYED};
-- What waits for a unit, or for those who look over an area (record/waiting.h).
CREATE TABLE waiting (
    scope {TXT} NOT NULL, kind {TXT} NOT NULL, at {I64} NOT NULL, rid {I64} NOT NULL,
    PRIMARY KEY (scope, kind, at, rid)
) {KEYED};
-- For devices that were away: what left a scope (gone 1), and what came into it with a moved area (0).
CREATE TABLE scope_log (
    seq {I64} NOT NULL, scope {TXT} NOT NULL, rid {I64} NOT NULL, gone {I64} NOT NULL,
    PRIMARY KEY (seq, scope, rid)
) {KEYED};

CREATE TABLE tally (
    term {I64} NOT NULL, area {I64} NOT NULL, dim {TXT} NOT NULL, day {I64} NOT NULL,
    n {I64} NOT NULL, s {I64} NOT NULL,
    PRIMARY KEY (term, area, dim, day)
) {KEYED};
CREATE TABLE tally_known (
    term {I64} NOT NULL, area {I64} NOT NULL, day {I64} NOT NULL, known {I64} NOT NULL,
    n {I64} NOT NULL, s {I64} NOT NULL,
    PRIMARY KEY (term, area, day, known)
) {KEYED};
CREATE TABLE term (
    term {I64} PRIMARY KEY,
    hash {BLOB} NOT NULL,
    playbook {TXT} NOT NULL, record {TXT} NOT NULL,
    ready {I64} NOT NULL,        -- 0: being built up to `cursor`
    cursor {I64} NOT NULL,
    last_seq {I64} NOT NULL
) {STRICT};
CREATE UNIQUE INDEX term_hash ON term (hash);

CREATE TABLE clock (
    rid {I64} NOT NULL, clock {TXT} NOT NULL, n {I64} NOT NULL, -- n: which run of it
    due {I64} NOT NULL,
    next {I64},                  -- when the next rung falls; NULL: none
    rung {I64} NOT NULL,
    PRIMARY KEY (rid, clock, n)
) {KEYED};
CREATE INDEX clock_next ON clock (next);

-- Values that can be erased without touching the log.
CREATE TABLE detached (
    seq {I64} NOT NULL, k {I64} NOT NULL, rid {I64} NOT NULL,
    class {TXT} NOT NULL,        -- text | vault | sealed
    salt {BLOB}, bytes {BLOB},   -- both NULL when erased; bytes are encrypted by the record's key
    erased_seq {I64},
    PRIMARY KEY (seq, k)
) {STRICT};
CREATE INDEX detached_rid ON detached (rid);
CREATE INDEX detached_erased ON detached (erased_seq) WHERE erased_seq IS NOT NULL;
CREATE TABLE dek (rid {I64} PRIMARY KEY, wrapped {BLOB} NOT NULL) {STRICT};

CREATE TABLE external (
    source {TXT} NOT NULL, ext_id {TXT} NOT NULL, rid {I64} NOT NULL, digest {BLOB} NOT NULL,
    seq {I64} NOT NULL,          -- last event the import made: a later one means "changed here"
    PRIMARY KEY (source, ext_id)
) {KEYED};
CREATE TABLE seq (
    name {TXT} NOT NULL, scope {TXT} NOT NULL, year {I64} NOT NULL, next {I64} NOT NULL,
    PRIMARY KEY (name, scope, year)
) {KEYED};
CREATE TABLE outbox (
    id {I64} PRIMARY KEY,
    rid {I64} NOT NULL, clock {TXT} NOT NULL, rung {I64} NOT NULL, due {I64} NOT NULL,
    org {TXT}, area {I64} NOT NULL, role {TXT} NOT NULL,
    red {I64} NOT NULL, made {I64} NOT NULL, sent {I64}, read_at {I64}, text {TXT} NOT NULL,
    deliver {I64},                       -- when it is to leave by a channel (next); NULL: not, or it has
    tries {I64} NOT NULL DEFAULT 0, went {I64} NOT NULL DEFAULT 0 -- channels that took it, as bits
) {STRICT};
CREATE INDEX outbox_deliver ON outbox (deliver) WHERE deliver IS NOT NULL;
CREATE UNIQUE INDEX outbox_once ON outbox (rid, clock, rung, due, role);
CREATE INDEX outbox_area ON outbox (area, id);

CREATE TABLE area (
    aid {I64} PRIMARY KEY,
    code {TXT} NOT NULL, name {TXT} NOT NULL,
    parent {I64} NOT NULL,       -- 0: a root
    level {I64} NOT NULL,        -- 1 is the root
    valid_from {I64}, valid_to {I64}, successor {TXT}
) {STRICT};
CREATE INDEX area_code ON area (code);
-- The border that was loaded for it last (record/border.h), in WGS-84 and 1e-7 degree, with the box around it.
CREATE TABLE area_border (
    aid {I64} PRIMARY KEY,
    west {I64} NOT NULL, south {I64} NOT NULL, east {I64} NOT NULL, north {I64} NOT NULL,
    rings {TXT} NOT NULL
) {STRICT};
-- What an area was before the event `seq` moved or renamed it.
CREATE TABLE area_was (
    seq {I64} NOT NULL, area {I64} NOT NULL, parent {I64} NOT NULL, name {TXT} NOT NULL,
    PRIMARY KEY (seq, area)
) {STRICT};
-- While the records are taken along: those up to `cursor` lie in the new tree, those above in the old.
CREATE TABLE area_shift (seq {I64} PRIMARY KEY, cursor {I64} NOT NULL) {STRICT};
-- While clocks follow the table of holidays of the event `seq`: those of records up to `cursor` have.
CREATE TABLE clock_shift (seq {I64} PRIMARY KEY, cursor {I64} NOT NULL) {STRICT};

CREATE TABLE account_login (login {TXT} PRIMARY KEY, rid {I64} NOT NULL) {STRICT};
CREATE TABLE credential (
    account {BLOB} PRIMARY KEY, hash {TXT} NOT NULL, failed {I64} NOT NULL, locked_until {I64} NOT NULL,
    changed {I64} NOT NULL
) {STRICT};
CREATE TABLE session (
    token {BLOB} PRIMARY KEY,    -- SHA-256 of the cookie
    account {BLOB} NOT NULL, csrf {TXT} NOT NULL, made {I64} NOT NULL, seen {I64} NOT NULL,
    ends {I64} NOT NULL, device {TXT} NOT NULL
) {STRICT};
CREATE INDEX session_account ON session (account);
CREATE TABLE resident_link (
    token {BLOB} PRIMARY KEY,    -- SHA-256 of the long token in the QR
    rid {I64} NOT NULL, digits {TXT} NOT NULL, day {I64} NOT NULL, org {TXT}, ends {I64} NOT NULL
) {STRICT};
CREATE INDEX resident_digits ON resident_link (digits, day);
CREATE INDEX resident_rid ON resident_link (rid);
CREATE TABLE upload (
    id {BLOB} PRIMARY KEY, account {BLOB} NOT NULL, made {I64} NOT NULL, name {TXT} NOT NULL,
    mime {TXT} NOT NULL, size {I64} NOT NULL, sha256 {BLOB} NOT NULL, rid {I64}, key {BLOB}
) {STRICT};
CREATE INDEX upload_unclaimed ON upload (made) WHERE rid IS NULL; -- rid: of the record that names it
CREATE TABLE blob (
    id {BLOB} NOT NULL, part {I64} NOT NULL, bytes {BLOB} NOT NULL,
    PRIMARY KEY (id, part)
) {STRICT};
CREATE TABLE checkpoint (
    size {I64} PRIMARY KEY, root {BLOB} NOT NULL, made {I64} NOT NULL, text {TXT} NOT NULL,
    cosigned {TXT}, cosigned_at {I64} -- by a witness: its line, and when it was taken
) {STRICT};
