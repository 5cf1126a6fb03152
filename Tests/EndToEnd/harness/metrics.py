"""What a hub's metrics are, as Prometheus reads them, and what they are to be, as the documentation says."""

import json
import pathlib
import re

from prometheus_client.parser import text_string_to_metric_families

from .http1 import request
from .outcome import Failure, check, check_equal
from .waiting import wait_for

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
DOCS = pathlib.Path(__file__).resolve().parents[3] / "docs"
ROW = re.compile(r"\| `(\w+)` \| (counter|gauge|histogram) \|([^|]*)\| [^|]+ \|")


class Scrape:
    """One answer of `/metrics`."""

    def __init__(self, server):
        response = request(server.admin, "GET", "/metrics")
        check_equal(response.status, 200, "the status of /metrics")
        check_equal(response.headers.get("content-type"), CONTENT_TYPE, "the type of /metrics")
        self.text = response.text
        # The type, help and labels of each metric.
        self.families = {}
        self.samples = {}
        try:
            families = list(text_string_to_metric_families(self.text))
        except ValueError as error:
            raise Failure(f"/metrics can't be parsed: {error}") from None
        for family in families:
            # The parser takes this off a counter's name.
            name = family.name + "_total" if family.type == "counter" else family.name
            check(name not in self.families, f"{name} is there twice")
            self.families[name] = family
            for sample in family.samples:
                key = (sample.name, frozenset(sample.labels.items()))
                check(key not in self.samples, f"{sample.name}{sample.labels} is there twice")
                self.samples[key] = sample.value

    def value(self, name, **labels):
        """The sum of all series of a name that have these labels."""
        found = [v for (n, has), v in self.samples.items() if n == name and labels.items() <= dict(has).items()]
        check(found, f"there is no {name} with {labels}")
        return sum(found)

    def by(self, label, name):
        """What is not 0 of a metric, by the value of its one label."""
        return {dict(has)[label]: v for (n, has), v in self.samples.items() if n == name and v}

    def buckets(self, name, **labels):
        """A histogram's buckets, a (bound, count) each, in order."""
        found = [
            (float(dict(has)["le"]), value)
            for (n, has), value in self.samples.items()
            if n == name + "_bucket" and labels.items() <= dict(has).items()
        ]
        return sorted(found)


def wait_for_value(server, wanted, within, name, **labels):
    """The first scrape in which a value is as wanted (a number, or what says so of one)."""
    last = None

    def condition():
        nonlocal last
        scrape = Scrape(server)
        last = scrape.value(name, **labels)
        return scrape if (wanted(last) if callable(wanted) else last == wanted) else None

    return wait_for(condition, within, lambda: f"{name}{labels or ''} is as wanted (it is {last})", every=0.02)


def documented():
    """The metrics in the documentation's table: the type of each, and its labels with the values that are listed."""
    found = {}
    for line in (DOCS / "operations.md").read_text("utf-8").splitlines():
        row = ROW.fullmatch(line.strip())
        if not row:
            continue
        labels, last = {}, None
        for name, colon in re.findall(r"`(\w+)`(:?)", row[3]):
            if last:
                labels[last].append(name)
            else:
                labels[name] = []
                last = name if colon else None
        check(row[1] not in found, f"{row[1]} is documented twice")
        found[row[1]] = (row[2], labels)
    check(found, "the documentation has no table of metrics")
    return found


def on_dashboard():
    """The names of metrics in the expressions of the Grafana dashboard."""
    dashboard = json.loads((DOCS / "grafana.json").read_text("utf-8"))
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    expressions += [variable.get("definition", "") for variable in dashboard["templating"]["list"]]
    return {name for text in expressions for name in re.findall(r"\b(?:martlet|process)_\w+", text)}
