#include "common/kinds.h"

#include <string.h>

static const struct kind kinds[] = {
    {"declaration.create",
     {"validation", "eligibility", "payments", NULL},
     "participant_id",
     SUBJECT_PARTICIPANT,
     "declarations"},
    {"declaration.void", {"validation", "payments", NULL}, "id", SUBJECT_DECLARATION, "declarations"},
    {"partnership.create", {"validation", NULL}, "school_id", SUBJECT_SCHOOL, "partnerships"},
    {"partnership.update", {"validation", NULL}, "id", SUBJECT_PARTNERSHIP, "partnerships"},
    {"participant.withdraw", {"validation", NULL}, "id", SUBJECT_PARTICIPANT, "participants"},
    {"participant.defer", {"validation", NULL}, "id", SUBJECT_PARTICIPANT, "participants"},
    {"participant.resume", {"validation", NULL}, "id", SUBJECT_PARTICIPANT, "participants"},
    {"participant.change_schedule", {"validation", NULL}, "id", SUBJECT_PARTICIPANT, "participants"},
    {NULL, {NULL}, NULL, SUBJECT_PARTICIPANT, NULL},
};

const struct kind *kinds_all(void)
{
    return kinds;
}

const struct kind *kind_find(struct slice name)
{
    for (const struct kind *kind = kinds; kind->name != NULL; kind++)
        if (slice_equal(name, slice_of(kind->name)))
            return kind;
    return NULL;
}

const char *kind_next_stage(const struct kind *kind, const char *service)
{
    for (size_t i = 0; kind->stages[i] != NULL; i++)
        if (strcmp(kind->stages[i], service) == 0)
            return kind->stages[i + 1];
    return NULL;
}
