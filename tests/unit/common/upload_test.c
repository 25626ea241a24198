/* common/upload.c: ids of lines (pipeline.md PL-1), and that what one end writes the other reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/upload.h"

static void ids_of_lines_ascend_in_the_batch_s_millisecond(void **state)
{
    (void)state;
    for (int batches = 0; batches < 50; batches++) {
        const struct uuid batch = uuid_v7();
        struct uuid before = {{0}};

        for (unsigned line = 1; line <= UPLOAD_LINES_MAX; line++) {
            const struct uuid id = upload_line_id(&batch, line);
            const unsigned number =
                ((id.bytes[6] & 15u) << 10) | ((unsigned)id.bytes[7] << 2) | (id.bytes[8] >> 4 & 3u);

            assert_true(uuid_is_v7(&id));
            assert_int_equal(uuid_v7_time_us(&id), uuid_v7_time_us(&batch));
            assert_true(memcmp(before.bytes, id.bytes, sizeof id.bytes) < 0);
            assert_int_equal(number, line);
            assert_false(uuid_equal(&id, &batch));
            before = id;
        }
    }
}

static void batches_of_one_millisecond_share_no_id(void **state)
{
    const struct uuid one = uuid_v7();
    struct uuid other = one;

    (void)state;
    other.bytes[12] ^= 1;
    for (unsigned line = 1; line <= 100; line++) {
        const struct uuid a = upload_line_id(&one, line), b = upload_line_id(&other, line);
        assert_false(uuid_equal(&a, &b));
    }
}

static void what_is_written_is_read(void **state)
{
    struct buffer payload = BUFFER_INIT;
    struct upload_reader reader;
    struct upload_line line;
    struct slice key;

    (void)state;
    upload_begin(&payload, slice_of("a-key"));
    upload_add_submission(&payload, 1, slice_of("{\"fields\":{}}"));
    upload_add_rejection(&payload, 3, slice_of("{\"errors\":[]}"));
    upload_add_submission(&payload, 10000, slice_of("{}"));
    assert_true(upload_read(buffer_slice(&payload), &reader, &key));
    assert_true(slice_equal(key, slice_of("a-key")));
    assert_true(upload_next(&reader, &line));
    assert_int_equal(line.number, 1);
    assert_false(line.is_rejected);
    assert_true(slice_equal(line.json, slice_of("{\"fields\":{}}")));
    assert_true(upload_next(&reader, &line));
    assert_int_equal(line.number, 3);
    assert_true(line.is_rejected);
    assert_true(slice_equal(line.json, slice_of("{\"errors\":[]}")));
    assert_true(upload_next(&reader, &line));
    assert_int_equal(line.number, 10000);
    assert_false(upload_next(&reader, &line));
    assert_false(reader.bad);
    buffer_release(&payload);
}

static void other_payloads_are_refused(void **state)
{
    static const char *const payloads[] = {"\n1 +",
                                           "\n1 +{}",
                                           "\n1+{}\n",
                                           "\n+{}\n",
                                           "\n1 {}\n",
                                           "\n2 +{}\n1 +{}\n",
                                           "\n1 +{}\n1 +{}\n",
                                           "\n0 +{}\n",
                                           "\n10001 +{}\n",
                                           "\n99999999999 +{}\n",
                                           "\n1  +{}\n",
                                           "\n1 +\n"};
    struct upload_reader reader;
    struct upload_line line;
    struct slice key;

    (void)state;
    assert_false(upload_read((struct slice){NULL, 0}, &reader, &key));
    assert_false(upload_read(slice_of("{\"fields\":{}}"), &reader, &key));
    assert_false(upload_read(slice_of("no key\n1 +{}\n"), &reader, &key));
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
        assert_true(upload_read(slice_of(payloads[i]), &reader, &key));
        assert_int_equal(key.size, 0);
        while (upload_next(&reader, &line))
            ;
        assert_true(reader.bad);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_of_lines_ascend_in_the_batch_s_millisecond),
        cmocka_unit_test(batches_of_one_millisecond_share_no_id),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(other_payloads_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
