#include "access/mask.h"

enum { ADULT = 18, PHONE_LONG = 10, PHONE_SHORT = 7, IDNO_LONG = 15, IDNO_SHORT = 8 };

/* Surnames of two characters. */
static const char *const COMPOUND[] = {
    "欧阳", "太史", "端木", "上官", "司马", "东方", "独孤", "南宫", "万俟", "闻人", "夏侯", "诸葛",
    "尉迟", "公羊", "赫连", "澹台", "皇甫", "宗政", "濮阳", "公冶", "太叔", "申屠", "公孙", "慕容",
    "仲孙", "钟离", "长孙", "宇文", "司徒", "鲜于", "司空", "闾丘", "子车", "亓官", "司寇", "巫马",
    "公西", "颛孙", "壤驷", "公良", "漆雕", "乐正", "宰父", "谷梁", "拓跋", "夹谷", "轩辕", "令狐",
    "段干", "百里", "呼延", "东郭", "南门", "羊舌", "微生", "公户", "公玉", "公仪", "梁丘", "公仲",
    "公上", "公门", "公山", "公坚", "左丘", "公伯", "西门", "公祖", "第五", "公乘", "贯丘", "公皙",
    "南荣", "东里", "东宫", "仲长", "子书", "子桑", "即墨", "达奚", "褚师", "纳兰", "哥舒",
};

static bool han(uint32_t c)
{
    return c == 0x3007 || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x4E00 && c <= 0x9FFF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF);
}

/* A letter of another script, roughly: no digit, sign, space or private character. */
static bool foreign(uint32_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= 0xC0 && c < 0x2000) ||
           (c >= 0x2C00 && c < 0x2E00) || (c >= 0x3041 && c < 0x3400) ||
           (c >= 0xA000 && c < 0xD800);
}

struct str mask_name(struct arena *a, struct str name)
{
    for (size_t i = 0; i < name.len;) {
        struct str rest = {name.ptr + i, name.len - i};
        uint32_t c = str_next_char(name, &i);
        struct str first = {rest.ptr, (size_t)(name.ptr + i - rest.ptr)};
        if (han(c)) {
            for (size_t k = 0; k < COUNT_OF(COMPOUND); k++) {
                struct str two = str_of(COMPOUND[k]);
                if (str_starts(rest, two) && rest.len > two.len)
                    return str_printf(a, "%s某", COMPOUND[k]);
            }
            return str_printf(a, "%.*s某", STR_F(first));
        }
        if (foreign(c))
            return str_printf(a, "%.*s***", STR_F(first));
    }
    return STR("***");
}

struct str mask_phone(struct arena *a, struct str phone)
{
    char d[64];
    size_t n = 0;
    for (size_t i = 0; i < phone.len && n < sizeof d; i++) {
        char c = phone.ptr[i];
        if (c >= '0' && c <= '9')
            d[n++] = c;
        else if (c != ' ' && c != '-' && c != '+' && n >= PHONE_SHORT)
            break; /* another number begins, or words */
    }
    if (n > 11 && d[0] == '8' && d[1] == '6') {
        memmove(d, d + 2, n - 2);
        n -= 2;
    }
    if (n >= PHONE_LONG && n <= 15)
        return str_printf(a, "%.3s****%.4s", d, d + n - 4);
    if (n >= PHONE_SHORT && n < PHONE_LONG)
        return str_printf(a, "****%.2s", d + n - 2);
    return STR("****");
}

struct str mask_idno(struct arena *a, struct str idno)
{
    idno = str_trim(idno);
    for (size_t i = 0; i < idno.len; i++)
        if ((unsigned char)idno.ptr[i] <= ' ' || (unsigned char)idno.ptr[i] > '~')
            return STR("****");
    static const char STARS[] = "*************************";
    const char *end = idno.ptr + idno.len;
    if (idno.len >= IDNO_LONG && idno.len <= 24)
        return str_printf(a, "%.4s%.*s%.4s", idno.ptr, (int)idno.len - 8, STARS, end - 4);
    if (idno.len >= IDNO_SHORT && idno.len < IDNO_LONG)
        return str_printf(a, "%.1s*****%.2s", idno.ptr, end - 2);
    return STR("****");
}

/* ---- addresses ---- */

/* The marks that end a part of an address, with the level each may stand for. */
static const struct mark {
    const char *text;
    int level, again; /* `again`: the level when one such is there already (a city below a city) */
} MARKS[] = {
    {"自治区", 1, 1}, {"自治州", 2, 2}, {"自治县", 3, 3}, {"街道", 4, 4}, {"地区", 2, 2},
    {"省", 1, 1},     {"市", 2, 3},     {"州", 2, 2},     {"盟", 2, 2},   {"区", 3, 3},
    {"县", 3, 3},     {"旗", 3, 3},     {"镇", 4, 4},     {"乡", 4, 4},
};

/* From here on it is a street, a house, a village, or no area at all (小区, 超市, 乡道…). */
static const char *const STOPS[] = {
    "路",   "街",   "巷",     "弄",     "号",     "村",     "栋",   "幢",   "室",   "楼",
    "苑",   "园",   "寓",     "小区",   "社区",   "厂区",   "校区", "库区", "宿舍", "大厦",
    "广场", "公司", "学校",   "医院",   "超市",   "门市",   "城市", "市场", "夜市", "集市",
    "菜市", "商城", "生活区", "工业区", "住宅区", "家属区", "院"};

