/*
 * settings: every setting of every process is a row of settings.def; it is read from the environment once, at
 * start, into one struct that is const afterwards (style.md section 10). A secret may instead be given as a
 * file: ECF2_X_FILE=path.
 */
#ifndef ECF2_COMMON_SETTINGS_H
#define ECF2_COMMON_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/error.h"

struct settings {
#define SETTING_TEXT(field, variable, fallback, secret, sentence)   const char *field;
#define SETTING_INT(field, variable, fallback, low, high, sentence) int64_t field;
#define SETTING_BOOL(field, variable, fallback, sentence)           bool field;
#include "common/settings.def"
#undef SETTING_TEXT
#undef SETTING_INT
#undef SETTING_BOOL
};

/* Reads all settings from the environment. False names the first that is wrong, what it holds and what would
 * be right. The struct lives until settings_release. */
bool settings_read(struct settings *ret_settings, struct error *err) __attribute__((warn_unused_result));
void settings_release(struct settings *settings);
/* One line a setting, with its sentence, default and bounds: the text of `ecf2ctl help settings`. */
void settings_describe(struct buffer *out);
/* Logs all settings at start, secrets masked. */
void settings_log(const struct settings *settings);

#endif
