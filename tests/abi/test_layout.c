/* The layout of every public struct, frozen: a mismatch stops the compiler.  At run time: no struct has padding, which would be
 * room for a member that no table knows, and each but ntk_matrix and ntk_array begins with its size. */
#include "support.h"

#include <stddef.h>
#include <string.h>

#define MEMBER(type, member, offset, size)                                              \
    _Static_assert(offsetof(type, member) == (offset), #type "." #member " has moved"); \
    _Static_assert(sizeof(((type *)0)->member) == (size), #type "." #member " has another size");
#define END(type, size) _Static_assert(sizeof(type) == (size), #type " has another size");
#include "layout.def"

typedef struct row {
    const char *type, *member; /* member NULL: the end of the struct, offset its size */
    size_t offset, size;
} row;

static const row rows[] = {
#define MEMBER(type, member, offset, size) {#type, #member, offset, size},
#define END(type, size) {#type, NULL, size, 0},
#include "layout.def"
};

enum { ROWS = sizeof rows / sizeof *rows };

START_TEST(every_byte_belongs_to_a_member)
{
    size_t end = 0;
    for (int i = 0; i < ROWS; i++) {
        ck_assert_msg(rows[i].offset == end, "%s: padding or overlap before %s", rows[i].type,
                      rows[i].member ? rows[i].member : "its end");
        end = rows[i].member ? rows[i].offset + rows[i].size : 0;
    }
}
END_TEST

START_TEST(every_struct_begins_with_its_size)
{
    for (int i = 0; i < ROWS; i++) {
        if (!rows[i].member || rows[i].offset != 0 || strcmp(rows[i].type, "ntk_matrix") == 0 ||
            strcmp(rows[i].type, "ntk_array") == 0)
            continue;
        ck_assert_str_eq(rows[i].member, "struct_size");
    }
}
END_TEST

START_TEST(init_sets_the_size_and_nothing_else)
{
#define CHECK_INIT(type)                                    \
    do {                                                    \
        type value = NTK_INIT(type);                        \
        type zero;                                          \
        memset(&zero, 0, sizeof zero);                      \
        ck_assert_uint_eq(value.struct_size, sizeof(type)); \
        value.struct_size = 0;                              \
        ck_assert_mem_eq(&value, &zero, sizeof(type));      \
    } while (0)
    CHECK_INIT(ntk_context_options);
    CHECK_INIT(ntk_activation_options);
    CHECK_INIT(ntk_activation_functions);
    CHECK_INIT(ntk_moments);
    CHECK_INIT(ntk_network_options);
    CHECK_INIT(ntk_kernel_options);
    CHECK_INIT(ntk_kernel_functions);
    CHECK_INIT(ntk_gram_options);
    CHECK_INIT(ntk_ridge_options);
    CHECK_INIT(ntk_ridge_report);
    CHECK_INIT(ntk_optimise_options);
    CHECK_INIT(ntk_optimise_report);
    CHECK_INIT(ntk_lazy_options);
    CHECK_INIT(ntk_neuron_rates);
    CHECK_INIT(ntk_neuron_options);
    CHECK_INIT(ntk_neuron_report);
    CHECK_INIT(ntk_target_functions);
    CHECK_INIT(ntk_degree_options);
    CHECK_INIT(ntk_curve_options);
    CHECK_INIT(ntk_measure_options);
    CHECK_INIT(ntk_concentration_options);
    CHECK_INIT(ntk_spectrum_options);
    CHECK_INIT(ntk_exponents_options);
    CHECK_INIT(ntk_exponents);
    CHECK_INIT(ntk_spectrum_curve_options);
    CHECK_INIT(ntk_flow_options);
    CHECK_INIT(ntk_flow_report);
    CHECK_INIT(ntk_training_options);
    CHECK_INIT(ntk_training_report);
    CHECK_INIT(ntk_model_functions);
    CHECK_INIT(ntk_model_options);
    CHECK_INIT(ntk_jacobian_spectrum);
    CHECK_INIT(ntk_certificate);
    CHECK_INIT(ntk_trajectory);
    CHECK_INIT(ntk_trajectory_report);
    CHECK_INIT(ntk_sink);
    CHECK_INIT(ntk_source);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layout");
    TCase *layout = test_case(suite, "layout");
    tcase_add_test(layout, every_byte_belongs_to_a_member);
    tcase_add_test(layout, every_struct_begins_with_its_size);
    tcase_add_test(layout, init_sets_the_size_and_nothing_else);
    return test_run(suite);
}
