{{- /*
A component's name in the network. gRPC services are headless: every caller sees every pod and takes them in turn.
Argument: {root, name, mesh, values}.
*/ -}}
{{- define "groundwire.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "groundwire.fullname" .root }}-{{ .name }}
  labels: {{- include "groundwire.labels" . | nindent 4 }}
spec:
  {{- if ne .name "console" }}
  clusterIP: None
  {{- end }}
  selector: {{- include "groundwire.selector" . | nindent 4 }}
  ports:
    - name: {{ ternary "http" "grpc" (eq .name "console") }}
      port: {{ (get .mesh.components .name).port }}
      targetPort: {{ ternary "http" "grpc" (eq .name "console") }}
      appProtocol: {{ ternary "http" "grpc" (eq .name "console") }}
    {{- if and (eq .name "fusion") .root.Values.identity.enabled .root.Values.identity.tokens.issuer }}
    - {name: grpc-token, port: {{ .root.Values.identity.tokens.port }}, targetPort: grpc-token, appProtocol: grpc}
    {{- end }}
    - {name: metrics, port: 9464, targetPort: metrics}
{{- end }}
