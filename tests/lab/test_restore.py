"""The restoration in front of the networks: it removes noise and blur, and leaves clear images alone."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from scipy.fft import dctn, idctn  # noqa: E402
from scipy.ndimage import gaussian_filter  # noqa: E402

from moviemotion.lab.training import networks  # noqa: E402
from moviemotion.lab.training.layers import Restore, cosine_basis  # noqa: E402


@pytest.fixture(scope="module")
def clear():
    """64 random images with the spectrum of faces, standard deviation 40 gray levels, mean 0."""
    frequency = np.arange(48) / 48
    squared = frequency[:, None] ** 2 + frequency[None] ** 2
    squared[0, 0] = np.inf
    spectrum = Restore.SCALE * np.exp(-Restore.LENS * np.minimum(squared, 9)) / squared**Restore.EXPONENT
    drawn = np.random.default_rng(1).normal(size=(64, 48, 48)) * np.sqrt(spectrum)
    images = idctn(drawn, axes=(1, 2), norm="ortho")
    return 40 * images / images.std(axis=(1, 2), keepdims=True)


def restored(images):
    with torch.no_grad():
        result, noise_ratio = Restore()(torch.from_numpy(128 + images).float()[:, None])
    return result[:, 0].numpy(), noise_ratio[:, 0].numpy()


def error(images, clear):
    """Mean standard deviation of the difference after scaling each image to the clear one's spread."""
    scaled = images * clear.std(axis=(1, 2), keepdims=True) / images.std(axis=(1, 2), keepdims=True)
    return (scaled - clear).std(axis=(1, 2)).mean()


def test_the_basis_is_the_discrete_cosine_transform(clear):
    basis = cosine_basis(48).double().numpy()
    assert basis @ clear @ basis.T == pytest.approx(dctn(clear, axes=(1, 2), norm="ortho"), abs=1e-2)


def test_clear_images_change_little(clear):
    images, noise_ratio = restored(clear)
    assert error(images, clear) < 0.1 * 40
    assert noise_ratio.max() < 0.15


@pytest.mark.parametrize(("noise", "left"), [(10, 0.95), (30, 0.75)])
def test_noise_is_measured_and_removed(clear, noise, left):
    noisy = clear + np.random.default_rng(2).normal(0, noise, clear.shape)
    images, noise_ratio = restored(noisy)
    assert np.median(noise_ratio) == pytest.approx(noise / 40, rel=0.15)
    assert error(images, clear) < left * error(noisy, clear)


def test_blur_is_removed(clear):
    blurred = gaussian_filter(clear, (0, 2, 2), mode="reflect")
    assert error(restored(blurred)[0], clear) < 0.8 * error(blurred, clear)


def test_the_ratio_ignores_brightness_and_contrast(clear):
    noisy = clear + np.random.default_rng(2).normal(0, 20, clear.shape)
    assert restored(noisy)[1] == pytest.approx(restored(0.5 * noisy + 20)[1], rel=1e-3)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_flat_images_stay_finite(level):
    with torch.no_grad():
        image, noise_ratio = Restore()(torch.full((1, 1, 48, 48), float(level)))
    assert image.abs().max() < 1e-2
    assert noise_ratio.isfinite().all()


def test_the_network_answers_with_less_confidence_in_noise():
    """The same features with more noise give smaller logits."""
    torch.manual_seed(1)
    network = networks.compact_resnet(width=0.25).eval()
    face = torch.rand(1, 1, 48, 48) * 200
    with torch.no_grad():
        before = network(face)
        network.restore.forward = lambda x: (Restore.forward(network.restore, x)[0], torch.ones(1, 1))
        after = network(face)
        _, ratio = Restore()(face)
    assert after * (1 + network.NOISE_DOUBT) == pytest.approx(
        before * (1 + network.NOISE_DOUBT * ratio), rel=1e-4
    )
