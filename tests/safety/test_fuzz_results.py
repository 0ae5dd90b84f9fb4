"""Records, checkpoints, rows, printed numbers and archives from nobody we know; names and notes that want to be markup."""

import copy
import csv
import io
import json
import pickle
import re
import tarfile
import zipfile
from html.parser import HTMLParser

import pytest
import torch
from broken import HOSTILE, clear, damaged, damaged_bytes, fuzzed, values, words
from hypothesis import strategies as st
from projects.recorded import RecordedProject

from bench.data.store.archives import LARGEST_MEMBER, opened
from bench.plan import BenchError
from bench.plan.catalogue import ROOT
from bench.records.files import read_json, write_json
from bench.records.numbers import read_numbers
from bench.records.record import fresh_results, read_record, result_of, state_of
from bench.records.rows import read_rows, rows_text
from bench.report.latex import escape
from bench.report.page import table_page
from bench.report.render import page_html, tables_tex
from bench.report.reported import load_reported, parse_reported
from bench.report.rows import table_csv
from bench.report.table import table_view
from bench.train.checkpoint import MAGIC, load_checkpoint, save_checkpoint


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("recorded")
        patch.chdir(folder)
        made = RecordedProject(folder)
        made.record_all()
        made.record_content = read_json(folder / made.runs()[0].record)
        made.rows = rows_text(fresh_results(made.runs(), curve=False))
        return made


def rendered(project, results):
    """The table of a project's paper as HTML, LaTeX and CSV."""
    plan = project.plan
    paper = plan.paper("drrnet")
    reported = load_reported(plan.settings.reported, paper, "table2")
    view = table_view(paper, paper.tables["table2"], results, reported, plan.scale, plan.settings.seeds)
    page = table_page(view)
    return page_html(page), tables_tex(page), table_csv([view])


@fuzzed(data=st.data())
def test_records_with_a_checksum_that_fits(watched, recorded, data):
    content = data.draw(damaged(recorded.record_content))
    path = watched / "x.json"
    if clear(lambda: write_json(path, content) or True):
        assert state_of(path).kind in ("done", "failed")
        record = clear(lambda: read_record(path))
        if record:
            results = clear(lambda: [result_of(recorded.runs()[0], record)])
            clear(lambda: rendered(recorded, results))


@fuzzed(data=st.data())
def test_records_of_damaged_bytes(watched, recorded, data):
    path = watched / "x.json"
    whole = (recorded.folder / recorded.runs()[0].record).read_bytes()
    content = data.draw(st.one_of(damaged_bytes(whole), st.binary(max_size=200)))
    path.write_bytes(content)
    assert (clear(lambda: read_record(path)) is not None) == (content == whole)
    assert (state_of(path).kind == "done") == (content == whole)


class Owner:
    """What an unpickler would run."""

    def __reduce__(self):
        return (open, ("owned", "w"))


@fuzzed(data=st.data())
def test_checkpoints(watched, data):
    path = watched / "checkpoint.pt"
    save_checkpoint(path, {"net": {"w": torch.arange(6.0)}, "config": {"a": [1, "b", None]}})
    whole = path.read_bytes()
    path.write_bytes(data.draw(st.one_of(damaged_bytes(whole), st.binary(max_size=100))))
    found = clear(lambda: load_checkpoint(path))
    assert (found is None) == (path.read_bytes() != whole)


@fuzzed(data=st.data())
def test_checkpoints_whose_checksum_fits(watched, data):
    import hashlib

    buffer = io.BytesIO()
    torch.save({"net": {"w": torch.arange(6.0)}}, buffer)
    hostile = st.sampled_from([pickle.dumps(Owner()), pickle.dumps({"net": Owner()}), pickle.dumps([1]), b""])
    payload = data.draw(st.one_of(hostile, damaged_bytes(buffer.getvalue()), st.binary(max_size=100)))
    path = watched / "checkpoint.pt"
    path.write_bytes(MAGIC + hashlib.sha256(payload).digest() + payload)
    found = clear(lambda: load_checkpoint(path))
    assert found is None or isinstance(found, dict)
    assert not (watched / "owned").exists()


@fuzzed(data=st.data())
def test_rows(watched, recorded, data):
    lines = recorded.rows.splitlines(keepends=True)
    chosen = data.draw(st.integers(0, len(lines) - 1))
    if data.draw(st.booleans()):  # one field replaced, the file still well formed
        (fields,) = csv.reader([lines[max(chosen, 1)]])
        value = data.draw(values)
        fields[data.draw(st.integers(0, len(fields) - 1))] = data.draw(st.sampled_from([str(value), json.dumps(value)]))
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(fields)
        lines[max(chosen, 1)] = line.getvalue()
        content = "".join(lines).encode("utf-8", "replace")
    else:
        content = data.draw(damaged_bytes(recorded.rows.encode()))
    path = watched / "rows.csv"
    path.write_bytes(content)
    results = clear(lambda: read_rows(path))
    if results:
        clear(lambda: rendered(recorded, results))


@fuzzed(data=st.data())
def test_printed_numbers(watched, recorded, data):
    paper = recorded.plan.paper("drrnet")
    whole = (ROOT / "results" / "reported" / "drrnet" / "table2.csv").read_bytes()
    text = data.draw(damaged_bytes(whole)).decode("utf-8", "replace")
    found = clear(lambda: parse_reported(text, paper, paper.tables["table2"], "drrnet/table2.csv"))
    assert found is None or all(abs(number.value) < float("inf") for number in found.values())


