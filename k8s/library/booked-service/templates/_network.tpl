{{/*
Which pods may call which. Server pods may be called by the components that call this one (the table in _topology.tpl) and by
scrapers of metrics; they may call the components that this one calls, its database, Valkey and the mail server (ticketing), the
collector of traces, and DNS.

Ports of this component's pods are numbers: some network plug-ins (AWS') do not resolve a name that the calling pod does not have
itself. Ports of other components are names, which their pods resolve.
*/}}
{{- define "booked-service.networkPolicy" -}}
{{- $component := include "booked-service.component" . | fromYaml }}
{{- $about := dict "root" . "kind" "server" "name" (include "booked-service.fullname" .) }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "booked-service.metadata" $about | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "booked-service.selector" (dict "root" . "kind" "server") | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - ports: [{ port: {{ int .Values.ports.traffic }}, protocol: TCP }]
      {{- if not $component.public }}
      from:
        {{- range (include "booked-service.callers" . | fromYaml).callers }}
        {{- include "booked-service.peer" (dict "root" $ "component" .) | nindent 8 }}
        {{- end }}
      {{- else if .Values.networkPolicy.clients }}
      from:
        {{- toYaml .Values.networkPolicy.clients | nindent 8 }}
      {{- end }}
    - ports: [{ port: {{ int .Values.ports.admin }}, protocol: TCP }]
      from:
        - podSelector:
            matchLabels:
              {{- include "booked-service.selector" (dict "root" . "kind" "test") | nindent 14 }}
        {{- with .Values.metrics.scrapers }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    {{- with .Values.networkPolicy.extraIngress }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  egress:
    {{- include "booked-service.dnsEgress" . | nindent 4 }}
    {{- with $component.calls }}
    - ports: [{ port: http, protocol: TCP }]
      to:
        {{- range . }}
        {{- include "booked-service.peer" (dict "root" $ "component" .) | nindent 8 }}
        {{- end }}
    {{- end }}
    {{- if $component.database }}
    {{- include "booked-service.egressTo" .Values.database | nindent 4 }}
    {{- end }}
    {{- if $component.valkey }}
    {{- include "booked-service.egressTo" .Values.valkey | nindent 4 }}
    {{- end }}
    {{- if and $component.mail .Values.mail.existingSecret }}
    {{- include "booked-service.egressTo" .Values.mail | nindent 4 }}
    {{- end }}
    {{- with .Values.global.tracing }}
    {{- if .endpoint }}
    {{- include "booked-service.egressTo" (dict "to" .to "port" (include "booked-service.portOfUrl" .endpoint)) | nindent 4 }}
    {{- end }}
    {{- end }}
    {{- with .Values.networkPolicy.extraEgress }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{/* The migration may call its database only; nothing may call it. */}}
{{- define "booked-service.migrationNetworkPolicy" -}}
{{- $about := dict "root" . "kind" "migration" "name" (include "booked-service.migrationName" .) }}
{{- $_ := set $about "annotations" (include "booked-service.beforeMigration" . | fromYaml) }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "booked-service.metadata" $about | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "booked-service.selector" (dict "root" . "kind" "migration") | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress: []
  egress:
    {{- include "booked-service.dnsEgress" . | nindent 4 }}
    {{- include "booked-service.egressTo" .Values.database | nindent 4 }}
{{- end }}

{{/* The pod of `helm test` may call the admin port only. */}}
{{- define "booked-service.testNetworkPolicy" -}}
{{- $about := dict "root" . "kind" "test" "name" (include "booked-service.testName" .) }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "booked-service.metadata" $about | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "booked-service.selector" (dict "root" . "kind" "test") | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress: []
  egress:
    - ports: [{ port: {{ int .Values.ports.admin }}, protocol: TCP }]
      to:
        - podSelector:
            matchLabels:
              {{- include "booked-service.selector" (dict "root" . "kind" "server") | nindent 14 }}
{{- end }}

{{/* The server pods of another component: `dict "root" $ "component" "event"`. */}}
{{- define "booked-service.peer" -}}
- podSelector:
    matchLabels:
      app.kubernetes.io/name: {{ .component }}
      app.kubernetes.io/part-of: {{ .root.Values.global.partOf }}
      app.kubernetes.io/component: server
  {{- with (get .root.Values.peers .component).namespace }}
  namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: {{ . }}
  {{- end }}
{{- end }}

{{- define "booked-service.dnsEgress" -}}
{{- with .Values.networkPolicy.dns -}}
- ports:
    - { port: {{ int .port }}, protocol: UDP }
    - { port: {{ int .port }}, protocol: TCP }
  to:
    {{- toYaml .to | nindent 4 }}
{{- end }}
{{- end }}

{{/* To a port of the given peers, or of every address if none are given. */}}
{{- define "booked-service.egressTo" -}}
- ports: [{ port: {{ int .port }}, protocol: TCP }]
  {{- with .to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "booked-service.portOfUrl" -}}
{{- $url := urlParse . }}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default "80" }}
{{- end }}
