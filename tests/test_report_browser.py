"""The HTML report in headless Chromium: at phone and desktop width, by mouse and by keyboard."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.report import html
from grader.report.graded import Run
from grader.types import Evidence
from tests import fakes
from tests.test_report_html import nasty

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium"),
]
WIDER = """[...document.querySelectorAll('body *')].filter(one => !one.closest('.scroll, .view, svg')
  && one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(params=[390, 1280])
def page(browser: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A page of three answers; at the end: no error, no request, nothing that an answer ran."""
    text = "It keeps keys and values. " * 6
    evidence = (Evidence(quote="keys and values", start=9, end=24, state="verified"),)
    low = fakes.graded(
        0.2, id="low", text="Nothing.", verdicts=(fakes.said("Q1.1", "missing"),), person="ben"
    )
    rows = (
        fakes.graded(
            0.9, text=text, verdicts=(fakes.said("Q1.1", evidence=evidence), fakes.said("Q1.2", "partial"))
        ),
        replace(low, bar=0.5),
        *nasty().rows[:1],
    )
    file = tmp_path / "report.html"
    file.write_text(html.render([Run(name="round", rows=rows)], "en"), encoding="utf-8")
    context = browser.new_context(
        viewport={"width": request.param, "height": 800}, color_scheme="light", reduced_motion="reduce"
    )
    shown = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    shown.on("console", lambda one: said.append(one.text))
    shown.on("pageerror", lambda one: said.append(str(one)))
    shown.on("request", lambda one: asked.append(one.url))
    shown.goto(file.as_uri())
    yield shown
    assert said == []
    assert [one for one in asked if not one.startswith(("file:", "data:"))] == []
    assert shown.evaluate("typeof pwned") == "undefined"
    context.close()


def shown(page: Any) -> int:
    return int(page.locator(".answer:visible").count())


def test_nothing_is_wider_than_the_screen(page: Any) -> None:
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert page.evaluate(WIDER) == []


@pytest.mark.parametrize("width", [390, 1280])
def test_text_made_to_leave_its_box_stays_inside(browser: Any, tmp_path: Path, width: int) -> None:
    """Endless words, tables, marks over marks and turned lines in every field: no wider page, nothing drawn
    over what stands above, and all of it there in time."""
    long = "W" * 300_000 + "|a|" * 100_000 + "\u202e" + "a" + "\u0301" * 5000
    title = long[-6000:] + "W" * 2000
    question = fakes.Question(id="Q1", title=title, rubric=fakes.rubric(title=title), section=title[:300])
    said = fakes.said("Q1.1", reason=title, evidence=(Evidence(quote=long),))
    row = fakes.graded(
        0.5, text=long, person=title[:500], id=title[:100], question=question, verdicts=(said,),
        made={"problems": (title,)},
    )  # fmt: skip
    file = tmp_path / "report.html"
    runs = [Run(name=title[:300], rows=(row, fakes.graded(0.1, id="b")))]
    file.write_text(html.render(runs, "en"), encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 800})
    shown = context.new_page()
    shown.goto(file.as_uri())
    assert shown.evaluate(WIDER) == []
    assert shown.locator(".answer").count() == 2
    assert "\u202e" not in shown.content()
    assert "\u0301" * 5 not in shown.content()
    context.close()


def test_filters_and_search_leave_what_fits(page: Any) -> None:
    assert shown(page) == 3
    page.select_option("[data-filter=state]", "below")
    assert shown(page) == 1
    page.select_option("[data-filter=state]", "")
    page.fill("[data-filter=text]", "keeps anna")
    page.locator("[data-shown]", has_text="1").wait_for(timeout=5000)
    page.fill("[data-filter=text]", "zebra")
    page.wait_for_selector("[data-none]:not([hidden])")


def test_the_lowest_score_comes_first_when_asked(page: Any) -> None:
    page.select_option("[data-filter=sort]", "low")
    page.locator(".answer:first-child[data-score='0.2']").wait_for()


def test_both_languages_and_both_themes(page: Any) -> None:
    assert page.get_by_role("heading", level=1).inner_text() == "Practice report"
    page.click("[data-do=language]")
    assert page.get_by_role("heading", level=1).inner_text() == "练习报告"
    assert page.get_attribute("html", "lang") == "zh"
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("[data-do=theme]")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before


def test_everything_can_be_reached_from_the_keyboard(page: Any) -> None:
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.closest('.answer').id") == "a1"
    was = page.evaluate("document.getElementById('a1').open")
    page.keyboard.press("o")
    assert page.evaluate("document.getElementById('a1').open") != was
    page.keyboard.press("/")
    page.keyboard.type("jl?")
    assert page.input_value("[data-filter=text]") == "jl?"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert page.is_visible("#help")


def test_a_point_lights_up_its_words_and_they_lead_to_each_other(page: Any) -> None:
    page.hover("#a0p0")
    assert page.locator("mark.on").inner_text().startswith("keys and values")
    page.click("#a0 .ref")
    assert page.evaluate("location.hash") == "#a0p0"


def test_print_shows_every_answer(page: Any) -> None:
    page.evaluate("document.querySelectorAll('.answer').forEach(one => one.open = false)")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".answer[open]").count() == 3
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".answer[open]").count() == 0
