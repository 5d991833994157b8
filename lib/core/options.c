#include "core/options.h"

#include "core/status.h"

#include <stdbool.h>
#include <string.h>

/* No struct of the library is near this; a larger size is an uninitialised one. */
enum { LARGEST = 65536 };

static ntk_status check_size(size_t given, size_t size, size_t minimum, const char *type)
{
    if (given < minimum || given > LARGEST)
        return ntk_fail(NTK_ERR_OPTION, "%s: struct_size is %zu, expected %zu: initialise it with NTK_INIT(%s)", type, given,
                        size, type);
    return NTK_OK;
}

ntk_status ntk_options_read(void *own, size_t size, size_t minimum, const void *caller, const char *type)
{
    memset(own, 0, size);
    memcpy(own, &size, sizeof size);
    if (!caller) return NTK_OK;
    size_t given;
    memcpy(&given, caller, sizeof given);
    NTK_TRY(check_size(given, size, minimum, type));
    const unsigned char *bytes = caller;
    for (size_t i = size; i < given; i++)
        if (bytes[i])
            return ntk_fail(NTK_ERR_OPTION, "%s: byte %zu is set, which this version of the library does not know", type, i);
    memcpy(own, caller, given < size ? given : size);
    memcpy(own, &size, sizeof size);
    return NTK_OK;
}

ntk_status ntk_options_check(const void *caller, size_t size, size_t minimum, const char *type)
{
    size_t given;
    memcpy(&given, caller, sizeof given);
    return check_size(given, size, minimum, type);
}

ntk_status ntk_options_write(void *caller, size_t minimum, const void *own, size_t size, const char *type)
{
    size_t given;
    NTK_TRY(ntk_options_check(caller, size, minimum, type));
    memcpy(&given, caller, sizeof given);
    memset(caller, 0, given);
    memcpy(caller, own, given < size ? given : size);
    memcpy(caller, &given, sizeof given);
    return NTK_OK;
}
