-- name: witness_last
SELECT size, cosigned_at, text, cosigned FROM checkpoint WHERE cosigned IS NOT NULL ORDER BY size DESC LIMIT 1
-- name: witness_keep
UPDATE checkpoint SET cosigned = $2, cosigned_at = $3 WHERE size = $1
