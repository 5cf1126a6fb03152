#ifndef MARTLET_CZLIB_H
#define MARTLET_CZLIB_H

#include <zlib.h>

/// What crc32_combine does with a length, to be found once and used often. A zlib before 1.2.12 has no such thing; there
/// it is the length. (A long, since z_off_t is not the same type everywhere.)
static inline uLong martlet_crc32_step(long length) {
#if ZLIB_VERNUM >= 0x12c0
    return crc32_combine_gen((z_off_t)length);
#else
    return (uLong)length;
#endif
}

/// The checksum of bytes with checksum `first` and, behind them, bytes with checksum `second`, of whose length `step` is.
static inline uLong martlet_crc32_join(uLong first, uLong second, uLong step) {
#if ZLIB_VERNUM >= 0x12c0
    return crc32_combine_op(first, second, step);
#else
    return crc32_combine(first, second, (z_off_t)step);
#endif
}

#endif
