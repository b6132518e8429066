"""The products in memory: what is true now, and what lists have heard of it so far."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.other_service.refusal import Refused

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, kw_only=True)
class Picture:
    """An uploaded image: its own address, never given to another."""

    path: str
    address: str  # where it is delivered
    kind: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Product:
    """One product in one state. ``stamp`` is another one after every change."""

    product_id: str
    stamp: str
    created: datetime
    updated: datetime
    name: str
    category: str
    price: Decimal
    currency: str
    sku: str
    description: str = ""
    inventory: int = 0
    image_url: str | None = None
    variants: list[dict[str, Any]] = field(default_factory=list)
    picture: Picture | None = None

    @property
    def availability(self) -> str:
        """Whether there is at least one."""
        return "in_stock" if self.inventory else "out_of_stock"

    @property
    def etag(self) -> str:
        """A weak one: the same product may be printed in other words."""
        return f'W/"{self.stamp}"'


class Replica:
    """What lists show: the truth of ``lag_s`` seconds ago."""

    def __init__(self, lag_s: float) -> None:
        self.lag_s = lag_s
        self.heard = 0
        self.products: dict[str, Product] = {}


class Catalog:
    """Every method is one step that no other sees half done. Raises Refused."""

    def __init__(self, lags_s: tuple[float, ...]) -> None:
        self._lock = threading.RLock()
        self._products: dict[str, Product] = {}
        self._skus: dict[str, str] = {}
        self._told: list[tuple[float, str, Product | None]] = []
        self._replicas = [Replica(lag_s) for lag_s in lags_s]
        self._turn = itertools.cycle(self._replicas)
        self._numbers = itertools.count(7)
        self.orders: dict[tuple[str, str], tuple[dict[str, int], dict[str, Any]]] = {}

    def number(self) -> str:
        """Another one each time: base 32, with leading zeros."""
        number, digits = next(self._numbers), ""
        for _ in range(10):
            number, digit = divmod(number, 32)
            digits = _DIGITS[digit] + digits
        return digits

    def get(self, product_id: str) -> Product:
        """The product as it is now."""
        with self._lock:
            if product_id not in self._products:
                raise Refused(404, "we have nothing of this name")
            return self._products[product_id]

    def add(self, fields: dict[str, Any]) -> Product:
        """A new product."""
        with self._lock:
            self._sku_is_free(fields["sku"], for_id=None)
            now = datetime.now(UTC)
            return self._keep(
                Product(
                    product_id=f"prd:{self.number()}",
                    stamp=self.number(),
                    created=now,
                    updated=now,
                    **fields,
                )
            )

    def change(self, product_id: str, fields: dict[str, Any], if_match: str | None) -> Product:
        """The product with other values of some fields."""
        with self._lock:
            product = self._matching(product_id, if_match)
            if "sku" in fields:
                self._sku_is_free(fields["sku"], for_id=product_id)
            return self._keep(
                replace(product, stamp=self.number(), updated=datetime.now(UTC), **fields)
            )

    def put(self, fields: dict[str, Any]) -> tuple[int, Product]:
        """201 and a new product, or 200 and the one with this sku, changed."""
        with self._lock:
            known = self._skus.get(fields["sku"])
            if known is None:
                return 201, self.add(fields)
            now = self._products[known]
            if all(getattr(now, key) == value for key, value in fields.items()):
                return 200, now
            return 200, self.change(known, fields, None)

    def remove(self, product_id: str, if_match: str | None) -> Product:
        """Take it away; its sku is free."""
        with self._lock:
            product = self._matching(product_id, if_match)
            del self._products[product_id]
            del self._skus[product.sku]
            self._told.append((time.monotonic(), product_id, None))
            return product

    def order(
        self, caller: str, key: str | None, wanted: dict[str, int], printed: Any
    ) -> dict[str, Any]:
        """Take stock of all that is wanted, or of nothing; ``printed`` makes the order of it."""
        with self._lock:
            if key is not None and (caller, key) in self.orders:
                before, order = self.orders[caller, key]
                if before != wanted:
                    raise Refused(422, "you have used this key for something else")
                return order
            products = {product_id: self.get(product_id) for product_id in wanted}
            if len({product.currency for product in products.values()}) > 1:
                raise Refused(400, "one currency an order, please")
            if any(products[one].inventory < many for one, many in wanted.items()):
                raise Refused(409, "we have not got as many")
            for one, many in wanted.items():
                self.change(one, {"inventory": products[one].inventory - many}, None)
            made: dict[str, Any] = printed(products, wanted)
            if key is not None:
                self.orders[caller, key] = (wanted, made)
            return made

    def listed(self) -> list[Product]:
        """What lists show: one replica now and another the next time, each behind the truth."""
        with self._lock:
            replica = next(self._turn)
            for at, product_id, product in self._news(replica):
                if at + replica.lag_s > time.monotonic():
                    break
                replica.heard += 1
                if product is None:
                    replica.products.pop(product_id, None)
                else:
                    replica.products[product_id] = product
            return list(replica.products.values())

    def now(self) -> list[Product]:
        """All products as they are now."""
        with self._lock:
            return list(self._products.values())

    def _news(self, replica: Replica) -> Iterator[tuple[float, str, Product | None]]:
        return itertools.islice(self._told, replica.heard, None)

    def _keep(self, product: Product) -> Product:
        before = self._products.get(product.product_id)
        if before is not None:
            del self._skus[before.sku]
        self._skus[product.sku] = product.product_id
        self._products[product.product_id] = product
        self._told.append((time.monotonic(), product.product_id, product))
        return product

    def _matching(self, product_id: str, if_match: str | None) -> Product:
        product = self.get(product_id)
        if if_match is not None and if_match.strip() not in ("*", product.etag):
            raise Refused(412, "somebody else was here in the meantime")
        return product

    def _sku_is_free(self, sku: str, *, for_id: str | None) -> None:
        if self._skus.get(sku, for_id) != for_id:
            raise Refused(409, "this sku is spoken for")
