/* Guessing a mapping: by what columns are called, then by what stands in them.  A guess is printed
 * for a person, so it is better to leave a line out than to write a wrong one. */
#include "exchange/mapping_int.h"

enum { NAMED_FITS = 40 }; /* of a hundred cells, when the name of the column says the field already */

struct guess {
    struct arena *a;
    const struct world *w;
    const struct playbook *p;
    const struct record_def *def;
    const struct action *act;
    const struct str *header;
    size_t n;
    struct str *const *rows;
    size_t n_rows;
    bool *used;
};

/* Usual names of columns; longer ones first where one holds the other.  "" ends a row. */
static const struct {
    const char *what;
    const char *names[16];
} USUAL[] = {
    {"id", {"id", "case_enquiry_id", "case_id", "caseid", "ticket", "编号", "工单编号", "案件编号", "事件编号",
            "流水号", "序号", ""}},
    {"area", {"division", "area", "district", "area_code", "区划", "行政区划", "所属区划", "区划代码", "所属区域",
              "乡镇", "街道", "乡镇街道", "所在乡镇", "村社区", ""}},
    {"opened", {"opened", "opened_at", "open_dt", "created_at", "发现时间", "发现日期", "受理时间", "登记时间", "发生时间",
                "上报时间", "创建时间", "受理日期", "登记日期", ""}},
    {"closed", {"closed", "closed_at", "closed_dt", "办结时间", "结案时间", "完成时间", "办结日期", "结案日期", ""}},
    {"due", {"due", "due_at", "target_dt", "deadline", "截止时间", "办理时限", "到期时间", "应办结时间", ""}},
    {"state", {"state", "status", "状态", "办理状态", ""}},
    {"lon", {"lon", "lng", "longitude", "经度", "x", ""}},
    {"lat", {"lat", "latitude", "纬度", "y", ""}},
    {"address", {"address", "location", "地址", "地点", "发生地点", "事发地址", "详细地址", "位置", ""}},
    {"text", {"text", "description", "summary", "内容", "诉求内容", "问题描述", "简要情况", "事件描述", "描述", ""}},
    {"source", {"src", "source", "system", "来源", "来源系统", ""}},
};

/* Small letters and digits and everything not ASCII: "Opened at" is "opened_at". */
static struct str bare(struct arena *a, struct str s)
{
    char *out = arena_alloc(a, s.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
        if (c >= 'A' && c <= 'Z')
            out[n++] = (char)(c + 'a' - 'A');
        else if (letter)
            out[n++] = c;
    }
    return (struct str){out, n};
}

static int column_named(const struct guess *g, struct str name)
{
    struct str want = bare(g->a, name);
    for (size_t i = 0; want.len && i < g->n; i++)
        if (!g->used[i] && str_eq(bare(g->a, g->header[i]), want))
            return (int)i;
    return -1;
}

static int column_usual(const struct guess *g, const char *what)
{
    for (size_t i = 0; i < COUNT_OF(USUAL); i++)
        for (size_t k = 0; strcmp(USUAL[i].what, what) == 0 && USUAL[i].names[k][0]; k++) {
            int c = column_named(g, str_of(USUAL[i].names[k]));
            if (c >= 0)
                return c;
        }
    return -1;
}

/* Of the cells that are not empty, how many in a hundred look like it; -1 when all are empty. */
static int share(const struct guess *g, size_t column,
                 bool (*like)(const struct guess *g, const void *what, struct str cell),
                 const void *what)
{
    int all = 0, good = 0;
    for (size_t i = 0; i < g->n_rows; i++) {
        struct str cell = g->rows[i][column];
        if (!cell.len)
            continue;
        all++;
        good += like(g, what, cell);
    }
    return all ? good * 100 / all : -1;
}

static bool like_code(const struct guess *g, const void *list, struct str cell)
{
    const struct code_list *l = list;
    struct str folded = names_fold(g->a, cell);
    if (list_code(l, cell) >= 0)
        return true;
    for (int i = 0; i < l->n; i++)
        if (str_eq(names_fold(g->a, l->codes[i].name.zh), folded) ||
            str_eq(names_fold(g->a, l->codes[i].name.en), folded))
            return true;
    return false;
}

static bool like_time(const struct guess *g, const void *unused, struct str cell)
{
    int64_t t;
    UNUSED(unused);
    return time_parse(g->w->zone, cell, &t);
}

static bool like_number(const struct guess *g, const void *unused, struct str cell)
{
    int64_t v;
    UNUSED(unused);
    UNUSED(g);
    return str_decimal(cell, 9, &v);
}

static bool like_same(const struct guess *g, const void *unused, struct str cell)
{
    UNUSED(g);
    return str_eq(*(const struct str *)unused, cell);
}

/* Does what stands in a column of this name fit the field?  The rest is mended or mapped by a person. */
static bool fits(const struct guess *g, size_t column, const struct field *f)
{
    int n = 100;
    if (f->type == FIELD_CODE)
        n = share(g, column, like_code, &g->p->lists[f->codes]);
    else if (f->type == FIELD_TIME || f->type == FIELD_DATE)
        n = share(g, column, like_time, NULL);
    else if (f->type == FIELD_NUMBER || f->type == FIELD_INTEGER || f->type == FIELD_MONEY)
        n = share(g, column, like_number, NULL);
    return n < 0 || n >= NAMED_FITS;
}

