{{/*
The job that migrates the schema, and what it needs. As a hook it runs before anything of the release exists, so it has its own
account and NetworkPolicy, and uses secrets that exist already.
*/}}
{{- define "booked-service.migrationName" -}}
{{- include "booked-service.fullname" . }}-migrate
{{- end }}

{{- define "booked-service.migrationServiceAccount" -}}
{{- $about := dict "root" . "kind" "migration" "name" (include "booked-service.migrationName" .) }}
{{- $_ := set $about "annotations" (include "booked-service.beforeMigration" . | fromYaml) }}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "booked-service.metadata" $about | nindent 2 }}
automountServiceAccountToken: false
{{- end }}

{{- define "booked-service.migrationJob" -}}
{{- $migration := dict "root" . "kind" "migration" }}
{{- $spec := include "booked-service.migrationSpec" $migration }}
{{- $name := include "booked-service.migrationName" . }}
{{- if eq .Values.migrations.mode "job" }}
  {{- /* A job cannot be changed, so a different one gets a different name. */}}
  {{- $name = printf "%s-%s" $name (sha256sum $spec | trunc 8) }}
{{- end }}
{{- $about := merge (dict "name" $name "annotations" (include "booked-service.atMigration" . | fromYaml)) $migration }}
apiVersion: batch/v1
kind: Job
metadata:
  {{- include "booked-service.metadata" $about | nindent 2 }}
spec:
  {{- $spec | nindent 2 }}
{{- end }}

{{- define "booked-service.migrationSpec" -}}
{{- with .root.Values.migrations -}}
activeDeadlineSeconds: {{ int .activeDeadlineSeconds }}
backoffLimit: {{ int .backoffLimit }}
{{- if eq .mode "job" }}
ttlSecondsAfterFinished: {{ int .ttlSecondsAfterFinished }}
{{- end }}
template:
  metadata:
    labels:
      {{- include "booked-service.labels" $ | nindent 6 }}
      {{- with $.root.Values.podLabels }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
  spec:
    {{- include "booked-service.podBase" $ | trim | nindent 4 }}
    serviceAccountName: {{ include "booked-service.migrationName" $.root }}
    restartPolicy: Never
    containers:
      - name: migrate
        {{- include "booked-service.containerBase" $.root | nindent 8 }}
        args: [migrate]
        env:
          {{- include "booked-service.environment" $ | trim | nindent 10 }}
        resources:
          {{- toYaml .resources | nindent 10 }}
        volumeMounts:
          {{- include "booked-service.volumeMounts" $ | trim | nindent 10 }}
    volumes:
      {{- include "booked-service.volumes" $ | trim | nindent 6 }}
{{- end }}
{{- end }}

{{/* A failed hook is kept until the next one, so that its log can be read. */}}
{{- define "booked-service.atMigration" -}}
{{- if eq .Values.migrations.mode "hook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: "0"
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
{{- end }}

{{- define "booked-service.beforeMigration" -}}
{{- if eq .Values.migrations.mode "hook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: "-10"
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
{{- end }}
