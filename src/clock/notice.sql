-- name: clock_upsert
INSERT INTO clock (rid, clock, n, due, next, rung) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (rid, clock, n) DO UPDATE SET due = excluded.due, next = excluded.next, rung = excluded.rung
-- name: clock_delete
DELETE FROM clock WHERE rid = $1 AND clock = $2 AND n = $3
-- name: clock_sooner
UPDATE clock SET next = CASE WHEN rung <> $6 THEN $5 ELSE $4 END
WHERE rid = $1 AND clock = $2 AND n = $3 AND (rung <> $6 OR next > $4 OR (next IS NULL AND $4 < 9223372036854775807))
