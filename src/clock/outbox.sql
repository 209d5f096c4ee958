-- name: outbox_next
SELECT COALESCE(MAX(id), 0) + 1 FROM outbox
-- name: outbox_put
INSERT INTO outbox (id, rid, clock, rung, due, org, area, role, red, made, sent, deliver, read_at, text)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, NULL, $12)
ON CONFLICT (rid, clock, rung, due, role) DO NOTHING
-- name: outbox_unsent
SELECT id, red, due, made FROM outbox WHERE sent IS NULL AND id > $1 ORDER BY id LIMIT $2
-- name: outbox_sent
UPDATE outbox SET sent = $2, deliver = $2 WHERE id = $1 AND sent IS NULL
-- name: outbox_groups
SELECT DISTINCT org, CASE WHEN org IS NULL THEN area ELSE 0 END, role FROM outbox
WHERE sent IS NULL AND made <= $1 ORDER BY 1, 2, 3 LIMIT $2
-- name: outbox_unit
SELECT o.id, o.red, o.due, o.text, o.sent FROM outbox o
WHERE o.org = $1 AND o.role = $2 AND o.read_at IS NULL AND o.made <= $3 AND o.rid > 0
AND EXISTS (SELECT 1 FROM clock c WHERE c.rid = o.rid AND c.clock = o.clock AND c.due = o.due)
ORDER BY o.due, o.id LIMIT $4
-- name: outbox_area
SELECT o.id, o.red, o.due, o.text, o.sent FROM outbox o
WHERE o.area = $1 AND o.org IS NULL AND o.role = $2 AND o.read_at IS NULL AND o.made <= $3
AND o.rid > 0
AND EXISTS (SELECT 1 FROM clock c WHERE c.rid = o.rid AND c.clock = o.clock AND c.due = o.due)
ORDER BY o.due, o.id LIMIT $4
-- name: outbox_unit_sent
UPDATE outbox SET sent = $4 WHERE sent IS NULL AND org = $1 AND role = $2 AND made <= $3
-- name: outbox_area_sent
UPDATE outbox SET sent = $4
WHERE sent IS NULL AND org IS NULL AND area = $1 AND role = $2 AND made <= $3
-- name: outbox_list_unread
SELECT id, rid, clock, rung, due, org, area, role, red, made, sent, read_at, text FROM outbox
WHERE org = $1 AND read_at IS NULL AND id < $2 ORDER BY id DESC LIMIT $3
-- name: outbox_list_read
SELECT id, rid, clock, rung, due, org, area, role, red, made, sent, read_at, text FROM outbox
WHERE org = $1 AND read_at IS NOT NULL AND id < $2 ORDER BY id DESC LIMIT $3
-- name: outbox_loose_unread
SELECT id, rid, clock, rung, due, org, area, role, red, made, sent, read_at, text FROM outbox
WHERE org IS NULL AND read_at IS NULL AND id < $1 ORDER BY id DESC LIMIT $2
-- name: outbox_loose_read
SELECT id, rid, clock, rung, due, org, area, role, red, made, sent, read_at, text FROM outbox
WHERE org IS NULL AND read_at IS NOT NULL AND id < $1 ORDER BY id DESC LIMIT $2
-- name: outbox_get
SELECT id, rid, clock, rung, due, org, area, role, red, made, sent, read_at, text FROM outbox
WHERE id = $1
-- name: outbox_read
UPDATE outbox SET read_at = $2 WHERE id = $1 AND read_at IS NULL
