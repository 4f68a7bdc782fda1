{{/* The address for requests. */}}
{{- define "booked-service.service" -}}
{{- $server := dict "root" . "kind" "server" }}
{{- $about := merge (dict "name" (include "booked-service.fullname" .) "annotations" .Values.service.annotations) $server }}
apiVersion: v1
kind: Service
metadata:
  {{- include "booked-service.metadata" $about | nindent 2 }}
spec:
  type: {{ .Values.service.type }}
  {{- with .Values.service.externalTrafficPolicy }}
  externalTrafficPolicy: {{ . }}
  {{- end }}
  {{- with .Values.service.trafficDistribution }}
  trafficDistribution: {{ . }}
  {{- end }}
  selector:
    {{- include "booked-service.selector" $server | nindent 4 }}
  ports:
    - { name: http, port: {{ int .Values.service.port }}, targetPort: http, protocol: TCP, appProtocol: http }
{{- end }}

{{/* The address for health and metrics: a separate Service, so that no load balancer ever exposes it. */}}
{{- define "booked-service.adminService" -}}
{{- $about := dict "root" . "kind" "admin" "name" (include "booked-service.adminName" .) }}
apiVersion: v1
kind: Service
metadata:
  {{- include "booked-service.metadata" $about | nindent 2 }}
spec:
  type: ClusterIP
  selector:
    {{- include "booked-service.selector" (dict "root" . "kind" "server") | nindent 4 }}
  ports:
    - { name: admin, port: {{ int .Values.ports.admin }}, targetPort: admin, protocol: TCP, appProtocol: http }
{{- end }}

{{- define "booked-service.serviceAccount" -}}
{{- $about := dict "root" . "kind" "server" "name" (include "booked-service.serviceAccountName" .) }}
{{- $_ := set $about "annotations" .Values.serviceAccount.annotations }}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "booked-service.metadata" $about | nindent 2 }}
automountServiceAccountToken: false
{{- end }}
