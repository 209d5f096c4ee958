-- name: verify_tally
SELECT term, area, dim, day, n, s FROM tally WHERE n <> 0 OR s <> 0
-- name: verify_known
SELECT term, area, '', day, n, s, known FROM tally_known WHERE n <> 0 OR s <> 0
-- name: verify_duration
SELECT term, rid, day, ms, area FROM duration
-- name: verify_scope_count
SELECT COUNT(*) FROM scope
-- name: verify_open_count
SELECT COUNT(*) FROM scope_open
-- name: verify_waiting_count
SELECT COUNT(*) FROM waiting
-- name: verify_record_count
SELECT COUNT(*) FROM record
-- name: verify_event_count
SELECT COUNT(*) FROM event
-- name: verify_search
SELECT hash FROM search_hash WHERE rid = $1
