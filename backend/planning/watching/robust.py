"""Whether a figure is out of the ordinary, against those of past runs: by the median and the median absolute deviation.

Iglewicz and Hoaglin, "How to Detect and Handle Outliers" (ASQC, 1993): the modified z-score 0.6745 * (x - median) / MAD, and
3.5 as what it may be. A few odd runs among the past ones move neither the median nor the MAD. Where more than half of the past
figures are the same the MAD is 0; then 1.253314 times the mean absolute deviation stands for it, as in IBM's SPSS.
"""

from collections.abc import Sequence
from statistics import fmean, median

MOST = 3.5
FEWEST = 8
"""Of fewer past runs nothing is said: the MAD of a handful tells more of luck than of the step."""


def score(value: float, past: Sequence[float]) -> float | None:
    """The modified z-score; None where too few runs are known, or all of them were the same."""
    if len(past) < FEWEST:
        return None
    middle = median(past)
    away = [abs(one - middle) for one in past]
    if mad := median(away):
        return 0.6745 * (value - middle) / mad
    mean = fmean(away)
    return (value - middle) / (1.253314 * mean) if mean else None


def is_much(value: float, past: Sequence[float]) -> bool:
    """True where it is far above what is usual; far below harms nobody."""
    found = score(value, past)
    return found is not None and found > MOST
