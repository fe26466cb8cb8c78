"""A number with its standard error."""

import numpy as np


class Estimate(float):
    """A number with its standard error.

    Attributes:
        error: standard error; 0 for an exact number. Of a probability estimated as 0 or 1, a bound at the level of
            95 %: 3 over the number of independent draws.
    """

    error: float

    def __new__(cls, value: float, error: float = 0.0) -> "Estimate":
        """The number `value`."""
        made = super().__new__(cls, value)
        made.error = error
        return made

    @classmethod
    def of_share(cls, share: float, draws: float) -> "Estimate":
        """A probability estimated by the share of some number of independent draws."""
        is_bound = share <= 0 or share >= 1
        return cls(share, 3 / draws if is_bound else float(np.sqrt(share * (1 - share) / draws)))

    def __repr__(self) -> str:
        """The number, and ± its standard error."""
        return f"{float(self):.6g} ± {self.error:.2g}" if self.error else f"{float(self):.6g}"
