/* entity_tag: the ETag of a JSON body (lead-provider-api.md 3.10). */
#ifndef ECF2_COMMON_ENTITY_TAG_H
#define ECF2_COMMON_ENTITY_TAG_H

#include "common/slice.h"

#define ENTITY_TAG_SIZE 37 /* W/"…", 32 hexadecimal digits, and the zero */

/* A weak tag made of the bytes of the body, with its zero. Any thread may call it. */
void entity_tag_make(struct slice body, char ret_tag[ENTITY_TAG_SIZE]);

#endif
