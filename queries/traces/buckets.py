"""What durations in buckets tell: percentiles and Apdex. Bucket b holds 2^(b/8) - 1 to 2^((b+1)/8) - 1 ns."""

from collections.abc import Mapping
from math import log2

Buckets = Mapping[int, int]


def percentile_ns(buckets: Buckets, share: float) -> float:
    """Give the duration that `share` of them do not exceed: the middle of its bucket, at most 4.5 % off."""
    wanted, below = share * sum(buckets.values()), 0
    for bucket in sorted(buckets):
        below += buckets[bucket]
        if below >= wanted:
            return float(2 ** ((bucket + 0.5) / 8) - 1)
    return 0.0


def apdex(buckets: Buckets, threshold_ns: int) -> float:
    """Give the share of the satisfied, who waited the threshold at most, and half of those up to four times
    it.

    Where a bound lies within a bucket, it counts as far as the bound goes. Without any durations it is 1.
    """
    total = sum(buckets.values())
    satisfied, tolerating = _up_to(buckets, threshold_ns), _up_to(buckets, 4 * threshold_ns)
    return (satisfied + tolerating) / 2 / total if total else 1.0


def _up_to(buckets: Buckets, bound_ns: int) -> float:
    """How many lie below, if the durations of a bucket are spread evenly."""
    split = int(log2(bound_ns + 1) * 8)
    low, high = 2 ** (split / 8) - 1, 2 ** ((split + 1) / 8) - 1
    below = sum(count for bucket, count in buckets.items() if bucket < split)
    return below + buckets.get(split, 0) * (bound_ns - low) / (high - low)
