{{/* The environment of the server or the migration: `dict "root" $ "kind" "server"`. */}}
{{- define "booked-service.environment" -}}
{{- $values := .root.Values }}
{{- range $name, $value := (include "booked-service.chartSettings" . | fromYaml) }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- range $name, $value := $values.config }}
  {{- if or (eq $.kind "server") (regexMatch "^(DATABASE_|LOG_|RUST_)" $name) }}
- name: {{ $name }}
  value: {{ include "booked-service.text" $value | quote }}
  {{- end }}
{{- end }}
{{- if eq .kind "server" }}
{{- if $values.global.tracing.endpoint }}
- name: POD_NAME
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- name: OTEL_RESOURCE_ATTRIBUTES
  value: k8s.namespace.name={{ .root.Release.Namespace }},k8s.pod.name=$(POD_NAME)
{{- end }}
{{- with $values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- end }}

{{/* The variables that the chart sets, as a map of strings. */}}
{{- define "booked-service.chartSettings" -}}
{{- $root := .root }}
{{- $values := $root.Values }}
{{- $component := include "booked-service.component" $root | fromYaml }}
{{- $settings := dict }}
{{- range (include "booked-service.mounts" . | fromYaml).mounts }}
  {{- if .env }}
    {{- $_ := set $settings .env (trimSuffix "/" (printf "/etc/booked/%s/%s" .name (.file | default ""))) }}
  {{- end }}
{{- end }}
{{- if eq .kind "server" }}
  {{- $_ := set $settings "LISTEN" (printf "%s:%d" $values.ports.address (int $values.ports.traffic)) }}
  {{- $_ := set $settings "ADMIN_LISTEN" (printf "%s:%d" $values.ports.address (int $values.ports.admin)) }}
  {{- $_ := set $settings "DRAIN_DELAY_MS" (toString (int $values.shutdown.drainDelayMs)) }}
  {{- $_ := set $settings "DRAIN_TIMEOUT_MS" (toString (int $values.shutdown.drainTimeoutMs)) }}
  {{- if $component.public }}
    {{- $_ := set $settings "GATEWAY_REPLICAS" (toString (max 1 (int (include "booked-service.replicas" $root | fromYaml).min))) }}
    {{- if and (or $values.ingress.enabled $values.httpRoute.enabled) (not (hasKey $values.config "TRUSTED_PROXIES")) }}
      {{- $_ := set $settings "TRUSTED_PROXIES" "1" }}
    {{- end }}
  {{- end }}
  {{- if $component.database }}
    {{- $_ := set $settings "DATABASE_CONNECTIONS_MAX" (toString (int $values.database.connections)) }}
  {{- end }}
  {{- if and $component.mail $values.mail.existingSecret }}
    {{- $_ := set $settings "SMTP_FROM" $values.mail.from }}
  {{- end }}
  {{- range $component.calls }}
    {{- $_ := set $settings (printf "%s_URL" (upper .)) (include "booked-service.peerUrl" (dict "root" $root "component" .)) }}
  {{- end }}
  {{- with $values.global.tracing.endpoint }}
    {{- $_ := set $settings "OTEL_EXPORTER_OTLP_ENDPOINT" . }}
  {{- end }}
{{- end }}
{{- toYaml $settings }}
{{- end }}

{{/* A value as a string; Helm prints large whole numbers with an exponent, which the programs do not read. */}}
{{- define "booked-service.text" -}}
{{- if kindIs "float64" . }}{{ ternary (int64 . | toString) (toString .) (eq (floor .) .) }}{{ else }}{{ toString . }}{{ end }}
{{- end }}
