{{/*
The components: what each has, as in deploy/components, and which it calls. NetworkPolicies, addresses, mounted secrets and
migrations follow from this table.
*/}}
{{- define "booked-service.topology" -}}
gateway:
  public: true
  calls: [user, event, ticketing, analytics]
user:
  database: true
  signingKeys: true
  calls: []
event:
  database: true
  calls: [ticketing]
ticketing:
  database: true
  valkey: true
  mail: true
  calls: [event, user]
analytics:
  database: true
  calls: [ticketing]
{{- end }}

{{/* The row of the component that this chart is for. */}}
{{- define "booked-service.component" -}}
{{- get (include "booked-service.topology" . | fromYaml) .Values.component | toYaml }}
{{- end }}

{{/* The components that call this one, as a list below `callers`. */}}
{{- define "booked-service.callers" -}}
{{- $called := .Values.component }}
{{- $callers := list }}
{{- range $name, $component := include "booked-service.topology" . | fromYaml }}
  {{- if has $called $component.calls }}{{ $callers = append $callers $name }}{{ end }}
{{- end }}
{{- dict "callers" $callers | toYaml }}
{{- end }}

{{/* Whether this release migrates the schema. */}}
{{- define "booked-service.migrates" -}}
{{- if and (include "booked-service.component" . | fromYaml).database (ne .Values.migrations.mode "none") }}true{{ end }}
{{- end }}
