"""Values that cannot work are refused, and the message says what to do."""

import pytest
from charts import refusal
from components import COMPONENTS

SCHEMA = [
    ("event", {"replicaCont": 3}, "additional properties 'replicaCont' not allowed"),
    ("event", {"replicaCount": "three"}, "at '/replicaCount': got string, want integer"),
    ("event", {"config": {"HOLD_TTL_MS": 600000}}, "at '/config': additional properties 'HOLD_TTL_MS' not allowed"),
    ("ticketing", {"config": {"HOLD_TTL_MS": "10m"}}, "at '/config/HOLD_TTL_MS': got string, want integer"),
    ("ticketing", {"config": {"HOLD_TTL_MS": 0}}, "at '/config/HOLD_TTL_MS': minimum"),
    ("user", {"config": {"LISTEN": "0.0.0.0:1"}}, "additional properties 'LISTEN' not allowed"),
    ("event", {"image": {"tag": "not a tag"}}, "at '/image/tag'"),
    ("event", {"image": {"digest": "latest"}}, "at '/image/digest'"),
    ("event", {"global": {"tracing": {"endpoint": "https://collector:4318"}}}, "at '/global/tracing/endpoint'"),
    ("event", {"ports": {"traffic": 80}}, "at '/ports/traffic': minimum"),
    ("event", {"shutdown": {"drainDelayMs": 0}}, "at '/shutdown/drainDelayMs': minimum"),
    ("event", {"shutdown": {"drainTimeoutMs": 2999}}, "at '/shutdown/drainTimeoutMs': minimum"),
    ("event", {"migrations": {"mode": "sometimes"}}, "at '/migrations/mode'"),
    ("event", {"pdb": {"maxUnavailable": 0}}, "at '/pdb/maxUnavailable'"),
    ("event", {"database": {"url": "postgres://user:password@host/name"}}, "additional properties 'url' not allowed"),
    ("event", {"podAnnotations": {"secrets": 2}}, "at '/podAnnotations/secrets': got number, want string"),
    ("gateway", {"peers": {"event": {"url": "https://event"}}}, "at '/peers/event/url'"),
    ("gateway", {"networkPolicy": {"clients": [{}]}}, "at '/networkPolicy/clients/0'"),
    ("booked", {"events": {}}, "additional properties 'events' not allowed"),
    ("booked", {"event": {"replicaCont": 3}}, "additional properties 'replicaCont' not allowed"),
    ("booked", {"global": {"partOf": "Booked"}}, "at '/global/partOf'"),
]

