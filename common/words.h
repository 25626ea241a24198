/*
 * words: closed sets of words as enumerators, 0 being "none". A set is a list of X(enumerator, name, …), from
 * which the header makes the enum and the .c file its tables and functions (common/declaration.h).
 */
#ifndef ECF2_COMMON_WORDS_H
#define ECF2_COMMON_WORDS_H

#include <assert.h>
#include <stddef.h>

#include "common/slice.h"

#define WORD(word, name)               [word] = name,
#define SQL_WORD(word, name, api_name) [word] = name,
#define API_WORD(word, name, api_name) [word] = api_name,

/* For each set a table of its words by enumerator, X_name and X_parse. */
#define WORDS(thing, LIST, PICK, COUNT)                                                                      \
    static const char *const thing##_words[] = {LIST(PICK)};                                                 \
    static_assert(sizeof thing##_words / sizeof thing##_words[0] == COUNT, "a word for each enumerator");    \
    const char *thing##_name(enum thing value)                                                               \
    {                                                                                                        \
        return thing##_words[value];                                                                         \
    }                                                                                                        \
    enum thing thing##_parse(struct slice text)                                                              \
    {                                                                                                        \
        return (enum thing)word_find(thing##_words, COUNT, text);                                            \
    }

/* 0 where there is no such word. */
static inline size_t word_find(const char *const *words, size_t count, struct slice text)
{
    for (size_t i = 1; i < count; i++)
        if (words[i] != NULL && slice_equal(text, slice_of(words[i])))
            return i;
    return 0;
}

#endif
