{{- /* A component of ours as a Deployment. Argument: {root, name, mesh, values}. */ -}}
{{- define "groundwire.deployment" -}}
{{- $port := (get .mesh.components .name).port -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "groundwire.fullname" .root }}-{{ .name }}
  labels: {{- include "groundwire.labels" . | nindent 4 }}
spec:
  {{- if not .values.autoscaling.enabled }}
  replicas: {{ .values.replicas }}
  {{- end }}
  {{- if eq .name "provenance" }}
  strategy: {type: Recreate}
  {{- else }}
  strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}
  {{- end }}
  selector:
    matchLabels: {{- include "groundwire.selector" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "groundwire.labels" . | nindent 8 }}
      annotations:
        checksum/access: {{ include "groundwire.accessPolicy" .root | sha256sum }}
        {{- with .values.annotations }}{{ toYaml . | nindent 8 }}{{ end }}
    spec:
      serviceAccountName: {{ include "groundwire.fullname" .root }}-{{ .name }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      # After SIGTERM: out of the endpoints, then the calls in flight, then the end.
      terminationGracePeriodSeconds: {{ add .values.graceSeconds 15 }}
      securityContext: {{- include "groundwire.podSecurity" . | nindent 8 }}
      {{- with .root.Values.imagePullSecrets }}
      imagePullSecrets: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- include "groundwire.spread" . | nindent 6 }}
      {{- with .values.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .values.tolerations }}
      tolerations: {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .name }}
          image: {{ include "groundwire.image" (dict "root" .root "image" .root.Values.image) }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          args: ["-m", "services.{{ .name }}"]
          securityContext: {{- include "groundwire.containerSecurity" . | nindent 12 }}
          env: {{- include "groundwire.environment" . | nindent 12 }}
          {{- if and (has .name (list "perception" "provenance")) .root.Values.objects.existingSecret }}
          envFrom:
            - secretRef: {name: {{ .root.Values.objects.existingSecret }}}
          {{- end }}
          ports:
            - {name: {{ ternary "http" "grpc" (eq .name "console") }}, containerPort: {{ $port }}}
            {{- if and (eq .name "fusion") .root.Values.identity.enabled .root.Values.identity.tokens.issuer }}
            - {name: grpc-token, containerPort: {{ .root.Values.identity.tokens.port }}}
            {{- end }}
            {{- if ne .name "console" }}
            - {name: health, containerPort: 8081}
            {{- end }}
            - {name: metrics, containerPort: 9464}
          {{- include "groundwire.probes" . | nindent 10 }}
          resources: {{- toYaml .values.resources | nindent 12 }}
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
            {{- if .root.Values.identity.enabled }}
            - {name: tls, mountPath: /etc/groundwire/tls, readOnly: true}
            - {name: access, mountPath: /etc/groundwire/access, readOnly: true}
            {{- end }}
            {{- if eq .name "provenance" }}
            - {name: signing, mountPath: /etc/groundwire/signing, readOnly: true}
            - {name: keys, mountPath: /var/lib/groundwire/keys}
            {{- end }}
      volumes:
        - name: tmp
          emptyDir: {sizeLimit: 256Mi}
        {{- if .root.Values.identity.enabled }}
        - name: tls
          secret: {secretName: {{ include "groundwire.fullname" .root }}-{{ .name }}-tls, defaultMode: 0440}
        - name: access
          configMap: {name: {{ include "groundwire.fullname" .root }}-access}
        {{- end }}
        {{- if eq .name "provenance" }}
        - name: signing
          secret:
            secretName: {{ required "provenanceKeys.existingSecret: name the secret with the log's signing key" .root.Values.provenanceKeys.existingSecret }}
            defaultMode: 0440
        - name: keys
          persistentVolumeClaim: {claimName: {{ include "groundwire.fullname" .root }}-keys}
        {{- end }}
{{- end }}

{{- /* Probes: gRPC's own on the plain health port; the console's over HTTP. */ -}}
{{- define "groundwire.probes" -}}
{{- if eq .name "console" -}}
startupProbe:
  tcpSocket: {port: http}
  periodSeconds: 2
  failureThreshold: 30
readinessProbe:
  tcpSocket: {port: http}
livenessProbe:
  tcpSocket: {port: http}
  periodSeconds: 20
{{- else -}}
# Alive is whoever answers on its port; ready is whoever has what it stands on. A dead Triton is no reason to restart.
startupProbe:
  tcpSocket: {port: health}
  periodSeconds: 2
  failureThreshold: 60
readinessProbe:
  grpc: {port: 8081}
  periodSeconds: 5
  timeoutSeconds: 3
livenessProbe:
  tcpSocket: {port: health}
  periodSeconds: 20
  timeoutSeconds: 5
{{- end }}
{{- end }}
