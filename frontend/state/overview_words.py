"""The overview's figures as the texts of its tiles and lines."""

from backend.monitoring.schemas import Device, Overview, Resting
from frontend import routes


def problems(found: Overview) -> list[list[str]]:
    """What is wrong, and how to mend it."""
    told = [[one.message, one.fix] for one in found.system.alarms]
    if found.undelivered:
        told.append([f"{len(found.undelivered)} messages could not be sent.", found.undelivered[0]])
    return told


def tiles(found: Overview) -> list[list[str]]:
    """A word, a figure, what it is about, where it leads, and its state."""
    rate = "-" if found.success_rate is None else f"{found.success_rate:.0%}"
    bad = "failed" if found.failed else ""
    letters = sum(found.letters.values())
    return [
        ["Running", str(found.running), f"{found.queued} queued", routes.runs(status="running"), ""],
        ["Waiting", str(found.waiting), f"{found.open_approvals} for you to decide", routes.APPROVALS, ""],
        ["Failed", str(found.failed), "in 24 hours", routes.runs(status="failed"), bad],
        [
            "Success",
            rate,
            f"{found.succeeded} of {found.succeeded + found.failed} in 24 hours",
            routes.RUNS,
            "",
        ],
        ["Median time", _seconds(found.p50_seconds), "of a run in 24 hours", routes.RUNS, ""],
        ["95th percentile", _seconds(found.p95_seconds), "of a run's time", routes.RUNS, ""],
        _cost(found),
        ["Dead letters", str(letters), "open", routes.DEAD_LETTERS, "failed" if letters else ""],
    ]


def _cost(found: Overview) -> list[str]:
    """What today has cost, beside what an alarm allows."""
    paid = f"${found.cost_today:,.2f}" + (" + unknown" if found.cost_unknown else "")
    if (budget := found.budget) is None:
        return ["Cost today", paid, "no budget is set; an alarm sets one", routes.RUNS, ""]
    within = "a day" if budget.minutes == 1440 else f"{budget.minutes} minutes"
    over = "failed" if budget.spent >= budget.most else ""
    told = f"${budget.spent:,.2f} of ${budget.most:,.2f} in {within}"
    return ["Cost today", paid, told, routes.RUNS, over]


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


def machine(found: Overview) -> list[list[str]]:
    """The installation: a word, its state, and more about it."""
    system = found.system
    rows = [
        ["Workers", f"{system.workers} alive", f"{system.live_runs} runs held"],
        ["Queue", f"{system.queued} runs", f"the oldest waits {system.oldest_queued_seconds:.0f} s"],
        ["Mail and webhooks", f"{found.unsent} to be sent", ""],
        *(_breaker(one) for one in found.breakers),
    ]
    if not found.breakers:
        rows.append(["Circuit breakers", "all closed", "every model provider and every server is asked"])
    if found.devices is None:
        return [*rows, ["OpenVINO", "unknown", "Redis does not answer"]]
    return rows + ([_device(one) for one in found.devices] or [["OpenVINO", "no worker is alive", ""]])


def _breaker(one: Resting) -> list[str]:
    state = "half open" if one.state == "half_open" else one.state
    again = f", asked again at {one.until:%H:%M:%S} UTC" if one.until else ""
    return [f"Breaker · {one.provider}", state, f"{one.failures} failures in a row{again}. {one.why}".strip()]


def _device(one: Device) -> list[str]:
    speed = f"{one.tokens_per_second:,.0f} tokens/s, {one.texts:,} texts, {one.waiting} waiting"
    return [f"OpenVINO · {one.model}", f"{one.precision}, {one.memory_bytes / 1e6:.0f} MB", speed]
