// What is used of the system's files beyond what the Swift toolchain imports.
#include <linux/fs.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

// Reads what of the range lies in the page cache, without waiting for a disk; see preadv2(2), RWF_NOWAIT. Through
// syscall(2), because the wrapper is only there with _GNU_SOURCE, which another module may have been built without.
static inline ssize_t cfile_read_cached(int descriptor, void *bytes, size_t count, long offset) {
    struct iovec vector = {.iov_base = bytes, .iov_len = count};
    return syscall(SYS_preadv2, descriptor, &vector, 1, offset, 0L, RWF_NOWAIT);
}

#include <fcntl.h>
#include <sys/stat.h>

// What tells one state of a file from another. A structure of its own: Swift takes that of stat(2) for another module's.
struct cfile_fingerprint {
    unsigned long device;
    unsigned long inode;
    long size;
    long modified_seconds;
    long modified_nanoseconds;
    long changed_seconds;
    long changed_nanoseconds;
};

// Follows links; false if there is no such file.
static inline int cfile_fingerprint_of(const char *path, struct cfile_fingerprint *result) {
    struct stat status;
    if (stat(path, &status) != 0) return 0;
    result->device = status.st_dev;
    result->inode = status.st_ino;
    result->size = status.st_size;
    result->modified_seconds = status.st_mtim.tv_sec;
    result->modified_nanoseconds = status.st_mtim.tv_nsec;
    result->changed_seconds = status.st_ctim.tv_sec;
    result->changed_nanoseconds = status.st_ctim.tv_nsec;
    return 1;
}
