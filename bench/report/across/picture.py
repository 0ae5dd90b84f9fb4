"""The two pictures across cells: a performance profile and a critical-difference diagram, as one SVG."""

from __future__ import annotations

import warnings

from bench.report.across.view import AcrossView
from bench.report.figures.shared import canvas

HEIGHT, WIDTH = 2.6, 4.6  # inches, of one picture


def picture(view: AcrossView) -> bytes:
    """An SVG; the same values give the same bytes."""
    both = bool(view.ranks)
    caption = "Stand-in data: these lines say nothing about the methods." if view.stand_in else ""
    with canvas.styled(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # a label may hold any sign; a box stands for it
        figure = canvas.canvas(WIDTH * (2 if both else 1), HEIGHT, caption)
        places = figure.subplots(1, 2 if both else 1, squeeze=False)[0]
        _profile(view, places[0])
        if both:
            _ranks(view, places[1])
        canvas.legend(figure, places[:1])
        return canvas.saved(figure, "svg", {"Date": None, "Creator": None})


def _profile(view: AcrossView, axes) -> None:  # type: ignore[no-untyped-def]
    for number, (label, shares) in enumerate(view.profile.items()):
        colour = canvas.COLOURS[number % len(canvas.COLOURS)]
        dashes = canvas.DASHES[number % len(canvas.DASHES)]
        axes.plot(
            view.thresholds,
            shares,
            color=colour,
            linestyle=dashes,
            label=canvas.literal(label),
            linewidth=1.4,
            drawstyle="steps-pre",
        )
    axes.axvline(0.0, color=canvas.QUIET, linewidth=0.8)
    axes.set(
        ylim=(-0.02, 1.02),
        title="Performance profile",
        xlabel=canvas.literal(f"gain over {view.baseline}'s mean, pp"),
        ylabel="share of runs that gain as much",
    )


def _ranks(view: AcrossView, axes) -> None:  # type: ignore[no-untyped-def]
    import pandas
    from scikit_posthocs import critical_difference_diagram

    names = [canvas.literal(label) for label in view.ranks]
    alike = pandas.DataFrame(view.alike, index=names, columns=names)
    ranks = pandas.Series(list(view.ranks.values()), index=names)
    drawn = critical_difference_diagram(
        ranks,
        alike,
        ax=axes,
        label_props={"fontsize": 8},
        crossbar_props={"color": canvas.SOFT, "marker": "", "linewidth": 2.5},
        marker_props={"s": 12},
        elbow_props={"linewidth": 0.8},
        color_palette=dict.fromkeys(names, canvas.SOFT),
    )
    for line in (line for bar in drawn["crossbars"] for line in bar):
        line.set_xdata(sorted(line.get_xdata()))  # they come in the order of a set of words, another one in every process
    axes.grid(False)
    below, left = axes.get_ylim()[0] - 0.6, ranks.min()  # the library's own bar for it lies across the numbers of the axis
    axes.plot(
        [left, left + view.critical_difference], [below, below], color=canvas.SOFT, linewidth=1.2, marker="|", markersize=7
    )
    words = f"critical difference {view.critical_difference:.2f}"
    axes.text(left + view.critical_difference / 2, below - 0.15, words, ha="center", va="top", fontsize=8, color=canvas.SOFT)
    axes.set_title("Mean ranks, descriptive", pad=14)
