"""ReviewKD: the pairs of the authors' scripts, warm-up, the teacher's batch normalisation, what gets gradients."""

from functools import cache

import pytest
import torch
import torch.nn.functional as F

from bench.backbones import count_parameters
from bench.methods.reviewkd import KnowledgeReview
from bench.methods.shared.review_fusion import ReviewFusion, hierarchical_context_loss
from bench.plan import BenchError, Plan, settings_from
from bench.plan.catalogue import backbone_files
from bench.tasks import build_network

# student, teacher: their channels (pooled feature last), the parameters of the fusion modules
PAIRS = {
    ("resnet20_cifar", "resnet56_cifar"): ([16, 32, 64, 64], [16, 32, 64, 64], 114_278),
    ("resnet32_cifar", "resnet110_cifar"): ([16, 32, 64, 64], [16, 32, 64, 64], 114_278),
    ("resnet8x4_cifar", "resnet32x4_cifar"): ([64, 128, 256, 256], [64, 128, 256, 256], 1_808_774),
    ("wrn16_2", "wrn40_2"): ([32, 64, 128, 128], [32, 64, 128, 128], 453_830),
    ("wrn40_1", "wrn40_2"): ([16, 32, 64, 64], [32, 64, 128, 128], 216_006),
    ("shufflenetv1_cifar", "wrn40_2"): ([240, 480, 960, 960], [32, 64, 128, 128], 2_984_646),
    ("shufflenetv1_cifar", "resnet32x4_cifar"): ([240, 480, 960, 960], [64, 128, 256, 256], 4_607_366),
    ("shufflenetv2_cifar", "resnet32x4_cifar"): ([116, 232, 464, 1024], [64, 128, 256, 256], 4_195_718),
    ("vgg8_cifar", "vgg13_cifar"): ([128, 256, 512, 512, 512], [128, 256, 512, 512, 512], 9_847_560),
    ("mobilenetv2_half_cifar", "vgg13_cifar"): ([12, 16, 48, 160, 1280], [128, 256, 512, 512, 512], 9_640_712),
    ("resnet18", "resnet34"): ([64, 128, 256, 512, 512], [64, 128, 256, 512, 512], 7_552_904),
    ("mobilenet_v1", "resnet50"): ([128, 256, 512, 1024, 1024], [256, 512, 1024, 2048, 2048], 14_338_056),
}
IMAGENET = {"resnet18", "resnet34", "mobilenet_v1", "resnet50"}


@pytest.fixture
def pair():
    """Builds a method on narrow networks."""

    def build(student="resnet20_cifar", teacher="resnet32_cifar", classes=5, **params):
        torch.manual_seed(0)
        networks = [build_network(name, classes, width=0.25) for name in (student, teacher)]
        return KnowledgeReview(networks[0], KnowledgeReview.Params(**params), classes, {"offline": networks[1]}).train()

    return build


@pytest.mark.parametrize("names", PAIRS, ids="<-".join)
def test_fusion_modules_have_the_published_number_of_parameters(names):
    own, theirs, parameters = PAIRS[names]
    with torch.device("meta"):
        assert count_parameters(ReviewFusion(own, theirs, widest=256 if names[0] == "mobilenet_v1" else 512)) == parameters


@cache
def channels_of(name):
    """A network of several pairs is built once; empty where it declares no stages."""
    with torch.device("meta"):
        network = build_network(name, 10)
    shapes = network.stage_shapes(224 if name in IMAGENET else 32) if network.stages else ()
    return [*(found for found, _, _ in shapes), network.feature_width] if shapes else []


@pytest.mark.parametrize("names", PAIRS, ids="<-".join)
def test_backbones_of_the_pairs_give_these_channels(names):
    for name, channels in zip(names, PAIRS[names], strict=False):
        if name not in backbone_files():
            pytest.skip(f"no backbone '{name}' here")
        if not channels_of(name):
            pytest.skip(f"'{name}' declares no stages")
        assert channels_of(name) == channels


def test_the_whole_method_has_them_too():
    with torch.device("meta"):
        networks = [build_network(name, 100) for name in ("resnet20_cifar", "resnet56_cifar")]
    method = KnowledgeReview(networks[0], KnowledgeReview.Params(), 100, {"offline": networks[1]})
    assert count_parameters(method) - count_parameters(networks[0]) == 114_278


@pytest.mark.parametrize(("epoch", "share"), [(1, 0.0), (2, 0.05), (11, 0.5), (21, 1.0), (200, 1.0)])
def test_the_weight_rises_from_0_in_the_first_epoch(pair, batch, clock, epoch, share):
    method = pair(weight=3.0)
    step = method(batch(pixels=32), clock(epoch=epoch, epochs=240))
    torch.testing.assert_close(step.losses["review"], 3.0 * share * step.logs["distance"])
    assert sorted(step.losses) == ["ce", "review"]


def test_distance_is_the_sum_over_levels(pair, batch, clock):
    data, method = batch(pixels=32), pair()
    distance = method(data, clock()).logs["distance"]
    student, teacher = (
        method.student.look(data.views[0]),
        method.teachers["offline"].look(data.views[0], before_activation=True),
    )
    assert min(float(item.detach().min()) for item in student.maps) == 0.0
    assert all(float(item.min()) < 0 for item in teacher.maps)
    fused = method.fusion([*student.maps, student.pooled[..., None, None]], [(32, 32), (16, 16), (8, 8), (1, 1)])
    targets = [*teacher.maps, teacher.pooled[..., None, None]]
    expected = sum(hierarchical_context_loss(*both) for both in zip(fused, targets, strict=True))
    torch.testing.assert_close(distance, expected, rtol=1e-4, atol=1e-5)


