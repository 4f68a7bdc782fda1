{{/* The pods that serve. */}}
{{- define "booked-service.deployment" -}}
{{- $server := dict "root" . "kind" "server" }}
{{- $isScaled := or .Values.autoscaling.enabled .Values.keda.enabled }}
{{- $about := merge (dict "name" (include "booked-service.fullname" .)) $server }}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "booked-service.metadata" $about | nindent 2 }}
spec:
  {{- if or (not $isScaled) .Values.autoscaling.keepReplicaCount }}
  replicas: {{ int .Values.replicaCount }}
  {{- end }}
  minReadySeconds: {{ int .Values.minReadySeconds }}
  revisionHistoryLimit: {{ int .Values.revisionHistoryLimit }}
  progressDeadlineSeconds: {{ int .Values.progressDeadlineSeconds }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      {{- toYaml .Values.updateStrategy | nindent 6 }}
  selector:
    matchLabels:
      {{- include "booked-service.selector" $server | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "booked-service.labels" $server | nindent 8 }}
        {{- with .Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with .Values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "booked-service.podBase" $server | trim | nindent 6 }}
      serviceAccountName: {{ include "booked-service.serviceAccountName" . }}
      terminationGracePeriodSeconds: {{ int .Values.shutdown.terminationGracePeriodSeconds }}
      {{- with .Values.topologySpreadConstraints }}
      topologySpreadConstraints:
        {{- range . }}
        - {{- toYaml (merge (deepCopy .) (include "booked-service.spreadSelector" $server | fromYaml)) | nindent 10 }}
        {{- end }}
      {{- end }}
      containers:
        - name: {{ .Values.component }}
          {{- include "booked-service.containerBase" . | nindent 10 }}
          args: [serve]
          env:
            {{- include "booked-service.environment" $server | trim | nindent 12 }}
          ports:
            - { name: http, containerPort: {{ int .Values.ports.traffic }}, protocol: TCP }
            - { name: admin, containerPort: {{ int .Values.ports.admin }}, protocol: TCP }
          {{- with .Values.probes }}
          startupProbe:
            httpGet: { path: /livez, port: admin }
            {{- toYaml .startup | nindent 12 }}
          livenessProbe:
            httpGet: { path: /livez, port: admin }
            {{- toYaml .liveness | nindent 12 }}
          readinessProbe:
            httpGet: { path: /readyz, port: admin }
            {{- toYaml .readiness | nindent 12 }}
          {{- end }}
          {{- if .Values.shutdown.preStopSeconds }}
          lifecycle:
            preStop:
              sleep: { seconds: {{ int .Values.shutdown.preStopSeconds }} }
          {{- end }}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
          volumeMounts:
            {{- include "booked-service.volumeMounts" $server | trim | nindent 12 }}
      volumes:
        {{- include "booked-service.volumes" $server | trim | nindent 8 }}
{{- end }}

{{/* The old and the new pods of a rollout are spread separately. */}}
{{- define "booked-service.spreadSelector" -}}
labelSelector:
  matchLabels:
    {{- include "booked-service.selector" . | nindent 4 }}
matchLabelKeys: [pod-template-hash]
{{- end }}
