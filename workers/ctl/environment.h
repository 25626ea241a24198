/*
 * environment: lets `.build/gcc/bin/ecf2ctl status` just work beside `make run`, whose settings lie in a
 * file.
 */
#ifndef ECF2_WORKERS_CTL_ENVIRONMENT_H
#define ECF2_WORKERS_CTL_ENVIRONMENT_H

#include "common/buffer.h"

/* Before settings_read: adds to the environment what ECF2_RUNTIME_DIR/env sets and the environment does not.
 * Without ECF2_RUNTIME_DIR, and only when no address of a system is set either (so that two systems never
 * mix), the folder is the one that `make run` started from the checkout that this program was built in. Does
 * nothing where there is none. */
void environment_load(void);

/* Appends the folder that this program lies in; nothing when the kernel does not tell. */
void environment_program_folder(struct buffer *out);

#endif
