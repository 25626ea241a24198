/*
 * not_found: the 404 of a record (lead-provider-api.md 3.8): the same bytes whether it does not exist or is
 * somebody else's, whether it was to be read or changed.
 */
#ifndef ECF2_COMMON_NOT_FOUND_H
#define ECF2_COMMON_NOT_FOUND_H

#define NOT_FOUND_TITLE  "Resource not found"
#define NOT_FOUND_DETAIL "Nothing with this id was found."
#define NOT_FOUND_BODY                                                                                       \
    "{\"errors\":[{\"title\":\"" NOT_FOUND_TITLE "\",\"detail\":\"" NOT_FOUND_DETAIL "\"}]}"

#endif
