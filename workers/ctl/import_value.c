/* import_value: the table of types and their checks; see import_value.h. */
#include "workers/ctl/import_value.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/declaration_date.h"
#include "common/london.h"
#include "common/token.h"
#include "common/uuid.h"

#define CHECK(name)                                                                                          \
    static const char *name(const struct import_type *type, struct slice value, const char *token_key,       \
                            struct buffer *out)

/* ---------------------------------------------------------------------------------------------------- texts
 */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* DM-12: trimmed, inner runs of white space squeezed to one space. False for other control characters. */
static bool squeeze(struct slice value, struct buffer *out)
{
    size_t begin = out->size;
    bool space = false;
    for (size_t i = 0; i < value.size; i++) {
        char c = value.data[i];
        if (is_space(c)) {
            space = out->size > begin;
            continue;
        }
        if ((unsigned char)c < 0x20 || c == 0x7F)
            return false;
        if (space)
            buffer_append_char(out, ' ');
        space = false;
        buffer_append_char(out, c);
    }
    return true;
}

CHECK(check_text)
{
    (void)token_key;
    size_t begin = out->size;
    if (!squeeze(value, out))
        return "holds a control character";
    if (out->size == begin)
        return "only white space";
    return out->size - begin > (size_t)type->high ? "too long" : NULL;
}

/* One @ with something on both sides and a dot behind it: the rest is for the mail server to know. */
CHECK(check_email)
{
    (void)token_key;
    const char *at = memchr(value.data, '@', value.size);
    const char *end = value.data + value.size;
    if (at == NULL || at == value.data || memchr(at + 1, '@', (size_t)(end - at - 1)) != NULL ||
        memchr(at + 1, '.', (size_t)(end - at - 1)) == NULL || end[-1] == '.' || at[1] == '.')
        return "not an e-mail address";
    for (const char *p = value.data; p < end; p++)
        if ((unsigned char)*p <= 0x20 || *p == 0x7F || *p == ',' || *p == ';')
            return "not an e-mail address";
    if (value.size > (size_t)type->high)
        return "too long";
    buffer_append(out, value.data, value.size);
    return NULL;
}

static bool all_digits(struct slice value)
{
    for (size_t i = 0; i < value.size; i++)
        if (value.data[i] < '0' || value.data[i] > '9')
            return false;
    return value.size > 0;
}

CHECK(check_trn)
{
    (void)type, (void)token_key;
    if (value.size != 7 || !all_digits(value))
        return "not 7 digits";
    buffer_append(out, value.data, value.size);
    return NULL;
}

static bool append_uuid(struct slice value, struct buffer *out)
{
    struct uuid id;
    char text[UUID_TEXT_SIZE];
    if (!uuid_parse(value, &id))
        return false;
    uuid_format(&id, text);
    buffer_append_text(out, text);
    return true;
}

CHECK(check_uuid)
{
    (void)type, (void)token_key;
    return append_uuid(value, out) ? NULL : "not a UUID";
}

CHECK(check_person)
{
    return check_trn(type, value, token_key, out) == NULL || append_uuid(value, out)
               ? NULL
               : "neither a TRN (7 digits) nor a participant id (UUID)";
}

CHECK(check_name_or_id)
{
    return append_uuid(value, out) ? NULL : check_text(type, value, token_key, out);
}

/* What is staged is the digest in hexadecimal and the hint behind it; the token itself ends here. */
CHECK(check_token)
{
    uint8_t digest[TOKEN_DIGEST_SIZE];
    char text[2 * TOKEN_DIGEST_SIZE + 1];
    if (value.size < (size_t)type->low || value.size > (size_t)type->high)
        return "not between 6 and 200 characters";
    for (size_t i = 0; i < value.size; i++)
        if (value.data[i] <= ' ' || value.data[i] > '~')
            return "holds white space or characters outside ASCII";
    if (!token_digest(token_key, value, digest, NULL))
        return "cannot be stored: ECF2_TOKEN_KEY is not set";
    hex_format(digest, sizeof digest, text);
    buffer_append_text(out, text);
    buffer_append(out, value.data + value.size - 4, 4);
    return NULL;
}

