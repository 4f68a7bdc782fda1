{{/*
What is mounted: a list below `mounts`, each with its folder, its source, its file, and the variable that names the file to the
program. `dict "root" $ "kind" "server"`; the migration gets only the database's.
*/}}
{{- define "booked-service.mounts" -}}
{{- $component := include "booked-service.component" .root | fromYaml }}
{{- $isServer := eq .kind "server" }}
{{- $name := include "booked-service.fullname" .root }}
{{- with .root.Values -}}
mounts:
  {{- if $isServer }}
  - name: internal-credential
    secret: {{ .global.internalCredential.existingSecret | default (printf "%s-internal-credential" .global.partOf) }}
    key: {{ .global.internalCredential.key }}
    file: credential
    env: INTERNAL_CREDENTIAL_FILE
  {{- end }}
  {{- if $component.database }}
  {{- $owner := ternary "" .migrations.existingSecret $isServer }}
  - name: database
    secret: {{ $owner | default .database.existingSecret | default (printf "%s-database" $name) }}
    key: {{ .database.key }}
    file: url
    env: DATABASE_URL_FILE
  {{- /* The URL contains its path, so it has no variable. */}}
  {{- include "booked-service.caMount" (dict "name" "database-ca" "ca" .database.ca) | nindent 2 }}
  {{- end }}
  {{- if and $isServer $component.valkey }}
  - name: valkey
    secret: {{ .valkey.existingSecret | default (printf "%s-valkey" $name) }}
    key: {{ .valkey.key }}
    file: url
    env: VALKEY_URL_FILE
  {{- include "booked-service.caMount" (dict "name" "valkey-ca" "ca" .valkey.ca "env" "VALKEY_CA_FILE") | nindent 2 }}
  {{- end }}
  {{- if and $isServer $component.mail .mail.existingSecret }}
  - name: mail
    secret: {{ .mail.existingSecret }}
    key: {{ .mail.key }}
    file: url
    env: SMTP_URL_FILE
  {{- include "booked-service.caMount" (dict "name" "mail-ca" "ca" .mail.ca "env" "SMTP_CA_FILE") | nindent 2 }}
  {{- end }}
  {{- if and $isServer $component.signingKeys }}
  - name: signing-keys
    secret: {{ .auth.signingKeys.existingSecret | default (printf "%s-signing-keys" $name) }}
    env: SIGNING_KEYS_DIR
  {{- end }}
{{- end }}
{{- end }}

{{/* The certificates that a server's certificate is checked against, if any are given. */}}
{{- define "booked-service.caMount" -}}
{{- if or .ca.configMap .ca.secret -}}
- name: {{ .name }}
  {{- if .ca.configMap }}
  configMap: {{ .ca.configMap }}
  {{- else }}
  secret: {{ .ca.secret }}
  {{- end }}
  key: {{ .ca.key }}
  file: ca.crt
  {{- with .env }}
  env: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "booked-service.volumes" -}}
{{- range (include "booked-service.mounts" . | fromYaml).mounts }}
- name: {{ .name }}
  {{- if .configMap }}
  configMap:
    name: {{ .configMap }}
  {{- else }}
  secret:
    secretName: {{ .secret }}
  {{- end }}
    defaultMode: 0440
    {{- if .file }}
    items:
      - key: {{ .key }}
        path: {{ .file }}
    {{- end }}
{{- end }}
{{- if eq .kind "server" }}
{{- with .root.Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- end }}

{{- define "booked-service.volumeMounts" -}}
{{- range (include "booked-service.mounts" . | fromYaml).mounts }}
- name: {{ .name }}
  mountPath: /etc/booked/{{ .name }}
  readOnly: true
{{- end }}
{{- if eq .kind "server" }}
{{- with .root.Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- end }}
