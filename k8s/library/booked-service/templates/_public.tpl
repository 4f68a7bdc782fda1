{{/* How clients outside the cluster reach the gateway: an Ingress, or a route of the Gateway API. */}}
{{- define "booked-service.ingress" -}}
{{- with .Values.ingress }}
{{- $about := dict "root" $ "kind" "server" "name" (include "booked-service.fullname" $) "annotations" .annotations }}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  {{- include "booked-service.metadata" $about | nindent 2 }}
spec:
  {{- with .className }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- with .tls }}
  tls:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  rules:
    {{- range .hosts }}
    - host: {{ . | quote }}
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: {{ include "booked-service.fullname" $ }}
                port: { name: http }
    {{- end }}
{{- end }}
{{- end }}

{{- define "booked-service.httpRoute" -}}
{{- with .Values.httpRoute }}
{{- $about := dict "root" $ "kind" "server" "name" (include "booked-service.fullname" $) "annotations" .annotations }}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  {{- include "booked-service.metadata" $about | nindent 2 }}
spec:
  parentRefs:
    {{- toYaml .parentRefs | nindent 4 }}
  {{- with .hostnames }}
  hostnames:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  rules:
    - matches:
        - path: { type: PathPrefix, value: / }
      backendRefs:
        - name: {{ include "booked-service.fullname" $ }}
          port: {{ int $.Values.service.port }}
{{- end }}
{{- end }}
