-- name: channel_due
SELECT id, rid, due, org, role, red, text, tries, went FROM outbox
WHERE deliver IS NOT NULL AND deliver <= $1 ORDER BY deliver, id LIMIT $2
-- name: channel_claim
UPDATE outbox SET deliver = $3 WHERE id = $1 AND deliver <= $2
-- name: channel_settle
UPDATE outbox SET deliver = $2, tries = $3, went = $4 WHERE id = $1
