#include "core/blas.h"
#include "core/context.h"
#include "core/status.h"

#include <ntk/version.h>
#include <stdio.h>

ntk_status ntk_context_describe(const ntk_context *context, char *buffer, size_t size)
{
    ntk_blas_info blas;
    NTK_REQUIRE(context);
    NTK_REQUIRE(buffer);
    ntk_blas_describe(&blas);
    int length = snprintf(buffer, size,
                          "libntk: %s (ABI %d)\ninstruction set: %s\nthreads: %d (%s)\nBLAS: %s\nBLAS integers: %d bits\n"
                          "BLAS threading: %s, %d %s\nLAPACK: %s\n",
                          NTK_VERSION_STRING, NTK_ABI_VERSION, ntk_isa_name(context->isa), context->threads,
                          context->options.parallel ? "the host's executor" : "own pool", blas.blas, blas.bits, blas.threading,
                          blas.threads, blas.threads == 1 ? "thread" : "threads", blas.lapack);
    if (length < 0) return ntk_fail(NTK_ERR_INTERNAL, "ntk_context_describe: formatting failed");
    if ((size_t)length >= size)
        return ntk_fail(NTK_ERR_SHAPE, "ntk_context_describe: size is %zu, the text needs %d", size, length + 1);
    return NTK_OK;
}
