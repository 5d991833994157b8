/* The 512 bytes before the HDF5 file; numbers are little-endian.
 *   0  8   magic
 *   8  4   number of this format
 *  12  4   CRC-32 of what follows the user block
 *  16  8   length of the whole file
 *  24  32  the library's version, as text
 *  56  452 zeros
 * 508  4   CRC-32 of the 508 bytes before */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { FORMAT = 1, FORMAT_AT = 8, CHECKSUM_AT = 12, LENGTH_AT = 16, VERSION_AT = 24, VERSION_SIZE = 32, OWN_AT = 508 };

static const unsigned char magic[8] = {0x89, 'N', 'T', 'K', '\r', '\n', 0x1a, '\n'};

/* What is read at a time. */
enum { CHUNK = 1 << 20 };

static void put(unsigned char *at, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) at[i] = (unsigned char)(value >> 8 * i);
}

static uint64_t get(const unsigned char *at, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) value |= (uint64_t)at[i] << 8 * i;
    return value;
}

static uint32_t checksum_of(const unsigned char *bytes, size_t count)
{
    return (uint32_t)crc32(crc32(0, NULL, 0), bytes, (uInt)count);
}

static ntk_status fail_io(const char *path, const char *what)
{
    return ntk_hdf5_fail(NTK_ERR_IO, "%s cannot be %s: %s", path, what, strerror(errno));
}

/* The CRC-32 of all that follows the user block, and its number of bytes. */
static ntk_status read_rest(int file, const char *path, uint32_t *checksum, uint64_t *length)
{
    unsigned char *chunk = malloc(CHUNK);
    uLong sum = crc32(0, NULL, 0);
    ssize_t got;
    *length = 0;
    if (!chunk) return ntk_hdf5_fail(NTK_ERR_MEMORY, "%d bytes to read %s by could not be had", CHUNK, path);
    if (lseek(file, NTK_HDF5_USER_BLOCK, SEEK_SET) < 0) {
        free(chunk);
        return fail_io(path, "read");
    }
    while ((got = read(file, chunk, CHUNK)) != 0) {
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) break;
        sum = crc32(sum, chunk, (uInt)got);
        *length += (uint64_t)got;
    }
    free(chunk);
    *checksum = (uint32_t)sum;
    return got < 0 ? fail_io(path, "read") : NTK_OK;
}

static ntk_status seal(int file, const char *path)
{
    unsigned char block[NTK_HDF5_USER_BLOCK] = {0};
    uint32_t checksum;
    uint64_t length;
    ntk_status status = read_rest(file, path, &checksum, &length);
    if (status < 0) return status;
    memcpy(block, magic, sizeof magic);
    put(block + FORMAT_AT, FORMAT, 4);
    put(block + CHECKSUM_AT, checksum, 4);
    put(block + LENGTH_AT, length + NTK_HDF5_USER_BLOCK, 8);
    strncpy((char *)block + VERSION_AT, ntk_version_string(), VERSION_SIZE - 1);
    put(block + OWN_AT, checksum_of(block, OWN_AT), 4);
    for (size_t done = 0; done < sizeof block;) {
        ssize_t put_now = pwrite(file, block + done, sizeof block - done, (off_t)done);
        if (put_now < 0 && errno != EINTR) return fail_io(path, "written");
        if (put_now > 0) done += (size_t)put_now;
    }
    return fsync(file) == 0 ? NTK_OK : fail_io(path, "written");
}

ntk_status ntk_hdf5_seal(const char *path)
{
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return fail_io(path, "opened");
    ntk_status status = seal(file, path);
    if (close(file) != 0 && status >= 0) status = fail_io(path, "written");
    return status;
}

static ntk_status check_block(const unsigned char *block, size_t got, const char *path)
{
    if (got < sizeof magic || memcmp(block, magic, sizeof magic) != 0)
        return ntk_hdf5_fail(NTK_ERR_FORMAT, "%s is no file of libntk-hdf5: it begins with other bytes", path);
    if (got < NTK_HDF5_USER_BLOCK)
        return ntk_hdf5_fail(NTK_ERR_FORMAT, "%s was cut: it has %zu bytes, fewer than its user block", path, got);
    if (get(block + OWN_AT, 4) != checksum_of(block, OWN_AT))
        return ntk_hdf5_fail(NTK_ERR_FORMAT, "%s has changed since it was saved: its user block has another checksum", path);
    uint64_t format = get(block + FORMAT_AT, 4);
    if (format == FORMAT) return NTK_OK;
    return ntk_hdf5_fail(NTK_ERR_FORMAT, "%s has format %llu, saved by libntk %.31s; this library reads format %d", path,
                         (unsigned long long)format, (const char *)block + VERSION_AT, FORMAT);
}

static ntk_status verify(int file, const char *path)
{
    unsigned char block[NTK_HDF5_USER_BLOCK];
    size_t done = 0;
    ssize_t got = 1;
    uint32_t checksum;
    uint64_t length;
    struct stat about;
    while (done < sizeof block && got != 0) {
        got = read(file, block + done, sizeof block - done);
        if (got < 0 && errno != EINTR) return fail_io(path, "read");
        if (got > 0) done += (size_t)got;
    }
    ntk_status status = check_block(block, done, path);
    if (status < 0) return status;
    uint64_t wanted = get(block + LENGTH_AT, 8);
    if (fstat(file, &about) != 0) return fail_io(path, "read");
    if ((uint64_t)about.st_size != wanted)
        return ntk_hdf5_fail(NTK_ERR_FORMAT, "%s was cut, or has grown: it has %lld bytes, %llu when it was saved", path,
                             (long long)about.st_size, (unsigned long long)wanted);
    status = read_rest(file, path, &checksum, &length);
    if (status < 0) return status;
    if (checksum == get(block + CHECKSUM_AT, 4) && length + NTK_HDF5_USER_BLOCK == wanted) return NTK_OK;
    return ntk_hdf5_fail(NTK_ERR_FORMAT, "%s has changed since it was saved: its bytes have another checksum", path);
}

ntk_status ntk_hdf5_verify(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return fail_io(path, "opened");
    ntk_status status = verify(file, path);
    close(file);
    return status;
}
