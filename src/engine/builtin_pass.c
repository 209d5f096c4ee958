/* Links for units without accounts: what is sent to one gives a link to the sender, who hands it on; it is
 * renewed and revoked like anything else, by an action. */
#include "access/pass.h"
#include "engine/builtin_int.h"

static const char *const FOR_TRANSFER[] = {"sign", "return", "comment", "attach", NULL};
static const char *const FOR_SHARE[] = {"share_done", "comment", "attach", NULL};
static const char *const FOR_SUPERVISE[] = {"report_back", "comment", "attach", NULL};

static const char *const *acts_of(struct str kind)
{
    return str_is(kind, "share") ? FOR_SHARE : str_is(kind, "supervise") ? FOR_SUPERVISE : FOR_TRANSFER;
}

static bool days_of(struct deciding *d, int64_t *days)
{
    *days = json_num(d->input, "link_days", PASS_DAYS);
    return (*days >= 1 && *days <= PASS_DAYS_MOST) ||
           say_no(d, ERR_INPUT, "link_days", "expected 1 to 90", "链接有效期应在1到90天之间");
}

bool pass_lets(const struct deciding *d, struct str act)
{
    const struct actor *who = d->ask->actor;
    const struct json *p = who->only == d->work->rid ? pass_part(d->work, who->part, d->now) : NULL;
    return p && str_is(json_text(p, "org"), who->org) && pass_allows(p, act);
}

/* The token is told once, in the answer; the part keeps its hash. */
static void fill(struct deciding *d, struct json *p, struct str org, int64_t until)
{
    struct str token, hash;
    int64_t i = json_num(p, "i", 0);
    pass_make(d->a, d->draft->body.rec, i, &token, &hash);
    part_set(d, p, "hash", hash);
    part_int(d, p, "until", until);
    part_flag(d, p, "open", true);
    if (!d->out->links)
        d->out->links = json_new(d->a, J_ARR);
    struct json *l = json_push(d->out->links, json_new(d->a, J_OBJ));
    int o = world_org(d->w, org);
    part_set(d, l, "org", org);
    part_set(d, l, "org_name", o >= 0 ? d->w->orgs[o].name : org);
    part_int(d, l, "part", i);
    part_set(d, l, "token", token);
    part_int(d, l, "until", until);
}

/* The part without what it allows: that is pushed by who asks for it. */
static struct json *give(struct deciding *d, struct str org, int64_t of, int64_t until)
{
    struct json *p = draft_part(d, 0, "pass");
    part_set(d, p, "org", org);
    part_set(d, p, "from", str_of(d->ask->actor->org));
    part_int(d, p, "of", of);
    part_int(d, p, "at", d->at);
    struct json *acts = json_set(d->a, p, STR("acts"), json_new(d->a, J_ARR));
    fill(d, p, org, until);
    return acts;
}

/* When the main clock, as this action leaves it, runs out. */
static int64_t due_after(const struct deciding *d)
{
    JSON_EACH (c, d->draft->body.clocks)
        if (json_yes(c, "main") && json_is(json_get(c, "due"), J_INT))
            return json_num(c, "due", 0);
    int64_t due = record_due(d->work);
    return due != TIME_NONE ? due : d->now + PASS_DAYS * (int64_t)MS_DAY;
}

void pass_offer(struct deciding *d, const struct action *act)
{
    struct str field = d->def->fields[act->link_unit].id, org = json_str(json_get_str(d->draft->body.set, field));
    if (!org.len)
        org = json_str(json_get_str(d->work->fields, field));
    if (world_org(d->w, org) < 0)
        return;
    struct json *acts = give(d, org, 0, due_after(d));
    for (int i = 0; i < act->n_link_for; i++)
        json_push(acts, json_new_str(d->a, d->def->actions[act->link_for[i]].id));
}

bool pass_needed(struct deciding *d, struct json *part)
{
    struct str org = json_text(part, "org");
    int64_t days;
    int i = world_org(d->w, org);
    if (i < 0 || d->w->orgs[i].accounts)
        return true;
    if (!days_of(d, &days))
        return false;
    struct json *acts = give(d, org, json_num(part, "i", 0), d->now + days * MS_DAY);
    for (const char *const *act = acts_of(json_text(part, "kind")); *act; act++)
        json_push(acts, json_new_str(d->a, str_of(*act)));
    return true;
}

void pass_end(struct deciding *d, int64_t of)
{
    JSON_EACH (p, d->work->parts) {
        if (!str_is(json_text(p, "kind"), "pass") || !json_yes(p, "open") || json_num(p, "of", 0) != of)
            continue;
        struct json *x = draft_part(d, json_num(p, "i", 0), NULL);
        part_flag(d, x, "open", false);
        part_int(d, x, "done", d->at);
    }
}

/* Only who gave it out, or who steers, has it in his hands. */
static bool own_pass(struct deciding *d, const struct json **out)
{
    int64_t i = json_num(d->input, "part", 0);
    const struct json *found = NULL;
    int n = 0;
    JSON_EACH (p, d->work->parts) {
        bool open = json_yes(p, "open") && str_is(json_text(p, "kind"), "pass");
        if (!open || (i && json_num(p, "i", 0) != i))
            continue;
        found = p;
        n++;
    }
    if (!found)
        return say_no(d, ERR_WRONG_STATE, "part", "no such link was given out", "没有发出这样的链接");
    if (n > 1)
        return say_no(d, ERR_REQUIRED, "part", "several are open: name one", "有多个链接，请指明是哪一个");
    bool steers = d->role != ROLE_NONE && (role_permissions(d->role) & PERM_STEER);
    if (d->ask->actor->kind == ACTOR_ACCOUNT && !steers &&
        !str_is(json_text(found, "from"), d->ask->actor->org))
        return say_no(d, ERR_FORBIDDEN, "", "another unit gave out this link", "链接由其他单位发出，请由发出单位办理");
    *out = found;
    return true;
}

bool do_pass_renew(struct deciding *d)
{
    const struct json *part;
    int64_t days;
    if (!own_pass(d, &part) || !days_of(d, &days))
        return false;
    fill(d, draft_part(d, json_num(part, "i", 0), NULL), json_text(part, "org"), d->now + days * MS_DAY);
    return true;
}

bool do_pass_revoke(struct deciding *d)
{
    const struct json *part;
    if (!own_pass(d, &part))
        return false;
    struct json *p = draft_part(d, json_num(part, "i", 0), NULL);
    part_flag(d, p, "open", false);
    part_int(d, p, "revoked", d->at);
    return true;
}
