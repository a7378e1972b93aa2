"""The camera model of the augmentation: what each step does to a face, and what it leaves alone."""

from __future__ import annotations

import io

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from PIL import Image  # noqa: E402
from scipy.ndimage import gaussian_filter  # noqa: E402

from moviemotion.lab.training import camera_augmentation  # noqa: E402
from moviemotion.lab.training.camera_augmentation import augment_camera  # noqa: E402


def generator(seed=3):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def faces():
    """32 smooth random images of full contrast."""
    rng = np.random.default_rng(1)
    smooth = gaussian_filter(rng.normal(size=(32, 1, 48, 48)), (0, 0, 3, 3))
    return torch.from_numpy(np.clip(128 + 400 * smooth, 0, 255)).float()


@pytest.fixture
def camera():
    return camera_augmentation._Camera(generator(), torch.device("cpu"))


@pytest.mark.parametrize("n", [1, 6, 32])
def test_augmentation_keeps_the_form_and_is_reproducible(faces, n):
    images = faces[:n]
    one, two = (augment_camera(images, generator()) for _ in range(2))
    assert torch.equal(one, two)
    assert one.shape == images.shape
    assert one.dtype == torch.float32
    assert one.isfinite().all()
    assert one.min() >= 0
    assert one.max() <= 255
    assert not torch.equal(one, augment_camera(images, generator(4)))


def test_sharp_edges_between_black_and_white_stay_finite():
    """Blurring them rings below black, which must not become a negative variance of the noise."""
    sharp = (torch.rand(256, 1, 48, 48, generator=generator()) < 0.1).float() * 255
    assert augment_camera(sharp, generator()).isfinite().all()


def test_some_faces_are_recorded_in_the_dark_and_some_in_full_light(faces):
    images = faces.repeat(8, 1, 1, 1)
    spread = augment_camera(images, generator()).flatten(1).std(1) / images.flatten(1).std(1)
    assert (spread < 0.15).float().mean() > 0.1
    assert (spread > 0.5).float().mean() > 0.25


def test_gaussian_blur_is_that_of_scipy(faces):
    for sigma in (0.5, 2.0):
        each = torch.full((len(faces), 1, 1, 1), sigma)
        blurred = camera_augmentation._filter(faces, camera_augmentation._gaussian_response(each))
        expected = gaussian_filter(faces.numpy(), (0, 0, sigma, sigma), mode="nearest")
        # Beyond eight pixels the Fourier transform wraps around, so only the middle is compared.
        assert np.abs(blurred.numpy() - expected)[..., 6:-6, 6:-6].max() < 2


def test_no_blur_changes_nothing(faces):
    none = torch.zeros(len(faces), 1, 1, 1)
    assert torch.allclose(
        camera_augmentation._filter(faces, camera_augmentation._gaussian_response(none)), faces, atol=1e-3
    )


def test_compression_is_that_of_jpeg(faces, camera, monkeypatch):
    quality = torch.full((len(faces), 1, 1, 1), 40.0)
    monkeypatch.setattr(camera, "_uniform", lambda *_: quality)
    compressed = camera._compress(faces.round()).numpy()
    for before, after in zip(faces[:, 0].round().numpy(), compressed[:, 0], strict=True):
        file = io.BytesIO()
        Image.fromarray(before.astype(np.uint8)).save(file, "JPEG", quality=40)
        jpeg = np.asarray(Image.open(file), float)
        # JPEG rounds its steps to integers, and the file's transform is computed in integers.
        assert np.abs(jpeg - after).mean() < 0.6 * np.abs(jpeg - before).mean()


def test_noise_is_relative_to_the_light(camera, monkeypatch):
    """Without light only the read noise remains; brighter areas get photon noise on top."""
    for share in ("DARK", "DENOISED", "AMPLIFIED", "COMPRESSED"):
        monkeypatch.setattr(camera_augmentation, share, 0.0)
    monkeypatch.setattr(camera_augmentation, "MAX_READ_NOISE", 0.0)
    gray = torch.full((64, 1, 48, 48), 40.0)
    dim, bright = (camera._record(gray * level).flatten(1).std(1).mean() for level in (1, 4))
    assert 1.3 < bright / dim < 2.7


def test_side_light_leaves_the_tone_of_the_lit_side(faces, camera, monkeypatch):
    """Shadows only darken: no pixel becomes brighter than the tone curve makes it."""
    for share in ("INFRARED", "SCREEN_LIT"):
        monkeypatch.setattr(camera_augmentation, share, 0.0)
    lit = camera._light(torch.full_like(faces, 255.0))
    assert lit.max() <= 255.0
    assert (lit.flatten(1).amin(1) < 200).any()
