"""Links between the pages of README and docs, which ``make site`` carries: relative, to a file that the site has too."""

import re

from bench.plan.catalogue import ROOT

PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md"), ROOT / "results/reported/README.md"]


def test_every_link_leads_to_a_file_of_the_site():
    carried = {page.resolve() for page in (*PAGES, ROOT / "LICENSE", *ROOT.glob("docs/images/*"))}
    found = 0
    for page in PAGES:
        text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            if not link.startswith(("https://", "#")):
                found += 1
                target = (page.parent / link.partition("#")[0]).resolve()
                assert target in carried, f"{page.relative_to(ROOT)}: {link}"
    assert found > 50
