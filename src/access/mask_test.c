/* What is left of a person. */
#include "access/mask.h"
#include "access/test_int.h"

/* ---- masks ---- */

static void masks(void **state)
{
    static const struct {
        struct str (*mask)(struct arena *a, struct str s);
        const char *in, *out;
    } CASES[] = {
        {mask_name, "张三", "张某"},
        {mask_name, "张三丰", "张某"},
        {mask_name, " 张三", "张某"},
        {mask_name, "张", "张某"},
        {mask_name, "欧阳娜娜", "欧阳某"},
        {mask_name, "诸葛亮", "诸葛某"},
        {mask_name, "司马懿", "司马某"},
        {mask_name, "欧阳", "欧某"}, /* a name of two characters */
        {mask_name, "买买提·吐尔逊", "买某"},
        {mask_name, "𠀋三", "𠀋某"}, /* four bytes */
        {mask_name, "John Smith", "J***"},
        {mask_name, "J", "J***"},
        {mask_name, "Élodie", "É***"},
        {mask_name, "Иван", "И***"},
        {mask_name, "やまだ", "や***"},
        {mask_name, "김철수", "김***"},
        {mask_name, "13812345678", "***"},
        {mask_name, "13812345678张三", "张某"},
        {mask_name, "（张三）", "张某"},
        {mask_name, "", "***"},
        {mask_name, "\xff\xfe", "***"},

        {mask_phone, "13812341234", "138****1234"},
        {mask_phone, "138 1234 1234", "138****1234"},
        {mask_phone, "138-1234-1234", "138****1234"},
        {mask_phone, "+86 13812341234", "138****1234"},
        {mask_phone, "8613812341234", "138****1234"},
        {mask_phone, "13812341234、13998765432", "138****1234"},
        {mask_phone, "0791-86512345", "079****2345"},
        {mask_phone, "86512345", "****45"},
        {mask_phone, "110", "****"},
        {mask_phone, "", "****"},
        {mask_phone, "张三知道", "****"},
        {mask_phone, "1234567890123456789012345678901234567890", "****"},
        {mask_phone, "手机13812341234转张三", "138****1234"},

        {mask_idno, "360112199001011234", "3601**********1234"},
        {mask_idno, "36011219900101123X", "3601**********123X"},
        {mask_idno, "360112900101123", "3601*******1123"},
        {mask_idno, "E12345678", "E*****78"},
        {mask_idno, "12345", "****"},
        {mask_idno, "", "****"},
        {mask_idno, "军字第一二三四五号", "****"},
        {mask_idno, "3601121990010112343601121990", "****"},

        {mask_address, "江西省南昌市新建区长堎镇解放路12号3栋502室", "江西省南昌市新建区长堎镇***"},
        {mask_address, "南昌市新建区幸福家园3栋", "南昌市新建区***"},
        {mask_address, "北京市朝阳区建国路1号", "北京市朝阳区***"},
        {mask_address, "内蒙古自治区呼伦贝尔市根河市得耳布尔镇十七号",
         "内蒙古自治区呼伦贝尔市根河市得耳布尔镇***"},
        {mask_address, "湖北省恩施土家族苗族自治州利川市某地",
         "湖北省恩施土家族苗族自治州利川市***"},
        {mask_address, "江西省景德镇市浮梁县", "江西省景德镇市浮梁县***"},
        {mask_address, "新建区长征街道文化社区", "新建区长征街道***"},
        {mask_address, "阳光小区5栋302", "***"},
        {mask_address, "解放路12号", "***"},
        {mask_address, "张家村三组", "***"},
        {mask_address, "12号", "***"},
        {mask_address, "", "***"},
        {mask_address, "新建区超市旁张三家", "新建区***"},
        {mask_address, "Main Street 5", "***"},
    };
    struct arena *a AUTO(arena_freep) = arena_new();
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct str got = CASES[i].mask(a, str_of(CASES[i].in));
        if (!str_is(got, CASES[i].out))
            fail_msg("%s: wanted %s, got %.*s", CASES[i].in, CASES[i].out, STR_F(got));
    }
}

#define H "\"" MASK_TEXT "\""

