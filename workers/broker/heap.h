/*
 * heap: things in the order of their turn, where also one in the middle can be taken out: records by time,
 * and the records of a subject by order of acceptance. An intrusive pairing heap: insertion is constant,
 * removal logarithmic on average, whatever the order of arrival; a sorted list would be quadratic for who
 * sends backwards.
 */
#ifndef ECF2_WORKERS_BROKER_HEAP_H
#define ECF2_WORKERS_BROKER_HEAP_H

#include <stdbool.h>
#include <stddef.h>

struct heap_node {
    struct heap_node *child;    /* the first of its children */
    struct heap_node *next;     /* the next child of its parent */
    struct heap_node *previous; /* the child before it, or the parent of a first child; NULL for the root */
};

/* Whether a has its turn before b. */
typedef bool heap_before_fn(const struct heap_node *a, const struct heap_node *b);

struct heap {
    struct heap_node *first; /* whose turn is first; NULL = empty */
    heap_before_fn *before;
};

void heap_insert(struct heap *heap, struct heap_node *node);
/* node must be in this heap. */
void heap_remove(struct heap *heap, struct heap_node *node);

#endif
