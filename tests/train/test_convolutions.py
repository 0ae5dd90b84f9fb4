"""Convolutions as matrix products: the library's numbers, for the shapes that a rule names, and no others."""

from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from projects.squares import trained
from torch import nn

from bench.plan import Plan, settings_from
from bench.train import Machine, convolutions
from bench.train.convolutions import ShapedConv2d, can_be_in_form, product_convolution, put_into_form, resolve_convolutions

CPU = torch.device("cpu")
# Kernel, stride, padding, size of the map: all that the networks have, and maps that a stride does not fill.
LAYERS = [(3, 1, 1, 4), (3, 2, 1, 8), (3, 2, 1, 7), (1, 1, 0, 7), (1, 2, 0, 8), (1, 2, 0, 7), (3, 1, 1, 1), (5, 1, 2, 6),
          (7, 2, 3, 16), (11, 4, 2, 19), (2, 2, 0, 4), ((1, 7), 1, 0, 9)]  # fmt: skip


def both(layer, dtype, whole, bias=True, layout=torch.channels_last):
    """(output, gradients) of a layer's convolution as the library computes it, and of the product."""
    kernel, stride, padding, size = layer
    torch.manual_seed(0)
    high, wide = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    values = torch.randn(3, 6, size, size), torch.randn(8, 6, high, wide) / (6 * high * wide) ** 0.5, torch.randn(8)
    found = []
    for function in (F.conv2d, lambda *given: product_convolution(*given, whole)):
        images, weight, shift = (value.to(dtype).requires_grad_() for value in values)
        given = (images.contiguous(memory_format=layout), weight.contiguous(memory_format=layout), shift if bias else None)
        output = function(*given, stride, padding)
        leaves = (images, weight, shift) if bias else (images, weight)
        drawn = torch.randn(output.shape, generator=torch.Generator().manual_seed(1)).to(dtype)
        found.append((output, *torch.autograd.grad(output, leaves, drawn)))
    return found


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("dtype, close", [(torch.float64, 1e-12), (torch.float32, 1e-5), (torch.bfloat16, 2e-2)])
def test_output_and_gradients_are_the_library_s(dtype, close, whole):
    for layer in LAYERS:
        for expected, found in zip(*both(layer, dtype, whole), strict=True):
            assert found.shape == expected.shape
            torch.testing.assert_close(
                found, expected, rtol=close, atol=close * float(expected.detach().abs().max()), msg=str(layer)
            )


def test_the_weights_form_leaves_the_rest_bit_for_bit():
    expected, found = both(LAYERS[0], torch.float32, whole=False)
    assert all(torch.equal(expected[part], found[part]) for part in (0, 1))


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_it_repeats_and_stays_in_channels_last(layout):
    (_, first), (_, second) = (both(LAYERS[1], torch.float32, True, layout=layout) for _ in range(2))
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))
    assert first[0].is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    "options",
    [
        {"groups": 2},
        {"dilation": 2},
        {"padding_mode": "circular"},
        {"padding": "same"},
        {"padding": (1, 0)},
        {"stride": (1, 2)},
    ],
)
def test_what_is_no_single_product_stays(options):
    layer = nn.Conv2d(4, 4, 3, **options)
    put_into_form(layer, "gemm")
    assert not can_be_in_form(layer) and type(layer) is nn.Conv2d


def test_a_rule_chooses_by_shape_and_the_state_stays(monkeypatch):
    made = []
    monkeypatch.setattr(
        convolutions, "product_convolution", lambda *given: made.append(given[0].dtype) or product_convolution(*given)
    )
    net = nn.Sequential(nn.Conv2d(8, 256, 3, padding=1), nn.Conv2d(256, 256, 3, stride=2, padding=1))
    before, images = {name: value.clone() for name, value in net.state_dict().items()}, torch.randn(2, 8, 8, 8)
    expected = net(images)
    put_into_form(net, "gemm")
    assert all(type(layer) is ShapedConv2d for layer in net)
    torch.testing.assert_close(net(images), expected, rtol=1e-4, atol=1e-5)
    assert made == [torch.float32]  # 8 by 8 is too large a map, 4 by 4 is not
    with torch.autocast("cpu", torch.bfloat16):
        assert net(images).dtype == torch.bfloat16
    assert made[1:] == [torch.bfloat16]
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    made.clear()
    net.apply(lambda layer: setattr(layer, "form", "gemm_weights"))
    with torch.no_grad():
        net(images)  # no gradient, nothing to gain
    assert not made


@pytest.mark.parametrize(
    "amx, amd, precision, expected",
    [(True, False, "bf16", "gemm"), (False, True, "bf16", "gemm_weights"), (True, True, "fp32", "library"),
     (False, False, "bf16", "library")],
)  # fmt: skip
def test_auto(monkeypatch, amx, amd, precision, expected):
    monkeypatch.setattr(convolutions, "has_amx", lambda: amx)
    monkeypatch.setattr(convolutions, "has_fast_avx512_bf16", lambda: amd)
    assert resolve_convolutions("auto", precision, CPU) == expected
    assert resolve_convolutions("gemm", "fp32", CPU) == "gemm"
    assert resolve_convolutions("gemm", "bf16", SimpleNamespace(type="cuda")) == "library"


def test_a_form_that_is_asked_for_is_part_of_the_config():
    run = Plan(settings_from({"scale": "demo"})).runs_of("drrnet/table2")[0]
    configs = {form: Plan(settings_from({"convolutions": form})).resolve(run) for form in ("auto", "library", "gemm")}
    assert configs["auto"] == configs["library"] == {key: configs["gemm"][key] for key in configs["auto"]}
    assert configs["gemm"]["convolutions"] == "gemm"


def test_a_training_ends_where_the_library_s_ends(config, squares, tmp_path, monkeypatch):
    monkeypatch.setitem(convolutions.RULES, "gemm", lambda shape: shape.height <= 4)
    outcomes = [
        trained(config(epochs=1), squares, Machine.of("cpu", "fp32", 1, convolutions=form), tmp_path / form)[0]
        for form in ("library", "gemm")
    ]
    torch.testing.assert_close(outcomes[1].curve["loss"], outcomes[0].curve["loss"], rtol=1e-3, atol=1e-3)


@pytest.fixture
def threads():
    """Sets how many threads torch computes with, until the test ends."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def test_single_pixels_with_a_stride_are_safe_on_several_threads(threads):
    layer = nn.Conv2d(8, 16, 1, 2, bias=False).to(memory_format=torch.channels_last)
    images = torch.randn(7, 8, 16, 16).contiguous(memory_format=torch.channels_last)
    threads(1)
    expected = layer(images)
    expected.sum().backward()
    put_into_form(layer, "library")
    assert torch.equal(layer(images), expected)
    gradient, layer.weight.grad = layer.weight.grad, None
    threads(2)
    for _ in range(30):  # the library's own ends the process within these
        layer.zero_grad()
        output = layer(images)
        output.sum().backward()
    torch.testing.assert_close(output, expected)
    torch.testing.assert_close(layer.weight.grad, gradient)
