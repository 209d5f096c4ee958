-- name: shift_rids
SELECT rid, area FROM record WHERE rid > $1 ORDER BY rid LIMIT 4096
-- name: shift_reached
UPDATE area_shift SET cursor = $2 WHERE seq = $1
-- name: shift_done
DELETE FROM area_shift WHERE seq = $1
-- name: shift_now
SELECT cursor FROM area_shift UNION ALL SELECT cursor FROM clock_shift
