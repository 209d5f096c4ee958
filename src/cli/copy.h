/* cli/copy.h - the rows of a database as one file, for backup and restore.
 *
 * SQLite: a database file of its own (VACUUM INTO).  PostgreSQL: an archive of pg_dump (custom format), which
 * pg_dump and pg_restore of the same installation write and read; pg_dump sees the snapshot that the head was read
 * in.  Both may be taken while the program runs. */
#pragma once
#include "cli/command.h"
#include "ledger/ledger.h"

bool copy_is_rows(const char *url); /* PostgreSQL: attachments are rows too */
const char *copy_name(struct arena *a, const char *url, const char *dir); /* of the file in a backup's folder */
/* Writes the file, which must not exist; head: of the log in it. */
MUST_USE bool copy_out(struct cli *c, const char *url, const char *file, struct ledger_head *head);
/* ERR_UNIQUE: a database is there already (SQLite), or holds something (PostgreSQL, where it must exist). */
MUST_USE bool copy_target_free(struct cli *c, const char *url);
/* Puts it back, whole or not at all. */
MUST_USE bool copy_in(struct cli *c, const char *file, const char *url);
/* Takes away again what copy_in has put there. */
void copy_undo(struct cli *c, const char *url);
MUST_USE bool copy_file(const char *from, const char *to, struct err *e);