static bool stops(struct str rest)
{
    if (str_starts(rest, STR("街道")))
        return false;
    for (size_t k = 0; k < COUNT_OF(STOPS); k++)
        if (str_starts(rest, str_of(STOPS[k])))
            return true;
    return false;
}

static const struct mark *mark_at(struct str rest)
{
    for (size_t k = 0; k < COUNT_OF(MARKS); k++)
        if (str_starts(rest, str_of(MARKS[k].text)))
            return &MARKS[k];
    return NULL;
}

struct str mask_address(struct arena *a, struct str address)
{
    address = str_trim(address);
    size_t kept = 0, i = 0;
    for (int level = 0; i < address.len && level < 4;) {
        struct str rest = {address.ptr + i, address.len - i};
        const struct mark *m = mark_at(rest);
        uint32_t c = str_next_char(address, &i);
        if (!han(c) || (!m && stops(rest)))
            break;
        if (!m)
            continue;
        size_t end = (size_t)(rest.ptr - address.ptr) + strlen(m->text);
        struct str behind = {address.ptr + end, address.len - end};
        bool town_in_name = m->level == 4 && str_starts(behind, STR("市")); /* 景德镇市 */
        int as = level >= m->level ? m->again : m->level;
        i = end;
        if (town_in_name || as <= level)
            continue;
        level = as;
        kept = end;
    }
    return str_printf(a, "%.*s***", (int)kept, address.len ? address.ptr : "");
}

/* ---- persons ---- */

static bool one_of(struct str s, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_is(s, list[i]))
            return true;
    return false;
}

/* A role or a sex is shown only when it is one of the usual words: "张三的母亲" is a name. */
static bool harmless(struct str key, const struct json *v)
{
    static const char *const SEXES[] = {"男", "女", "male", "female", "m", "f", "M", "F", "1", "2"};
    static const char *const ROLES[] = {
        "申请人",     "被申请人", "当事人",    "甲方",       "乙方",   "代理人",
        "委托代理人", "监护人",   "证人",      "反映人",     "报告人", "联系人",
        "第三人",     "其他",     "applicant", "respondent", "party",  "agent",
        "guardian",   "witness",  "contact",   "other"};
    struct str s = json_str(v);
    return (str_is(key, "sex") && one_of(s, SEXES, COUNT_OF(SEXES))) ||
           (str_is(key, "role") && one_of(s, ROLES, COUNT_OF(ROLES)));
}

static struct str hidden(void)
{
    return str_of(MASK_TEXT);
}

/* Text of a string or of a whole number: a telephone may have been given as 13812345678. */
static struct str text_of(struct arena *a, const struct json *v)
{
    if (json_is(v, J_INT))
        return str_printf(a, "%lld", (long long)v->i);
    return str_trim(json_str(v));
}

bool mask_minor(struct arena *a, const struct json *p)
{
    int64_t age;
    const struct json *minor = json_get(p, "minor");
    if (!json_empty(minor) && minor->kind != J_FALSE && !str_is(json_str(minor), "false") &&
        !str_is(json_str(minor), "否") && !(minor->kind == J_INT && minor->i == 0))
        return true;
    return str_int(text_of(a, json_get(p, "age")), &age) && age < ADULT;
}

static struct str mask_detail(struct arena *a, const struct json *person, const struct json *v)
{
    struct str s = text_of(a, v);
    if (!s.ptr)
        return hidden();
    if (str_is(v->key, "name"))
        return json_yes(person, "org") ? s : mask_name(a, s);
    if (str_is(v->key, "phone"))
        return mask_phone(a, s);
    if (str_is(v->key, "idno"))
        return mask_idno(a, s);
    if (str_is(v->key, "address"))
        return mask_address(a, s);
    return harmless(v->key, v) ? s : hidden();
}

struct json *mask_person(struct arena *a, const struct json *person)
{
    struct json *out = json_new(a, J_OBJ);
    if (!json_is(person, J_OBJ)) {
        json_set(a, out, STR("name"), json_new_str(a, hidden()));
    } else if (mask_minor(a, person)) {
        json_set(a, out, STR("name"), json_new_str(a, STR("未成年人")));
        json_set(a, out, STR("minor"), json_new_bool(a, true));
    } else {
        JSON_EACH(v, person)
        {
            bool flag = v->kind == J_TRUE || v->kind == J_FALSE;
            bool open = flag && (str_is(v->key, "org") || str_is(v->key, "minor"));
            json_set(a, out, v->key,
                     open ? json_new_bool(a, v->kind == J_TRUE)
                          : json_new_str(a, mask_detail(a, person, v)));
        }
    }
    json_set(a, out, STR("masked"), json_new_bool(a, true));
    return out;
}

struct json *mask_value(struct arena *a, enum field_type type, const struct json *value)
{
    if (json_is(value, J_ARR)) {
        struct json *list = json_new(a, J_ARR);
        JSON_EACH(v, value)
        json_push(list, mask_value(a, type, v));
        return list;
    }
    if (type == FIELD_PERSON)
        return mask_person(a, value);
    struct json *text = json_new_str(a, hidden());
    if (type != FIELD_PLACE && type != FIELD_FILE)
        return text;
    struct json *out = json_new(a, J_OBJ);
    json_set(a, out, type == FIELD_PLACE ? STR("text") : STR("name"), text);
    json_set(a, out, STR("masked"), json_new_bool(a, true));
    return out;
}
