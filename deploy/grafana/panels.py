"""The building blocks of dashboards: panels, and sections that several dashboards share.

A section is a title and its panels. A query selects the series of one component, wherever it runs: `of("event", …)`.
"""

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement, SortOrder, TooltipDisplayMode
from grafana_foundation_sdk.models.dashboard import DataSourceRef, Threshold, ThresholdsMode

SOURCE = DataSourceRef(type_val="prometheus", uid="$datasource")
ROW_WIDTH, HEIGHT = 24, 8
RATE = "$__rate_interval"


def of(component, *more):
    """The labels of a component's series. Jobs are called booked-event, and booked-event-admin in Kubernetes."""
    return "{" + ", ".join(['namespace=~"$namespace"', f'job=~"$system-{component}(-admin)?"', *more]) + "}"


def per_second(series, *by):
    """The rate of a counter per second, summed by these labels."""
    grouped = f" by ({', '.join(by)})" if by else ""
    return f"sum{grouped} (rate({series}[{RATE}]))"


def slowest(series, *by):
    """The 99th percentile, from a histogram's buckets."""
    return f"histogram_quantile(0.99, {per_second(series, 'le', *by)})"


def lines(title, description, queries, unit="short", per_row=3, most=None):
    """A panel of lines; `queries` maps legends to expressions."""
    panel = timeseries.Panel().title(title).description(description).datasource(SOURCE).unit(unit).min(0)
    panel = panel.height(HEIGHT).span(ROW_WIDTH // per_row).line_width(1).fill_opacity(8)
    if most is not None:
        panel = panel.max(most)
    legend = common.VizLegendOptions().show_legend(True)
    legend = legend.display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
    tooltip = common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING)
    panel = panel.legend(legend).tooltip(tooltip)
    return with_queries(panel, queries)