def test_students_of_another_resolution_reach_the_teachers(pair, batch, clock):
    method = pair("shufflenetv1_cifar", "resnet32x4_cifar")
    step = method(batch(pixels=32), clock(epoch=30))
    step.losses["review"].backward()
    assert bool(torch.isfinite(step.losses["review"].detach()))
    assert all(parameter.grad is not None for parameter in method.fusion.parameters())


def test_gradients_reach_student_and_fusion_and_not_the_teacher(pair, batch, clock):
    method = pair("wrn16_2", "wrn40_2")
    method(batch(pixels=32), clock(epoch=30)).losses["review"].backward()
    assert all(parameter.grad is not None for parameter in method.fusion.parameters())
    reached = {name for name, parameter in method.student.named_parameters() if parameter.grad is not None}
    assert {name for name, _ in method.student.named_parameters()} - reached == {"net.fc.weight", "net.fc.bias"}
    assert all(parameter.grad is None for parameter in method.teachers["offline"].parameters())


def test_the_teacher_normalises_as_the_flag_says_and_learns_nothing(pair, batch, clock):
    data, distances = batch(pixels=32), {}
    for mode in ("eval", "train"):
        method = pair(teacher_bn=mode)
        teacher = method.teachers["offline"]
        before = {name: value.clone() for name, value in teacher.state_dict().items()}
        method.eval().train()
        distances[mode] = float(method(data, clock()).logs["distance"].detach())
        assert all(torch.equal(value, before[name]) for name, value in teacher.state_dict().items())
        assert teacher.net.bn1.training == (mode == "train")
    assert distances["eval"] != distances["train"]


def test_features_can_be_taken_on_the_other_side_of_the_relu(pair, batch, clock):
    data = batch(pixels=32)

    def distance(**params):
        return float(pair(**params)(data, clock()).logs["distance"].detach())

    assert len({distance(), distance(student_before_activation=True), distance(teacher_before_activation=False)}) == 3


def test_weight_0_is_cross_entropy_and_the_plain_student_is_deployed(pair, batch, clock):
    data, method = batch(pixels=32), pair(weight=0)
    step = method(data, clock(epoch=30))
    assert float(step.losses["review"].detach()) == 0.0
    torch.testing.assert_close(step.losses["ce"], F.cross_entropy(step.logits, data.labels))
    plain = build_network("resnet20_cifar", 5, width=0.25)
    plain.load_state_dict(method.student.state_dict())
    assert torch.equal(method.eval().predict(data.views[0]), plain.eval()(data.views[0]))


def test_pairs_with_different_numbers_of_stages_are_refused(pair):
    with pytest.raises(BenchError, match="as many stages in student and teacher; they declare 3 and 4"):
        pair("resnet20_cifar", "vgg8_cifar")


@pytest.mark.parametrize("params", [{"weight": -1}, {"warm_up": -1}, {"teacher_bn": "off"}])
def test_bad_parameters_give_one_line(params):
    with pytest.raises(ValueError, match="allowed: "):
        KnowledgeReview.Params(**params)


IMAGENET_PAIRS = {"reviewkd-resnet34": "resnet18", "reviewkd-resnet50": "mobilenet_v1_relu"}


@pytest.fixture(params=IMAGENET_PAIRS)
def imagenet_pair(request):
    """The method of an ImageNet pair on narrow networks, with the parameters that the paper's file gives it, and these."""
    plan = Plan(settings_from({"scale": "paper"}))
    run = plan.cell("reviewkd", "imagenet", IMAGENET_PAIRS[request.param], request.param).run(0)
    config, (teacher,) = plan.resolve(run), plan.teachers(run).values()
    torch.manual_seed(0)
    networks = [build_network(name, 5, width=0.125) for name in (config["backbone"]["name"], teacher.cell.backbone)]
    params = config["method"]["params"]
    return KnowledgeReview(networks[0], KnowledgeReview.Params(**params), 5, {"offline": networks[1]}).train(), params


def test_the_imagenet_pairs_have_the_released_form(imagenet_pair, batch, clock):
    """No warm-up; the teacher after its ReLUs; MobileNet's student before them: by hooks of the test's own."""
    method, params = imagenet_pair
    data, seen = batch(pixels=64), {}
    teacher, student = method.teachers["offline"], method.student
    mobile = student.stages[0].startswith("blocks")
    for network in (teacher, student):
        for path in network.stages:
            stage = network.net.get_submodule(path)
            if network is student and mobile:
                activation = [item for item in stage.modules() if isinstance(item, torch.nn.ReLU)][-1]
                activation.inplace = False
                activation.register_forward_hook(lambda _, inputs, output, key=path: seen.update({("s", key): inputs[0]}))
            else:
                who = "s" if network is student else "t"
                stage.register_forward_hook(lambda _, inputs, output, key=(who, path): seen.update({key: output}))
    step = method(data, clock(epoch=1, epochs=100))
    with torch.no_grad():
        targets = [seen["t", path] for path in teacher.stages]
        targets.append(teacher.penultimate(data.views[0])[1][..., None, None])
        pooled = student.eval().penultimate(data.views[0])[1].shape
    assert pooled[1] == student.feature_width and all(float(target.min()) >= 0 for target in targets)
    features = [seen["s", path].detach() for path in student.stages]
    assert all((float(item.min()) < 0) == mobile for item in features)
    torch.testing.assert_close(step.losses["review"], params["weight"] * step.logs["distance"])
    assert float(step.losses["review"].detach()) > 0
    assert (params["warm_up"], params.get("widest", 512)) == (0, 256 if mobile else 512)
