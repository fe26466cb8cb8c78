"""What is kept of a task's examples: images in another size or colour, and some of the labels, numbered anew."""

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
    return replace(examples, inputs=_in_pixels(inputs, side, side, where))


def fitted(inputs: np.ndarray, shape: tuple[int, ...], name: str, where: str) -> np.ndarray:
    """Images of one task as networks of another read them: resized as a whole, without cutting, and recoloured.

    A pixel is the mean of its area, or the nearest one in larger images. Several channels become their mean, and one
    is repeated.

    Args:
        inputs: (N, channels, height, width) images, or inputs that have the shape already.
        shape: of the networks' input.
        name: of the task, for messages.
        where: the key of the task, for messages.

    Returns:
        (N, *shape), the inputs themselves if they have the shape.

    Raises:
        InputError: as `check_fitting`, or the images do not fit in memory.
    """
    check_fitting(inputs.shape[1:], shape, name, where)
    if inputs.shape[1:] == tuple(shape):
        return inputs
    channels, height, width = shape
    check_array((len(inputs), *shape), 4, where)
    found = inputs.mean(1, keepdims=True) if channels == 1 else inputs
    found = _in_pixels(found, height, width, where)
    return found if found.shape[1] == channels else found.repeat(channels, axis=1)


def check_fitting(given: Sequence[int], shape: Sequence[int], name: str, where: str) -> None:
    """Refuse inputs that cannot be resized and recoloured to those of the networks.

    Args:
        given: shape of an input.
        shape: of the networks' input.
        name: of the task, for messages.
        where: the key of the task, for messages.

    Raises:
        InputError: the shapes differ, and one of them is that of a table; or both have several channels, not as many.
    """
    given, shape = tuple(given), tuple(shape)
    if given == shape:
        return
    if not len(given) == len(shape) == 3:
        raise InputError(
            f"{where}: inputs of {name} have shape {given}, the networks read {shape}, and only images can be resized "
            f"to images; remove {name}, or name another task."
        )
    if given[0] != shape[0] and 1 not in (given[0], shape[0]):
        raise InputError(
            f"{where}: images of {name} have {given[0]} channels, the networks read {shape[0]}, and only one channel "
            f"can be made of several, or several of one; remove {name}, or name another task."
        )


def _in_pixels(images: np.ndarray, height: int, width: int, where: str) -> np.ndarray:
    """(N, channels, height, width) float32 of images of any size; refused if they do not fit in memory."""
    shape = (*images.shape[:2], height, width)
    check_array(shape, 4, where)
    found = np.empty((shape[0] * shape[1], height, width), dtype=np.float32)
    for own, image in zip(found, images.reshape(-1, *images.shape[2:]), strict=True):
        own[:] = Image.fromarray(image.astype(np.float32)).resize((width, height), Image.Resampling.BOX)
    return found.reshape(shape)


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
