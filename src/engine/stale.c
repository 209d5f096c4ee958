/* Two people at one matter: what the second one filled in, and what stands there now, in words. */
#include "access/mask.h"
#include "engine/decide_int.h"

static struct words both(struct str s)
{
    return (struct words){s, s};
}

static struct words said(const char *zh, const char *en)
{
    return (struct words){str_of(zh), str_of(en)};
}

static void put_words(struct deciding *d, struct json *o, const char *key, struct words w)
{
    struct json *x = json_set(d->a, o, str_of(key), json_new(d->a, J_OBJ));
    json_set(d->a, x, STR("zh"), json_new_str(d->a, w.zh));
    json_set(d->a, x, STR("en"), json_new_str(d->a, words_en(&w)));
}

/* ---- one value ---- */

static struct str minute_words(struct deciding *d, int64_t t)
{
    char text[40]; /* 2024-09-09T08:50:00+08:00 */
    time_format(d->w->zone, t, text);
    return str_printf(d->a, "%.10s %.5s", text, text + 11);
}

static struct words number_words(struct deciding *d, const struct field *f, int64_t v)
{
    char day[16];
    int decimals;
    enum xtype t = field_xtype(f, &decimals);
    if (t == X_DATE) {
        day_format((int32_t)v, day);
        return both(str_dup(d->a, str_of(day)));
    }
    if (t == X_TIME)
        return both(minute_words(d, v));
    struct buf b AUTO(buf_free) = BUF(200);
    buf_decimal(&b, v, decimals);
    struct str n = buf_dup(d->a, &b);
    if (f->type == FIELD_MONEY)
        return (struct words){str_printf(d->a, "%.*s 元", STR_F(n)), str_printf(d->a, "%.*s CNY", STR_F(n))};
    return both(f->unit.len ? str_printf(d->a, "%.*s %.*s", STR_F(n), STR_F(f->unit)) : n);
}

static struct words name_words(struct deciding *d, const struct field *f, struct str id)
{
    const struct world *w = d->w;
    int i = -1;
    if (f->type == FIELD_CODE && (i = list_code(&d->playbook->lists[f->codes], id)) >= 0)
        return d->playbook->lists[f->codes].codes[i].name;
    if (f->type == FIELD_AREA && (i = world_area(w, id)) >= 0)
        return both(area_title(&w->areas[i]));
    if (f->type == FIELD_ORG)
        return (i = world_org(w, id)) < 0 ? said("没有这个单位", "no such unit") : both(w->orgs[i].name);
    if (f->type == FIELD_ACCOUNT) /* his name lies apart, in a record of its own */
        return str_is(id, d->ask->actor->by) ? said("您自己", "yourself") : said("另一个账号", "another account");
    if (f->type == FIELD_RECORD)
        return said("另选的一件", "another matter");
    return both(id);
}

/* An inline value as it is stored, or a detached one as it was given. */
static struct words value_words(struct deciding *d, const struct field *f, const struct json *v)
{
    if (f->type == FIELD_PLACE && v->kind == J_OBJ) {
        struct str text = json_text(v, "text");
        return text.len ? both(text) : said("地图上的一点", "a point on the map");
    }
    if (v->kind == J_TRUE || v->kind == J_FALSE)
        return v->kind == J_TRUE ? said("是", "yes") : said("否", "no");
    if (v->kind == J_INT)
        return number_words(d, f, v->i);
    return name_words(d, f, json_str(v));
}

static struct words counted(struct deciding *d, const struct field *f, const struct json *v)
{
    int64_t n = 0;
    if (json_is(v, J_ARR))
        JSON_EACH (x, v)
            n += !json_yes(x, "del");
    else
        n = 1;
    bool rows = f->type == FIELD_TABLE;
    return (struct words){str_printf(d->a, rows ? "%lld行" : "%lld份文件", (long long)n),
                          str_printf(d->a, rows ? "%lld rows" : "%lld files", (long long)n)};
}

