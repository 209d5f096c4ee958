/* engine/reserve.h - the last room of a disk, beside a SQLite file (decisions 38).
 *
 * A look at masked details is an event, so on a full disk nobody could look, nor could an administrator do
 * anything.  A file holds room for them: <db>.reserve, of 64 MB, or of an eighth of a smaller disk.  When the disk
 * is full it is removed for a look, a change of a system record or a log-in, and for nothing else; while it is not
 * there everything else is refused (ERR_FULL), so the room it held is theirs.  It is made again as soon as the
 * disk has room for it and a quarter more.  Whether it is there is seen by the file alone, which other processes
 * may remove too.  PostgreSQL has no such file: its disk is its own. */
#pragma once
#include "store/store.h"

struct reserve {
    char path[1024]; /* empty: none for this database */
    bool keeps;      /* this process makes it; others only remove it */
};

/* Makes the file when it keeps one; a disk without room for it is said on standard error. */
void reserve_open(struct reserve *r, const char *url, bool keeps);
/* Is there room for everybody?  Makes the file again when there is room.  Always true for who keeps none. */
bool reserve_held(struct reserve *r);
/* Sets ERR_FULL with what a person is told; false. */
bool reserve_full(struct err *e);
/* Removes it.  False: there was none. */
bool reserve_give(struct reserve *r);
