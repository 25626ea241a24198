/* workers/broker/heap.c: whatever is put in and taken out of the middle, the first is the least. */
#include "fixture.h"

#include "workers/broker/heap.h"

#define COUNT 2000

struct thing {
    int key;
    bool inside;
    struct heap_node node;
};

static bool before(const struct heap_node *a, const struct heap_node *b)
{
    const struct thing *one =
        (const struct thing *)(const void *)((const char *)a - offsetof(struct thing, node));
    const struct thing *other =
        (const struct thing *)(const void *)((const char *)b - offsetof(struct thing, node));
    return one->key < other->key;
}

static int least_key(const struct thing *things)
{
    int least = -1;
    for (int i = 0; i < COUNT; i++)
        if (things[i].inside && (least < 0 || things[i].key < least))
            least = things[i].key;
    return least;
}

static int first_key(const struct heap *heap)
{
    if (heap->first == NULL)
        return -1;
    return ((const struct thing *)(const void *)((const char *)heap->first - offsetof(struct thing, node)))
        ->key;
}

static void first_is_least_under_random_insertions_and_removals(void **state)
{
    (void)state;
    static struct thing things[COUNT];
    struct heap heap = {NULL, before};
    srand(42);
    for (int step = 0; step < 20000; step++) {
        struct thing *thing = &things[rand() % COUNT];
        if (thing->inside) {
            heap_remove(&heap, &thing->node);
        } else {
            thing->key = rand() % 1000;
            heap_insert(&heap, &thing->node);
        }
        thing->inside = !thing->inside;
        if (step % 50 == 0)
            assert_int_equal(first_key(&heap), least_key(things));
    }
}

static void comes_out_in_order(int (*key_of)(int))
{
    static struct thing things[COUNT];
    struct heap heap = {NULL, before};
    for (int i = 0; i < COUNT; i++) {
        things[i].key = key_of(i);
        heap_insert(&heap, &things[i].node);
    }
    int last = -1, count = 0;
    while (heap.first != NULL) {
        assert_true(first_key(&heap) >= last);
        last = first_key(&heap);
        heap_remove(&heap, heap.first);
        count++;
    }
    assert_int_equal(count, COUNT);
}

static int ascending(int i)
{
    return i;
}

static int descending(int i)
{
    return COUNT - i;
}

static int equal(int i)
{
    return i - i;
}

static void any_order_of_arrival_comes_out_in_order(void **state)
{
    (void)state;
    comes_out_in_order(ascending);
    comes_out_in_order(descending);
    comes_out_in_order(equal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_is_least_under_random_insertions_and_removals),
        cmocka_unit_test(any_order_of_arrival_comes_out_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
