/* Files of handles: there and back, whatever happens to the file, and to who saves it. */
#include <check.h>
#include <errno.h>
#include <math.h>
#include <ntk/ntk_hdf5.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { D = 3, N = 5 };

static ntk_context *context;
static char folder[] = "/tmp/ntk-hdf5-XXXXXX", path[64], other[64];
static double x[N * D];

static void expect(ntk_status got, ntk_status wanted, const char *call)
{
    if (got != wanted) ck_abort_msg("%s: %s, \"%s\"", call, ntk_status_name(got), ntk_error_message());
}
#define CHECK_OK(call) expect((call), NTK_OK, #call)
#define CHECK_STATUS(call, wanted) expect((call), wanted, #call)

static void setup(void)
{
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/model.h5", folder);
    snprintf(other, sizeof other, "%s/other.h5", folder);
    CHECK_OK(ntk_context_create(&context, NULL));
    for (int k = 0; k < N * D; k++) x[k] = sin(k + 1);
}

/* What is left in the folder but for the two files would be a part that nobody removed. */
static void teardown(void)
{
    ntk_context_destroy(context);
    unlink(path);
    unlink(other);
    ck_assert_msg(rmdir(folder) == 0, "%s: %s", folder, strerror(errno));
}

static ntk_kernel *make_kernel(void)
{
    ntk_activation *activation;
    ntk_network *network;
    ntk_features *features;
    ntk_kernel *terms[2], *sum;
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = D;
    options.hidden = 4;
    CHECK_OK(ntk_activation_create(context, &activation, NTK_GELU, NULL));
    CHECK_OK(ntk_network_create(context, &network, activation, &options));
    CHECK_OK(ntk_features_create(context, &features, network, NTK_PART_BOTH));
    CHECK_OK(ntk_kernel_create_finite(context, &terms[0], features));
    CHECK_OK(ntk_kernel_create_infinite(context, &terms[1], activation, NULL));
    CHECK_OK(ntk_kernel_create_sum(context, &sum, (const ntk_kernel *const *)terms, NULL, 2));
    ntk_activation_destroy(activation);
    ntk_network_destroy(network);
    ntk_features_destroy(features);
    for (int i = 0; i < 2; i++) ntk_kernel_destroy(terms[i]);
    return sum;
}

static void block(const ntk_kernel *kernel, double *K)
{
    ntk_matrix X = ntk_matrix_const_f64(x, N, D), out = ntk_matrix_f64(K, N, N);
    CHECK_OK(ntk_kernel_block(kernel, &out, &X, &X));
}

