-- name: seq_read
SELECT next FROM seq WHERE name = $1 AND scope = $2 AND year = $3
-- name: seq_save
INSERT INTO seq (name, scope, year, next) VALUES ($1, $2, $3, $4)
ON CONFLICT (name, scope, year) DO UPDATE SET next = excluded.next
-- name: external_read
SELECT rid, digest, seq FROM external WHERE source = $1 AND ext_id = $2
-- name: external_save
INSERT INTO external (source, ext_id, rid, digest, seq) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (source, ext_id) DO UPDATE SET digest = excluded.digest, seq = excluded.seq
-- name: area_save
INSERT INTO area (aid, code, name, parent, level, valid_from, valid_to, successor)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (aid) DO UPDATE SET code = excluded.code, name = excluded.name, parent = excluded.parent,
    level = excluded.level, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
    successor = excluded.successor
-- name: area_border_save
INSERT INTO area_border (aid, west, south, east, north, rings) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (aid) DO UPDATE SET west = excluded.west, south = excluded.south, east = excluded.east,
    north = excluded.north, rings = excluded.rings
-- name: area_was_save
INSERT INTO area_was (seq, area, parent, name) VALUES ($1, $2, $3, $4)
-- name: area_shift_begin
INSERT INTO area_shift (seq, cursor) VALUES ($1, -1)
-- name: clock_shift_drop
DELETE FROM clock_shift
-- name: clock_shift_begin
INSERT INTO clock_shift (seq, cursor) VALUES ($1, -1)
-- name: login_save
INSERT INTO account_login (login, rid) VALUES ($1, $2)
-- name: login_delete
DELETE FROM account_login WHERE rid = $1
-- name: resident_link_drop
DELETE FROM resident_link WHERE rid = $1

-- name: resident_link_save
INSERT INTO resident_link (token, rid, digits, day, org, ends) VALUES ($1, $2, $3, $4, $5, $6)
-- name: record_rid_by_id
SELECT rid FROM record WHERE id = $1
