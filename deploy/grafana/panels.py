"""What dashboards are made of: a panel, and the sections that several of them show.

A section is a title and its panels. A query asks for one component, wherever it runs: `of("event", …)`.
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
    """How much a counter rises in a second, summed by these labels."""
    grouped = f" by ({', '.join(by)})" if by else ""
    return f"sum{grouped} (rate({series}[{RATE}]))"


def slowest(series, *by):
    """What one in a hundred exceeds, of a histogram's buckets."""
    return f"histogram_quantile(0.99, {per_second(series, 'le', *by)})"


def lines(title, description, queries, unit="short", per_row=3, most=None):
    """A panel of lines; `queries` are expressions by their legends."""
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
    """A panel of one number; above a bound it is red."""
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
    no_success = of(component, 'http_response_status_code!~"[123].."')
    # A feed is asked to wait; its time says nothing.
    answered_at_once = of(component, 'http_route!="/internal/feed"')
    return "Requests", [
        lines("Requests", "By route.", {"{{http_route}}": per_second(count + of(component), "http_route")}, "reqps"),
        lines(
            "Answers that are no success",
            "By status: 4xx are refusals, 5xx are failures.",
            {"{{http_response_status_code}}": per_second(count + no_success, "http_response_status_code")},
            "reqps",
        ),
        lines(
            "Duration that one in a hundred exceeds",
            "By route; the feed, which is asked to wait, left out.",
            {"{{http_route}}": slowest(bucket + answered_at_once, "http_route")},
            "s",
        ),
    ]


def calls(component):
    """What this component asks of the others."""
    count, bucket = (f"http_client_request_duration_seconds_{kind}" for kind in ("count", "bucket"))
    whom = ("server_address", "server_port", "url_template")
    address = "{{server_address}}:{{server_port}}{{url_template}}"
    answered_5xx, unanswered = of(component, 'http_response_status_code=~"5.."'), of(component, FAILED)
    return "Calls to other components", [
        lines("Calls", "By whom is asked.", {address: per_second(count + of(component), *whom)}, "reqps"),
        lines(
            "Calls that failed",
            "Without an answer (by error_type), or answered 5xx.",
            {
                address + " {{error_type}}": per_second(count + unanswered, *whom, "error_type"),
                address + " {{http_response_status_code}}": per_second(
                    count + answered_5xx, *whom, "http_response_status_code"
                ),
            },
            "reqps",
        ),
        lines(
            "Duration that one in a hundred exceeds",
            "By whom is asked; the feed, which is asked to wait, left out.",
            {address: slowest(bucket + of(component, 'url_template!="/internal/feed"'), *whom)},
            "s",
        ),
    ]


def connections():
    """The gateway's connections to the services."""
    whom = ("server_address", "server_port")
    address = "{{server_address}}:{{server_port}}"
    active = of("gateway", 'http_connection_state="active"')
    by = f"by (instance, {', '.join(whom)})"
    in_use = f"sum {by} (http_client_open_connections{active})"
    may_be = f"sum {by} (booked_gateway_concurrency_limit{of('gateway')})"
    return "Connections to the services", [
        lines(
            "Share in use",
            "In the fullest pod of the gateway, of what the service is given since it answers so many in time. Where it is used up, requests wait, and are answered 503 at last.",
            {address: f"max by ({', '.join(whom)}) ({in_use} / {may_be})"},
            "percentunit",
            per_row=2,
            most=1,
        ),
        lines(
            "Open",
            "Of all pods, by state.",
            {
                address + " {{http_connection_state}}": (
                    f"sum by ({', '.join(whom)}, http_connection_state) (http_client_open_connections{of('gateway')})"
                )
            },
            per_row=2,
        ),
    ]


def limits():
    """What clients meet of the gateway's limits."""
    refused = per_second(f"booked_gateway_refused_total{of('gateway')}", "reason")
    connected = "booked_gateway_client_connections" + of("gateway")
    return "Limits for clients", [
        lines(
            "Refused or cut off",
            "By the limit that was met. Much of it from few addresses is a flood that is held; what to turn is in the runbook.",
            {"{{reason}}": refused},
            "reqps",
            per_row=2,
        ),
        lines(
            "Clients' connections, share of what may be",
            "By pod. Near 1 newcomers wait, whoever they are.",
            {"{{instance}}": f"{connected} / booked_gateway_client_connections_max{of('gateway')}"},
            "percentunit",
            per_row=2,
            most=1,
        ),
    ]


def sharing(component):
    """How a crowd that reads the same shares what it costs."""
    callers, fetches = (
        "booked_shared_fetch_callers_total" + of(component),
        "booked_shared_fetches_total" + of(component),
    )
    return "Shared reads", [
        lines(
            "Callers",
            "Who asked for what others may be asking for at the same moment.",
            {"{{fetch}}": per_second(callers, "fetch")},
            "reqps",
            per_row=2,
        ),
        lines(
            "Callers that shared one fetch",
            "On average. A crowd is cheap where this is high.",
            {"{{fetch}}": f"{per_second(callers, 'fetch')} / {per_second(fetches, 'fetch')}"},
            per_row=2,
        ),
    ]


def keys():
    """The public keys that tokens are verified by."""
    age = f"max by (instance) (booked_gateway_jwks_age_seconds{of('gateway')})"
    return "Keys", [
        lines(
            "Age of the public keys",
            "Since they were last fetched. Old ones do as long as no key is rotated.",
            {"{{instance}}": age},
            "s",
            per_row=1,
        )
    ]


