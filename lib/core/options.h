/* Reading size-stamped structs from older and newer callers. */
#ifndef NTK_CORE_OPTIONS_H
#define NTK_CORE_OPTIONS_H

#include <ntk/status.h>

/* Copies the caller's options into own, which is zeroed first; NULL leaves it zero.  A shorter struct, down to minimum bytes
 * (the end of the first version's last member), comes from an older caller; a longer one must be zero beyond size. */
ntk_status ntk_options_read(void *own, size_t size, size_t minimum, const void *caller, const char *type);

/* What ntk_options_write checks, for a call that would write much later. */
ntk_status ntk_options_check(const void *caller, size_t size, size_t minimum, const char *type);

/* Copies min(own, caller's struct_size) bytes of a result to the caller's struct, keeping its struct_size.  The caller's bytes
 * beyond size are zeroed. */
ntk_status ntk_options_write(void *caller, size_t minimum, const void *own, size_t size, const char *type);

#endif
