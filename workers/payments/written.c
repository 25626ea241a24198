/* written: the answers of what was written. */
#include "common/commit.h"
#include "workers/payments/payments.h"

bool tell_written(const struct written *submissions, size_t count, const PGresult *result, struct error *err)
{
    for (int row = 0; row < PQntuples(result); row++) {
        struct uuid id;

        if (!db_uuid(result, row, 0, &id))
            return error_set(err, ERROR_BUG, "the write returned something that is no id");
        for (size_t i = 0; i < count; i++)
            if (uuid_equal(&submissions[i].item->record.id, &id))
                commit_tell(submissions[i].item, "succeeded", 200, submissions[i].body,
                            submissions[i].scopes);
    }
    for (size_t i = 0; i < count; i++)
        if (submissions[i].item->disposition == 0)
            work_done(submissions[i].item);
    return true;
}
