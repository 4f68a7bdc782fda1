{{/* What every pod has: `dict "root" $`. */}}
{{- define "booked-service.podBase" -}}
{{- $values := .root.Values }}
automountServiceAccountToken: false
enableServiceLinks: {{ .serviceLinks | default false }}
securityContext:
  {{- toYaml $values.podSecurityContext | nindent 2 }}
{{- with $values.global.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{/* What every container has. The image's entry point is the program. */}}
{{- define "booked-service.containerBase" -}}
image: {{ include "booked-service.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  {{- toYaml .Values.containerSecurityContext | nindent 2 }}
{{- end }}
