-- name: erasures_all
SELECT d.erased_seq, e.id, r.id, d.seq, v.id, d.k FROM detached d
JOIN event e ON e.seq = d.erased_seq JOIN event v ON v.seq = d.seq JOIN record r ON r.rid = d.rid
WHERE d.erased_seq IS NOT NULL ORDER BY d.erased_seq, d.seq, d.k
-- name: erasures_event
SELECT id FROM event WHERE seq = $1
-- name: erasures_value
UPDATE detached SET salt = NULL, bytes = NULL, erased_seq = $4
WHERE seq = $1 AND k = $2 AND rid = $3 AND bytes IS NOT NULL
-- name: erasures_spot
DELETE FROM spot WHERE rid = $1
