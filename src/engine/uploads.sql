-- name: upload_claim
UPDATE upload SET rid = $2 WHERE id = $1 AND rid IS NULL
-- name: upload_free
UPDATE upload SET rid = NULL, made = 0 WHERE id = $1 AND rid = $2
-- name: upload_unclaimed
SELECT COUNT(*) FROM (SELECT 1 FROM upload WHERE rid IS NULL AND made < $1 LIMIT 1) q
-- name: upload_sweep
DELETE FROM upload WHERE id IN (SELECT id FROM upload WHERE rid IS NULL AND made < $1 ORDER BY made LIMIT $2)
RETURNING id
