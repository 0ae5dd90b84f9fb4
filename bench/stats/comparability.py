"""Whether a number of ours may be held against a printed one, and how far."""

from __future__ import annotations

from dataclasses import dataclass

EPOCHS = {
    "last": "last epoch",
    "best_validation": "best epoch by validation images",
    "best_test": "best epoch by test images",
}
LEAKS = "trained on its test images"
PART, SPLIT = "on our part of the data", "on our own split of the data"


@dataclass(frozen=True)
class Comparability:
    """What stands between a number of ours and the paper's.

    Attributes
    ----------
    gain
        Why our gain over the baseline is not comparable; empty where it is.
    level
        Why our number itself is not; empty where it is. What stands in a gain's way stands in the level's.
    elsewhere
        Words where the data are others of the same kind: then the direction of a gain is judged and its size is not.
    precision
        What stands in the level's way alone where our arithmetic is not the paper's, which both sides of a gain share; a stored
        comparison that shows the two precisions to be equivalent on a cell lifts it there.
    """

    gain: str = ""
    level: str = ""
    elsewhere: str = ""
    precision: str = ""


def comparability(
    *,
    stand_in: bool = False,
    other_data: bool = False,
    leaks: bool = False,
    reduced: str = "",
    selection: str = "",
    our_selection: str = "last",
    part: bool = False,
    own_split: bool = False,
    precision: str = "",
) -> Comparability:
    """Weigh what is known of a dataset's runs against the paper's.

    Parameters
    ----------
    stand_in, other_data
        Generated data, or another dataset, stand in the place of the paper's.
    leaks
        Test images are in the training list, so that no number says what it seems to.
    reduced
        What of the schedule, the backbone or the image size is not the paper's, in words; empty where all is.
    selection, our_selection
        Which epoch the paper prints as far as known ('last', 'best_validation', 'best_test' or empty) and which one ours is.
    part, own_split
        Trained or tested on a part of the paper's set, or on a split that is not the paper's.
    precision
        What our arithmetic was where it is not the paper's (float32 is), in words.
    """
    obstacle = ""
    if stand_in:
        obstacle = "stand-in data"
    elif other_data:
        obstacle = "other data"
    elif leaks:
        obstacle = LEAKS
    elif reduced:
        obstacle = reduced
    elif selection and selection != our_selection:
        theirs, ours = (EPOCHS.get(word, word) for word in (selection, our_selection))
        obstacle = f"the paper prints the {theirs}, ours is the {ours}"
    elsewhere = PART if part else SPLIT if own_split else ""
    level = obstacle or ("our part of the data" if part else "our own split" if own_split else "")
    return Comparability(obstacle, level, elsewhere, f"trained in {precision}" if precision else "")
