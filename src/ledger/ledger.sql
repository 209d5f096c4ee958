-- name: head_lock
UPDATE head SET size = size WHERE id = 1 RETURNING size, peaks, recorded, sys_seq, next_rid
-- name: head_read
SELECT size, peaks, recorded, sys_seq, next_rid FROM head WHERE id = 1
-- name: head_make
INSERT INTO head (id, size, peaks, recorded, sys_seq, next_rid) VALUES (1, 0, $1, 0, -1, 1)
-- name: head_save
UPDATE head SET size = $1, peaks = $2, recorded = $3, sys_seq = $4, next_rid = $5 WHERE id = 1
-- name: event_insert
INSERT INTO event (seq, id, rid, type, at, recorded, req, leaf, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
-- name: event_by_id
SELECT seq, id, rid, type, at, recorded, req, leaf, body FROM event WHERE id = $1
-- name: event_by_seq
SELECT seq, id, rid, type, at, recorded, req, leaf, body FROM event WHERE seq = $1
-- name: event_range
SELECT seq, id, rid, type, at, recorded, req, leaf, body FROM event WHERE seq >= $1 ORDER BY seq LIMIT $2
-- name: event_of_record
SELECT seq, id, rid, type, at, recorded, req, leaf, body FROM event
WHERE rid = $1 AND seq > $2 ORDER BY seq LIMIT $3
-- name: event_leaves
SELECT leaf FROM event WHERE seq >= $1 AND seq < $2 ORDER BY seq
-- name: event_size_before
SELECT seq + 1 FROM event WHERE recorded < $1 ORDER BY recorded DESC, seq DESC LIMIT 1
-- name: node_insert
INSERT INTO node (level, idx, hash) VALUES ($1, $2, $3)
-- name: node_range
SELECT hash FROM node WHERE level = $1 AND idx >= $2 AND idx < $3 ORDER BY idx
-- name: node_all
SELECT level, idx, hash FROM node WHERE level = $1 AND idx >= $2 ORDER BY idx LIMIT $3
-- name: checkpoint_insert
INSERT INTO checkpoint (size, root, made, text) VALUES ($1, $2, $3, $4) ON CONFLICT (size) DO NOTHING
-- name: checkpoint_last
SELECT size, root, made, text FROM checkpoint ORDER BY size DESC LIMIT 1
-- name: checkpoint_newest
SELECT size, root, made, text FROM checkpoint ORDER BY size DESC LIMIT $1
-- name: checkpoint_at
SELECT size, root, made, text FROM checkpoint WHERE size = $1

-- name: event_by_rid
SELECT seq, id, rid, type, at, recorded, req, leaf, body FROM event
WHERE rid > $1 OR (rid = $1 AND seq > $2) ORDER BY rid, seq LIMIT $3
-- name: checkpoint_all
SELECT size, root, made, text FROM checkpoint ORDER BY size