/* One, or some with a mark between. */
static struct words all_words(struct deciding *d, const struct field *f, const struct json *v)
{
    if (f->type == FIELD_TABLE || f->type == FIELD_FILE)
        return counted(d, f, v);
    if (!json_is(v, J_ARR))
        return value_words(d, f, v);
    struct buf zh AUTO(buf_free) = BUF(LIMIT_EVENT_BODY), en AUTO(buf_free) = BUF(LIMIT_EVENT_BODY);
    JSON_EACH (x, v) {
        struct words w = value_words(d, f, x);
        buf_printf(&zh, "%s%.*s", zh.len ? "、" : "", STR_F(w.zh));
        buf_printf(&en, "%s%.*s", en.len ? ", " : "", STR_F(words_en(&w)));
    }
    return (struct words){buf_dup(d->a, &zh), buf_dup(d->a, &en)};
}

/* ---- the two sides ---- */

/* As it would be stored; what cannot be stored is said as it came. */
static struct words your_words(struct deciding *d, const struct field *f, const struct json *given)
{
    struct err wrong = ERR_INIT;
    struct deciding probe = *d;
    struct json *stored;
    probe.e = &wrong;
    if (field_detached(f->type) || f->type == FIELD_TABLE)
        return all_words(d, f, given);
    if (form_value(&probe, f, given, &stored))
        return stored ? all_words(d, f, stored) : both(STR_NONE);
    return both(json_is(given, J_STR) ? given->s : form_written(d, given));
}

/* What lies apart was read with the snapshot. */
static struct words their_words(struct deciding *d, const struct field *f, const struct json *stored)
{
    const struct json *texts = json_get_str(d->s->plain, f->id);
    if (f->type == FIELD_FILE || !field_detached(f->type))
        return all_words(d, f, stored);
    struct json *list = json_new(d->a, J_ARR), *v;
    JSON_EACH (text, texts) {
        struct err gone = ERR_INIT;
        if (json_own(d->a, text->s, &v, &gone))
            json_push(list, v);
    }
    return list->n ? all_words(d, f, list) : said("（已删除）", "(erased)");
}

/* Is this side not his to see?  A personal detail is never told here, his own neither: the answer stays on devices. */
static bool hidden(struct deciding *d, const struct field *f, struct words *out)
{
    const char *org = d->ask->actor->org;
    if (f->vault || f->type == FIELD_PERSON) {
        *out = said("个人信息，已隐去", "a personal detail, hidden");
        return true;
    }
    *out = said("限制查看，已隐去", "sealed, hidden");
    return record_sealed(d->work) && !(org[0] && str_is(record_holder(d->work), org));
}

static void put_who(struct deciding *d, struct json *o, const struct json *change)
{
    char at[40];
    int org = world_org(d->w, json_text(change, "org"));
    time_format(d->w->zone, json_num(change, "at", 0), at);
    json_set(d->a, o, STR("at"), json_new_str(d->a, str_of(at)));
    if (org >= 0)
        json_set(d->a, o, STR("org_name"), json_new_str(d->a, d->w->orgs[org].name));
}

void stale_side(struct deciding *d, struct json *sides, struct str field, const struct json *yours)
{
    const struct json *change = json_get_str(d->s->changed, field);
    int i = record_field(d->def, field);
    if (!change || i < 0)
        return;
    const struct field *f = &d->def->fields[i];
    const struct json *theirs = json_get_str(d->work->fields, field);
    struct json *o = json_set(d->a, sides, field, json_new(d->a, J_OBJ));
    struct words shut;
    bool hide = hidden(d, f, &shut), personal = f->vault || f->type == FIELD_PERSON;
    put_words(d, o, "label", f->label);
    if (!json_empty(yours))
        put_words(d, o, "yours", personal ? shut : your_words(d, f, yours));
    if (hide || !json_empty(theirs))
        put_words(d, o, "theirs", hide ? shut : their_words(d, f, theirs));
    if (hide)
        json_set(d->a, o, STR("hidden"), json_new_bool(d->a, true));
    else
        put_who(d, o, change);
}

bool stale_refuse(struct deciding *d, struct json *sides)
{
    d->out->conflict = sides;
    err_set(d->e, ERR_STALE, "somebody changed the same in between: choose which stays");
    return err_zh(d->e, "别人刚刚改过同样的内容，请选用哪一个");
}
