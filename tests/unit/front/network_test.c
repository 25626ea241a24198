/* Whose request it is: networks, X-Forwarded-For, keys (operations.md OP-11). */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "front/network.h"

static struct network_address address(const char *text)
{
    struct network_address result;
    assert_true(network_address_parse(slice_of(text), &result));
    return result;
}

static void test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown; /* NULL: no address */
    } examples[] = {
        {"192.0.2.1", "192.0.2.1"},
        {" 192.0.2.1\t", "192.0.2.1"},
        {"192.0.2.1:8080", "192.0.2.1"},
        {"2001:db8::1", "2001:db8::1"},
        {"[2001:db8::1]", "2001:db8::1"},
        {"[2001:db8::1]:8080", "2001:db8::1"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"", NULL},
        {"unknown", NULL},
        {"_hidden", NULL},
        {"192.0.2", NULL},
        {"192.0.2.256", NULL},
        {"[2001:db8::1", NULL},
        {"2001:db8::1::", NULL},
    };
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct network_address result;
        char shown[NETWORK_TEXT_SIZE];
        bool good = network_address_parse(slice_of(examples[i].text), &result);
        assert_int_equal(good, examples[i].shown != NULL);
        if (good) {
            network_format(&result, shown);
            assert_string_equal(shown, examples[i].shown);
        }
    }
}

static void test_lists(void **state)
{
    (void)state;
    struct network_list list;
    struct error err = {0};
    assert_true(network_list_parse("X", "10.0.0.0/8, 192.0.2.7,2001:db8::/33", &list, &err));
    assert_int_equal(list.count, 3);
    static const struct {
        const char *text;
        bool within;
    } examples[] = {
        {"10.1.2.3", true},    {"11.0.0.1", false},        {"192.0.2.7", true},       {"192.0.2.8", false},
        {"2001:db8::1", true}, {"2001:db8:8000::", false}, {"::ffff:10.9.9.9", true}, {"::a00:1", false},
    };
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct network_address one = address(examples[i].text);
        assert_int_equal(network_list_has(&list, &one), examples[i].within);
    }
    network_list_release(&list);

    assert_true(network_list_parse("X", "", &list, &err));
    assert_int_equal(list.count, 0);
    static const char *const wrong[] = {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x",
                                        "::/129",      "host",      "10.0.0.1/0008"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        error_clear(&err);
        assert_false(network_list_parse("X", wrong[i], &list, &err));
        assert_int_equal(err.kind, ERROR_SETTINGS);
    }
    error_clear(&err);
    assert_true(network_list_parse("X", "0.0.0.0/0", &list, &err));
    struct network_address any = address("203.0.113.9"), six = address("2001:db8::1");
    assert_true(network_list_has(&list, &any));
    assert_false(network_list_has(&list, &six));
    network_list_release(&list);
}

static void test_forwarded(void **state)
{
    (void)state;
    struct network_list proxies;
    struct error err = {0};
    assert_true(network_list_parse("X", "10.0.0.0/8", &proxies, &err));
    static const struct {
        const char *peer, *value, *client;
        bool goes_on;
    } examples[] = {
        {"10.0.0.1", "203.0.113.9", "203.0.113.9", true},
        {"10.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9",
         false}, /* what the client made up does not count */
        {"10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9", true},
        {"10.0.0.1", "203.0.113.9, 10.0.0.2, 10.0.0.3", "203.0.113.9", true},
        {"192.0.2.1", "203.0.113.9", "192.0.2.1", false}, /* not from a proxy */
        {"10.0.0.1", "garbage", "10.0.0.1", false},
        {"10.0.0.1", "203.0.113.9, garbage", "10.0.0.1", false},
        {"10.0.0.1", "", "10.0.0.1", false},
        {"10.0.0.1", "10.0.0.5", "10.0.0.5", true},
        {"10.0.0.1", "[2001:db8::7]:99", "2001:db8::7", true},
    };
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct network_address client = address(examples[i].peer);
        char shown[NETWORK_TEXT_SIZE];
        bool goes_on = network_forwarded(&proxies, slice_of(examples[i].value), &client);
        network_format(&client, shown);
        if (goes_on != examples[i].goes_on || strcmp(shown, examples[i].client) != 0)
            fail_msg("%s for %s", examples[i].value, examples[i].peer);
    }
    network_list_release(&proxies);
}

static void test_keys(void **state)
{
    (void)state;
    char key[NETWORK_TEXT_SIZE];
    struct network_address one = address("192.0.2.1");
    network_key(&one, key);
    assert_string_equal(key, "192.0.2.1");
    one = address("2001:db8:1:2:3:4:5:6");
    network_key(&one, key);
    assert_string_equal(key, "2001:db8:1:2::");
    struct network_address neighbour = address("2001:db8:1:2::9"), stranger = address("2001:db8:1:3::9"),
                           group = network_group(&one), same = network_group(&neighbour),
                           other = network_group(&stranger);
    assert_memory_equal(&group, &same, sizeof(group));
    assert_memory_not_equal(&group, &other, sizeof(group));
    one = address("192.0.2.1");
    group = network_group(&one);
    assert_memory_equal(&group, &one, sizeof(group));
}

static void test_peer(void **state)
{
    (void)state;
    char shown[NETWORK_TEXT_SIZE];
    struct sockaddr_in ipv4 = {.sin_family = AF_INET};
    ipv4.sin_addr.s_addr = htonl(0xc0000201);
    struct network_address one = network_peer((struct sockaddr *)&ipv4);
    network_format(&one, shown);
    assert_string_equal(shown, "192.0.2.1");
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    one = network_peer((struct sockaddr *)&ipv6);
    network_format(&one, shown);
    assert_string_equal(shown, "::1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse), cmocka_unit_test(test_lists), cmocka_unit_test(test_forwarded),
        cmocka_unit_test(test_keys),  cmocka_unit_test(test_peer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
