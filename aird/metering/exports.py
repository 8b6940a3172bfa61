"""A month's bill as files: CSV for people, FOCUS rows for tools that read clouds' bills.

FOCUS (https://focus.finops.org, version 1.2) names the columns. One row is a stretch of the month in which no price
changed, a department, an endpoint, a version and a direction; so the rows add up to the bill, and each is quantity
times price but for the rounding of single answers.
"""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from io import StringIO
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth.models import Token
from aird.metering import bills, prices, queries, upkeep
from aird.metering.bills import FINEST
from aird.metering.models import UsageEntry
from aird.metering.prices import MILLION, Segment, Sku
from aird.metering.schemas import Bill

BILL_COLUMNS = (
    "month", "department", "what", "endpoint", "version", "key", "requests", "prompt_tokens", "cached_tokens",
    "completion_tokens", "seconds", "cost", "currency",
)  # fmt: skip
FOCUS_COLUMNS = (
    "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd",
    "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd",
    "ChargePeriodStart", "ConsumedQuantity", "ConsumedUnit", "ContractedCost", "EffectiveCost", "InvoiceIssuerName",
    "ListCost", "ListUnitPrice", "PricingQuantity", "PricingUnit", "ProviderName", "PublisherName", "ResourceId",
    "ResourceName", "ServiceCategory", "ServiceName", "SkuId", "SubAccountId", "SubAccountName", "Tags",
)  # fmt: skip


def bill_csv(session: Session, month: str | None, departments: queries.Departments) -> str:
    """The bill in its finest lines, with the total at the end. Raises MonthUnreadable."""
    month, start, end = queries.bounds(month)
    stretches = prices.segments(queries.price_book(session), start, end)
    keys = auth_queries.department_keys(session)
    tokens = {token.id: token for token in session.scalars(select(Token))}
    found = bills.sums_by(session, stretches, departments, {"lines": FINEST})["lines"]
    rows: list[dict[str, Any]] = []
    for group, line in found.items():
        token = tokens.get(group.token) if group.token else None
        rows.append(
            {
                "department": keys[group.department] if group.department else "", "what": "tokens",
                "endpoint": group.endpoint, "version": group.version,
                "key": f"{token.name} ({token.prefix}…)" if token else "browser",
                **{name: getattr(line, name) for name in
                   ("requests", "prompt_tokens", "cached_tokens", "completion_tokens")},
                "cost": money(line.cost_micro),
            }
        )  # fmt: skip
    rows.sort(key=lambda row: [str(row[name]) for name in ("department", "endpoint", "version", "key")])
    for each in bills.compute_amounts(session, stretches, departments, keys):
        rows.append(
            {
                "department": each.department, "what": f"{each.kind} on {each.chip}", "requests": each.jobs,
                "seconds": Decimal(each.milliseconds) / 1000, "cost": money(each.cost_micro),
            }
        )  # fmt: skip
    for kept in upkeep.amounts(session, stretches, departments, keys):
        rows.append(
            {
                "department": kept.department, "what": f"kept ready on {kept.chip} (worth {money(kept.worth_micro)})",
                "endpoint": kept.endpoint, "seconds": Decimal(kept.milliseconds) / 1000, "cost": money(0),
            }
        )  # fmt: skip
    rows.append({"department": "TOTAL", "cost": money(bills.bill(session, month, departments).total_micro)})
    return _written(BILL_COLUMNS, ({"month": month, "currency": prices.CURRENCY, **row} for row in rows))


def focus_csv(session: Session, month: str | None, departments: queries.Departments) -> str:
    """The bill as FOCUS 1.2 rows. Raises MonthUnreadable."""
    _, start, end = queries.bounds(month)
    keys = auth_queries.department_keys(session)
    stretches = prices.segments(queries.price_book(session), start, end)
    rows = (row for each in stretches for row in _focus(session, each, departments, keys, (start, end)))
    return _written(FOCUS_COLUMNS, rows)


def money(micro: int) -> str:
    """Micro-units as an exact decimal number of the currency."""
    return f"{Decimal(micro) / MILLION:.6f}"


def reconciles(found: Bill, text: str) -> bool:
    """Whether the lines of a bill's CSV add up to its total."""
    lines = list(csv.DictReader(StringIO(text)))
    costs = [Decimal(line["cost"]) for line in lines if line["department"] != "TOTAL"]
    return sum(costs, Decimal(0)) * MILLION == found.total_micro