TOGETHER = [
    ("event", {"component": "ticketing"}, "component is ticketing in the chart event"),
    ("event", {"autoscaling": {"enabled": True}, "keda": {"enabled": True}}, "exclude each other"),
    (
        "event",
        {"autoscaling": {"enabled": True, "minReplicas": 9}},
        "autoscaling.minReplicas (9) is more than autoscaling.maxReplicas (6)",
    ),
    ("event", {"keda": {"enabled": True, "minReplicas": 9}}, "keda.minReplicas (9) is more than keda.maxReplicas (6)"),
    (
        "event",
        {"autoscaling": {"enabled": True, "keepReplicaCount": True}},
        "minReplicas (2) must be above replicaCount (2)",
    ),
    ("event", {"autoscaling": {"enabled": True, "targetCPUUtilizationPercentage": None}}, "it has nothing to scale by"),
    (
        "event",
        {"autoscaling": {"enabled": True}, "resources": {"requests": {"cpu": None}}},
        "resources.requests.cpu is required",
    ),
    ("event", {"updateStrategy": {"maxSurge": 0}}, "no pod could ever be replaced"),
    ("event", {"shutdown": {"terminationGracePeriodSeconds": 35}}, "(35) is shorter than a pod may take to stop, 36 s"),
    ("gateway", {"shutdown": {"preStopSeconds": 30}}, "is shorter than a pod may take to stop, 56 s"),
    ("event", {"shutdown": {"preStopSeconds": 3}}, "close its port while it still receives requests"),
    ("event", {"config": {"READ_TIMEOUT_MS": 10001}}, "is shorter than a request may take, 10001 ms"),
    ("ticketing", {"config": {"REQUEST_TIMEOUT_MS": 10001}}, "(config.REQUEST_TIMEOUT_MS)"),
    ("gateway", {"config": {"UPSTREAM_TIMEOUT_MS": 10001}}, "(config.UPSTREAM_TIMEOUT_MS)"),
    ("event", {"replicaCount": 7}, "database.connectionBudget (100) is less than the 113 connections"),
    (
        "event",
        {"autoscaling": {"enabled": True, "maxReplicas": 7}},
        "for each of 7 pods and for as many more that stop in a rollout, 1 for the migration",
    ),
    ("event", {"keda": {"enabled": True, "maxReplicas": 7}}, "than the 113 connections"),
    ("event", {"replicaCount": 6, "database": {"connectionBudget": 96}}, "is less than the 97 connections"),
    ("event", {"database": {"connections": 40}}, "40 (database.connections) for each of 2 pods"),
    ("event", {"ingress": {"enabled": True, "hosts": ["a.example"]}}, "for the gateway only"),
    ("event", {"httpRoute": {"enabled": True, "parentRefs": [{"name": "a"}]}}, "for the gateway only"),
    ("event", {"service": {"type": "LoadBalancer"}}, "for the gateway only"),
    ("event", {"networkPolicy": {"clients": [{"podSelector": {}}]}}, "networkPolicy.extraIngress"),
    ("gateway", {"service": {"externalTrafficPolicy": "Local"}}, "for a service.type other than ClusterIP"),
    (
        "event",
        {"podLabels": {"app.kubernetes.io/name": "mine"}},
        "podLabels.app.kubernetes.io/name is set by the chart",
    ),
    ("gateway", {"ingress": {"enabled": True}}, "name the hosts"),
    ("gateway", {"httpRoute": {"enabled": True}}, "name the Gateway"),
    ("event", {"ports": {"traffic": 8081}}, "are the same (8081)"),
    ("event", {"serviceAccount": {"create": False}}, "serviceAccount.name is required"),
    ("ticketing", {"mail": {"existingSecret": "smtp"}}, "mail.from is required"),
    ("event", {"mail": {"existingSecret": "smtp", "from": "a@b"}}, "for ticketing only"),
    ("event", {"extraEnv": [{"name": "DATABASE_URL", "value": "postgres://"}]}, "DATABASE_URL is a secret"),
    ("event", {"extraEnv": [{"name": "LISTEN", "value": "0.0.0.0:1"}]}, "LISTEN is set twice"),
    (
        "event",
        {"config": {"HTTP_WORKERS": 2}, "extraEnv": [{"name": "HTTP_WORKERS", "value": "3"}]},
        "HTTP_WORKERS is set twice",
    ),
    ("event", {"config": {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a:4318"}}, "global.tracing.endpoint"),
]


@pytest.mark.parametrize(("chart", "values", "message"), SCHEMA)
def test_the_schema_refuses(chart, values, message):
    assert message in refusal(chart, values)


@pytest.mark.parametrize(("chart", "values", "message"), TOGETHER)
def test_values_that_do_not_fit_together_are_refused(chart, values, message):
    assert message in refusal(chart, values)


@pytest.mark.parametrize("component", COMPONENTS)
def test_all_errors_are_reported_at_once(component):
    error = refusal(
        component,
        {"shutdown": {"terminationGracePeriodSeconds": 1}, "ports": {"admin": 8080}, "updateStrategy": {"maxSurge": 0}},
    )
    assert error.count("\n  - ") == 3


def test_the_umbrella_refuses_what_a_component_refuses():
    error = refusal("booked", {"event": {"replicaCount": 7}})
    assert "The values of event are invalid" in error
