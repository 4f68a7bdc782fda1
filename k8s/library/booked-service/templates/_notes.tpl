{{/* What Helm prints after an installation. */}}
{{- define "booked-service.notes" -}}
{{- $name := include "booked-service.fullname" . }}
{{- $component := include "booked-service.component" . | fromYaml }}
{{- $replicas := include "booked-service.replicas" . | fromYaml }}
{{ $name }} {{ .Chart.AppVersion }} is installed in {{ .Release.Namespace }}, with {{ $replicas.min }}{{ if ne (int $replicas.min) (int $replicas.max) }} to {{ $replicas.max }}{{ end }} pods.

  kubectl --namespace {{ .Release.Namespace }} rollout status deployment/{{ $name }}
  helm --namespace {{ .Release.Namespace }} test {{ .Release.Name }}

It reads these, which you create:
{{- range (include "booked-service.mounts" (dict "root" . "kind" "server") | fromYaml).mounts }}
  {{ if .configMap }}ConfigMap {{ .configMap }}{{ else }}Secret {{ .secret }}{{ end }}{{ with .key }}, key {{ . }}{{ end }}
{{- end }}
{{- if and (include "booked-service.migrates" .) .Values.migrations.existingSecret }}
  Secret {{ .Values.migrations.existingSecret }}, key {{ .Values.database.key }}, for its migration only
{{- end }}
{{- if $component.public }}

Clients reach it
{{- if .Values.ingress.enabled }} at {{ join ", " .Values.ingress.hosts }} through the Ingress.
{{- else if .Values.httpRoute.enabled }} through the HTTPRoute{{ with .Values.httpRoute.hostnames }} at {{ join ", " . }}{{ end }}.
{{- else if eq .Values.service.type "ClusterIP" }} from within the cluster only. To try it:
  kubectl --namespace {{ .Release.Namespace }} port-forward service/{{ $name }} 8080:{{ int .Values.service.port }}
{{- else }} through the Service {{ $name }} of type {{ .Values.service.type }}.
{{- end }}

These limits apply, unless `config` changes them (0 is no limit):
{{- $config := .Values.config }}
  each address may ask for {{ include "booked-service.setting" (list $config "ADDRESS_RATE_PER_S" 500) }} a second, {{ include "booked-service.setting" (list $config "ADDRESS_BURST" 5000) }} at once (a read costs 1, a change 5, a log-in 50)
  each user may ask for {{ include "booked-service.setting" (list $config "USER_RATE_PER_S" 50) }} a second, {{ include "booked-service.setting" (list $config "USER_BURST" 500) }} at once
  each pod allows a share of these, 1 in {{ max 1 (int $replicas.min) }}, and on its own {{ include "booked-service.setting" (list $config "USER_CONCURRENCY_MAX" 16) }} concurrent requests per user, {{ include "booked-service.setting" (list $config "ADDRESS_CONCURRENCY_MAX" 256) }} without a token per address
  proxies whose X-Forwarded-For is trusted: {{ include "booked-service.setting" (list $config "TRUSTED_PROXIES" (ternary 1 0 (or .Values.ingress.enabled .Values.httpRoute.enabled))) }} (TRUSTED_PROXIES)
{{- end }}
{{- if eq .Values.migrations.mode "none" }}
{{- if $component.database }}

Nothing migrates its database: run `booked-{{ .Values.component }} migrate` before each new version.
{{- end }}
{{- end }}
{{- with include "booked-service.warnings" . | trimAll "\n" }}

To check:
{{ . }}
{{- end }}
{{- end }}

{{- define "booked-service.warnings" -}}
{{- $component := include "booked-service.component" . | fromYaml }}
{{- if hasSuffix ":4317" (trimSuffix "/" .Values.global.tracing.endpoint) }}
  global.tracing.endpoint: at port 4317 collectors speak gRPC; traces are sent over HTTP, usually at port 4318.
{{- end }}
{{- if not .Values.networkPolicy.enabled }}
  networkPolicy.enabled is false: every client that reaches the pods may call them.
{{- else }}
{{- if and $component.database (not .Values.database.to) }}
  database.to is empty: the pods may connect to port {{ int .Values.database.port }} of any address.
{{- end }}
{{- if and $component.valkey (not .Values.valkey.to) }}
  valkey.to is empty: the pods may connect to port {{ int .Values.valkey.port }} of any address.
{{- end }}
{{- if and .Values.mail.existingSecret (not .Values.mail.to) }}
  mail.to is empty: the pods may connect to port {{ int .Values.mail.port }} of any address.
{{- end }}
{{- if and .Values.global.tracing.endpoint (not .Values.global.tracing.to) }}
  global.tracing.to is empty: the pods may connect to port {{ include "booked-service.portOfUrl" .Values.global.tracing.endpoint }} of any address.
{{- end }}
{{- if and (or .Values.config.TRUSTED_PROXIES .Values.ingress.enabled .Values.httpRoute.enabled) (not .Values.networkPolicy.clients) }}
  networkPolicy.clients is empty: a client that bypasses the proxies can claim any address (config.TRUSTED_PROXIES).
{{- end }}
{{- end }}
{{- if and $component.public (or .Values.ingress.enabled .Values.httpRoute.enabled) (not (hasKey .Values.config "TRUSTED_PROXIES")) }}
  config.TRUSTED_PROXIES is not set: 1 is assumed, the proxy of the Ingress or the route. If there is another proxy in front
  of it, limits by address count that proxy's address, not the clients'.
{{- end }}
{{- if and (not $component.public) (ne (int .Values.service.port) 80) }}
  service.port is {{ int .Values.service.port }}: set it in the components that call this one too (peers.{{ .Values.component }}.port).
{{- end }}
{{- if and .Values.ingress.enabled (not .Values.ingress.tls) }}
  ingress.tls is empty: passwords and tokens travel in clear text, unless something before the Ingress ends TLS.
{{- end }}
{{- if and (ne .Values.service.type "ClusterIP") (ne .Values.service.externalTrafficPolicy "Local") (not .Values.config.TRUSTED_PROXIES) }}
  service.externalTrafficPolicy is not Local: limits by address may count the nodes' addresses, not the clients'.
{{- end }}
{{- if .Values.autoscaling.keepReplicaCount }}
  autoscaling.keepReplicaCount is for one upgrade: remove it with the next, or it works against the autoscaler.
{{- end }}
{{- end }}

{{/* A setting's value, or the program's default: `list $config "NAME" default`. */}}
{{- define "booked-service.setting" -}}
{{- $name := index . 1 }}
{{- if hasKey (index . 0) $name }}{{ include "booked-service.text" (get (index . 0) $name) }}{{ else }}{{ index . 2 }}{{ end }}
{{- end }}
