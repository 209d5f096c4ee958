/* base/limits.h - every maximum of the program, in one place.  Sizes are bytes unless said.
 * An input limit at the edge is what keeps "out of memory" unreachable further in. */
#pragma once

enum {
    LIMIT_EVENT_BODY = 256 * 1024,     /* one event, as stored */
    LIMIT_REQUEST_BODY = 1024 * 1024,  /* one JSON request */
    LIMIT_UPLOAD = 20 * 1024 * 1024,   /* one file */
    LIMIT_JSON_DEPTH = 32,
    LIMIT_JSON_NODES = 100 * 1000,
    LIMIT_JSON_OUT = 64 * 1024 * 1024, /* one answer that is built in memory */
    LIMIT_TEXT_FIELD = 32 * 1024,      /* one text value */
    LIMIT_ROWS_FIELD = 500,            /* rows of a table field */
    LIMIT_FIELDS = 200,                /* fields of one record type */
    LIMIT_PLAYBOOK = 1024 * 1024,      /* all YAML of one playbook */
    LIMIT_CODES = 5000,                /* codes in one list */
    LIMIT_EXPR = 4096,                 /* text of one CQL2 expression */
    LIMIT_EXPR_NODES = 256,
    LIMIT_EXPR_DEPTH = 32,
    LIMIT_BATCH = 64,                  /* actions in one group commit */
    LIMIT_BATCH_IMPORT = 512,          /* rows of an import in one commit */
    LIMIT_BATCH_BULK = 4096,           /* actions in one commit of a bulk load */
    LIMIT_BUILD = 512,                 /* records in one step of building figures */
    LIMIT_BATCH_WAIT_US = 3000,        /* how long the first action waits for company */
    LIMIT_QUEUE = 4096,                /* actions waiting; one more gets 503 */
    LIMIT_EVENTS_PER_ACTION = 16,
    LIMIT_PAGE = 200,                  /* rows of one list page */
    LIMIT_SCOPES = 16,                 /* scopes merged in one walk */
    LIMIT_ERR_TEXT = 400,
    LIMIT_CSV_ROW = 1024 * 1024,
    LIMIT_CSV_COLUMNS = 1024,
    LIMIT_XLSX_UNPACKED = 200 * 1024 * 1024,
    LIMIT_AREA_DEPTH = 12,
};
