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
        crop: side of the square that is cut out of the middle of the images, before resizing; None cuts nothing.
        resize: side of the images; None keeps them as they are.
        classes: labels, in the order of their new numbers; None keeps all.
        section: of the config, for messages.
    """

    crop: int | None = None
    resize: int | None = None
    classes: tuple[int | str, ...] | None = None
    section: str = "populations.*"


EVERYTHING = Selection()


def resized(examples: Labelled, selection: Selection) -> Labelled:
    """Examples whose images (N, channels, height, width) are cut and resized; a pixel is the mean of its area.

    Raises:
        InputError: the inputs are no images, or smaller than what is cut out, or the images do not fit in memory.
    """
    side, crop, inputs = selection.resize, selection.crop, examples.inputs
    if side is None and crop is None:
        return examples
    where = f"{selection.section}.{'crop' if crop else 'resize'}"
    if inputs.ndim != 4:
        raise InputError(f"{where}: an input has shape {inputs.shape[1:]} and is no image; remove the key.")
    if crop is not None:
        if crop > min(inputs.shape[2:]):
            raise InputError(f"{where}: images of {inputs.shape[2]} × {inputs.shape[3]} are smaller; lower it.")
        top, left = ((size - crop) // 2 for size in inputs.shape[2:])
        inputs = inputs[:, :, top : top + crop, left : left + crop]
    if side is None:
        return replace(examples, inputs=np.ascontiguousarray(inputs))
    shape = (*inputs.shape[:2], side, side)
    check_array(shape, 4, where)
    found = np.empty((shape[0] * shape[1], side, side), dtype=np.float32)
    for own, image in zip(found, inputs.reshape(-1, *inputs.shape[2:]), strict=True):
        own[:] = Image.fromarray(image.astype(np.float32)).resize((side, side), Image.Resampling.BOX)
    return replace(examples, inputs=found.reshape(shape))


def shape_in_size(shape: tuple[int, ...], crop: int | None, resize: int | None) -> tuple[int, ...]:
    """Shape of an input after cutting and resizing; that of a table stays as it is."""
    side = resize or crop
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


def check_augmentation(augment: str, shape: Sequence[int], where: str) -> None:
    """Refuse the augmentation of inputs that are no images.

    Args:
        augment: the setting.
        shape: of an input.
        where: the population, for messages.

    Raises:
        InputError: naming the key and the fix.
    """
    if augment != "none" and len(shape) != 3:
        raise InputError(f"{where}.training.augment: {augment} is for images, and an input here is none; remove it.")
