{{/* How many pods there may be, and what scales them. */}}
{{- define "booked-service.replicas" -}}
{{- if .Values.keda.enabled }}
{{- dict "min" (int .Values.keda.minReplicas) "max" (int .Values.keda.maxReplicas) | toYaml }}
{{- else if .Values.autoscaling.enabled }}
{{- dict "min" (int .Values.autoscaling.minReplicas) "max" (int .Values.autoscaling.maxReplicas) | toYaml }}
{{- else }}
{{- dict "min" (int .Values.replicaCount) "max" (int .Values.replicaCount) | toYaml }}
{{- end }}
{{- end }}

{{- define "booked-service.horizontalPodAutoscaler" -}}
{{- with .Values.autoscaling }}
{{- $about := dict "root" $ "kind" "server" "name" (include "booked-service.fullname" $) }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "booked-service.metadata" $about | nindent 2 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "booked-service.fullname" $ }}
  minReplicas: {{ int .minReplicas }}
  maxReplicas: {{ int .maxReplicas }}
  metrics:
    {{- with .targetCPUUtilizationPercentage }}
    - type: Resource
      resource:
        name: cpu
        target: { type: Utilization, averageUtilization: {{ int . }} }
    {{- end }}
    {{- with .metrics }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .behavior }}
  behavior:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "booked-service.scaledObject" -}}
{{- with .Values.keda }}
{{- $about := dict "root" $ "kind" "server" "name" (include "booked-service.fullname" $) }}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  {{- include "booked-service.metadata" $about | nindent 2 }}
spec:
  scaleTargetRef:
    name: {{ include "booked-service.fullname" $ }}
  minReplicaCount: {{ int .minReplicas }}
  maxReplicaCount: {{ int .maxReplicas }}
  pollingInterval: {{ int .pollingInterval }}
  cooldownPeriod: {{ int .cooldownPeriod }}
  {{- with .fallback }}
  fallback:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .advanced }}
  advanced:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  triggers:
    {{- toYaml .triggers | nindent 4 }}
{{- end }}
{{- end }}

{{- define "booked-service.podDisruptionBudget" -}}
{{- $about := dict "root" . "kind" "server" "name" (include "booked-service.fullname" .) }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "booked-service.metadata" $about | nindent 2 }}
spec:
  maxUnavailable: {{ .Values.pdb.maxUnavailable }}
  unhealthyPodEvictionPolicy: {{ .Values.pdb.unhealthyPodEvictionPolicy }}
  selector:
    matchLabels:
      {{- include "booked-service.selector" (dict "root" . "kind" "server") | nindent 6 }}
{{- end }}
