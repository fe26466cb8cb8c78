"""Crops and flips of images, against a loop over them."""

import numpy as np
import pytest
import torch

from weightflow.populations.augmentation import crop_and_flip, draw_crops
from weightflow.populations.tasks.selection import check_augmentation

SHAPE = (3, 8, 17)  # padded by 1 and by 3


def generators(count: int, first: int = 0) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(first + i) for i in range(count)]


def test_crops_are_those_of_a_loop_over_the_images():
    images = torch.randn(2, 5, *SHAPE, generator=generators(1)[0])
    crops = draw_crops(5, SHAPE, generators(2))
    found = crop_and_flip(images, crops)
    for network, example in np.ndindex(2, 5):
        padded = np.pad(images[network, example].numpy(), ((0, 0), (1, 1), (3, 3)))
        top, left, flip = crops[network, example].tolist()
        expected = padded[:, top : top + 8, left : left + 17]
        np.testing.assert_array_equal(found[network, example], expected[..., ::-1] if flip else expected)


def test_every_crop_and_flip_is_drawn():
    crops = draw_crops(4000, SHAPE, generators(1))[0]
    assert [sorted(set(column.tolist())) for column in crops.T] == [[0, 1, 2], list(range(7)), [0, 1]]
    shares = [column.bincount() / 4000 * (column.max() + 1) for column in crops.T]
    assert max((share - 1).abs().max() for share in shares) < 0.2


def test_a_network_has_draws_of_its_own():
    both, alone = draw_crops(20, SHAPE, generators(2)), draw_crops(20, SHAPE, generators(1, first=1))
    torch.testing.assert_close(both[1], alone[0])
    assert (both[0] != both[1]).any()


def test_the_middle_crop_is_the_image():
    image = torch.randn(1, 1, *SHAPE)
    torch.testing.assert_close(crop_and_flip(image, torch.tensor([[[1, 3, 0]]])), image)


@pytest.mark.parametrize("shape", [(4,), ()])
def test_other_inputs_than_images_are_refused(refused, shape):
    check_augmentation("none", shape, "populations.p")
    check_augmentation("crop_flip", (1, 8, 8), "populations.p")
    with refused(r"^populations\.p\.training\.augment: crop_flip is for images, and an input here is none; remove it"):
        check_augmentation("crop_flip", shape, "populations.p")
