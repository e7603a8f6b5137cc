// What is used of the C library's allocator beyond the standard.
#include <malloc.h>
#include <stdlib.h>

// Gives back the free end of the calling thread's arena, if it is larger than `threshold` bytes, and then sets the
// threshold for later frees to `usual`.
//
// malloc_trim(3) gives back what is free between chunks in every arena, but the free end only of the first arena; the end
// of a thread's arena is looked at when a chunk of at least 64 KiB becomes free in it (glibc, malloc.c: mtrim, _int_free).
static inline void cmalloc_trim_thread_arena(int threshold, int usual) {
    mallopt(M_TRIM_THRESHOLD, threshold);
    // Volatile, so that the pair of calls is not left out.
    volatile char *chunk = malloc(128 * 1024);
    if (chunk) {
        chunk[0] = 0;
        free((void *)chunk);
    }
    mallopt(M_TRIM_THRESHOLD, usual);
}
