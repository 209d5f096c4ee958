-- name: upload_add
INSERT INTO upload (id, account, made, name, mime, size, sha256, rid, key)
VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, $8)
-- name: upload_recent
SELECT COUNT(*) FROM upload WHERE account = $1 AND made > $2
-- name: upload_get
SELECT u.account, u.name, u.mime, u.size, u.sha256, u.key, u.rid, r.id
FROM upload u LEFT JOIN record r ON r.rid = u.rid WHERE u.id = $1 AND u.key IS NOT NULL
-- name: upload_key
SELECT rid, key FROM upload WHERE id = $1 AND key IS NOT NULL
-- name: upload_claim
UPDATE upload SET rid = $2, key = $3 WHERE id = $1 AND rid IS NULL
-- name: upload_free
UPDATE upload SET rid = NULL, made = 0, key = NULL WHERE id = $1 AND rid = $2
-- name: upload_unclaimed
SELECT COUNT(*) FROM (SELECT 1 FROM upload WHERE rid IS NULL AND made < $1 LIMIT 1) q
-- name: upload_sweep
DELETE FROM upload WHERE id IN (SELECT id FROM upload WHERE rid IS NULL AND made < $1 ORDER BY made LIMIT $2)
RETURNING id
