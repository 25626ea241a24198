/* heap: a pairing heap (Fredman, Sedgewick, Sleator, Tarjan 1986), with loops instead of recursion. */
#include "workers/broker/heap.h"

/* Makes one tree of two; either may be NULL. Both are roots. */
static struct heap_node *meld(const struct heap *heap, struct heap_node *a, struct heap_node *b)
{
    if (a == NULL || b == NULL)
        return a == NULL ? b : a;
    if (heap->before(b, a)) {
        struct heap_node *swap = a;
        a = b;
        b = swap;
    }
    b->previous = a;
    b->next = a->child;
    if (b->next != NULL)
        b->next->previous = b;
    a->child = b;
    return a;
}

/* One tree of a list of siblings: melded in pairs from the left, the pairs then from the right. */
static struct heap_node *meld_siblings(const struct heap *heap, struct heap_node *first)
{
    struct heap_node *pairs = NULL; /* the newest pair first, linked by next */
    while (first != NULL) {
        struct heap_node *a = first, *b = first->next;
        first = b == NULL ? NULL : b->next;
        a->next = a->previous = NULL;
        if (b != NULL)
            b->next = b->previous = NULL;
        struct heap_node *pair = meld(heap, a, b);
        pair->next = pairs;
        pairs = pair;
    }
    struct heap_node *root = NULL;
    while (pairs != NULL) {
        struct heap_node *pair = pairs;
        pairs = pair->next;
        pair->next = NULL;
        root = meld(heap, root, pair);
    }
    return root;
}

void heap_insert(struct heap *heap, struct heap_node *node)
{
    *node = (struct heap_node){NULL, NULL, NULL};
    heap->first = meld(heap, heap->first, node);
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
    struct heap_node *below = meld_siblings(heap, node->child);
    if (node == heap->first) {
        heap->first = below;
    } else {
        if (node->previous->child == node)
            node->previous->child = node->next;
        else
            node->previous->next = node->next;
        if (node->next != NULL)
            node->next->previous = node->previous;
        heap->first = meld(heap, heap->first, below);
    }
    *node = (struct heap_node){NULL, NULL, NULL};
}
