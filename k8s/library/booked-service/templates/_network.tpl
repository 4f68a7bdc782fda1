{{/*
Who may call whom. Pods of the server: in, the parts that call this one (the table in _topology.tpl) and whoever reads
metrics; out, the parts that it calls, its database, Valkey and mail for ticketing, the collector of traces, and DNS.

Ports of our own are numbers: not every network plug-in looks a name up where whoever calls has none by that name (AWS' does
not). What the port of another part is, its pods know by name.
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

{{/* The migration calls its database and nothing else; nobody calls it. */}}
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

{{/* The pod of `helm test` asks the admin port, and nothing else. */}}
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

{{/* The pods that serve another part: `dict "root" $ "component" "event"`. */}}
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

{{/* To a port of some peers, or of every address where none are named. */}}
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
