/* access/roles.h - the roles, and what each may do at all.  A playbook's `by:` narrows further.
 * Nothing here or anywhere counts, ranks or lists what a person did (design.md idea 5). */
#pragma once
#include "base/base.h"

enum permission {
    PERM_NONE = 0,       /* no one: a route without permission must not open a door */
    PERM_PUBLIC = 1,     /* without an account */
    PERM_SELF = 2,       /* any account, about itself */
    PERM_READ = 4,       /* matters of one's area or unit */
    PERM_ACT = 8,        /* actions that the playbook gives the role */
    PERM_COUNT = 16,     /* figures */
    PERM_LOOK = 32,      /* masked details, with a purpose; each look is an event */
    PERM_EXPORT = 64,
    PERM_IMPORT = 128,
    PERM_AUDIT = 256,    /* log, proofs, verify */
    PERM_ADMIN = 512,    /* areas, units, accounts, playbooks, settings */
    PERM_STEER = 1024,   /* urge, supervise, instruct, assign */
};

/* X(code, Chinese, English, scope, permissions).  Scope AREA: all matters of the area; UNIT: the
 * matters in which the account's own unit has a part. */
#define ROLE_LIST(X)                                                                               \
    X(grid_worker, "网格员", "grid worker", SCOPE_AREA, PERM_READ | PERM_ACT | PERM_COUNT)         \
    X(mediator, "调解员", "mediator", SCOPE_AREA, PERM_READ | PERM_ACT | PERM_COUNT | PERM_LOOK)   \
    X(police, "民警", "police officer", SCOPE_AREA, PERM_READ | PERM_ACT | PERM_COUNT | PERM_LOOK) \
    X(desk, "受理员", "desk", SCOPE_AREA,                                                          \
      PERM_READ | PERM_ACT | PERM_COUNT | PERM_LOOK | PERM_EXPORT | PERM_IMPORT)                   \
    X(handler, "承办人", "handler", SCOPE_UNIT, PERM_READ | PERM_ACT | PERM_COUNT | PERM_LOOK)     \
    X(head, "负责人", "head of unit", SCOPE_AREA,                                                  \
      PERM_READ | PERM_ACT | PERM_COUNT | PERM_LOOK | PERM_EXPORT | PERM_STEER)                    \
    X(centre, "综治中心", "centre", SCOPE_AREA,                                                    \
      PERM_READ | PERM_ACT | PERM_COUNT | PERM_LOOK | PERM_EXPORT | PERM_IMPORT | PERM_STEER)      \
    X(leader, "领导", "leader", SCOPE_AREA, PERM_READ | PERM_COUNT | PERM_STEER)                   \
    X(statistician, "统计员", "statistician", SCOPE_AREA,                                          \
      PERM_READ | PERM_COUNT | PERM_EXPORT | PERM_IMPORT)                                          \
    X(auditor, "审计员", "auditor", SCOPE_AREA, PERM_READ | PERM_COUNT | PERM_AUDIT | PERM_EXPORT) \
    X(admin, "管理员", "administrator", SCOPE_AREA, PERM_COUNT | PERM_ADMIN | PERM_IMPORT)

enum role_scope { SCOPE_AREA, SCOPE_UNIT };

enum role {
#define X(code, zh, en, scope, perms) ROLE_##code,
    ROLE_LIST(X)
#undef X
        ROLE_COUNT,
    ROLE_NONE = -1
};
