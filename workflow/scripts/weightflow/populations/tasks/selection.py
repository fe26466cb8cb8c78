"""What is kept of a task's examples: images in another size, and some of the labels, numbered anew."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from weightflow.errors import InputError, unknown
from weightflow.limits import check_array
from weightflow.populations.tasks.task import Labelled


@dataclass(frozen=True)
class Selection:
    """Size of images, and labels that are kept.

    Attributes:
        resize: side of the images; None keeps them as they are.
        classes: labels, in the order of their new numbers; None keeps all.
        section: of the config, for messages.
    """

    resize: int | None = None
    classes: tuple[int | str, ...] | None = None
    section: str = "populations.*"


EVERYTHING = Selection()


def resized(examples: Labelled, selection: Selection) -> Labelled:
    """Examples whose images (N, channels, height, width) have the side of a selection; a pixel is the mean of its area.

    Raises:
        InputError: the inputs are no images, or the images do not fit in memory.
    """
    side, inputs = selection.resize, examples.inputs
    if side is None:
        return examples
    where = f"{selection.section}.resize"
    if inputs.ndim != 4:
        raise InputError(f"{where}: an input has shape {inputs.shape[1:]} and is no image; remove the key.")
    shape = (*inputs.shape[:2], side, side)
    check_array(shape, 4, where)
    found = np.empty((shape[0] * shape[1], side, side), dtype=np.float32)
    for own, image in zip(found, inputs.reshape(-1, *inputs.shape[2:]), strict=True):
        own[:] = Image.fromarray(image.astype(np.float32)).resize((side, side), Image.Resampling.BOX)
    return replace(examples, inputs=found.reshape(shape))


def shape_in_size(shape: tuple[int, ...], side: int | None) -> tuple[int, ...]:
    """Shape of an input after resizing; tables and None leave it as it is."""
    return (shape[0], side, side) if side and len(shape) == 3 else shape


def kept_labels(names: Sequence[str], selection: Selection) -> list[int] | None:
    """Numbers of the kept labels, in the order of their new numbers; None if all are kept.

    Args:
        names: of all labels, by number.
        selection: with labels as texts or numbers.

    Raises:
        InputError: a label is unknown.
    """
    if selection.classes is None:
        return None
    kept = list(map(str, selection.classes))
    if strange := [name for name in kept if name not in names]:
        raise InputError(f"{selection.section}.classes: {unknown('label', strange[0], names)}")
    return [list(names).index(name) for name in kept]
