"""Writes the settings in `chart.schema.json`: `k8s/generate` runs it, and a test checks that they are as it writes them.

What a setting is comes from the program itself: the files beside this one are what `booked-<component> settings` prints. What
the charts set from other values is left out here, and what no program declares is added.
"""

import json
from pathlib import Path

from components import COMPONENTS

FOLDER = Path(__file__).resolve().parent
SCHEMA = FOLDER.parent / "library" / "booked-service" / "chart.schema.json"
WIDTH = 140

# The charts set these from ports, shutdown, database.connections, mail.from and the number of pods.
SET_BY_CHARTS = {
    "LISTEN",
    "ADMIN_LISTEN",
    "DRAIN_DELAY_MS",
    "DRAIN_TIMEOUT_MS",
    "DATABASE_CONNECTIONS_MAX",
    "SMTP_FROM",
    "GATEWAY_REPLICAS",
}
# They set these from peers, and from what they mount: secrets, certificates, keys.
ENDS_OF_SET_BY_CHARTS = ("_URL", "_FILE", "_DIR")
# It ends so, and charts know nothing of it.
UNKNOWN_TO_CHARTS = {"GRAFANA_URL"}
# What the schema says of a setting, in this order.
MEMBERS = ["description", "type", "enum", "minimum", "maximum", "default"]
# Libraries read these.
LOG_FILTER = {
    "RUST_LOG": {
        "description": "Which log lines are written, for instance info or booked_ticketing=debug.",
        "type": "string",
    }
}
OPENTELEMETRY = {
    "^OTEL_[A-Z_]+$": {
        "description": "Settings of OpenTelemetry, as its specification names them.",
        "type": ["string", "integer"],
    }
}


def settings_of_program(component):
    """Every setting of the program, by its name."""
    return json.loads((FOLDER / f"{component}.json").read_text())["properties"]


def is_set_by_charts(name, setting):
    """Secrets are given as files alone."""
    is_named_so = name in SET_BY_CHARTS or name.endswith(ENDS_OF_SET_BY_CHARTS)
    return setting.get("writeOnly", False) or (is_named_so and name not in UNKNOWN_TO_CHARTS)


def settings_of_chart(component):
    """Those that `config` takes."""
    return {
        name: {member: setting[member] for member in MEMBERS if member in setting}
        for name, setting in settings_of_program(component).items()
        if not is_set_by_charts(name, setting)
    }


def definitions():
    return {
        f"{component}Settings": {
            "description": f"Settings of booked-{component}.",
            "type": "object",
            "additionalProperties": False,
            "properties": {**settings_of_chart(component), **LOG_FILTER},
            "patternProperties": OPENTELEMETRY,
        }
        for component in COMPONENTS
    }


def lines(key, value, indent, end):
    """One line if it fits, else a line for each member."""
    start = f"{indent}{json.dumps(key)}: "
    line = f"{start}{json.dumps(value, ensure_ascii=False)}{end}"
    if not isinstance(value, dict) or len(line) <= WIDTH:
        return [line]
    members = [
        text
        for position, (name, member) in enumerate(value.items(), 1)
        for text in lines(name, member, indent + "  ", "," if position < len(value) else "")
    ]
    return [f"{start}{{", *members, f"{indent}}}{end}"]


def written(text):
    """The text of the schema with the settings as they are now. They are its last definitions."""
    head, _ = text.split(f'    "{COMPONENTS[0]}Settings": {{', 1)
    new = definitions()
    body = [
        line
        for position, (name, definition) in enumerate(new.items(), 1)
        for line in lines(name, definition, "    ", "," if position < len(new) else "")
    ]
    return head + "\n".join([*body, "  }", "}", ""])


if __name__ == "__main__":
    SCHEMA.write_text(written(SCHEMA.read_text()))
