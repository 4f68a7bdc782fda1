{{/* What is told after an installation. */}}
{{- define "booked-service.notes" -}}
{{- $name := include "booked-service.fullname" . }}
{{- $component := include "booked-service.component" . | fromYaml }}
{{- $replicas := include "booked-service.replicas" . | fromYaml }}
{{ $name }} {{ .Chart.AppVersion }} is installed in {{ .Release.Namespace }}, with {{ $replicas.min }}{{ if ne (int $replicas.min) (int $replicas.max) }} to {{ $replicas.max }}{{ end }} pods.

  kubectl --namespace {{ .Release.Namespace }} rollout status deployment/{{ $name }}
  helm --namespace {{ .Release.Namespace }} test {{ .Release.Name }}

It reads these, which are yours to make:
{{- range (include "booked-service.mounts" (dict "root" . "kind" "server") | fromYaml).mounts }}
  {{ if .configMap }}ConfigMap {{ .configMap }}{{ else }}Secret {{ .secret }}{{ end }}{{ with .key }}, key {{ . }}{{ end }}
{{- end }}
{{- if and (include "booked-service.migrates" .) .Values.migrations.existingSecret }}
  Secret {{ .Values.migrations.existingSecret }}, key {{ .Values.database.key }}, for its migration alone
{{- end }}
{{- if $component.public }}

It is reached
{{- if .Values.ingress.enabled }} at {{ join ", " .Values.ingress.hosts }} by the Ingress.
{{- else if .Values.httpRoute.enabled }} by the HTTPRoute{{ with .Values.httpRoute.hostnames }} at {{ join ", " . }}{{ end }}.
{{- else if eq .Values.service.type "ClusterIP" }} from within the cluster alone. To try it:
  kubectl --namespace {{ .Release.Namespace }} port-forward service/{{ $name }} 8080:{{ int .Values.service.port }}
{{- else }} by the Service {{ $name }} of type {{ .Values.service.type }}.
{{- end }}

These limits are on, unless `config` says otherwise (0 is none):
{{- $config := .Values.config }}
  each address asks for {{ include "booked-service.setting" (list $config "ADDRESS_RATE_PER_S" 500) }} a second, {{ include "booked-service.setting" (list $config "ADDRESS_BURST" 5000) }} at once (a look costs 1, a change 5, a log-in 50)
  each user asks for {{ include "booked-service.setting" (list $config "USER_RATE_PER_S" 50) }} a second, {{ include "booked-service.setting" (list $config "USER_BURST" 500) }} at once
  each pod allows a part of these, 1 in {{ max 1 (int $replicas.min) }}, and by itself {{ include "booked-service.setting" (list $config "USER_CONCURRENCY_MAX" 16) }} requests at a time of a user, {{ include "booked-service.setting" (list $config "ADDRESS_CONCURRENCY_MAX" 256) }} without a token of an address
  proxies whose X-Forwarded-For is believed: {{ include "booked-service.setting" (list $config "TRUSTED_PROXIES" (ternary 1 0 (or .Values.ingress.enabled .Values.httpRoute.enabled))) }} (TRUSTED_PROXIES)
{{- end }}
{{- if eq .Values.migrations.mode "none" }}
{{- if $component.database }}

Nothing migrates its database: run `booked-{{ .Values.component }} migrate` before each new version.
{{- end }}
{{- end }}
{{- with include "booked-service.warnings" . | trimAll "\n" }}

To look at:
{{ . }}
{{- end }}
{{- end }}

{{- define "booked-service.warnings" -}}
{{- $component := include "booked-service.component" . | fromYaml }}
{{- if hasSuffix ":4317" (trimSuffix "/" .Values.global.tracing.endpoint) }}
  global.tracing.endpoint: at port 4317 collectors speak gRPC; traces are sent over HTTP, which is mostly at 4318.
{{- end }}
{{- if not .Values.networkPolicy.enabled }}
  networkPolicy.enabled is false: whatever reaches the pods may call them.
{{- else }}
{{- if and $component.database (not .Values.database.to) }}
  database.to is empty: the pods may open port {{ int .Values.database.port }} of every address.
{{- end }}
{{- if and $component.valkey (not .Values.valkey.to) }}
  valkey.to is empty: the pods may open port {{ int .Values.valkey.port }} of every address.
{{- end }}
{{- if and .Values.mail.existingSecret (not .Values.mail.to) }}
  mail.to is empty: the pods may open port {{ int .Values.mail.port }} of every address.
{{- end }}
{{- if and .Values.global.tracing.endpoint (not .Values.global.tracing.to) }}
  global.tracing.to is empty: the pods may open port {{ include "booked-service.portOfUrl" .Values.global.tracing.endpoint }} of every address.
{{- end }}
{{- if and (or .Values.config.TRUSTED_PROXIES .Values.ingress.enabled .Values.httpRoute.enabled) (not .Values.networkPolicy.clients) }}
  networkPolicy.clients is empty: whoever reaches the pods past the proxies can claim any address (config.TRUSTED_PROXIES).
{{- end }}
{{- end }}
{{- if and $component.public (or .Values.ingress.enabled .Values.httpRoute.enabled) (not (hasKey .Values.config "TRUSTED_PROXIES")) }}
  config.TRUSTED_PROXIES is not set: 1 is assumed, that of the Ingress or the route. With another one in front of it, limits by
  address count that one's, not the clients'.
{{- end }}
{{- if and (not $component.public) (ne (int .Values.service.port) 80) }}
  service.port is {{ int .Values.service.port }}: the parts that call this one must be told (peers.{{ .Values.component }}.port).
{{- end }}
{{- if and .Values.ingress.enabled (not .Values.ingress.tls) }}
  ingress.tls is empty: passwords and tokens travel in clear text, unless something before the Ingress ends TLS.
{{- end }}
{{- if and (ne .Values.service.type "ClusterIP") (ne .Values.service.externalTrafficPolicy "Local") (not .Values.config.TRUSTED_PROXIES) }}
  service.externalTrafficPolicy is not Local: limits by address may count the nodes', not the clients'.
{{- end }}
{{- if .Values.autoscaling.keepReplicaCount }}
  autoscaling.keepReplicaCount is for one upgrade: take it away with the next, or it works against the autoscaler.
{{- end }}
{{- end }}

{{/* A setting's value, or the program's default: `list $config "NAME" default`. */}}
{{- define "booked-service.setting" -}}
{{- $name := index . 1 }}
{{- if hasKey (index . 0) $name }}{{ include "booked-service.text" (get (index . 0) $name) }}{{ else }}{{ index . 2 }}{{ end }}
{{- end }}
