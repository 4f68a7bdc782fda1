{{/* What the schema cannot check: values that do not fit together. All errors are reported at once. */}}
{{- define "booked-service.check" -}}
{{- $found := list }}
{{- range list "identity" "scaling" "shutdown" "connections" "public" "environment" }}
  {{- $found = concat $found (include (printf "booked-service.check.%s" .) $ | trim | splitList "\n" | compact) }}
{{- end }}
{{- if $found }}
{{- fail (printf "\n\nThe values of %s are invalid:\n  - %s\n" .Chart.Name (join "\n  - " $found)) }}
{{- end }}
{{- end }}

{{/* Each of these writes a line for every error. */}}
{{- define "booked-service.check.identity" }}
{{- $component := include "booked-service.component" . | fromYaml }}
{{- if ne .Values.component (trimPrefix "booked-" .Chart.Name) }}
component is {{ .Values.component }} in the chart {{ .Chart.Name }}; do not change it
{{- end }}
{{- if and (not .Values.serviceAccount.create) (not .Values.serviceAccount.name) }}
serviceAccount.name is required if serviceAccount.create is false
{{- end }}
{{- $own := include "booked-service.labels" (dict "root" . "kind" "server") | fromYaml }}
{{- range $label, $_ := .Values.podLabels }}
{{- if hasKey $own $label }}
podLabels.{{ $label }} is set by the chart: Services and NetworkPolicies select the pods by it
{{- end }}
{{- end }}
{{- if eq (int .Values.ports.traffic) (int .Values.ports.admin) }}
ports.traffic and ports.admin are the same ({{ int .Values.ports.traffic }}); clients must not reach the metrics
{{- end }}
{{- if and .Values.mail.existingSecret (not .Values.mail.from) }}
mail.from is required if mail.existingSecret is set: the sender, for example Tickets <tickets@example.com>
{{- end }}
{{- if and .Values.mail.existingSecret (not $component.mail) }}
mail.existingSecret is for ticketing only
{{- end }}
{{- end }}

{{- define "booked-service.check.scaling" }}
{{- $replicas := include "booked-service.replicas" . | fromYaml }}
{{- with .Values }}
{{- if and .autoscaling.keepReplicaCount (or .autoscaling.enabled .keda.enabled) (le (int $replicas.min) (int .replicaCount)) }}
minReplicas ({{ $replicas.min }}) must be above replicaCount ({{ int .replicaCount }}) while autoscaling.keepReplicaCount is on: otherwise the autoscaler does not take over the number of pods, and it falls to one as soon as keepReplicaCount is off
{{- end }}
{{- if and .autoscaling.enabled .keda.enabled }}
autoscaling.enabled and keda.enabled exclude each other: KEDA creates its own HorizontalPodAutoscaler
{{- end }}
{{- if and .autoscaling.enabled (gt (int .autoscaling.minReplicas) (int .autoscaling.maxReplicas)) }}
autoscaling.minReplicas ({{ int .autoscaling.minReplicas }}) is more than autoscaling.maxReplicas ({{ int .autoscaling.maxReplicas }})
{{- end }}
{{- if and .keda.enabled (gt (int .keda.minReplicas) (int .keda.maxReplicas)) }}
keda.minReplicas ({{ int .keda.minReplicas }}) is more than keda.maxReplicas ({{ int .keda.maxReplicas }})
{{- end }}
{{- if and .autoscaling.enabled (not .autoscaling.targetCPUUtilizationPercentage) (not .autoscaling.metrics) }}
autoscaling needs targetCPUUtilizationPercentage or metrics: it has nothing to scale by
{{- end }}
{{- if and .autoscaling.enabled .autoscaling.targetCPUUtilizationPercentage (not (dig "requests" "cpu" "" .resources)) }}
resources.requests.cpu is required: autoscaling.targetCPUUtilizationPercentage is a percentage of it
{{- end }}
{{- $none := list "0" "0%" }}
{{- if and (has (toString .updateStrategy.maxSurge) $none) (has (toString .updateStrategy.maxUnavailable) $none) }}
updateStrategy.maxSurge and updateStrategy.maxUnavailable are both 0: no pod could ever be replaced
{{- end }}
{{- end }}
{{- end }}

