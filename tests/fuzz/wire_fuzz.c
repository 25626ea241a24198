/* Messages between processes (common/wire.h, verdict.h): what is read is written again byte for byte. */
#include "tests/fuzz/fuzz.h"

#include "common/verdict.h"
#include "common/wire.h"

static void check_same(struct buffer *written, struct slice frame)
{
    CHECK(slice_equal(buffer_slice(written), frame));
    buffer_release(written);
}

static void try_head(struct slice frame)
{
    struct wire_head head = {0};
    struct error err = {0};
    struct buffer out = BUFFER_INIT;
    if (!wire_head_read(frame, &head, &err)) {
        CHECK(head.command == WIRE_NO_COMMAND && err.kind == ERROR_WIRE && strlen(err.detail) > 0);
        return;
    }
    CHECK(strcmp(wire_command_name(head.command), "unknown") != 0);
    char *service = memory_dup_slice(head.service);
    if (strlen(service) == head.service.size) { /* the writer takes text */
        wire_head_write(&out, head.command, service, head.number);
        check_same(&out, frame);
    } else {
        CHECK(!wire_service_is_valid(head.service));
    }
    free(service);
}

/* What a broker does to a record on its way. */
static void change_record(const struct wire_record *record, struct slice frame)
{
    struct error err = {0};
    struct wire_record changed;
    struct buffer out = BUFFER_INIT;
    char *copy = fuzz_copy(frame);
    wire_record_set_deaths(copy, 2);
    wire_record_set_returns(copy, 9);
    CHECK(wire_record_read((struct slice){copy, frame.size}, &changed, &err));
    CHECK(changed.deaths == 2 && changed.returns == 9 && uuid_equal(&changed.id, &record->id));
    wire_record_with_reply_to(&out, &changed, slice_of("front-1"), 5);
    CHECK(wire_record_read(buffer_slice(&out), &changed, &err) && changed.deadline_us == 5);
    CHECK(slice_equal(changed.reply_to, slice_of("front-1")) &&
          slice_equal(changed.payload, record->payload));
    buffer_release(&out);
    free(copy);
}

static void try_record(struct slice frame)
{
    struct wire_record record = {0};
    struct error err = {0};
    struct buffer out = BUFFER_INIT;
    if (!wire_record_read(frame, &record, &err)) {
        CHECK(record.kind.data == NULL && err.kind == ERROR_WIRE && strlen(err.detail) > 0);
        return;
    }
    CHECK(strcmp(wire_class_name(record.class), "unknown") != 0 &&
          strcmp(wire_caller_name(record.caller_type), "unknown") != 0);
    CHECK(record.accept_no >= 0 && record.accept_by_us >= 0 && record.deadline_us >= 0);
    wire_record_write(&out, &record);
    check_same(&out, frame);
    change_record(&record, frame);
}

static void try_reply(struct slice frame)
{
    struct wire_reply reply = {0};
    struct error err = {0};
    struct buffer out = BUFFER_INIT;
    if (!wire_reply_read(frame, &reply, &err)) {
        CHECK(reply.kind == 0 && err.kind == ERROR_WIRE && strlen(err.detail) > 0);
        return;
    }
    wire_reply_write(&out, &reply);
    check_same(&out, frame);
}

static void try_result(struct slice frame)
{
    struct wire_result result = {0};
    struct error err = {0};
    struct buffer out = BUFFER_INIT;
    if (!wire_result_read(frame, &result, &err)) {
        CHECK(result.disposition == 0 && err.kind == ERROR_WIRE && strlen(err.detail) > 0);
        return;
    }
    wire_result_write(&out, &result);
    check_same(&out, frame);
    if (result.disposition != WIRE_DONE)
        try_record(result.record);
}

static void try_verdict(struct slice text)
{
    struct verdict verdict, again;
    struct error err = {0};
    if (!verdict_read(text, &verdict, &err)) {
        CHECK(err.kind == ERROR_WIRE && strlen(err.detail) > 0);
        return;
    }
    char *written = verdict_write(&verdict);
    CHECK(fuzz_is_utf8(slice_of(written)) && verdict_read(slice_of(written), &again, &err));
    CHECK(slice_equal(verdict.digest, again.digest) &&
          slice_equal(verdict.rules_version, again.rules_version));
    CHECK(slice_equal(verdict.reason, again.reason) && verdict.is_fundable == again.is_fundable);
    CHECK(verdict.is_same_as == again.is_same_as &&
          (!verdict.is_same_as || uuid_equal(&verdict.same_as, &again.same_as)));
    free(written);
    verdict_release(&verdict);
    verdict_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(struct slice) = {try_head, try_record, try_reply, try_result, try_verdict};
    struct slice input = {(const char *)data, size};
    uint8_t choice = fuzz_choice(&input);
    char *copy = fuzz_copy(input);
    tries[choice % (sizeof(tries) / sizeof(tries[0]))]((struct slice){copy, input.size});
    free(copy);
    return 0;
}
