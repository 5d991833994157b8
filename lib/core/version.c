#include <ntk/version.h>

const char *ntk_version_string(void)
{
    return NTK_VERSION_STRING;
}

int32_t ntk_abi_version(void)
{
    return NTK_ABI_VERSION;
}
