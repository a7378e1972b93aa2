"""Properties behind the evidence: receptive fields, slopes of activations, and equivariance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs the lab extra (torch)")
pytest.importorskip("sklearn", reason="needs the lab extra (scikit-learn)")

from moviemotion.lab.data.dataset import FACE_SIZE  # noqa: E402
from moviemotion.lab.proposal.explain import frequency_tuning, patches, receptive_field, relu, translation  # noqa: E402
from moviemotion.lab.proposal.explain.network_inspection import (  # noqa: E402
    FaceSample,
    predict_probabilities,
    to_input_tensor,
    trace_network,
)
from moviemotion.lab.training.networks import build_network  # noqa: E402

SMALL = {"filters": [3, 4, 4], "kernels": [3, 3, 2], "dense": [6, 6]}


def network(seed=0, **design):
    torch.manual_seed(seed)
    made = build_network("deck36", 4, {**SMALL, **design}).eval()
    for layer in made.modules():
        if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear):
            torch.nn.init.normal_(layer.bias, std=0.1)
    return made


def faces(n=24, seed=0):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (n, FACE_SIZE, FACE_SIZE), dtype=np.uint8)
    return FaceSample(images, np.arange(n) % 4, "synthetic")


kernels = st.lists(st.integers(1, 5), min_size=1, max_size=4)
few = settings(max_examples=15, deadline=None)


@few
@given(kernels=kernels, seed=st.integers(0, 99))
def test_the_gradient_reaches_exactly_the_receptive_field(kernels, seed):
    made = network(seed, kernels=kernels, filters=[4] * len(kernels))
    # Without ReLU and max pooling all gradients pass, so they must reach the complete receptive field.
    linear = relu.linearize(made, keep_max_pooling=False)
    for block, (_, pooled) in enumerate(receptive_field.receptive_fields(made)):
        start, stop = pooled.span((FACE_SIZE // pooled.stride) // 2)
        inside = np.zeros(FACE_SIZE, dtype=bool)
        inside[max(0, start) : stop] = True
        reached = receptive_field.gradient_map(linear, to_input_tensor(faces(2, seed).images), block) > 0
        assert np.array_equal(reached, inside[:, None] & inside[None, :])


def test_the_receptive_fields_of_the_proposals_network():
    made = build_network("deck36", 4, {"filters": [2] * 5, "dense": [4]})
    assert [f.size for f, _ in receptive_field.receptive_fields(made)] == [3, 8, 14, 26, 50]
    assert [f.size for _, f in receptive_field.receptive_fields(made)] == [4, 10, 18, 34, 66]


@few
@given(
    seed=st.integers(0, 999), activation=st.sampled_from([("relu", 0), ("leaky_relu", 0.3), ("identity", 1)])
)
def test_an_activation_multiplies_the_gradient_by_its_slope_only(seed, activation):
    name, slope = activation
    # Wide enough that no layer is dead by chance.
    made = network(seed, conv_activation=name, dense_activation=name, dense=[64, 64])
    gate = relu.measure_gradients(made, faces(4, seed), seed)
    assert gate.negative_slope_range == pytest.approx((slope, slope), rel=1e-5)
    assert gate.positive_slope_range == pytest.approx((1, 1), rel=1e-5)
    assert gate.backward_linearity_error < 1e-5


@few
@given(seed=st.integers(0, 999), kernels=kernels)
def test_convolutions_are_equivariant_and_pooling_is_not(seed, kernels):
    made = network(seed, kernels=kernels, filters=[4] * len(kernels), conv_activation="leaky_relu")
    measured = translation.measure_equivariance(made, faces(3, seed).images)
    assert np.nanmax(measured.convolution) < 1e-12
    assert np.nanmax(measured.block_stride_shift) < 1e-12
    assert all(e < 1e-12 for e in measured.two_pixel_shift[:2] if e == e)
    assert all(
        e > 1e-3 for e in measured.two_pixel_shift[2:] if e == e
    )  # the stride is 4 px, so 2 px are half of it


@few
@given(down=st.integers(-12, 12), right=st.integers(-12, 12))
def test_a_shift_moves_all_pixels_and_repeats_the_edge(down, right):
    image = to_input_tensor(faces(1).images)[0, 0]
    moved = translation.shift_images(image, down, right)
    for row, column in ((0, 0), (20, 30), (47, 47)):
        source = np.clip([row - down, column - right], 0, 47)
        assert moved[row, column] == image[source[0], source[1]]


def test_the_network_is_linear_only_without_relu_and_max_pooling():
    measured = relu.measure_linearity_deviation(network(), faces(), 0)
    assert measured.as_trained.low > 0.01
    assert measured.no_relu.low > 0.01
    assert measured.no_relu_no_max_pooling.value < 1e-9


def test_dead_units_are_counted():
    made = network()
    with torch.no_grad():
        made.blocks[1][1].bias[:2] = -1e6
        made.head[1].bias[0] = -1e6
    layers = {layer.layer: layer for layer in relu.measure_activations(made, faces())}
    assert [layers[f"block {k}"].n_dead for k in (1, 2)] == [0, 2]
    assert layers["dense 1"].n_dead >= 1
    assert layers["block 2"].zero_share.value > 0.5
    seen = trace_network(made, to_input_tensor(faces().images)).blocks[0]
    assert torch.equal(seen.post_activation, seen.pre_activation.clamp(min=0))


def test_a_trace_has_the_values_of_the_network():
    made, x = network(batch_norm_position="before"), to_input_tensor(faces().images)
    with torch.inference_mode():
        assert torch.equal(trace_network(made, x).logits, made(x))
        assert predict_probabilities(made, faces().images) == pytest.approx(
            torch.softmax(made(x), 1).numpy(), abs=1e-6
        )


def single_filter(kernel):
    made = network(filters=[1], kernels=[3])
    with torch.no_grad():
        made.blocks[0][1].weight[0, 0] = torch.tensor(kernel, dtype=torch.float32)
        made.blocks[0][1].bias.zero_()
    return made


def test_a_difference_filter_prefers_finer_gratings_than_an_average():
    fine = single_filter([[0, 0, 0], [-1, 2, -1], [0, 0, 0]])
    coarse = single_filter([[1 / 9] * 3] * 3)
    assert frequency_tuning.measure_grating_tuning(fine)[0].preferred_frequency.value > 12
    assert frequency_tuning.measure_grating_tuning(coarse)[0].preferred_frequency.value < 3


@pytest.mark.parametrize("cutoff", frequency_tuning.CUTOFFS)
def test_the_cutoff_halves_a_grating_of_its_frequency(cutoff):
    wave = 100 + 50 * np.cos(2 * np.pi * cutoff * (np.arange(FACE_SIZE) + 0.5) / FACE_SIZE)
    image = np.broadcast_to(wave, (1, FACE_SIZE, FACE_SIZE)).astype(np.float32)
    filtered = frequency_tuning.low_pass(image, cutoff)[0, 24, 16:32]
    assert np.ptp(filtered) / np.ptp(image[0, 24, 16:32]) == pytest.approx(0.5, abs=0.02)
    assert frequency_tuning.low_pass(image, cutoff) + frequency_tuning.high_pass(
        image, cutoff
    ) == pytest.approx(image + image.mean(), abs=1e-3)


def test_the_strongest_patch_contains_what_the_filter_detects():
    made, sample = single_filter([[0, 0, 0], [0, 1, 0], [0, 0, 0]]), faces()
    sample.images[:, 10, 12] = 255
    sample.images[5, 0, 0] = 255
    found, shown = patches.find_strongest_patches(made, sample, 0)
    (only,) = found[0].filters
    assert only.patches.shape == (patches.PATCHES_PER_FILTER, 3, 3)
    assert (only.patches[:, 1, 1] == 255).all()
    assert [sample.truth[k] for k in shown] == [0, 1, 2, 3]


def test_a_probe_finds_what_is_encoded_and_nothing_else():
    sample = faces(80)
    assert frequency_tuning.run_linear_probes(network(), sample, 0).mean() < 0.5
    for k in range(4):
        sample.images[sample.truth == k, 12 * k : 12 * k + 12] //= 4
    assert frequency_tuning.run_linear_probes(network(), sample, 0)[0].mean() == 1


def test_near_pixels_correlate_only_in_smooth_images():
    noise = faces(60)
    assert abs(translation.pixel_correlation(noise.images, 0)[0].value) < 0.02
    smooth = np.clip(frequency_tuning.low_pass(noise.images, 3.0) * 4 - 380, 0, 255).astype(np.uint8)
    near, *_, far = translation.pixel_correlation(smooth, 0)
    assert near.low > 0.8
    assert far.high < 0.3


def test_only_moved_faces_change_the_prediction():
    curve = translation.measure_shift_curve(network(), faces())
    assert (curve.probability_change[0].value, curve.unchanged_share[0].value) == (0, 1)
    assert curve.probability_change[-1].value > 0
    assert curve.map_correlation[0][0].value == 1 > curve.map_correlation[0][1].high
