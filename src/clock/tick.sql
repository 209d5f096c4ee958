-- name: tick_lock
UPDATE head SET size = size WHERE id = 1
-- name: tick_waiting
SELECT COUNT(*) FROM (SELECT 1 FROM clock WHERE next <= $1 LIMIT 1) q
-- name: tick_due
SELECT rid, clock, n, due FROM clock WHERE next <= $1 ORDER BY next, rid, clock, n LIMIT $2
-- name: tick_move
UPDATE clock SET next = $5, rung = $6 WHERE rid = $1 AND clock = $2 AND n = $3 AND due = $4