def database(component):
    """The pool of connections, and the work on them."""
    count, bucket = (f"db_client_operation_duration_seconds_{kind}" for kind in ("count", "bucket"))
    system = 'db_system_name="postgresql"'
    state, operation = "db_client_connection_state", "db_operation_name"
    wait = "db_client_connection_wait_time_seconds_bucket"
    return "Database", [
        lines(
            "Connections",
            "Of all pods, by state; how many they may open; and who waits for one.",
            {
                "{{db_client_connection_state}}": f"sum by ({state}) (db_client_connection_count{of(component)})",
                "at most": f"sum(db_client_connection_max{of(component)})",
                "callers that wait": f"sum(db_client_connection_pending_requests{of(component)})",
            },
        ),
        lines(
            "Work",
            "In all, and what failed at the database (by error_type).",
            {
                "{{db_operation_name}}": per_second(count + of(component, system), operation),
                "{{db_operation_name}} {{error_type}}": per_second(
                    count + of(component, system, FAILED), operation, "error_type"
                ),
            },
            "ops",
        ),
        lines(
            "Duration that one in a hundred exceeds",
            "Of reads and transactions, and of the wait for a connection.",
            {
                "{{db_operation_name}}": slowest(bucket + of(component, system), operation),
                "wait for a connection": slowest(wait + of(component)),
            },
            "s",
        ),
    ]


def feed_in(component):
    """The feed of another service that this one applies."""
    labels = of(component)
    return "Feed that is read", [
        lines(
            "Behind",
            "For how long the feed has not been read to its end.",
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
            "Pulls that failed, and entries that could not be read.",
            {
                "{{feed}}: pulls that failed": per_second("booked_feed_pull_failures_total" + labels, "feed"),
                "{{feed}}: set aside": per_second("booked_feed_set_aside_total" + labels, "feed"),
            },
            "ops",
        ),
    ]


def feed_out(component):
    """The feed that this service tells."""
    pages = "http_server_request_duration_seconds_count" + of(component, 'http_route="/internal/feed"')
    return "Feed that is told", [
        lines(
            "Held back",
            "For how long the oldest open transaction of the database server has held the feed back.",
            {"held back": f"max(booked_feed_held_back_seconds{of(component)})"},
            "s",
            per_row=2,
        ),
        lines(
            "Pages",
            "That were asked for, by status.",
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
            "In a second.",
            {
                "sold": per_second("booked_seats_sold_total" + labels),
                "cancelled": per_second("booked_seats_cancelled_total" + labels),
            },
            "ops",
        ),
        lines(
            "Seats put right",
            "By whom and how: the janitor ends what was left in the middle, the reconciler compares with Postgres.",
            {"{{by}}: {{kind}}": per_second("booked_seats_repaired_total" + labels, "by", "kind")},
            "ops",
        ),
        lines(
            "Bookings that wait",
            "For a transaction, in the fullest pod; and how many may.",
            {"wait": f"max(booked_bookings_waiting{labels})", "may wait": f"max(booked_bookings_waiting_max{labels})"},
        ),
        lines(
            "Bookings that share a transaction",
            "On average, and what one transaction in a hundred exceeds.",
            {"average": average, "one in a hundred": slowest(size + "_bucket" + labels)},
        ),
        lines(
            "Bookings that the queue refused",
            "It was full, or they waited in it for too long; they are answered 503.",
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
            "`unavailable` surely did nothing; of `unknown` nobody knows.",
            {"{{db_operation_name}} {{error_type}}": per_second(count + failed, operation, "error_type")},
            "ops",
        ),
        lines(
            "Duration that one in a hundred exceeds",
            "By name.",
            {"{{db_operation_name}}": slowest(bucket + labels, operation)},
            "s",
        ),
    ]


def waitlist():
    """Who waits, and who was not told yet."""
    labels = of("ticketing")
    return "Waitlist", [
        lines("Entries", "Of all waitlists.", {"entries": f"max(booked_waitlist_entries{labels})"}),
        lines("Messages", "Not sent yet.", {"messages": f"max(booked_notifications_waiting{labels})"}),
        lines(
            "Messages given up",
            "In the hour before.",
            {"messages": f"sum(increase(booked_notifications_given_up_total{labels}[1h]))"},
        ),
        lines(
            "Oldest message",
            "For how long it has been due; one that failed is not due before its next try.",
            {"age": f"max(booked_notifications_oldest_seconds{labels})"},
            "s",
        ),
    ]


def process(component):
    """What each process takes of its machine."""
    labels = of(component)
    return "Processes", [
        lines(
            "Processors",
            "How many are kept busy, by pod.",
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
            "Share of those that may be open, by pod.",
            {"{{instance}}": f"process_open_fds{labels} / process_max_fds{labels}"},
            "percentunit",
            per_row=4,
        ),
        lines(
            "Running for",
            "By pod; it falls to nothing where one starts anew.",
            {"{{instance}}": f"time() - process_start_time_seconds{labels}"},
            "s",
            per_row=4,
        ),
    ]


def log_ins():
    """What hashing passwords makes of a crowd."""
    return "Log-ins", [
        lines(
            "Passwords that wait for a thread",
            "By pod; more than LOGIN_QUEUE_MAX are answered 503.",
            {"{{instance}}": f"booked_user_hashes_waiting{of('user')}"},
            per_row=1,
        )
    ]
