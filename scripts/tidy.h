/* For clang-tidy alone (scripts/check): its analyzer looks at one file at a time and cannot know that these always
 * return false; it would follow paths that go on after a failure. */
#include "common/error.h"
#ifndef ECF2_TIDY_DEFINES_ERRORS
#define error_set(...)      (error_set(__VA_ARGS__), false)
#define error_set_hint(...) (error_set_hint(__VA_ARGS__), false)
#endif
