{{/* All objects of a chart. */}}
{{- define "booked-service.all" -}}
{{- include "booked-service.check" . }}
{{- $objects := list "service" "adminService" "deployment" }}
{{- if .Values.serviceAccount.create }}{{ $objects = append $objects "serviceAccount" }}{{ end }}
{{- if .Values.networkPolicy.enabled }}{{ $objects = concat $objects (list "networkPolicy" "testNetworkPolicy") }}{{ end }}
{{- if .Values.keda.enabled }}{{ $objects = append $objects "scaledObject" }}
{{- else if .Values.autoscaling.enabled }}{{ $objects = append $objects "horizontalPodAutoscaler" }}{{ end }}
{{- $replicas := include "booked-service.replicas" . | fromYaml }}
{{- if and .Values.pdb.enabled (gt (int $replicas.min) 1) }}{{ $objects = append $objects "podDisruptionBudget" }}{{ end }}
{{- if .Values.ingress.enabled }}{{ $objects = append $objects "ingress" }}{{ end }}
{{- if .Values.httpRoute.enabled }}{{ $objects = append $objects "httpRoute" }}{{ end }}
{{- if .Values.metrics.serviceMonitor.enabled }}{{ $objects = append $objects "serviceMonitor" }}{{ end }}
{{- if .Values.metrics.prometheusRule.enabled }}{{ $objects = append $objects "prometheusRule" }}{{ end }}
{{- if include "booked-service.migrates" . }}
  {{- $objects = concat $objects (list "migrationServiceAccount" "migrationJob") }}
  {{- if .Values.networkPolicy.enabled }}{{ $objects = append $objects "migrationNetworkPolicy" }}{{ end }}
{{- end }}
{{- range $objects }}
---
{{ include (printf "booked-service.%s" .) $ | trim }}
{{- end }}
{{- range .Values.extraObjects }}
---
{{ tpl (toYaml .) $ }}
{{- end }}
{{- end }}
