"""Figures of a flow, drawn into axes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from weightflow.api.arguments import several
from weightflow.api.flow import is_at
from weightflow.data.state_space import Counts
from weightflow.errors import InputError, shown
from weightflow.plots import style
from weightflow.plots.course import draw_bands, draw_snapshots, handles
from weightflow.plots.weights_path import principal_plane
from weightflow.prediction.motion import LEVELS

if TYPE_CHECKING:
    from weightflow.api.density import Density
    from weightflow.api.flow import Flow

_COLUMNS = 4  # times of marginals by default
_POINTS = 60  # times of a band


@dataclass(frozen=True)
class FlowPlots:
    """Figures of a flow.

    Attributes:
        flow: to draw.
    """

    flow: "Flow"

    def marginals(
        self,
        times: float | Sequence[float] | None = None,
        variables: str | Sequence[str] | None = None,
        axes: np.ndarray | Axes | None = None,
    ) -> np.ndarray:
        """Marginals of some variables at some times, over the states of the data where there are any.

        Args:
            times: of the columns, one or several; None takes four of the data's.
            variables: of the rows, a name or names; None takes all, at most six.
            axes: (variables, times) axes to draw into; None makes a figure.

        Returns:
            The axes.

        Raises:
            InputError: a time outside the range, an unknown variable, or axes of another shape.
        """
        flow, names = self.flow, self._variables(variables)
        densities = flow.along(self._times() if times is None else times)
        with style.look():
            grid = _grid(axes, len(names), len(densities), 4.2, 3.2)
            for column, density in enumerate(densities):
                for row, name in enumerate(names):
                    panel = grid[row, column]
                    self._marginal(panel, density, name)
                    if row == column == 0:
                        panel.legend(fontsize="small")
                    if row == 0:
                        panel.set_title(style.at_time(flow.data.time_label, density.time))
        return grid

    def motion(self, variables: str | Sequence[str] | None = None, axes: np.ndarray | Axes | None = None) -> np.ndarray:
        """Mean and central 50 % and 90 % bands of some variables against time, with those of the snapshots.

        Args:
            variables: a name or names; None takes all, at most six.
            axes: one for each variable; None makes a figure.

        Returns:
            The axes.

        Raises:
            InputError: an unknown variable, or axes of another shape.
        """
        flow, names = self.flow, self._variables(variables)
        times = np.unique(np.concatenate([np.linspace(*flow.range, _POINTS), flow.data.observed_times]))
        densities = flow.along(times.tolist())
        bands = np.stack([density.quantile(LEVELS).to_numpy() for density in densities])
        means = np.stack([density.mean.to_numpy() for density in densities])
        line = style.Line("the model", style.BLUE)
        with style.look():
            grid = _grid(axes, len(names), 1, 9.0, 4.2)[:, 0]
            for panel, name in zip(grid, names, strict=True):
                place = flow.variables.index(name)
                draw_bands(panel, times, means[:, place], bands[:, :, place], line.color)
                draw_snapshots(panel, flow.data, place)
                panel.set_ylabel(**style.beside(name))
            grid[-1].set_xlabel(flow.data.time_label)
            grid[0].legend(handles=handles(line, flow.data), loc="best", fontsize="small")
        return grid

    def weights_path(self, ax: Axes | None = None) -> Axes:
        """The path of the weights in the plane of the anchors' first two principal components.

        Args:
            ax: axes to draw into; None makes a figure.

        Returns:
            The axes.
        """
        flow = self.flow
        anchors = flow.graph.weights
        plane, shares = principal_plane(anchors)
        times = np.linspace(*flow.range, 4 * _POINTS)
        with style.look():
            panel = ax if ax is not None else _grid(None, 1, 1, 9.0, 7.0)[0, 0]
            panel.plot(*plane(anchors).T, color=style.GREY, ls="--", lw=0.8, zorder=1, label="anchors")
            panel.plot(*plane(flow.weights(times.tolist())).T, color=style.BLUE, lw=2, label="path")
            x, y = plane(anchors).T
            marks = panel.scatter(
                x,
                y,
                c=flow.data.observed_times,
                cmap=style.TIME_COLOURS,
                s=30,
                ec="black",
                lw=0.6,
                zorder=3,
            )
            panel.figure.colorbar(marks, ax=panel, label=flow.data.time_label)
            first, second = (f"{share:.0%}".replace("%", " %") for share in shares)
            panel.set(xlabel=f"first principal component ({first} of the variance)", ylabel=f"second ({second})")
            panel.legend(fontsize="small")
        return panel

    def _times(self) -> list[float]:
        """Four evenly spaced times of the data in the flow's range."""
        inside = self.flow.data.times[self.flow.data.times <= self.flow.range[1]]
        inside = inside[inside >= self.flow.range[0]]
        chosen = np.unique(np.linspace(0, len(inside) - 1, _COLUMNS).round().astype(int))
        return inside[chosen].tolist()

    def _variables(self, variables: str | Sequence[str] | None) -> list[str]:
        names = several(self.flow.variables[:6] if variables is None else variables)
        if wrong := [name for name in names if name not in self.flow.variables]:
            raise InputError(f"plot: there is no variable '{shown(wrong[0])}'; use {', '.join(self.flow.variables)}.")
        return names

    def _marginal(self, panel: Axes, density: "Density", name: str) -> None:
        data, found = self.flow.data, density.marginal(name)
        place, middles = density.variables.index(name), found.index.to_numpy(dtype=float)
        width = middles[1] - middles[0] if len(middles) > 1 else 1.0
        edges = np.append(middles - width / 2, middles[-1] + width / 2)
        if len(here := np.flatnonzero(is_at(data.times, density.time))) and len(part := data.training[int(here[0])]):
            states = self.flow.data.values(part)[:, place]
            bins = edges if isinstance(data.space, Counts) else np.linspace(edges[0], edges[-1], 31)
            panel.hist(states, bins.tolist(), density=True, color=style.TRUTH, label="data")
        panel.stairs(found.to_numpy(), edges, color=style.BLUE, label="model")
        held = np.flatnonzero(found.to_numpy() > 1e-4 * found.max())
        panel.set_xlim(edges[held[0]], edges[held[-1] + 1])
        panel.set_xlabel(name)
        panel.set_ylabel("probability" if isinstance(data.space, Counts) else "density")


def _grid(axes: np.ndarray | Axes | None, rows: int, columns: int, width: float, height: float) -> np.ndarray:
    """(rows, columns) axes: the given ones, or those of a new figure whose panels have a size in centimetres."""
    if axes is None:
        size = (width * columns * style.CM, height * rows * style.CM)
        return plt.subplots(rows, columns, squeeze=False, figsize=size, layout="constrained")[1]
    given = np.asarray(axes, dtype=object)
    if given.size != rows * columns:
        raise InputError(f"plot: {given.size} axes are given for {rows} × {columns} panels; give one for each.")
    return given.reshape(rows, columns)
