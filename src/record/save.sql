-- name: record_upsert
INSERT INTO record (rid, id, type, number, state, area, area_code, holder, opened, recorded, closed,
    due, merged, void, reopened, late, sealed, returns, hops, ver, last_seq, doc)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
ON CONFLICT (rid) DO UPDATE SET number = excluded.number, state = excluded.state, area = excluded.area,
    area_code = excluded.area_code, holder = excluded.holder, closed = excluded.closed, due = excluded.due,
    merged = excluded.merged, void = excluded.void, reopened = excluded.reopened, late = excluded.late,
    sealed = excluded.sealed, returns = excluded.returns, hops = excluded.hops, ver = excluded.ver,
    last_seq = excluded.last_seq, doc = excluded.doc
-- name: record_doc_by_id
SELECT rid, doc FROM record WHERE id = $1
-- name: record_doc_by_rid
SELECT rid, doc FROM record WHERE rid = $1
-- name: record_doc_by_number
SELECT rid, doc FROM record WHERE number = $1
-- name: scope_insert
INSERT INTO scope (scope, type, rid) VALUES ($1, $2, $3) ON CONFLICT (scope, type, rid) DO NOTHING
-- name: scope_delete
DELETE FROM scope WHERE scope = $1 AND type = $2 AND rid = $3
-- name: scope_open_insert
INSERT INTO scope_open (scope, type, rid) VALUES ($1, $2, $3) ON CONFLICT (scope, type, rid) DO NOTHING
-- name: scope_open_delete
DELETE FROM scope_open WHERE scope = $1 AND type = $2 AND rid = $3
-- name: scope_log_insert
INSERT INTO scope_log (seq, scope, rid, gone) VALUES ($1, $2, $3, $4)
ON CONFLICT (seq, scope, rid) DO NOTHING
-- name: sealed_rids
SELECT rid FROM record WHERE sealed = 1 ORDER BY rid
-- name: dek_read
SELECT wrapped FROM dek WHERE rid = $1
-- name: dek_insert
INSERT INTO dek (rid, wrapped) VALUES ($1, $2)
-- name: detached_insert
INSERT INTO detached (seq, k, rid, class, salt, bytes, erased_seq) VALUES ($1, $2, $3, $4, $5, $6, NULL)
-- name: detached_get
SELECT d.bytes, e.id FROM detached d JOIN event e ON e.seq = d.seq WHERE d.seq = $1 AND d.k = $2
-- name: spot_upsert
INSERT INTO spot (rid, type, cell) VALUES ($1, $2, $3)
ON CONFLICT (rid) DO UPDATE SET type = excluded.type, cell = excluded.cell
-- name: spot_delete
DELETE FROM spot WHERE rid = $1
