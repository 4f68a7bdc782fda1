"""Writes the dashboards. `deploy/grafana/generate` runs it, and a test checks that the files are up to date.

There is one for a sale, and one for each component. Their panels are in `panels.py`.
"""

from itertools import count
from pathlib import Path

from components import COMPONENTS
from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, VariableRefresh
from panels import (
    SOURCE,
    bookings,
    calls,
    connections,
    database,
    feed_in,
    feed_out,
    keys,
    limits,
    lines,
    log_ins,
    number,
    of,
    per_second,
    process,
    requests,
    sharing,
    slowest,
    valkey,
    waitlist,
)

FOLDER = Path(__file__).resolve().parent / "dashboards"
ANY = f"({'|'.join(COMPONENTS)})"
SECTIONS = {
    "gateway": [requests("gateway"), limits(), calls("gateway"), connections(), sharing("gateway"), keys()],
    "user": [requests("user"), log_ins(), database("user")],
    "event": [requests("event"), sharing("event"), calls("event"), database("event"), feed_out("event")],
    "ticketing": [
        requests("ticketing"),
        bookings(),
        valkey(),
        database("ticketing"),
        waitlist(),
        feed_in("ticketing"),
        feed_out("ticketing"),
        calls("ticketing"),
    ],
    "analytics": [requests("analytics"), database("analytics"), feed_in("analytics"), calls("analytics")],
}


def sale():
    """For watching a sale: first whether everything is fine, then the load, then what fills up."""
    return [("At a glance", at_a_glance()), ("The crowd", crowd()), bookings(), ("What fills up", bottlenecks())]


def at_a_glance():
    served = "http_server_request_duration_seconds"
    gateway, ticketing = of("gateway"), of("ticketing")
    failures = per_second(f"{served}_count" + of("gateway", 'http_response_status_code=~"5.."'))
    requests_per_second = per_second(f"{served}_count{gateway}")
    broken = f"sum(booked_invariant_violations_total{ticketing})"
    firing = 'count(ALERTS{alertname=~"Booked.*", alertstate="firing"})'
    return [
        number("Requests", "Per second.", requests_per_second, "reqps"),
        number(
            "Failures",
            "Share of requests with a 5xx response.",
            f"{failures} / {requests_per_second}",
            "percentunit",
            bad_above=0.001,
        ),
        number("99th percentile", "Duration of all requests.", slowest(f"{served}_bucket{gateway}"), "s", bad_above=1),
        number("Seats sold", "Per second.", per_second("booked_seats_sold_total" + ticketing), "ops"),
        number("Holds open", "Seats that are held or being booked.", f"max(booked_holds_open{ticketing})"),
        number("Waitlist entries", "Of all events.", f"max(booked_waitlist_entries{ticketing})"),
        number("Alerts", "Firing now.", firing, bad_above=1),
        number("Broken invariants", "Found by the auditor; always 0.", broken, bad_above=1),
    ]


def crowd():
    served = "http_server_request_duration_seconds"

    def asked(route):
        return of("gateway", f'http_route="{route}"')

    def by_status(title, route):
        status = "http_response_status_code"
        answers = per_second(f"{served}_count{asked(route)}", status)
        return lines(title, f"{route}, by status.", {"{{" + status + "}}": answers}, "reqps")

    routes = {"reserve": "/ticket/reserve/", "book": "/ticket/book/", "list": "/event/", "log in": "/user/login/"}
    return [
        by_status("Reservations", "/ticket/reserve/"),
        lines(
            "Refused reservations",
            "By reason. Before a sale opens they are people who are early.",
            {"{{reason}}": per_second("booked_reservations_refused_total" + of("ticketing"), "reason")},
            "ops",
        ),
        by_status("Bookings", "/ticket/book/"),
        by_status("Cancels", "/ticket/cancel/"),
        by_status("Listings", "/event/"),
        by_status("Log-ins", "/user/login/"),
        lines(
            "Duration, 99th percentile",
            "Measured by the gateway.",
            {name: slowest(f"{served}_bucket{asked(route)}") for name, route in routes.items()},
            "s",
        ),
    ]


def bottlenecks():
    """Each as a share of its limit: at 1 it is full."""
    used, most = of(ANY, 'db_client_connection_state="used"'), of(ANY)
    in_use = f"sum by (job, instance) (db_client_connection_count{used})"
    may_be = f"sum by (job, instance) (db_client_connection_max{most})"
    ticketing = of("ticketing")
    return [
        lines(
            "Connections to the databases",
            "Share in use, in the pod of each component that uses most.",
            {"{{job}}": f"max by (job) ({in_use} / {may_be})"},
            unit="percentunit",
            most=1,
        ),
        lines(
            "Booking queue",
            "Share in use, in the pod that uses most.",
            {"bookings": f"max(booked_bookings_waiting{ticketing} / booked_bookings_waiting_max{ticketing})"},
            unit="percentunit",
            most=1,
        ),
        lines(
            "Passwords that wait for a thread",
            "In the pod with most.",
            {"log-ins": f"max(booked_user_hashes_waiting{of('user')})"},
        ),
    ]


def variables(builder):
    source = dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus")
    known = 'label_values(up{job=~"$system-.+"}, namespace)'
    namespace = dashboard.QueryVariable("namespace").label("Namespace").query(known).datasource(SOURCE)
    namespace = namespace.refresh(VariableRefresh.ON_DASHBOARD_LOAD).include_all(True).all_value(".*")
    system = dashboard.TextBoxVariable("system").label("System").default_value("booked")
    system = system.description("Prefix of the jobs' names: `global.partOf` of the charts")
    return builder.with_variable(source).with_variable(system).with_variable(namespace)


def written(name, title, sections):
    """The content of a dashboard's file."""
    builder = dashboard.Dashboard(title).uid(f"booked-{name}").tags(["booked"]).timezone("browser")
    builder = builder.time("now-1h", "now").refresh("10s").tooltip(DashboardCursorSync.CROSSHAIR)
    others = dashboard.DashboardLink("booked").type("dashboards").tags(["booked"]).as_dropdown(True)
    builder = variables(builder.link(others.keep_time(True).include_vars(True)))
    ids = count(1)
    for row, panels in sections:
        builder = builder.with_row(dashboard.Row(row).id(next(ids)))
        for panel in panels:
            builder = builder.with_panel(panel.id(next(ids)))
    return JSONEncoder(sort_keys=True, indent=2).encode(builder.build()) + "\n"


def all_written():
    """The content of every dashboard's file, by its name."""
    texts = {"sale.json": written("sale", "booked: a sale", sale())}
    sections = {component: [*SECTIONS[component], process(component)] for component in COMPONENTS}
    return texts | {f"{name}.json": written(name, f"booked: {name}", rows) for name, rows in sections.items()}


if __name__ == "__main__":
    for name, text in all_written().items():
        (FOLDER / name).write_text(text)
