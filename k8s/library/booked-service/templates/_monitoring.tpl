{{/* What the Prometheus Operator reads: where to scrape, and the rules. */}}
{{- define "booked-service.serviceMonitor" -}}
{{- with .Values.metrics.serviceMonitor }}
{{- $about := dict "root" $ "kind" "server" "name" (include "booked-service.fullname" $) "labels" .labels }}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  {{- include "booked-service.metadata" $about | nindent 2 }}
spec:
  selector:
    matchLabels:
      {{- include "booked-service.selector" (dict "root" $ "kind" "admin") | nindent 6 }}
  namespaceSelector:
    matchNames: [{{ $.Release.Namespace }}]
  endpoints:
    - port: admin
      path: /metrics
      interval: {{ .interval }}
      scrapeTimeout: {{ .scrapeTimeout }}
      {{- with .relabelings }}
      relabelings:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .metricRelabelings }}
      metricRelabelings:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end }}
{{- end }}

{{/*
The rules of files/rules.yaml, which is a link into deploy/prometheus: Prometheus outside Kubernetes reads them unchanged. Here the
job and namespace of this release replace the job's name.
*/}}
{{- define "booked-service.prometheusRule" -}}
{{- $here := printf "namespace=%q,job=%q" .Release.Namespace (include "booked-service.adminName" .) }}
{{- $about := dict "root" $ "kind" "server" "name" (include "booked-service.fullname" $) }}
{{- $_ := set $about "labels" .Values.metrics.prometheusRule.labels }}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  {{- include "booked-service.metadata" $about | nindent 2 }}
spec:
  {{- $job := printf "job=\"booked-%s\"" .Values.component }}
  {{- .Files.Get "files/rules.yaml" | replace $job $here | nindent 2 }}
{{- end }}
