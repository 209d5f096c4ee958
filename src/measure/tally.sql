-- name: tally_add
INSERT INTO tally (term, area, dim, day, n, s) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (term, area, dim, day) DO UPDATE SET n = tally.n + excluded.n, s = tally.s + excluded.s
-- name: tally_known_add
INSERT INTO tally_known (term, area, day, known, n, s) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (term, area, day, known)
DO UPDATE SET n = tally_known.n + excluded.n, s = tally_known.s + excluded.s
-- name: duration_put
INSERT INTO duration (term, rid, day, ms, area) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (term, rid) DO UPDATE SET day = excluded.day, ms = excluded.ms, area = excluded.area
-- name: duration_delete
DELETE FROM duration WHERE term = $1 AND rid = $2
-- name: figure_seq_put
INSERT INTO figure_seq (playbook, last_seq) VALUES ($1, $2)
ON CONFLICT (playbook) DO UPDATE SET last_seq = excluded.last_seq
-- name: figure_seq_get
SELECT last_seq FROM figure_seq WHERE playbook = $1
-- name: term_all
SELECT term, hash, built, ready FROM term ORDER BY term
-- name: term_put
INSERT INTO term (term, hash, playbook, record, ready, cursor, last_seq, built)
VALUES ($1, $2, $3, $4, $6, 0, -1, $5)
ON CONFLICT (term) DO UPDATE SET built = excluded.built, ready = excluded.ready, cursor = 0
-- name: term_delete
DELETE FROM term WHERE term = $1
-- name: term_forget_tally
DELETE FROM tally WHERE term = $1 OR term = 0 - $1
-- name: term_forget_known
DELETE FROM tally_known WHERE term = $1 OR term = 0 - $1
-- name: term_forget_duration
DELETE FROM duration WHERE term = $1
-- name: term_records
SELECT rid FROM record WHERE type = $1 AND rid > $2 AND rid <= $3 ORDER BY rid LIMIT $4
-- name: term_any_record
SELECT rid FROM record WHERE type = $1 LIMIT 1
-- name: term_now
SELECT term, ready, cursor FROM term ORDER BY cursor, term
-- name: term_reached
UPDATE term SET cursor = $2, ready = $3 WHERE term = $1
-- name: term_progress
SELECT COUNT(*), CAST(SUM(CASE WHEN r.rid <= t.cursor THEN 1 ELSE 0 END) AS BIGINT)
FROM term t JOIN record r ON r.type = t.playbook || '.' || t.record WHERE t.ready = 0
-- name: term_is_ready
SELECT ready FROM term WHERE term = $1
-- name: term_building
SELECT COUNT(*) FROM term WHERE ready = 0
-- name: tally_any
SELECT term FROM tally LIMIT 1
