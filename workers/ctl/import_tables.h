/* import_tables: short words for the rows of import_tables_*.c. Only those files include this. */
#ifndef ECF2_WORKERS_CTL_IMPORT_TABLES_H
#define ECF2_WORKERS_CTL_IMPORT_TABLES_H

#include "workers/ctl/import.h"

enum { OPTIONAL = 0, REQUIRED = IMPORT_REQUIRED, KEY = IMPORT_KEY, UPDATABLE = IMPORT_UPDATABLE };

/* A value that goes into target as it is. */
#define VALUE(name, type, flags, target, sentence)                                                           \
    {                                                                                                        \
        name, &type_##type, flags, target, NULL, NULL, sentence, NULL                                        \
    }
/* One that is `missing` (SQL) where the file has none. */
#define DEFAULT(name, type, flags, target, missing, sentence)                                                \
    {                                                                                                        \
        name, &type_##type, flags, target, NULL, missing, sentence, NULL                                     \
    }
/* One that names something else; resolve puts that thing's id into target. */
#define REFERENCE(name, type, flags, target, unresolved, sentence)                                           \
    {                                                                                                        \
        name, &type_##type, (flags) | IMPORT_LOOKED_UP, target, unresolved, NULL, sentence, NULL             \
    }
/* One that is in the reference files and of no use here. */
#define IGNORED(name)                                                                                        \
    {                                                                                                        \
        name, &type_ignored, 0, NULL, NULL, NULL, "Not read.", NULL                                          \
    }
#define END                                                                                                  \
    {                                                                                                        \
        NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL                                                          \
    }

#define CREATED_AT(of) DEFAULT("created_at", instant, OPTIONAL, "created_at", "c.as_of", "When " of)
#define UPDATED_AT                                                                                           \
    DEFAULT(                                                                                                 \
        "updated_at", instant, IMPORT_NOT_COMPARED, "api_updated_at", "c.written_at",                        \
        "What `updated_since` compares. In a living database leave it away: it is then the instant of the "  \
        "import, and no provider's synchronisation misses the row.")
#define LEAD_PROVIDER(flags, target, sentence)                                                               \
    {                                                                                                        \
        "lead_provider", &type_name_or_id, (flags) | IMPORT_LOOKED_UP, target, "no such lead provider",      \
            NULL, "Lead provider. " sentence, "lead_provider_name"                                           \
    }
#define CONTRACT_PERIOD(flags)                                                                               \
    REFERENCE("contract_period_year", year, flags, "contract_period_year", "no such contract period",        \
              "Year of the contract period.")

#endif
