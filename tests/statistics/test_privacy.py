"""Nobody's figures can be read: every published figure, and every figure that subtraction gives, tells of nobody."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from haoyun.platform.statistics.facts import Fact, Measure
from haoyun.platform.statistics.privacy import Node, Rule, band, protect, rest_of
from haoyun.platform.statistics.series import Series, gather

RULE = Rule(3, 0.5, 0.75)
CELLS = ("84309c1ffffffff", "84309c5ffffffff", "8431aa3ffffffff", "8431aa7ffffffff", "8440c31ffffffff")


def fact(number: int, cell: str, shipper: str, carrier: str) -> Fact:
    return Fact(Measure.TRUCK, f"s{number}", 0, cell, "", shipper, carrier, 1.0)


facts = st.lists(
    st.builds(
        fact,
        st.integers(0, 10**6),
        st.sampled_from(CELLS),
        st.sampled_from([f"s{i}" for i in range(7)]),
        st.sampled_from([f"c{i}" for i in range(7)]),
    ),
    max_size=70,
)


def tells(members: list[Fact], rule: Rule = RULE) -> bool:
    """Written anew, without the code under test: whether these facts' figure would tell of somebody."""
    for side in ("shipper", "carrier"):
        shares = sorted(Counter(getattr(f, side) for f in members).values(), reverse=True)
        n = sum(shares)
        if n and (
            len(shares) < rule.contributors
            or shares[0] > rule.one_share * n
            or sum(shares[:2]) > rule.two_share * n
        ):
            return True
    return False


@settings(max_examples=100, deadline=None)
@given(facts)
def test_no_published_area_has_too_few_or_a_dominating_contributor(found: list[Fact]) -> None:
    nodes, members = gather(Series.RATIO, found)
    for key in protect(nodes, RULE):
        assert not tells(members[key])


@settings(max_examples=100, deadline=None)
@given(facts)
def test_no_subtraction_of_published_areas_leaves_somebody(found: list[Fact]) -> None:
    """Every published area less every set of disjoint published areas within it."""
    nodes, members = gather(Series.RATIO, found)
    published = protect(nodes, RULE)
    for whole in published:
        inside = [k for k in published if k != whole and _is_within(nodes, k, whole)]
        for size in range(1, len(inside) + 1):
            for taken in combinations(inside, size):
                if any(_is_within(nodes, a, b) for a in taken for b in taken if a != b):
                    continue
                off = {id(f) for key in taken for f in members[key]}
                assert not tells([f for f in members[whole] if id(f) not in off])


def _is_within(nodes: dict[str, Node], key: str, whole: str) -> bool:
    while key:
        key = nodes[key].parent
        if key == whole:
            return True
    return False


def test_an_area_alone_beside_published_ones_takes_its_smallest_neighbour_with_it() -> None:
    nodes = {"all": Node("all", "")}
    for area, orgs in {"a": 9, "b": 6, "c": 5, "d": 1}.items():
        nodes[area] = Node(area, "all")
        for i in range(orgs):
            nodes[area].add("shipper", f"{area}{i}", 1)
            nodes["all"].add("shipper", f"{area}{i}", 1)
    assert protect(nodes, Rule(5)) == {"all", "a", "b"}  # d is too few; all less a, b, c would be d


def test_what_is_under_a_withheld_area_is_withheld() -> None:
    nodes = {"all": Node("all", ""), "a": Node("a", "all"), "cell": Node("cell", "a")}
    for node in nodes.values():
        for i in range(9):
            node.add("shipper", f"s{i}", 1)
    assert protect(nodes, Rule(5)) == {"all", "a", "cell"}
    assert protect(nodes, Rule(5), barred={"a"}) == {"all"}


def test_one_who_makes_up_most_of_a_figure_keeps_it_from_being_published() -> None:
    node = Node("all", "")
    for name, amount in {"a": 50, "b": 10, "c": 10, "d": 10, "e": 10}.items():
        node.add("shipper", name, amount)
    assert not Rule(5, 0.4, 0.6).may_publish(node.pool)
    assert Rule(5, 0.6, 0.9).may_publish(node.pool)


def test_a_side_without_anybody_is_no_figure() -> None:
    node = Node("all", "", {"carrier": Counter()})
    for i in range(9):
        node.add("shipper", f"s{i}", 1)
    assert Rule(5).is_safe(node.pool) and not Rule(5).may_publish(node.pool)


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 50)))
def test_what_is_taken_off_whole_leaves_nothing(amounts: dict[str, int]) -> None:
    assert not any(rest_of({"shipper": Counter(amounts)}, [{"shipper": Counter(amounts)}]).values())


def test_counts_are_published_in_classes() -> None:
    assert [band(n) for n in (0, 4, 5, 9, 10, 19, 20, 49, 50, 99, 100, 12345)] == [
        0, 0, 5, 5, 10, 10, 20, 20, 50, 50, 100, 10_000,
    ]  # fmt: skip