UNITS = ("66.1", "0.661", "0.0", "1", "150 %", "-3 %", "66.1 %", "0.5%", "diverged", "6.6e1", "66,1", "", "nan", "1e-300")


@fuzzed(data=st.data())
def test_numbers_of_a_new_method(watched, data):
    unit, count = st.sampled_from(UNITS), st.sampled_from(("1", "5", "5.0", "0", "", "1e3"))
    if data.draw(st.booleans()):
        columns, row = "dataset,backbone,metric,value", st.tuples(unit)
    else:
        columns, row = "dataset,backbone,metric,mean,sd,n", st.tuples(unit, unit, count)
    metrics = st.sampled_from(("accuracy", "error", "miou", "epochs", ""))
    rows = data.draw(st.lists(st.tuples(st.sampled_from(("fusar", "cifar10", "x")), metrics, row), min_size=1, max_size=4))
    lines = [columns, *(f"{dataset},resnet18,{metric},{','.join(numbers)}" for dataset, metric, numbers in rows)]
    path = watched / "mine.csv"
    text = "\n".join(lines).encode()
    path.write_bytes(data.draw(st.one_of(st.just(text), damaged_bytes(text))))
    for (_, _, metric), numbers in (clear(lambda: read_numbers(path)) or {}).items():
        means = numbers.values or (() if numbers.diverged else (numbers.mean,))
        assert all(0.0 <= value <= 100.0 for value in means) and 0 <= numbers.diverged <= numbers.n
        assert metric == "error" or not means or max(means) > 1.0 or b"%" in path.read_bytes() or max(means) == 0.0


@fuzzed(data=st.data())
def test_archives(watched, data):
    path = watched / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in data.draw(
            st.lists(words.map(lambda text: text.replace("\0", "") or "x"), min_size=1, max_size=4, unique=True)
        ):
            link = zipfile.ZipInfo(name.encode("utf-8", "replace").decode()[:1000])
            if data.draw(st.booleans()):
                link.external_attr = 0o120777 << 16  # a symbolic link
            archive.writestr(link, data.draw(st.sampled_from([b"", b"/etc/passwd", b"x" * 1000])))
    if data.draw(st.booleans()):
        path.write_bytes(data.draw(damaged_bytes(path.read_bytes())))

    def read():
        with opened(path, "x.zip") as container:
            return [clear(lambda name=name: container.read(name)) for name in container.names]

    clear(read)


@fuzzed(data=st.data())
def test_tar_archives(watched, data):
    path = watched / f"x.tar{data.draw(st.sampled_from(['', '.gz', '.xz']))}"
    kinds = [tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
    escapes = False
    with tarfile.open(path, f"w:{path.suffix[1:].replace('tar', '')}") as archive:
        for name in data.draw(st.lists(words.map(lambda text: text.replace("\0", "") or "x"), min_size=1, max_size=4)):
            member = tarfile.TarInfo(name.encode("utf-8", "replace").decode()[:1000])
            member.type, member.linkname, member.size = data.draw(st.sampled_from(kinds)), "/etc/passwd", 0
            escapes |= member.type != tarfile.DIRTYPE and (member.type != tarfile.REGTYPE or ".." in member.name.split("/"))
            archive.addfile(member)
    whole = path.read_bytes()
    if data.draw(st.booleans()):
        path.write_bytes(data.draw(damaged_bytes(whole)))

    def read():
        with opened(path, path.name) as container:
            return [clear(lambda name=name: container.read(name)) for name in container.names]

    found = clear(read)
    assert found is None or not escapes or path.read_bytes() != whole


def test_a_zip_bomb_is_not_unpacked(watched):
    path = watched / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * (LARGEST_MEMBER + 2))
    assert path.stat().st_size < 100_000
    with opened(path, "bomb.zip") as container, pytest.raises(BenchError, match="larger than 64 MiB"):
        container.read("zeros")


class Tags(HTMLParser):
    """The elements and attributes of a page, in order."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, tuple(name for name, _ in attrs if name != "id")))


def tags(page):
    parser = Tags()
    parser.feed(page)
    return parser.found


ACTIVE = ("script", "style", "link", "img", "iframe", "object", "embed", "form", "base", "meta")
COMMANDS = re.compile(
    r"\\(?:textbackslash|textasciicircum|textasciitilde|textless|textgreater|textbar|texttt|dots|dag|pm|times|cdot|leq"
    r"|geq|rightarrow|circ|alpha|beta|gamma|delta|epsilon|eta|theta|lambda|mu|sigma|tau|Delta|[{}$&#%_`])"
)


@fuzzed(st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1, max_size=60)))
def test_text_that_wants_to_be_markup(recorded, text):
    content = copy.deepcopy(recorded.content)
    content["variants"]["tfkd"]["label"] = content["title"] = content["tables"]["table2"]["note"] = text
    results = list(fresh_results(recorded.runs(), recorded.folder))
    plain = tags(rendered(recorded, results)[0])
    try:
        recorded.write_paper(content)
        made = clear(lambda: rendered(recorded, results))
    finally:
        recorded.write_paper(recorded.content)
    if made:
        hostile = tags(made[0])
        assert [tag for tag in hostile if tag[0] in ACTIVE] == [tag for tag in plain if tag[0] in ACTIVE]
        assert len(hostile) - len(plain) in (0, 1)  # the note's own paragraph
    left = COMMANDS.sub("", escape(text.replace("\u00a0", "").replace("°", "")))  # LaTeX has signs of its own for these
    assert "\\" not in left and not set(left) & set("#&%~^")