def number(title, description, expression, unit="short", bad_above=None, per_row=8):
    """A panel with one number, red above a bound."""
    panel = stat.Panel().title(title).description(description).datasource(SOURCE).unit(unit)
    panel = panel.height(4).span(ROW_WIDTH // per_row).no_value("0")
    if bad_above is not None:
        panel = panel.thresholds(thresholds(bad_above))
    return with_queries(panel, {"": expression})


def thresholds(bad_above):
    steps = [Threshold(value=None, color="green"), Threshold(value=bad_above, color="red")]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


def with_queries(panel, queries):
    for number_of_query, (legend, expression) in enumerate(queries.items()):
        query = prometheus.Dataquery().datasource(SOURCE).expr(expression).legend_format(legend)
        panel = panel.with_target(query.ref_id(chr(ord("A") + number_of_query)))
    return panel


FAILED = 'error_type!=""'


def requests(component):
    """Rate, errors and duration of each route."""
    count, bucket = (f"http_server_request_duration_seconds_{kind}" for kind in ("count", "bucket"))
    unsuccessful = of(component, 'http_response_status_code!~"[123].."')
    # Without the feed: its callers ask it to wait, so its duration means nothing.
    immediate = of(component, 'http_route!="/internal/feed"')
    return "Requests", [
        lines("Requests", "By route.", {"{{http_route}}": per_second(count + of(component), "http_route")}, "reqps"),
        lines(
            "Unsuccessful responses",
            "By status: 4xx are rejections, 5xx are failures.",
            {"{{http_response_status_code}}": per_second(count + unsuccessful, "http_response_status_code")},
            "reqps",
        ),
        lines(
            "Duration, 99th percentile",
            "By route, without the feed, which waits for news.",
            {"{{http_route}}": slowest(bucket + immediate, "http_route")},
            "s",
        ),
    ]


def calls(component):
    """The calls of this component to others."""
    count, bucket = (f"http_client_request_duration_seconds_{kind}" for kind in ("count", "bucket"))
    callee = ("server_address", "server_port", "url_template")
    address = "{{server_address}}:{{server_port}}{{url_template}}"
    with_5xx, without_response = of(component, 'http_response_status_code=~"5.."'), of(component, FAILED)
    return "Calls to other components", [
        lines("Calls", "By callee.", {address: per_second(count + of(component), *callee)}, "reqps"),
        lines(
            "Failed calls",
            "Without a response (by error_type), or with 5xx.",
            {
                address + " {{error_type}}": per_second(count + without_response, *callee, "error_type"),
                address + " {{http_response_status_code}}": per_second(
                    count + with_5xx, *callee, "http_response_status_code"
                ),
            },
            "reqps",
        ),
        lines(
            "Duration, 99th percentile",
            "By callee, without the feed, which waits for news.",
            {address: slowest(bucket + of(component, 'url_template!="/internal/feed"'), *callee)},
            "s",
        ),
    ]


def connections():
    """The gateway's connections to the services."""
    callee = ("server_address", "server_port")
    address = "{{server_address}}:{{server_port}}"
    active = of("gateway", 'http_connection_state="active"')
    by = f"by (instance, {', '.join(callee)})"
    in_use = f"sum {by} (http_client_open_connections{active})"
    may_be = f"sum {by} (booked_gateway_concurrency_limit{of('gateway')})"
    return "Connections to the services", [
        lines(
            "Share in use",
            "In the pod of the gateway that uses most; the limit follows from how many calls the service answers in time. At the limit, requests wait, and get 503 if they wait too long.",
            {address: f"max by ({', '.join(callee)}) ({in_use} / {may_be})"},
            "percentunit",
            most=1,
        ),
        lines(
            "Waiting",
            "Calls that wait until the service can be given one more, of all pods.",
            {address: f"sum by ({', '.join(callee)}) (booked_gateway_queued_calls{of('gateway')})"},
        ),
        lines(
            "Open",
            "Of all pods, by state.",
            {
                address + " {{http_connection_state}}": (
                    f"sum by ({', '.join(callee)}, http_connection_state) (http_client_open_connections{of('gateway')})"
                )
            },
        ),
    ]


def limits():
    """The gateway's limits for clients."""
    refused = per_second(f"booked_gateway_refused_total{of('gateway')}", "reason")
    connected = "booked_gateway_client_connections" + of("gateway")
    return "Limits for clients", [
        lines(
            "Rejected or cut off",
            "By the limit that was reached. Many from few addresses are a flood that the limit holds off; the runbook says what to adjust.",
            {"{{reason}}": refused},
            "reqps",
            per_row=2,
        ),
        lines(
            "Clients' connections, share of the limit",
            "By pod. Near 1, new clients wait.",
            {"{{instance}}": f"{connected} / booked_gateway_client_connections_max{of('gateway')}"},
            "percentunit",
            per_row=2,
            most=1,
        ),
    ]


def sharing(component):
    """How many callers share each read, if many read the same at once."""
    callers, fetches = (
        "booked_shared_fetch_callers_total" + of(component),
        "booked_shared_fetches_total" + of(component),
    )
    return "Shared reads", [
        lines(
            "Callers",
            "Of reads that can be shared.",
            {"{{fetch}}": per_second(callers, "fetch")},
            "reqps",
            per_row=2,
        ),
        lines(
            "Callers per fetch",
            "On average. The higher it is, the less a crowd costs.",
            {"{{fetch}}": f"{per_second(callers, 'fetch')} / {per_second(fetches, 'fetch')}"},
            per_row=2,
        ),
    ]


def keys():
    """The public keys that verify tokens."""
    age = f"max by (instance) (booked_gateway_jwks_age_seconds{of('gateway')})"
    return "Keys", [
        lines(
            "Age of the public keys",
            "Time since they were last fetched. Old keys suffice until a key is rotated.",
            {"{{instance}}": age},
            "s",
            per_row=1,
        )
    ]


def database(component):
    """The connection pool, and the work on its connections."""
    count, bucket = (f"db_client_operation_duration_seconds_{kind}" for kind in ("count", "bucket"))
    system = 'db_system_name="postgresql"'
    state, operation = "db_client_connection_state", "db_operation_name"
    wait = "db_client_connection_wait_time_seconds_bucket"
    return "Database", [
        lines(
            "Connections",
            "Of all pods, by state; the limit; and callers that wait for one.",
            {
                "{{db_client_connection_state}}": f"sum by ({state}) (db_client_connection_count{of(component)})",
                "limit": f"sum(db_client_connection_max{of(component)})",
                "waiting callers": f"sum(db_client_connection_pending_requests{of(component)})",
            },
        ),
        lines(
            "Work",
            "All of it, and what failed in the database (by error_type).",
            {
                "{{db_operation_name}}": per_second(count + of(component, system), operation),
                "{{db_operation_name}} {{error_type}}": per_second(
                    count + of(component, system, FAILED), operation, "error_type"
                ),
            },
            "ops",
        ),
        lines(
            "Duration, 99th percentile",
            "Of reads and transactions, and of the wait for a connection.",
            {
                "{{db_operation_name}}": slowest(bucket + of(component, system), operation),
                "wait for a connection": slowest(wait + of(component)),
            },
            "s",
        ),
    ]


def feed_in(component):
    """The feed of another service that this one consumes."""
    labels = of(component)
    return "Consumed feed", [
        lines(
            "Lag",
            "Time since the feed was last read to its end.",
            {"{{feed}}": f"max by (feed) (booked_feed_lag_seconds{labels})"},
            "s",
        ),
        lines(
            "Applied",
            "Entries of the feed.",
            {"{{feed}}": per_second("booked_feed_applied_total" + labels, "feed")},
            "ops",
        ),
        lines(
            "Not applied",
            "Failed pulls, and entries that could not be understood.",
            {
                "{{feed}}: failed pulls": per_second("booked_feed_pull_failures_total" + labels, "feed"),
                "{{feed}}: set aside": per_second("booked_feed_set_aside_total" + labels, "feed"),
            },
            "ops",
        ),
    ]


def feed_out(component):
    """The feed that this service produces."""
    pages = "http_server_request_duration_seconds_count" + of(component, 'http_route="/internal/feed"')
    return "Produced feed", [
        lines(
            "Held back",
            "Age of the oldest open transaction of the database server, which the feed waits for.",
            {"held back": f"max(booked_feed_held_back_seconds{of(component)})"},
            "s",
            per_row=2,
        ),
        lines(
            "Pages",
            "Requested pages, by status.",
            {"{{http_response_status_code}}": per_second(pages, "http_response_status_code")},
            "reqps",
            per_row=2,
        ),
    ]


def bookings():
    """From a hold to a sold seat."""
    labels, size = of("ticketing"), "booked_group_commit_size"
    average = f"{per_second(size + '_sum' + labels)} / {per_second(size + '_count' + labels)}"
    return "Seats and bookings", [
        lines("Holds", "Seats that are held or being booked.", {"open": f"max(booked_holds_open{labels})"}),
        lines(
            "Seats sold and cancelled",
            "Per second.",
            {
                "sold": per_second("booked_seats_sold_total" + labels),
                "cancelled": per_second("booked_seats_cancelled_total" + labels),
            },
            "ops",
        ),
        lines(
            "Seats repaired",
            "By job and kind: the janitor settles abandoned attempts, the reconciler compares Valkey with Postgres.",
            {"{{by}}: {{kind}}": per_second("booked_seats_repaired_total" + labels, "by", "kind")},
            "ops",
        ),
        lines(
            "Waiting bookings",
            "Bookings that wait for a transaction, in the pod with most; and the limit.",
            {"waiting": f"max(booked_bookings_waiting{labels})", "limit": f"max(booked_bookings_waiting_max{labels})"},
        ),
        lines(
            "Bookings per transaction",
            "Average and 99th percentile.",
            {"average": average, "99th percentile": slowest(size + "_bucket" + labels)},
        ),
        lines(
            "Bookings rejected by the queue",
            "Because it was full, or because they waited too long; they get 503.",
            {"{{why}}": per_second("booked_bookings_refused_total" + labels, "why")},
            "ops",
        ),
    ]


def valkey():
    """Each script and command."""
    count, bucket = (f"db_client_operation_duration_seconds_{kind}" for kind in ("count", "bucket"))
    labels, operation = of("ticketing", 'db_system_name="valkey"'), "db_operation_name"
    failed = of("ticketing", 'db_system_name="valkey"', FAILED)
    return "Valkey", [
        lines("Scripts", "By name.", {"{{db_operation_name}}": per_second(count + labels, operation)}, "ops"),
        lines(
            "Failures",
            "`unavailable` had no effect; `unknown` may have had one.",
            {"{{db_operation_name}} {{error_type}}": per_second(count + failed, operation, "error_type")},
            "ops",
        ),
        lines(
            "Duration, 99th percentile",
            "By name.",
            {"{{db_operation_name}}": slowest(bucket + labels, operation)},
            "s",
        ),
    ]


def waitlist():
    """Who waits, and who was not notified yet."""
    labels = of("ticketing")
    return "Waitlist", [
        lines("Entries", "Of all waitlists.", {"entries": f"max(booked_waitlist_entries{labels})"}),
        lines("Notifications", "Not sent yet.", {"notifications": f"max(booked_notifications_waiting{labels})"}),
        lines(
            "Notifications given up",
            "In the last hour.",
            {"notifications": f"sum(increase(booked_notifications_given_up_total{labels}[1h]))"},
        ),
        lines(
            "Oldest notification",
            "Time since it was due; one that failed is not due before its next attempt.",
            {"age": f"max(booked_notifications_oldest_seconds{labels})"},
            "s",
        ),
        lines(
            "Oldest cancelled event",
            "Time since an event was cancelled of which not everybody is told yet.",
            {"age": f"max(booked_cancelled_events_oldest_seconds{labels})"},
            "s",
        ),
    ]


def process(component):
    """What each process uses of its machine."""
    labels = of(component)
    return "Processes", [
        lines(
            "Processors",
            "Busy cores, by pod.",
            {"{{instance}}": f"rate(process_cpu_seconds_total{labels}[{RATE}])"},
            per_row=4,
        ),
        lines(
            "Memory",
            "Resident, by pod.",
            {"{{instance}}": f"process_resident_memory_bytes{labels}"},
            "bytes",
            per_row=4,
        ),
        lines(
            "Open files and connections",
            "Share of the limit, by pod.",
            {"{{instance}}": f"process_open_fds{labels} / process_max_fds{labels}"},
            "percentunit",
            per_row=4,
        ),
        lines(
            "Uptime",
            "By pod; it falls to 0 when one restarts.",
            {"{{instance}}": f"time() - process_start_time_seconds{labels}"},
            "s",
            per_row=4,
        ),
    ]


def log_ins():
    """Log-ins that wait because hashing passwords takes long."""
    return "Log-ins", [
        lines(
            "Passwords that wait for a thread",
            "By pod; beyond LOGIN_QUEUE_MAX they get 503.",
            {"{{instance}}": f"booked_user_hashes_waiting{of('user')}"},
            per_row=1,
        )
    ]
