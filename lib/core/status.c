#include "core/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char message[NTK_MESSAGE_SIZE];

ntk_status ntk_fail(ntk_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return status;
}

void ntk_set_message(const char *text)
{
    if (text == message) return;
    strncpy(message, text, sizeof message - 1);
    message[sizeof message - 1] = '\0';
}

ntk_status ntk_error_set(ntk_status status, const char *text)
{
    if (text) ntk_set_message(text);
    return status;
}

const char *ntk_error_message(void)
{
    return message;
}

const char *ntk_status_name(ntk_status status)
{
    switch (status) {
#define STATUS_NAME(name, value, meaning) \
    case name:                            \
        return #name;
        NTK_STATUS_TABLE(STATUS_NAME)
#undef STATUS_NAME
    default:
        return "unknown status";
    }
}
