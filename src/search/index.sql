-- name: search_hash_read
SELECT hash FROM search_hash WHERE rid = $1
-- name: search_hash_save
INSERT INTO search_hash (rid, hash) VALUES ($1, $2) ON CONFLICT (rid) DO UPDATE SET hash = excluded.hash