def _focus(
    session: Session,
    segment: Segment,
    departments: queries.Departments,
    keys: dict[UUID, str],
    period: tuple[datetime, datetime],
) -> Iterator[dict[str, Any]]:
    for sku, (department, endpoint, version, unit), tokens, micro in _by_direction(session, segment, departments):
        yield _row(segment, period, keys[department], micro, segment_price(segment, sku)) | {
            "ChargeDescription": f"{sku} of {version}",
            "ConsumedQuantity": str(tokens), "ConsumedUnit": "Tokens",
            "PricingQuantity": str(Decimal(tokens) / MILLION), "PricingUnit": "1000000 Tokens",
            "ResourceId": endpoint, "ResourceName": endpoint, "SkuId": f"{unit}/{sku}", "Tags": "{}",
        }  # fmt: skip
    for line in bills.compute_amounts(session, [segment], departments, keys):
        rate = prices.of_chip(segment.book, line.chip)
        yield _row(segment, period, line.department, line.cost_micro, rate) | {
            "ChargeDescription": f"{line.kind} on {line.chip}",
            "ConsumedQuantity": str(Decimal(line.milliseconds) / 1000), "ConsumedUnit": "Seconds",
            "PricingQuantity": str(Decimal(line.milliseconds) / MILLION), "PricingUnit": "1000 Seconds",
            "ResourceId": line.kind, "ResourceName": line.kind, "SkuId": prices.chip_sku(line.chip), "Tags": "{}",
        }  # fmt: skip


def segment_price(segment: Segment, sku: str) -> int:
    """The price of a direction in this stretch."""
    return segment.rates.of_cached if sku == Sku.CACHED else segment.book[sku]


def _by_direction(
    session: Session, segment: Segment, departments: queries.Departments
) -> Iterator[tuple[str, tuple[UUID, str, str, str], int, int]]:
    """(sku, whose, tokens, micro-units): an answer's cost is split so that its parts add up to it."""
    entry, rates = UsageEntry, segment.rates
    cached = func.coalesce(entry.cached_tokens, 0)
    fresh = entry.prompt_tokens - cached
    whole = queries.cost(rates)
    of_fresh = (fresh * rates.prompt + MILLION // 2) // MILLION
    of_prompt = (fresh * rates.prompt + cached * rates.of_cached + MILLION // 2) // MILLION
    query = (
        select(
            entry.department_id, entry.endpoint, entry.version, entry.unit,
            func.sum(fresh), func.sum(of_fresh),
            func.sum(cached), func.sum(of_prompt - of_fresh),
            func.sum(entry.completion_tokens), func.sum(whole - of_prompt),
        )
        .where(entry.at >= segment.start, entry.at < segment.end)
        .group_by(entry.department_id, entry.endpoint, entry.version, entry.unit)
        .order_by(entry.endpoint, entry.version)
    )  # fmt: skip
    if departments is not None:
        query = query.where(entry.department_id.in_(departments))
    for department, endpoint, version, unit, *sums in session.execute(query):
        for place, sku in enumerate((Sku.PROMPT, Sku.CACHED, Sku.COMPLETION)):
            tokens, micro = int(sums[2 * place]), int(sums[2 * place + 1])
            if tokens or micro:
                yield sku, (department, endpoint, version, unit), tokens, micro


def _row(segment: Segment, period: tuple[datetime, datetime], department: str, micro: int, rate: int) -> dict[str, Any]:
    cost = money(micro)
    return {
        "BilledCost": cost, "ContractedCost": cost, "EffectiveCost": cost, "ListCost": cost,
        "ListUnitPrice": money(rate), "BillingAccountId": "aird", "BillingAccountName": "aird",
        "BillingCurrency": prices.CURRENCY,
        "BillingPeriodStart": _time(period[0]), "BillingPeriodEnd": _time(period[1]),
        "ChargePeriodStart": _time(segment.start), "ChargePeriodEnd": _time(segment.end), "ChargeCategory": "Usage",
        "ChargeClass": "", "ChargeFrequency": "Usage-Based", "InvoiceIssuerName": "aird", "ProviderName": "aird",
        "PublisherName": "aird", "ServiceCategory": "AI and Machine Learning", "ServiceName": "aird",
        "SubAccountId": department, "SubAccountName": department,
    }  # fmt: skip


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _written(columns: Iterable[str], rows: Iterable[dict[str, Any]]) -> str:
    out = StringIO()
    writer = csv.DictWriter(out, list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _plain(value) for name, value in row.items()})
    return out.getvalue()


def _plain(value: Any) -> Any:
    """No cell that a spreadsheet would run as a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
