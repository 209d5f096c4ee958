-- Cases that were closed since $4 in these cells, the newest closing first.
-- name: recur_near
SELECT s.rid FROM spot s JOIN record r ON r.rid = s.rid
WHERE s.type = $1 AND s.cell BETWEEN $2 AND $3 AND r.closed >= $4 AND r.closed <= $5 AND r.void = 0
AND r.merged IS NULL ORDER BY r.closed DESC, s.rid DESC LIMIT 100
-- name: recur_id
SELECT id, closed FROM record WHERE rid = $1
