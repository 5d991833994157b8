/* Linkage and initialisation macros shared by every header. */
#ifndef NTK_API_H
#define NTK_API_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define NTK_API __attribute__((visibility("default")))
#define NTK_MUST_CHECK __attribute__((warn_unused_result))
#else
#define NTK_API
#define NTK_MUST_CHECK
#endif

#ifdef __cplusplus
#define NTK_BEGIN extern "C" {
#define NTK_END }
namespace ntk
{
template <typename T> inline T init()
{
    T value = T();
    value.struct_size = sizeof(T);
    return value;
}
} // namespace ntk
#define NTK_INIT(type) (ntk::init<type>())
#else
#define NTK_BEGIN
#define NTK_END
/* The initial value of a struct that the caller allocates: struct_size set, every other member zero, which is the default of
 * every option. */
#define NTK_INIT(type)              \
    {                               \
        .struct_size = sizeof(type) \
    }
#endif

#endif