static void masked_json(void **state)
{
    static const struct {
        enum field_type type;
        const char *in, *out;
    } CASES[] = {
        {FIELD_PERSON, "{\"name\":\"张三\",\"phone\":\"13812341234\"}",
         "{\"name\":\"张某\",\"phone\":\"138****1234\",\"masked\":true}"},
        {FIELD_PERSON, "{\"name\":\"张三\",\"phone\":13812341234,\"idno\":360112199001011234}",
         "{\"name\":\"张某\",\"phone\":\"138****1234\",\"idno\":\"3601**********1234\","
         "\"masked\":true}"},
        {FIELD_PERSON, "{\"address\":\"南昌市新建区3栋\",\"sex\":\"女\",\"role\":\"申请人\"}",
         "{\"address\":\"南昌市新建区***\",\"sex\":\"女\",\"role\":\"申请人\",\"masked\":true}"},
        {FIELD_PERSON, "{\"role\":\"张三的母亲\",\"sex\":\"张三\",\"relation\":\"张三之妻\"}",
         "{\"role\":" H ",\"sex\":" H ",\"relation\":" H ",\"masked\":true}"},
        {FIELD_PERSON,
         "{\"note\":\"张三\",\"contact\":\"李四13812341234\",\"age\":44,\"new\":\"张三\"}",
         "{\"note\":" H ",\"contact\":" H ",\"age\":" H ",\"new\":" H ",\"masked\":true}"},
        {FIELD_PERSON, "{\"name\":[\"张三\"],\"phone\":{\"a\":\"13812341234\"}}",
         "{\"name\":" H ",\"phone\":" H ",\"masked\":true}"},
        {FIELD_PERSON, "{\"name\":\"某某物业公司\",\"org\":true,\"phone\":\"079186512345\"}",
         "{\"name\":\"某某物业公司\",\"org\":true,\"phone\":\"079****2345\",\"masked\":true}"},
        {FIELD_PERSON, "{\"name\":\"张三\",\"org\":\"某某物业公司\"}",
         "{\"name\":\"张某\",\"org\":" H ",\"masked\":true}"},
        {FIELD_PERSON, "{\"name\":\"张三\",\"org\":false,\"minor\":false}",
         "{\"name\":\"张某\",\"org\":false,\"minor\":false,\"masked\":true}"},
        /* of a minor nothing is left, however it was said */
        {FIELD_PERSON,
         "{\"name\":\"张三\",\"minor\":true,\"phone\":\"13812341234\",\"sex\":\"男\"}",
         "{\"name\":\"未成年人\",\"minor\":true,\"masked\":true}"},
        {FIELD_PERSON, "{\"name\":\"张三\",\"minor\":\"是\"}",
         "{\"name\":\"未成年人\",\"minor\":true,\"masked\":true}"},
        {FIELD_PERSON, "{\"name\":\"张三\",\"age\":17}",
         "{\"name\":\"未成年人\",\"minor\":true,\"masked\":true}"},
        {FIELD_PERSON, "{\"name\":\"张三\",\"age\":\"6\"}",
         "{\"name\":\"未成年人\",\"minor\":true,\"masked\":true}"},
        {FIELD_PERSON, "{\"name\":\"张三\",\"minor\":true,\"org\":true}",
         "{\"name\":\"未成年人\",\"minor\":true,\"masked\":true}"},
        {FIELD_PERSON, "[{\"name\":\"张三\"},{\"name\":\"John\"}]",
         "[{\"name\":\"张某\",\"masked\":true},{\"name\":\"J***\",\"masked\":true}]"},
        {FIELD_PERSON, "\"张三\"", "{\"name\":" H ",\"masked\":true}"},
        {FIELD_PERSON, "null", "{\"name\":" H ",\"masked\":true}"},
        {FIELD_PERSON, "{}", "{\"masked\":true}"},
        {FIELD_TEXT, "\"张三打了李四\"", H},
        {FIELD_TEXT, "[\"张三\",\"李四\"]", "[" H "," H "]"},
        {FIELD_PLACE, "{\"text\":\"张三家\",\"lon\":1,\"lat\":2}",
         "{\"text\":" H ",\"masked\":true}"},
        {FIELD_FILE, "{\"file\":\"x\",\"name\":\"张三.pdf\"}", "{\"name\":" H ",\"masked\":true}"},
    };
    struct arena *a AUTO(arena_freep) = arena_new();
    struct err e = ERR_INIT;
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct json *j;
        struct buf b = BUF(1 << 16), before = BUF(1 << 16), after = BUF(1 << 16);
        OK(json_input(a, str_of(CASES[i].in), &j, &e));
        json_write(&before, j);
        json_write(&b, mask_value(a, CASES[i].type, j));
        json_write(&after, j);
        if (!str_is(buf_view(&b), CASES[i].out))
            fail_msg("%s: wanted %s, got %.*s", CASES[i].in, CASES[i].out, STR_F(buf_view(&b)));
        assert_true(str_eq(buf_view(&before), buf_view(&after)));
        buf_free(&b);
        buf_free(&before);
        buf_free(&after);
    }
}

/* Whatever comes in, the middle of it never comes out. */
static void masks_of_noise(void **state)
{
    static const char *const PIECES[] = {"张", "欧阳", "x", "9",   " ",    "-",        "市",  "区",
                                         "镇", "路",   "·", "+86", "\xff", "\xe5\xbc", "138", "、"};
    struct str (*const MASKS[])(struct arena *, struct str) = {mask_name, mask_phone, mask_idno,
                                                               mask_address};
    struct arena *a AUTO(arena_freep) = arena_new();
    UNUSED(state);
    uint32_t seed = 12345;
    for (int i = 0; i < 40000; i++) {
        struct buf b = BUF(1 << 16);
        seed = seed * 1664525 + 1013904223;
        for (uint32_t n = seed >> 28; n > 0; n--) {
            seed = seed * 1664525 + 1013904223;
            buf_c(&b, PIECES[seed >> 28]);
        }
        buf_c(&b, "秘77777密"); /* in no mask may all of it survive */
        for (uint32_t n = seed >> 29 & 3; n > 0; n--)
            buf_c(&b, PIECES[(seed >> (n * 3)) & 15]);
        for (size_t k = 0; k < COUNT_OF(MASKS); k++) {
            struct str out = MASKS[k](a, buf_view(&b));
            assert_false(str_has(out, STR("77777")));
            assert_true(str_has(out, STR("*")) || str_has(out, STR("某")));
        }
        buf_free(&b);
        arena_reset(a);
    }
}

// clang-format off
static const struct CMUnitTest TESTS[] = {
    PURE(masks)
    PURE(masked_json)
    PURE(masks_of_noise)
};
// clang-format on

RUN_TESTS("mask", TESTS)
