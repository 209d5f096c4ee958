/* base/testdice.h - chance that comes out the same at every run (xorshift64*).  For tests only.
 *
 * A test sets dice to a seed of its own (never 0) before it throws. */
#pragma once
#include "base/base.h"

static uint64_t dice = 20240909;

/* 0..n-1; n > 0 */
__attribute__((unused)) static uint64_t roll(uint64_t n)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (dice * 0x2545f4914f6cdd1dull >> 20) % n;
}

/* low..high, both included */
__attribute__((unused)) static int64_t roll_between(int64_t low, int64_t high)
{
    return low + (int64_t)roll((uint64_t)(high - low + 1));
}

__attribute__((unused)) static bool chance(unsigned percent)
{
    return roll(100) < percent;
}
