#include <zlib.h>

// A macro of zlib.h that Swift does not see: takes gzip and zlib streams alike.
static inline int czlib_inflate_init(z_stream *stream) {
    return inflateInit2(stream, 15 + 32);
}