{{- define "booked-service.check.shutdown" }}
{{- with .Values.shutdown }}
{{- $flush := 5 }}
{{- $drain := divf (addf .drainDelayMs (mulf 2 .drainTimeoutMs)) 1000 | ceil | int }}
{{- $needed := add (int .preStopSeconds) $drain $flush }}
{{- if lt (int .terminationGracePeriodSeconds) (int $needed) }}
shutdown.terminationGracePeriodSeconds ({{ int .terminationGracePeriodSeconds }}) is shorter than a pod may take to stop, {{ $needed }} s: {{ int .preStopSeconds }} of preStopSeconds, {{ $drain }} of drainDelayMs and twice drainTimeoutMs (requests, then detached work), {{ $flush }} to flush telemetry; it would be killed in the middle of bookings
{{- end }}
{{- $removed := 5000 }}
{{- $serving := add (mul 1000 (int .preStopSeconds)) (int .drainDelayMs) }}
{{- if lt (int $serving) $removed }}
shutdown.preStopSeconds and shutdown.drainDelayMs are {{ $serving }} ms together: a pod that stops would close its port while it still receives requests; the cluster may take {{ $removed }} ms to remove its address
{{- end }}
{{- end }}
{{- range $longest := list "UPSTREAM_TIMEOUT_MS" "READ_TIMEOUT_MS" "REQUEST_TIMEOUT_MS" }}
{{- if gt (int (get $.Values.config $longest)) (int $.Values.shutdown.drainTimeoutMs) }}
shutdown.drainTimeoutMs ({{ int $.Values.shutdown.drainTimeoutMs }}) is shorter than a request may take, {{ int (get $.Values.config $longest) }} ms (config.{{ $longest }}): every rollout would cut off requests
{{- end }}
{{- end }}
{{- end }}

{{- define "booked-service.check.connections" }}
{{- if (include "booked-service.component" . | fromYaml).database }}
{{- $pods := (include "booked-service.replicas" . | fromYaml).max | int }}
{{- $migration := ternary 1 0 (eq "true" (include "booked-service.migrates" .)) }}
{{- /* A rollout does not wait for the pods that stop: after a quick one, all replaced pods may still be draining. */}}
{{- $connections := add (mul 2 $pods (int .Values.database.connections)) $migration }}
{{- if gt (int $connections) (int .Values.database.connectionBudget) }}
database.connectionBudget ({{ int .Values.database.connectionBudget }}) is less than the {{ $connections }} connections that may be open: {{ int .Values.database.connections }} (database.connections) for each of {{ $pods }} pods and for as many more that stop in a rollout, {{ $migration }} for the migration; use fewer pods, fewer connections per pod, or a larger server
{{- end }}
{{- end }}
{{- end }}

{{- define "booked-service.check.public" }}
{{- $component := include "booked-service.component" . | fromYaml }}
{{- if not $component.public }}
{{- if or .Values.ingress.enabled .Values.httpRoute.enabled (ne .Values.service.type "ClusterIP") }}
ingress, httpRoute and a service.type other than ClusterIP are for the gateway only: {{ .Values.component }} serves only other components
{{- end }}
{{- if .Values.networkPolicy.clients }}
networkPolicy.clients is for the gateway only; to let others than components call {{ .Values.component }}, use networkPolicy.extraIngress
{{- end }}
{{- end }}
{{- if and .Values.service.externalTrafficPolicy (eq .Values.service.type "ClusterIP") }}
service.externalTrafficPolicy is for a service.type other than ClusterIP: nothing outside the cluster reaches this one
{{- end }}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) }}
ingress.hosts is empty: name the hosts at which clients reach the gateway
{{- end }}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) }}
httpRoute.parentRefs is empty: name the Gateway that the route belongs to
{{- end }}
{{- end }}

{{- define "booked-service.check.environment" }}
{{- $seen := dict }}
{{- range include "booked-service.environment" (dict "root" . "kind" "server") | fromYamlArray }}
{{- if hasKey $seen .name }}
{{ .name }} is set twice: a variable is set either by the chart, in config or in extraEnv
{{- end }}
{{- $_ := set $seen .name true }}
{{- end }}
{{- range list "DATABASE_URL" "VALKEY_URL" "SMTP_URL" "INTERNAL_CREDENTIAL" }}
{{- if hasKey $seen . }}
{{ . }} is a secret, and secrets are mounted as files: see existingSecret
{{- end }}
{{- end }}
{{- range list "OTEL_EXPORTER_OTLP_ENDPOINT" "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" }}
{{- if hasKey $.Values.config . }}
{{ . }} must be set as global.tracing.endpoint, so that the NetworkPolicy lets traces out
{{- end }}
{{- end }}
{{- end }}
