"""Searches side by side: who is behind goes on from the best plan of all, and nobody loses one."""

from __future__ import annotations

import time
from pathlib import Path
from queue import SimpleQueue

import pytest
from small_problems import random_problem

from haoyun.routing import Objective, Problem, engines, read_problem, violations
from haoyun.routing.onward import with_fixed
from haoyun.routing.portfolio import Assignment, Finding, relay
from haoyun.routing.recipes import Engine, Recipe
from haoyun.routing.sisr.exchange import Exchange, Standing
from haoyun.routing.sisr.search import Pool, Search
from haoyun.routing.solve import plan_of

WORK = 2_000_000


@pytest.fixture(scope="module")
def lr104(shared_data: Path) -> Problem:
    return read_problem(shared_data / "routing" / "li_lim" / "lr104.txt").problem


class Talk:
    """What one search hears and says."""

    def __init__(self, *heard: Pool | Standing) -> None:
        self.said: list[Standing] = []
        queue: SimpleQueue[Pool | Standing] = SimpleQueue()
        for news in heard:
            queue.put(news)
        self.exchange = Exchange(queue, self.said.append, None)


def annealed(problem: Problem, seed: int) -> Search:
    search = Search(problem, seed)
    search.anneal(WORK, search.average_leg, search.average_leg / 100)
    return search


def standing(search: Search) -> Standing:
    return Standing(search.worth, search.tours())


def test_a_search_that_is_behind_goes_on_from_the_best_of_all(lr104: Problem) -> None:
    ahead, middle, behind = annealed(lr104, 1), annealed(lr104, 2), Search(lr104, 3)
    first, second = sorted((standing(ahead), standing(middle)), key=lambda one: one.worth)
    assert first.worth < second.worth < behind.worth, "otherwise this would show nothing"
    talk = Talk(first, second)
    assert talk.exchange.keep_up(behind)
    assert behind.worth == pytest.approx(first.worth)
    assert behind.tours() == first.tours
    assert talk.said == [], "the others know it already"


def test_a_search_that_is_ahead_says_so_once_and_keeps_its_plan(lr104: Problem) -> None:
    ahead, behind = annealed(lr104, 1), Search(lr104, 3)
    mine = standing(ahead)
    talk = Talk(standing(behind))
    assert not talk.exchange.keep_up(ahead)
    assert not talk.exchange.keep_up(ahead)
    assert talk.said == [mine]
    assert standing(ahead) == mine


def test_what_was_gone_on_from_is_told_again_only_once_it_is_better(lr104: Problem) -> None:
    given, search = standing(annealed(lr104, 1)), Search(lr104, 3)
    talk = Talk(given)
    talk.exchange.keep_up(search)
    while search.worth >= given.worth:
        search.anneal(WORK, search.average_leg / 2, search.average_leg / 100)
    talk.exchange.keep_up(search)
    assert [one.worth for one in talk.said] == [search.worth]


@pytest.mark.parametrize("objective", list(Objective))
def test_a_plan_taken_over_keeps_every_rule_under_every_objective(objective: Objective) -> None:
    problem = random_problem(7, objective, jobs=4, shipments=4)
    best = min((Search(problem, seed) for seed in range(4)), key=lambda one: one.worth)
    best.anneal(WORK, best.average_leg, best.average_leg / 100)
    search = Search(problem, 9)
    Talk(standing(best)).exchange.keep_up(search)
    assert search.worth <= best.worth
    plan = plan_of(problem, with_fixed(problem, search.tours()))
    assert plan is not None
    assert violations(problem, plan) == []


def test_routes_to_recombine_are_kept_apart_from_plans(lr104: Problem) -> None:
    other = annealed(lr104, 1)
    pool = other.pool()
    talk = Talk(standing(other), pool)
    assert talk.exchange.recombines
    assert [found is pool for found in talk.exchange.handed_over()] == [True]


class Listener:
    """A search process, as far as it is spoken to."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    def pass_on(self, value: object) -> None:
        self.heard.append(value)


def test_a_plan_is_passed_on_to_all_who_still_search_but_its_finder_and_routes_to_the_first() -> None:
    first, finder, third, done = (Listener() for _ in range(4))
    news = Standing((0.0, 1.0), ())
    listeners = [first, finder, third, done]
    assert relay(Finding("one", None, final=False, told_all=news), 1, {0, 1, 2}, listeners)
    assert relay(Finding("one", None, final=False, handed_over="routes"), 1, {0, 1, 2}, listeners)
    assert not relay(Finding("one", ((),), final=False), 1, {0, 1, 2}, listeners), "that is for who asked"
    assert [one.heard for one in listeners] == [[news, "routes"], [], [news], []]


def test_one_search_alone_is_heard_by_nobody() -> None:
    """It goes by its work, so that the same seed gives the same plan: nothing from outside may come in."""
    said: list[Finding] = []
    problem = random_problem(1, Objective.DISTANCE, jobs=5, shipments=2)
    recipe = Recipe("ruin and recreate 1", Engine.RUIN_AND_RECREATE)
    work = Assignment(problem, recipe, 1, time.monotonic() + 1.0, limit_s=1.0)
    engines.search(work, said.append, SimpleQueue(), engines.Due())
    assert said[-1].final
    assert [one for one in said if one.told_all is not None] == []