/* --------------------------------------------------------------------------------------------------- numbers
 */

/* Digits with at most scale decimals, as a number of units of the last decimal. */
static bool scaled_number(struct slice value, int scale, int64_t *ret_number)
{
    size_t i = 0;
    bool negative = value.size > 0 && value.data[0] == '-';
    int64_t number = 0;
    int decimals = -1;
    for (i += negative; i < value.size; i++) {
        char c = value.data[i];
        if (c == '.' && decimals < 0 && i > negative && scale > 0) {
            decimals = 0;
            continue;
        }
        if (c < '0' || c > '9' || decimals == scale || number > INT64_MAX / 100)
            return false;
        number = number * 10 + (c - '0');
        decimals += decimals >= 0;
    }
    if (value.size == (size_t)negative || decimals == 0)
        return false;
    for (int left = scale - (decimals < 0 ? 0 : decimals); left > 0; left--) {
        if (number > INT64_MAX / 100)
            return false;
        number *= 10;
    }
    *ret_number = negative ? -number : number;
    return true;
}

CHECK(check_number)
{
    int64_t number;
    (void)token_key;
    if (!scaled_number(value, type->scale, &number))
        return type->scale == 0   ? "not a whole number"
               : type->scale == 1 ? "not a number with at most one decimal"
               : type->scale == 2 ? "not a number with at most two decimals"
                                  : "not a number with at most four decimals";
    if (number < type->low || number > type->high)
        return "out of bounds";
    buffer_append(out, value.data, value.size);
    return NULL;
}

/* Calls each item of a separated list; an empty list is the caller's error to tell. */
static struct slice next_item(struct slice *rest, char separator)
{
    const char *end = rest->size == 0 ? NULL : memchr(rest->data, separator, rest->size);
    struct slice item = {rest->data, end == NULL ? rest->size : (size_t)(end - rest->data)};
    size_t used = end == NULL ? rest->size : item.size + 1;
    rest->data += used;
    rest->size -= used;
    return item;
}

CHECK(check_urns)
{
    buffer_append_char(out, '{');
    for (bool first = true; value.size > 0; first = false) {
        const char *reason;
        if (!first)
            buffer_append_char(out, ',');
        reason = check_number(type, next_item(&value, ' '), token_key, out);
        if (reason != NULL)
            return "not a list of URNs with one space between them";
    }
    buffer_append_char(out, '}');
    return NULL;
}

CHECK(check_districts)
{
    (void)type, (void)token_key;
    buffer_append_char(out, '{');
    for (bool first = true; value.size > 0; first = false) {
        struct slice item = next_item(&value, ';');
        size_t begin;
        if (!first)
            buffer_append_char(out, ',');
        buffer_append_char(out, '"');
        begin = out->size;
        if (!squeeze(item, out) || out->size == begin ||
            memchr(out->data + begin, '"', out->size - begin) != NULL ||
            memchr(out->data + begin, '\\', out->size - begin) != NULL)
            return "not a list of names separated by \"; \"";
        buffer_append_char(out, '"');
    }
    buffer_append_char(out, '}');
    return NULL;
}

/* ----------------------------------------------------------------------------------------------------- times
 */

CHECK(check_date)
{
    struct date date;
    int year, month, day;
    (void)token_key;
    if (!date_parse(value, &date))
        return "not a date (YYYY-MM-DD)";
    date_split(date, &year, &month, &day);
    if (year < type->low || year > type->high)
        return "out of bounds";
    buffer_append(out, value.data, value.size);
    return NULL;
}

CHECK(check_london_day)
{
    char text[RFC3339_SIZE];
    struct date date;
    const char *reason = check_date(type, value, token_key, out);
    if (reason != NULL || !date_parse(value, &date))
        return reason;
    out->size -= value.size;
    rfc3339_format_us(london_day_start(date), text);
    buffer_append_text(out, text);
    return NULL;
}

CHECK(check_instant)
{
    char text[RFC3339_SIZE];
    int64_t instant;
    (void)token_key;
    if (!declaration_date_parse(value, &instant))
        return "not an instant (2025-05-06T07:00:00Z)";
    rfc3339_format_us(instant, text);
    if (strncmp(text, "1900", 4) < 0 || text[0] > '2')
        return "out of bounds";
    (void)type;
    buffer_append_text(out, text);
    return NULL;
}