/* A text of the file as a YAML scalar in quotes. */
static void quote(struct buf *out, struct str s)
{
    buf_char(out, '"');
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c == '"' || c == '\\')
            buf_char(out, '\\');
        if (c < ' ')
            buf_printf(out, "\\x%02x", c);
        else
            buf_char(out, (char)c);
    }
    buf_char(out, '"');
}

static void line(struct guess *g, struct buf *out, const char *before, struct str key, int column)
{
    buf_printf(out, "%s%.*s: ", before, STR_F(key));
    quote(out, g->header[column]);
    buf_char(out, '\n');
    g->used[column] = true;
}

static void place_lines(struct guess *g, struct buf *out, const struct field *f)
{
    int lon = column_usual(g, "lon"), lat = column_usual(g, "lat");
    int text = column_named(g, f->id);
    text = text < 0 ? column_named(g, f->label.zh) : text;
    text = text < 0 ? column_usual(g, "address") : text;
    bool point = lon >= 0 && lat >= 0 && share(g, (size_t)lon, like_number, NULL) >= 80 &&
                 share(g, (size_t)lat, like_number, NULL) >= 80;
    if (!point && text < 0)
        return;
    buf_printf(out, "  %.*s:\n", STR_F(f->id));
    if (point) {
        line(g, out, "    ", STR("lon"), lon);
        line(g, out, "    ", STR("lat"), lat);
    }
    if (text >= 0)
        line(g, out, "    ", STR("text"), text);
}

static int field_column(const struct guess *g, const struct field *f)
{
    const struct str names[] = {f->id, f->label.zh, f->label.en};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        int c = column_named(g, names[i]);
        if (c >= 0 && fits(g, (size_t)c, f))
            return c;
    }
    if (f->type == FIELD_TEXT && f->required) {
        int c = column_usual(g, "text");
        if (c >= 0)
            return c;
    }
    for (size_t c = 0; f->type == FIELD_CODE && c < g->n; c++)
        if (!g->used[c] && share(g, c, like_code, &g->p->lists[f->codes]) >= 95)
            return (int)c;
    return -1;
}

static void field_line(struct guess *g, struct buf *out, const struct form_field *ff)
{
    static const struct {
        int attr;
        const char *name;
    } ATTRS[] = {{ATTR_opened, "opened"}, {ATTR_closed, "closed"}, {ATTR_due, "due"},
                 {ATTR_state, "state"}};
    struct str id = STR_NONE;
    int column = -1;
    for (size_t i = 0; ff->field < 0 && i < COUNT_OF(ATTRS); i++)
        if (FORM_ATTR(ATTRS[i].attr) == ff->field) {
            id = str_of(ATTRS[i].name);
            column = column_usual(g, ATTRS[i].name);
        }
    if (ff->field >= 0) {
        const struct field *f = &g->def->fields[ff->field];
        id = f->id;
        if (f->type == FIELD_TABLE || f->type == FIELD_COMPUTED || f->type == FIELD_FILE)
            return;
        if (f->type == FIELD_PLACE) {
            place_lines(g, out, f);
            return;
        }
        column = field_column(g, f);
    }
    if (column >= 0)
        line(g, out, "  ", id, column);
    else if (ff->required)
        buf_printf(out, "  # %.*s: no column found, but it is required\n", STR_F(id));
}

static void source_line(struct guess *g, struct buf *out)
{
    int c = column_usual(g, "source");
    bool constant = c >= 0 && g->n_rows &&
                    share(g, (size_t)c, like_same, &g->rows[0][c]) == 100;
    if (c >= 0 && constant) {
        buf_c(out, "source: {column: ");
        quote(out, g->header[c]);
        buf_c(out, "}\n");
        g->used[c] = true;
    } else {
        buf_c(out, "source: outside   # a word for where these rows come from\n");
    }
}

void mapping_guess(struct arena *a, const struct world *w, const struct playbook *p, int record,
                   const struct str *header, size_t n, struct str *const *rows, size_t n_rows,
                   struct buf *out)
{
    struct guess g = {a, w, p, &p->records[record], NULL, header, n, rows, n_rows,
                      ARENA_ARRAY(a, bool, n + 1)};
    for (int i = 0; i < g.def->n_actions && !g.act; i++)
        if (g.def->actions[i].import)
            g.act = &g.def->actions[i];
    buf_printf(out, "# a guess from the header and %zu rows: look at it before you use it\n", n_rows);
    buf_printf(out, "import: %.*s.%.*s\n", STR_F(p->id), STR_F(g.def->id));
    if (!g.act) {
        buf_c(out, "# this type has no import action (import: true)\n");
        return;
    }
    source_line(&g, out);
    int id = column_usual(&g, "id"), area = column_usual(&g, "area");
    if (id >= 0)
        line(&g, out, "", STR("id"), id);
    else
        buf_c(out, "# id: no column found, but one is needed\n");
    if (area >= 0)
        line(&g, out, "", STR("area"), area);
    buf_c(out, "columns:\n");
    for (int pass = 0; pass < 2; pass++) /* the required ones choose first */
        for (int i = 0; i < g.act->n_form; i++)
            if (g.act->form[i].required == (pass == 0))
                field_line(&g, out, &g.act->form[i]);
    for (size_t i = 0; i < n; i++)
        if (!g.used[i] && !str_is(header[i], MAPPING_WHY)) {
            buf_c(out, "# not used: ");
            quote(out, header[i]);
            buf_char(out, '\n');
        }
}
