{{/*
`helm test`: asks for readiness through the admin Service. The program takes an address, not a name, and Kubernetes puts the
Service's address in a variable.
*/}}
{{- define "booked-service.test" -}}
{{- $host := printf "$(%s_SERVICE_HOST)" (include "booked-service.adminName" . | upper | replace "-" "_") }}
{{- if hasPrefix "[" .Values.ports.address }}{{ $host = printf "[%s]" $host }}{{ end }}
{{- $about := dict "root" . "kind" "test" "name" (include "booked-service.testName" .) }}
{{- $_ := set $about "annotations" (include "booked-service.atTest" . | fromYaml) }}
apiVersion: v1
kind: Pod
metadata:
  {{- include "booked-service.metadata" $about | nindent 2 }}
spec:
  {{- include "booked-service.podBase" (dict "root" . "serviceLinks" true) | trim | nindent 2 }}
  restartPolicy: Never
  containers:
    - name: test
      {{- include "booked-service.containerBase" . | nindent 6 }}
      args: [healthcheck]
      env:
        - name: ADMIN_LISTEN
          value: {{ printf "%s:%d" $host (int .Values.ports.admin) | quote }}
      resources:
        {{- toYaml .Values.migrations.resources | nindent 8 }}
{{- end }}

{{- define "booked-service.testName" -}}
{{- include "booked-service.fullname" . }}-test
{{- end }}

{{- define "booked-service.atTest" -}}
helm.sh/hook: test
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
