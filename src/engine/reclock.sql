-- name: reclock_now
SELECT s.seq, s.cursor, e.id FROM clock_shift s JOIN event e ON e.seq = s.seq ORDER BY s.seq DESC LIMIT 1
-- name: reclock_rids
SELECT rid, id, CAST(CASE WHEN closed IS NULL AND void = 0 AND merged IS NULL AND type NOT LIKE 'sys.%'
    THEN 1 ELSE 0 END AS BIGINT)
FROM record WHERE rid > $1 ORDER BY rid LIMIT 4096
-- name: reclock_reached
UPDATE clock_shift SET cursor = $3 WHERE seq = $1 AND cursor = $2
-- name: reclock_done
DELETE FROM clock_shift WHERE seq = $1 AND cursor = $2