/* "2024-11" is staged as 202411. */
CHECK(check_statement_month)
{
    (void)token_key;
    struct slice year = {value.data, 4};
    if (value.size != 7 || value.data[4] != '-' || !all_digits(year) ||
        !all_digits((struct slice){value.data + 5, 2}))
        return "not a month (YYYY-MM)";
    int month = (value.data[5] - '0') * 10 + value.data[6] - '0';
    if (month < type->low || month > type->high)
        return "not a month (YYYY-MM)";
    buffer_append(out, value.data, 4);
    buffer_append(out, value.data + 5, 2);
    return NULL;
}

/* ------------------------------------------------------------------------------------------------ closed
 * sets */

CHECK(check_boolean)
{
    (void)type, (void)token_key;
    if (!slice_equal(value, slice_of("true")) && !slice_equal(value, slice_of("false")))
        return "neither true nor false";
    buffer_append(out, value.data, value.size);
    return NULL;
}

CHECK(check_enum)
{
    (void)token_key;
    for (size_t i = 0; type->values[i] != NULL; i++)
        if (slice_equal(value, slice_of(type->values[i]))) {
            buffer_append(out, value.data, value.size);
            return NULL;
        }
    return "not one of the values that `ecf2ctl help import` lists";
}

CHECK(check_nothing)
{
    (void)type, (void)value, (void)token_key, (void)out;
    return NULL;
}

/* ----------------------------------------------------------------------------------------------------- types
 */

const struct import_type type_text = {"text", "text", check_text, 1, 1000, 0, NULL};
const struct import_type type_citext = {"text", "citext", check_text, 1, 1000, 0, NULL};
const struct import_type type_email = {"e-mail address", "citext", check_email, 3, 254, 0, NULL};
const struct import_type type_trn = {"TRN (7 digits)", "text", check_trn, 0, 0, 0, NULL};
const struct import_type type_person = {"TRN or participant id", "text", check_person, 0, 0, 0, NULL};
const struct import_type type_name_or_id = {"name or public id", "text", check_name_or_id, 1, 1000, 0, NULL};

const struct import_type type_integer = {"whole number", "integer", check_number, 0, 999999999, 0, NULL};
const struct import_type type_positive = {
    "whole number, 1 or more", "integer", check_number, 1, 999999999, 0, NULL};
const struct import_type type_order = {"whole number, 1 to 99", "integer", check_number, 1, 99, 0, NULL};
const struct import_type type_year = {"year", "integer", check_number, 2020, 2100, 0, NULL};
const struct import_type type_month = {"month, 1 to 12", "integer", check_number, 1, 12, 0, NULL};
const struct import_type type_urn = {"URN", "integer", check_number, 1, 9999999, 0, NULL};
const struct import_type type_urns = {
    "URNs separated by one space", "integer[]", check_urns, 1, 9999999, 0, NULL};
const struct import_type type_money = {"pounds, at most two decimals", "numeric", check_number, 0,
                                       INT64_C(99999999999),           2,         NULL};
const struct import_type type_ratio = {
    "ratio, 0 to 1, two decimals", "numeric", check_number, 0, 100, 2, NULL};
const struct import_type type_target_ratio = {
    "ratio, 0 to 1, four decimals", "numeric", check_number, 0, 10000, 4, NULL};
const struct import_type type_terms = {
    "terms, 0 to 16, one decimal", "numeric", check_number, 0, 160, 1, NULL};

const struct import_type type_date = {"date (YYYY-MM-DD)", "date", check_date, 1900, 2199, 0, NULL};
const struct import_type type_instant = {
    "instant (RFC 3339; without zone: London time)", "timestamptz", check_instant, 0, 0, 0, NULL};
const struct import_type type_london_day = {
    "date (YYYY-MM-DD), 00:00 in London", "timestamptz", check_london_day, 1900, 2199, 0, NULL};
const struct import_type type_statement_month = {
    "month of the statement (YYYY-MM)", "integer", check_statement_month, 1, 12, 0, NULL};