static unsigned char *read_file(const char *name, size_t *size)
{
    struct stat about;
    FILE *file = fopen(name, "rb");
    ck_assert_msg(file && stat(name, &about) == 0, "%s: %s", name, strerror(errno));
    *size = (size_t)about.st_size;
    unsigned char *bytes = malloc(*size);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

static void write_file(const char *name, const unsigned char *bytes, size_t size)
{
    FILE *file = fopen(name, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(there_and_back)
{
    double K[N * N], L[N * N];
    size_t sizes[2];
    ntk_kernel *kernel = make_kernel(), *back = NULL;
    CHECK_OK(ntk_hdf5_save_kernel(kernel, path));
    CHECK_OK(ntk_hdf5_load_kernel(context, &back, path));
    block(kernel, K);
    block(back, L);
    ck_assert_int_eq(memcmp(K, L, sizeof K), 0);
    /* saved anew, and over the old file, it is the same file */
    unsigned char *first = read_file(path, &sizes[0]);
    CHECK_OK(ntk_hdf5_save_kernel(back, path));
    unsigned char *second = read_file(path, &sizes[1]);
    ck_assert(sizes[0] == sizes[1] && memcmp(first, second, sizes[0]) == 0);
    free(first);
    free(second);
    ntk_kernel_destroy(kernel);
    ntk_kernel_destroy(back);
}
END_TEST

START_TEST(networks_and_features)
{
    ntk_activation *activation;
    ntk_network *network, *back = NULL;
    ntk_features *features, *returned = NULL;
    ntk_kernel *kernel = NULL;
    const int64_t widths[] = {4, 3};
    double y[N], z[N];
    ntk_matrix X = ntk_matrix_const_f64(x, N, D), Y = ntk_matrix_f64(y, N, 1), Z = ntk_matrix_f64(z, N, 1);
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = D;
    options.layers = 2;
    options.widths = widths;
    options.bias_scale = 0.5;
    CHECK_OK(ntk_activation_create(context, &activation, NTK_TANH, NULL));
    CHECK_OK(ntk_network_create(context, &network, activation, &options));
    CHECK_OK(ntk_hdf5_save_network(network, path));
    CHECK_OK(ntk_hdf5_load_network(context, &back, path));
    CHECK_OK(ntk_network_forward(network, &Y, &X));
    CHECK_OK(ntk_network_forward(back, &Z, &X));
    ck_assert_int_eq(memcmp(y, z, sizeof y), 0);
    CHECK_OK(ntk_features_create(context, &features, network, NTK_PART_RF));
    CHECK_OK(ntk_hdf5_save_features(features, other));
    CHECK_OK(ntk_hdf5_load_features(context, &returned, other));
    ck_assert_int_eq(ntk_features_size(returned), ntk_features_size(features));
    CHECK_STATUS(ntk_hdf5_load_kernel(context, &kernel, path), NTK_ERR_FORMAT);
    ck_assert_ptr_null(kernel);
    ntk_activation_destroy(activation);
    ntk_network_destroy(network);
    ntk_network_destroy(back);
    ntk_features_destroy(features);
    ntk_features_destroy(returned);
}
END_TEST

/* Stopped, saved, loaded, and gone on with: the same parameters to the bit. */
START_TEST(trainings)
{
    enum { HIDDEN = 4, P = HIDDEN * (D + 1) };
    ntk_activation *activation;
    ntk_network *network;
    ntk_training *training, *back = NULL;
    double y[N] = {1, -1, 0.5, 0, 2}, theta[2][P];
    ntk_matrix X = ntk_matrix_const_f64(x, N, D), Y = ntk_matrix_const_f64(y, N, 1);
    ntk_matrix out[2] = {ntk_matrix_f64(theta[0], P, 1), ntk_matrix_f64(theta[1], P, 1)};
    ntk_network_options network_options = NTK_INIT(ntk_network_options);
    ntk_training_options options = NTK_INIT(ntk_training_options);
    network_options.inputs = D;
    network_options.hidden = HIDDEN;
    options.method = NTK_TRAINING_ADAM;
    options.step = 0.1;
    options.batch = 2;
    CHECK_OK(ntk_activation_create(context, &activation, NTK_TANH, NULL));
    CHECK_OK(ntk_network_create(context, &network, activation, &network_options));
    CHECK_OK(ntk_training_create(context, &training, network, &X, &Y, &options));
    CHECK_OK(ntk_training_run(training, NULL, 4));
    CHECK_OK(ntk_hdf5_save_training(training, path));
    CHECK_OK(ntk_hdf5_load_training(context, &back, &X, &Y, path, 0));
    CHECK_OK(ntk_training_run(training, NULL, 5));
    CHECK_OK(ntk_training_run(back, NULL, 5));
    CHECK_OK(ntk_training_parameters(training, &out[0]));
    CHECK_OK(ntk_training_parameters(back, &out[1]));
    ck_assert_int_eq(memcmp(theta[0], theta[1], sizeof theta[0]), 0);
    CHECK_STATUS(ntk_hdf5_load_training(context, NULL, &X, &Y, path, 0), NTK_ERR_NULL);
    ntk_training_destroy(back);
    CHECK_STATUS(ntk_hdf5_load_training(NULL, &back, &X, &Y, path, 0), NTK_ERR_NULL);
    ck_assert_ptr_null(back);
    CHECK_STATUS(ntk_hdf5_load_training(context, &back, NULL, &Y, path, 0), NTK_ERR_NULL);
    CHECK_STATUS(ntk_hdf5_save_training(NULL, path), NTK_ERR_NULL);
    ntk_training_destroy(training);
    ntk_network_destroy(network);
    ntk_activation_destroy(activation);
}
END_TEST

/* --- what happens to files --- */

static void refuse(const char *what, size_t at)
{
    ntk_kernel *kernel = NULL;
    ntk_status status = ntk_hdf5_load_kernel(context, &kernel, other);
    ck_assert_msg(status == NTK_ERR_FORMAT && !kernel, "%s at byte %zu: %s", what, at, ntk_status_name(status));
    ck_assert_ptr_nonnull(strstr(ntk_error_message(), other));
}

START_TEST(cut_at_any_byte)
{
    size_t size;
    ntk_kernel *kernel = make_kernel();
    CHECK_OK(ntk_hdf5_save_kernel(kernel, path));
    unsigned char *bytes = read_file(path, &size);
    write_file(other, bytes, size);
    for (size_t left = size; left-- > 0;) {
        ck_assert_int_eq(truncate(other, (off_t)left), 0);
        refuse("cut", left);
    }
    free(bytes);
    ntk_kernel_destroy(kernel);
}
END_TEST

START_TEST(one_bit_of_any_byte)
{
    size_t size;
    ntk_kernel *kernel = make_kernel();
    CHECK_OK(ntk_hdf5_save_kernel(kernel, path));
    unsigned char *bytes = read_file(path, &size);
    write_file(other, bytes, size);
    FILE *file = fopen(other, "r+b");
    ck_assert_ptr_nonnull(file);
    setvbuf(file, NULL, _IONBF, 0);
    for (size_t at = 0; at < size; at++) {
        unsigned char flipped = (unsigned char)(bytes[at] ^ 1 << at % 8);
        fseek(file, (long)at, SEEK_SET);
        fputc(flipped, file);
        refuse("changed", at);
        fseek(file, (long)at, SEEK_SET);
        fputc(bytes[at], file);
    }
    fclose(file);
    ntk_kernel *back = NULL;
    CHECK_OK(ntk_hdf5_load_kernel(context, &back, other));
    ntk_kernel_destroy(back);
    write_file(other, bytes, size);
    file = fopen(other, "ab");
    fputc(0, file);
    fclose(file);
    refuse("longer", size);
    free(bytes);
    ntk_kernel_destroy(kernel);
}
END_TEST

START_TEST(no_file_and_no_folder)
{
    ntk_kernel *kernel = make_kernel(), *back = NULL;
    CHECK_STATUS(ntk_hdf5_load_kernel(context, &back, other), NTK_ERR_IO);
    ck_assert_ptr_nonnull(strstr(ntk_error_message(), "No such file"));
    CHECK_STATUS(ntk_hdf5_save_kernel(kernel, "/no/such/folder/model.h5"), NTK_ERR_IO);
    CHECK_STATUS(ntk_hdf5_load_kernel(context, &back, folder), NTK_ERR_IO);
    CHECK_STATUS(ntk_hdf5_save_kernel(kernel, NULL), NTK_ERR_NULL);
    CHECK_STATUS(ntk_hdf5_save_kernel(NULL, path), NTK_ERR_NULL);
    CHECK_STATUS(ntk_hdf5_load_kernel(context, &back, NULL), NTK_ERR_NULL);
    CHECK_STATUS(ntk_hdf5_load_kernel(context, NULL, path), NTK_ERR_NULL);
    CHECK_STATUS(ntk_hdf5_load_kernel(NULL, &back, path), NTK_ERR_NULL);
    CHECK_STATUS(ntk_hdf5_save(path, NULL, NULL), NTK_ERR_NULL);
    CHECK_STATUS(ntk_hdf5_load(path, NULL, NULL), NTK_ERR_NULL);
    ck_assert_ptr_null(back);
    ntk_kernel_destroy(kernel);
}
END_TEST

/* --- what happens to who saves --- */

static ntk_status give_up(void *user, const ntk_sink *sink)
{
    const double number = 1;
    ntk_array array = {.name = "group/number", .data = &number, .type = NTK_ARRAY_F64, .shape = {1, 1}, .stride = 1};
    ck_assert_int_eq(sink->write(sink->user, &array), 0);
    /* a name comes once */
    ck_assert_int_eq(sink->write(sink->user, &array), NTK_ERR_IO);
    ck_assert_ptr_nonnull(strstr(ntk_error_message(), "group/number"));
    return ntk_error_set(NTK_ERR_STATE, user);
}

START_TEST(a_failed_save_leaves_the_old_file)
{
    size_t size, again;
    ntk_kernel *kernel = make_kernel();
    CHECK_OK(ntk_hdf5_save_kernel(kernel, path));
    unsigned char *before = read_file(path, &size);
    CHECK_STATUS(ntk_hdf5_save(path, give_up, "no more"), NTK_ERR_STATE);
    ck_assert_str_eq(ntk_error_message(), "no more");
    unsigned char *after = read_file(path, &again);
    ck_assert(size == again && memcmp(before, after, size) == 0);
    free(before);
    free(after);
    ntk_kernel_destroy(kernel);
}
END_TEST

static void remove_parts(pid_t child)
{
    char part[128];
    for (int k = 0; k < 3; k++) {
        snprintf(part, sizeof part, "%s.%ld.%d.part", path, (long)child, k);
        unlink(part);
    }
}

/* Whenever a process that saves is killed, there is the old file or the new one, which are the same. */
START_TEST(killed_while_saving)
{
    ntk_kernel *kernel = make_kernel();
    CHECK_OK(ntk_hdf5_save_kernel(kernel, path));
    for (int round = 0; round < 25; round++) {
        pid_t child = fork();
        if (child == 0)
            for (;;)
                if (ntk_hdf5_save_kernel(kernel, path) < 0) _exit(1);
        const struct timespec moment = {0, 200000 * round + 50000};
        nanosleep(&moment, NULL);
        kill(child, SIGKILL);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
        ntk_kernel *back = NULL;
        CHECK_OK(ntk_hdf5_load_kernel(context, &back, path));
        ntk_kernel_destroy(back);
        remove_parts(child);
    }
    ntk_kernel_destroy(kernel);
}
END_TEST

/* --- functions of the caller's --- */

static void cube(void *user, double *out, const double *u, int64_t count)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) out[i] = u[i] * u[i] * u[i];
}

static void slope(void *user, double *out, const double *u, int64_t count)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) out[i] = 3 * u[i] * u[i];
}

