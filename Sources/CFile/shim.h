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
