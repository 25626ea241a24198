/* sandbox_names: names for invented people. */
#ifndef ECF2_WORKERS_CTL_SANDBOX_NAMES_H
#define ECF2_WORKERS_CTL_SANDBOX_NAMES_H

#include "workers/ctl/sandbox_random.h"

const char *sandbox_first_name(struct sandbox_random *random);
const char *sandbox_last_name(struct sandbox_random *random);

#endif
