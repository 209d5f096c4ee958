-- name: account_by_login
SELECT r.id FROM account_login l JOIN record r ON r.rid = l.rid WHERE l.login = $1
-- name: credential_get
SELECT hash, failed, locked_until FROM credential WHERE account = $1
-- name: credential_fail
INSERT INTO credential (account, hash, failed, locked_until, changed) VALUES ($1, '', 1, 0, $2)
ON CONFLICT (account) DO UPDATE SET
    failed = CASE WHEN credential.locked_until > $2 THEN credential.failed ELSE credential.failed + 1 END
-- name: credential_lock
UPDATE credential SET failed = 0, locked_until = $2 WHERE account = $1
-- name: credential_pass
UPDATE credential SET failed = 0 WHERE account = $1 AND hash = $2 AND locked_until <= $3
-- name: credential_save
INSERT INTO credential (account, hash, failed, locked_until, changed) VALUES ($1, $2, 0, 0, $3)
ON CONFLICT (account) DO UPDATE SET hash = excluded.hash, failed = 0, locked_until = 0,
    changed = excluded.changed
-- name: credential_sweep
DELETE FROM credential WHERE hash = '' AND changed <= $1 AND locked_until <= $2
