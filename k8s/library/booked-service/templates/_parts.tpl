{{/*
The parts of the system: what each has, and whom it calls. NetworkPolicies, addresses, mounted secrets and migrations
all follow from this table.
*/}}
{{- define "booked-service.parts" -}}
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
  calls: [event]
analytics:
  database: true
  calls: [ticketing]
{{- end }}

{{/* The row of the part that this chart is for. */}}
{{- define "booked-service.part" -}}
{{- get (include "booked-service.parts" . | fromYaml) .Values.component | toYaml }}
{{- end }}

{{/* The parts that call this one, as a list below `callers`. */}}
{{- define "booked-service.callers" -}}
{{- $component := .Values.component }}
{{- $callers := list }}
{{- range $name, $part := include "booked-service.parts" . | fromYaml }}
  {{- if has $component $part.calls }}{{ $callers = append $callers $name }}{{ end }}
{{- end }}
{{- dict "callers" $callers | toYaml }}
{{- end }}

{{/* Whether the schema is brought up to date by this release. */}}
{{- define "booked-service.migrates" -}}
{{- if and (include "booked-service.part" . | fromYaml).database (ne .Values.migrations.mode "none") }}true{{ end }}
{{- end }}
