-- name: verify_tally
SELECT term, area, dim, day, n, s FROM tally WHERE n <> 0 OR s <> 0
-- name: verify_known
SELECT term, area, '', day, n, s, known FROM tally_known WHERE n <> 0 OR s <> 0
-- name: verify_duration
SELECT term, rid, day, ms, area FROM duration
-- name: verify_node_count
SELECT COUNT(*) FROM node
-- name: verify_scope_count
SELECT COUNT(*) FROM scope
-- name: verify_open_count
SELECT COUNT(*) FROM scope_open
-- name: verify_waiting_count
SELECT COUNT(*) FROM waiting
-- name: verify_scope
SELECT scope, type, rid FROM scope
-- name: verify_open
SELECT scope, type, rid FROM scope_open
-- name: verify_waiting
SELECT scope, kind, rid, at FROM waiting
-- name: verify_record_stray
SELECT MIN(r.rid) FROM record r LEFT JOIN event e ON e.seq = r.last_seq AND e.rid = r.rid
WHERE e.seq IS NULL
-- name: verify_clock
SELECT rid, clock, n, due, next, rung FROM clock WHERE rid >= $1 AND rid < $2 ORDER BY rid, clock, n
-- name: verify_lookup
SELECT rid, value FROM lookup WHERE rid >= $1 AND rid < $2 ORDER BY rid, value
-- name: verify_search_hash
SELECT rid, hash FROM search_hash WHERE rid >= $1 AND rid < $2 ORDER BY rid
-- name: verify_spot
SELECT rid, type, cell FROM spot WHERE rid >= $1 AND rid < $2 ORDER BY rid
-- name: verify_scope_log
SELECT seq, scope, rid, gone, seq, scope, rid FROM scope_log WHERE (seq, scope, rid) > ($1, $2, $3)
ORDER BY seq, scope, rid LIMIT 4000
-- name: verify_external
SELECT rid, seq, source, ext_id FROM external WHERE (source, ext_id) > ($1, $2)
ORDER BY source, ext_id LIMIT 4000
-- name: verify_seq
SELECT name, scope, year, next, name, scope, year FROM seq WHERE (name, scope, year) > ($1, $2, $3)
ORDER BY name, scope, year LIMIT 4000
-- name: verify_area
SELECT aid, code, name, parent, level, valid_from, valid_to, successor, aid FROM area WHERE aid > $1
ORDER BY aid LIMIT 4000
-- name: verify_area_border
SELECT aid, west, south, east, north, rings, aid FROM area_border WHERE aid > $1 ORDER BY aid LIMIT 500
-- name: verify_login
SELECT login, rid, login FROM account_login WHERE login > $1 ORDER BY login LIMIT 4000
-- name: verify_figure_seq
SELECT playbook, last_seq, playbook FROM figure_seq WHERE playbook > $1 ORDER BY playbook LIMIT 4000
-- name: verify_term
SELECT hash, playbook, record, built, term FROM term WHERE term > $1 ORDER BY term LIMIT 4000
-- name: verify_calendars
SELECT CAST(COALESCE(SUM(ver), 0) AS BIGINT) FROM record WHERE type = 'sys.calendar'
-- name: verify_area_was
SELECT seq, area, parent, name, seq, area FROM area_was WHERE (seq, area) > ($1, $2)
ORDER BY seq, area LIMIT 4000
-- name: verify_left_stray
SELECT MIN(l.seq) FROM scope_log l LEFT JOIN record r ON r.rid = l.rid WHERE r.rid IS NULL
-- name: verify_values
SELECT d.seq, d.k, d.rid, r.id FROM detached d JOIN record r ON r.rid = d.rid
WHERE d.bytes IS NOT NULL AND (d.seq, d.k) > ($1, $2) ORDER BY d.seq, d.k LIMIT $3