const struct import_type type_boolean = {"true or false", "boolean", check_boolean, 0, 0, 0, NULL};
const struct import_type type_uuid = {"UUID", "uuid", check_uuid, 0, 0, 0, NULL};
const struct import_type type_districts = {
    "names separated by \"; \"", "text[]", check_districts, 0, 0, 0, NULL};
const struct import_type type_token = {"token in clear", "text", check_token, 6, 200, 0, NULL};
const struct import_type type_ignored = {"anything", NULL, check_nothing, 0, 0, 0, NULL};

#define ENUM(type, postgresql, ...)                                                                          \
    const struct import_type type = {                                                                        \
        postgresql, postgresql, check_enum, 0, 0, 0, (const char *const[]){__VA_ARGS__, NULL}};

ENUM(type_role, "participant_role", "ect", "mentor")
ENUM(type_programme, "training_programme", "provider_led", "school_led")
ENUM(type_programme_choice, "programme_choice", "not_yet_known", "provider_led", "school_led")
ENUM(type_pattern, "working_pattern", "part_time", "full_time")
ENUM(type_declaration_type, "declaration_type", "started", "retained-1", "retained-2", "retained-3",
     "retained-4", "completed", "extended-1", "extended-2", "extended-3")
ENUM(type_evidence, "evidence_type", "training-event-attended", "self-study-material-completed",
     "materials-engaged-with-offline", "75-percent-engagement-met",
     "75-percent-engagement-met-reduced-induction", "one-term-induction", "other")
ENUM(type_withdrawal, "withdrawal_reason", "left_teaching_profession", "moved_school",
     "mentor_no_longer_being_mentor", "switched_to_school_led", "changed_lead_provider", "other")
ENUM(type_deferral, "deferral_reason", "bereavement", "long_term_sickness", "parental_leave", "career_break",
     "other")
ENUM(type_fee_type, "fee_type", "output", "service")
ENUM(type_statement_status, "statement_status", "open", "payable", "paid")
ENUM(type_contract_type, "contract_type", "ecf", "ittecf_ectp")
ENUM(type_induction_programme, "induction_programme", "fip", "cip", "diy", "unknown", "pre_september_2021")
ENUM(type_outcome, "induction_outcome", "pass", "fail")
ENUM(type_funding_end, "mentor_funding_end_reason", "completed_declaration_received",
     "completed_during_early_roll_out", "started_not_completed")
ENUM(type_body_type, "appropriate_body_type", "teaching_school_hub", "national", "local_authority")
ENUM(type_school_status, "gias_school_status", "open", "closed", "proposed_to_close", "proposed_to_open")
ENUM(type_schedule, "schedule_identifier", "ecf-standard-september", "ecf-standard-january",
     "ecf-standard-april", "ecf-extended-september", "ecf-extended-january", "ecf-extended-april",
     "ecf-reduced-september", "ecf-reduced-january", "ecf-reduced-april", "ecf-replacement-september",
     "ecf-replacement-january", "ecf-replacement-april")

const struct import_type *const type_enums[] = {&type_role,
                                                &type_programme,
                                                &type_programme_choice,
                                                &type_pattern,
                                                &type_declaration_type,
                                                &type_evidence,
                                                &type_withdrawal,
                                                &type_deferral,
                                                &type_fee_type,
                                                &type_statement_status,
                                                &type_contract_type,
                                                &type_induction_programme,
                                                &type_outcome,
                                                &type_funding_end,
                                                &type_body_type,
                                                &type_school_status,
                                                &type_schedule,
                                                NULL};

const struct import_type type_state = {"state as lead providers see it",
                                       "text",
                                       check_enum,
                                       0,
                                       0,
                                       0,
                                       (const char *const[]){"submitted", "eligible", "payable", "paid",
                                                             "voided", "awaiting-clawback", "clawed-back",
                                                             NULL}};
const struct import_type type_trs_status = {"induction status of the Teaching Record System",
                                            "text",
                                            check_enum,
                                            0,
                                            0,
                                            0,
                                            (const char *const[]){"None", "RequiredToComplete", "Exempt",
                                                                  "InProgress", "Passed", "Failed",
                                                                  "FailedInWales", NULL}};
