-- name: record_row
SELECT rid, id, type, number, state, area, area_code, holder, opened, recorded, closed, due, merged,
    void, reopened, late, sealed, returns, hops, ver, last_seq, doc FROM record WHERE rid = $1
-- name: scope_rows
SELECT scope FROM scope WHERE type = $1 AND rid = $2 AND scope = $3
-- name: scope_open_rows
SELECT scope FROM scope_open WHERE type = $1 AND rid = $2 AND scope = $3
-- name: waiting_row
SELECT rid FROM waiting WHERE scope = $1 AND kind = $2 AND at = $3 AND rid = $4
