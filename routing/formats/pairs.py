"""Pickups and deliveries that name each other by node number, as Sartori and Buriol and VRPLIB write them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from haoyun.routing.errors import BadFormat, BadProblem
from haoyun.routing.tasks import Shipment, Visit, Window


@dataclass(frozen=True, slots=True)
class Node:
    """One row: whole numbers throughout; `pickup` or `delivery` is the other end of it, 0 for none."""

    line: int
    id: int
    location: int
    demand: int
    service: int
    earliest: int
    latest: int
    pickup: int
    delivery: int

    @property
    def visit(self) -> Visit:
        """The stop at this node."""
        try:
            return Visit(self.id, self.location, self.service, (Window(self.earliest, self.latest),))
        except BadProblem as error:
            raise BadFormat(f"line {self.line}: {error}") from error


def paired(nodes: Sequence[Node]) -> list[Shipment]:
    """A shipment for each pickup; BadFormat where two nodes do not name each other or demands differ."""
    by_id = {node.id: node for node in nodes}
    taken = {node.delivery for node in nodes if node.delivery}
    alone = next((node for node in nodes if not node.delivery and node.id not in taken), None)
    if alone is not None:
        raise BadFormat(f"line {alone.line}: node {alone.id} is neither a pickup nor the delivery of one")
    return [_shipment(node, by_id.get(node.delivery)) for node in nodes if node.delivery]


def _shipment(pickup: Node, delivery: Node | None) -> Shipment:
    if delivery is None or delivery.pickup != pickup.id:
        raise BadFormat(
            f"line {pickup.line}: node {pickup.id} names {pickup.delivery} as its delivery, "
            "which does not name it back"
        )
    if pickup.demand < 0 or delivery.demand != -pickup.demand:
        raise BadFormat(
            f"line {pickup.line}: demand {pickup.demand} is picked up, {-delivery.demand} delivered"
        )
    return Shipment(pickup.id, pickup.visit, delivery.visit, amount=(pickup.demand,))
