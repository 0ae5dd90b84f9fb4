"""Weights of detectron2, Caffe2 and torchvision, read from files that were written here under their names."""

import pickle
from collections import OrderedDict

import numpy as np
import pytest
import torch
from projects.detectors import detector, pixels, zoo
from torchvision.models import resnet18

from bench.backbones.detection.weights import load_weights
from bench.plan import BenchError

WIDE = {"width": 1.0, "pyramid_width": 8, "hidden": 16}


@pytest.fixture(scope="module")
def net():
    return detector("fasterrcnn_resnet50_fpn", seed=3, width=0.125).eval()


def test_a_detector_of_the_zoo_predicts_the_same(net, tmp_path):
    file = tmp_path / "model_final.pkl"
    file.write_bytes(pickle.dumps({"model": zoo(net), "__author__": "Detectron2"}))
    other = detector("fasterrcnn_resnet50_fpn", seed=4, width=0.125).eval()
    left = load_weights(other, file)
    assert {name.rsplit(".", 1)[-1] for name in left} <= {"num_batches_tracked"}
    assert all(torch.equal(value, other.state_dict()[name]) for name, value in net.state_dict().items() if name not in left)
    with torch.no_grad():
        for ours, theirs in zip(net.features(pixels())[1], other.features(pixels())[1], strict=True):
            assert torch.equal(ours, theirs)


def test_a_saved_state_dict_is_read_as_well(net, tmp_path):
    file = tmp_path / "model.pth"
    torch.save({"model": {name: torch.from_numpy(value) for name, value in zoo(net).items()}}, file)
    other = detector("fasterrcnn_resnet50_fpn", seed=4, width=0.125)
    load_weights(other, file)
    assert torch.equal(other.regions.scores.weight, net.regions.scores.weight)


def test_a_classifier_of_torchvision_gives_the_body(tmp_path):
    classifier = resnet18().eval()
    torch.save(classifier.state_dict(), tmp_path / "resnet18.pth")
    net = detector(**WIDE).eval()
    left = load_weights(net, tmp_path / "resnet18.pth")
    assert not [name for name in left if name.startswith("body") and not name.endswith("num_batches_tracked")]
    images = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        maps = classifier.maxpool(classifier.relu(classifier.bn1(classifier.conv1(images))))
        for stage, ours in zip((classifier.layer1, classifier.layer2), net.body(images), strict=False):
            maps = stage(maps)
            assert torch.equal(maps, ours)


def test_caffe2_names_have_their_statistics_folded_in(tmp_path):
    draw = np.random.RandomState(0)
    net = detector("fasterrcnn_resnet50_fpn", width=0.125)
    own = net.state_dict()
    blobs = {"conv1_w": draw.randn(*own["body.stem.conv1.weight"].shape).astype(np.float32)}
    blobs["res_conv1_bn_s"], blobs["res_conv1_bn_b"] = (draw.randn(8).astype(np.float32) for _ in range(2))
    blobs["res2_0_branch2c_w"] = draw.randn(*own["body.res2.0.conv3.weight"].shape).astype(np.float32)
    blobs["res2_0_branch1_bn_s"] = draw.randn(32).astype(np.float32)
    blobs["fc1000_w"] = np.zeros((2, 2), dtype=np.float32)
    (tmp_path / "R-50.pkl").write_bytes(pickle.dumps({"blobs": blobs}))
    load_weights(net, tmp_path / "R-50.pkl")
    loaded = net.eval().state_dict()
    assert np.array_equal(loaded["body.stem.conv1.weight"].numpy(), blobs["conv1_w"][:, ::-1])
    assert np.array_equal(loaded["body.res2.0.conv3.weight"].numpy(), blobs["res2_0_branch2c_w"])
    assert np.array_equal(loaded["body.res2.0.downsample.1.weight"].numpy(), blobs["res2_0_branch1_bn_s"])
    values = torch.randn(1, 8, 4, 4)
    scaled = values * torch.from_numpy(blobs["res_conv1_bn_s"]).view(-1, 1, 1) + torch.from_numpy(blobs["res_conv1_bn_b"]).view(
        -1, 1, 1
    )
    torch.testing.assert_close(net.body.stem.bn1(values), scaled)


class _Harmful:
    def __reduce__(self):
        return print, ("run",)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (pickle.dumps({"model": {"a": _Harmful()}}), "it asks for builtins.print"),
        (b"no pickle", "holds no weights"),
        (pickle.dumps({"model": {}}), "holds no weights"),
        (pickle.dumps({"model": {"roi_heads.mask_head.x": np.zeros(1)}}), "'roi_heads.mask_head.x' is no name of"),
        (pickle.dumps({"model": OrderedDict({"roi_heads.box_head.fc1.weight": np.zeros((3, 3))})}), r"has the shape \(3, 3\)"),
        (pickle.dumps({"model": {"backbone.bottom_up.res2.9.conv1.weight": np.zeros(1)}}), "has no place in this detector"),
    ],
)
def test_other_files_are_refused_in_a_line(net, tmp_path, content, words):
    file = tmp_path / "model.pkl"
    file.write_bytes(content)
    with pytest.raises(BenchError, match=words) as caught:
        load_weights(net, file)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(net, tmp_path):
    with pytest.raises(BenchError, match=r"none\.pkl: cannot be read"):
        load_weights(net, tmp_path / "none.pkl")
