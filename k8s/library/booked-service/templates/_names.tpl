{{/*
The names and labels of objects. They follow from the system and the component, not from the release's name. Of Kubernetes'
labels, `name` has the component, and `component` what the pod is of it: server, migration, test.
*/}}
{{- define "booked-service.fullname" -}}
{{- printf "%s-%s" .Values.global.partOf .Values.component }}
{{- end }}

{{- define "booked-service.adminName" -}}
{{- include "booked-service.fullname" . }}-admin
{{- end }}

{{- define "booked-service.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "booked-service.fullname" .) "default" .Values.serviceAccount.create) }}
{{- end }}

{{/* The labels that select the pods of a kind: `dict "root" $ "kind" "server"`. Never change them: a selector is immutable. */}}
{{- define "booked-service.selector" -}}
app.kubernetes.io/name: {{ .root.Values.component }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .kind }}
{{- end }}

{{- define "booked-service.labels" -}}
{{ include "booked-service.selector" . }}
app.kubernetes.io/part-of: {{ .root.Values.global.partOf }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* The metadata of an object: `dict "root" $ "kind" … "name" … "annotations" …`. */}}
{{- define "booked-service.metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "booked-service.labels" . | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "booked-service.image" -}}
{{- $image := .Values.image }}
{{- $registry := .Values.global.image.registry }}
{{- $tag := $image.tag | default .Values.global.image.tag | default .Chart.AppVersion }}
{{- with $registry }}{{ trimSuffix "/" . }}/{{ end }}{{ $image.repository }}:{{ $tag }}{{ with $image.digest }}@{{ . }}{{ end }}
{{- end }}

{{/* The base URL of another component: `dict "root" $ "component" "event"`. */}}
{{- define "booked-service.peerUrl" -}}
{{- $peer := get .root.Values.peers .component }}
{{- $host := printf "%s-%s" .root.Values.global.partOf .component }}
{{- with $peer.namespace }}{{ $host = printf "%s.%s.svc" $host . }}{{ end }}
{{- if ne (int $peer.port) 80 }}{{ $host = printf "%s:%d" $host (int $peer.port) }}{{ end }}
{{- $peer.url | default (printf "http://%s" $host) }}
{{- end }}
