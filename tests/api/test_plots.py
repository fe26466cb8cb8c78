"""Figures of a flow go into the axes that are given."""

import matplotlib.pyplot as plt
import numpy as np


def test_figures_are_drawn_into_given_axes(flow):
    figure, axes = plt.subplots(2, 2)
    grid = flow.plot.marginals(times=[0, 30], variables=["S", "I"], axes=axes)
    assert grid.shape == (2, 2)
    assert grid[0, 0].figure is figure
    assert flow.plot.motion(variables=["I"]).shape == (1,)
    one = plt.subplots()[1]
    assert flow.plot.weights_path(one) is one
    plt.close("all")


def test_bands_and_marginals_show_the_densities(flow):
    (panel,) = flow.plot.motion(variables=["S"])
    mean = next(line for line in panel.get_lines() if line.get_label() == "mean")
    times, values = mean.get_data()
    np.testing.assert_allclose(values[10], flow.at(times[10]).mean["S"])
    (panel,) = flow.plot.marginals(times=[25], variables=["S"]).ravel()
    stairs = next(patch for patch in panel.patches if patch.get_label() == "model")
    np.testing.assert_allclose(stairs.get_data().values, flow.at(25).marginal("S"))
    plt.close("all")