static const void *give_activation(void *user, const char *name)
{
    ck_assert_str_eq(name, "activation");
    return ((void **)user)[0];
}

static ntk_status import_kernel(void *user, const ntk_source *source)
{
    ntk_source own = *source;
    ntk_kernel *kernel = NULL, *refused = NULL;
    double K[N * N], L[N * N];
    CHECK_STATUS(ntk_kernel_import(context, &refused, source), NTK_ERR_UNSUPPORTED);
    own.handle = give_activation;
    own.handle_user = user;
    CHECK_OK(ntk_kernel_import(context, &kernel, &own));
    block(((const ntk_kernel **)user)[1], K);
    block(kernel, L);
    ck_assert_int_eq(memcmp(K, L, sizeof K), 0);
    ntk_kernel_destroy(kernel);
    return NTK_OK;
}

START_TEST(functions_of_the_caller)
{
    ntk_activation_functions functions = NTK_INIT(ntk_activation_functions);
    ntk_activation *own;
    ntk_kernel *kernel;
    functions.value = cube;
    functions.derivative = slope;
    CHECK_OK(ntk_activation_create_user(context, &own, &functions));
    CHECK_OK(ntk_kernel_create_infinite(context, &kernel, own, NULL));
    CHECK_OK(ntk_hdf5_save_kernel(kernel, path));
    void *both[] = {own, kernel};
    CHECK_OK(ntk_hdf5_load(path, import_kernel, both));
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(own);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hdf5");
    TCase *tests = tcase_create("files");
    tcase_set_timeout(tests, 0);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, there_and_back);
    tcase_add_test(tests, networks_and_features);
    tcase_add_test(tests, trainings);
    tcase_add_test(tests, cut_at_any_byte);
    tcase_add_test(tests, one_bit_of_any_byte);
    tcase_add_test(tests, no_file_and_no_folder);
    tcase_add_test(tests, a_failed_save_leaves_the_old_file);
    tcase_add_test(tests, killed_while_saving);
    tcase_add_test(tests, functions_of_the_caller);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
