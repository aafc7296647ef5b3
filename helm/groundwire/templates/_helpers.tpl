{{- /* The release's name for everything. */ -}}
{{- define "groundwire.fullname" -}}
{{- $name := .Values.fullnameOverride | default (ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) (contains .Chart.Name .Release.Name)) -}}
{{- $name | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- /* Labels that select a component's pods. Argument: {root, name}. */ -}}
{{- define "groundwire.selector" -}}
app.kubernetes.io/name: groundwire
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{- /* All labels of a component's objects. Argument: {root, name}. */ -}}
{{- define "groundwire.labels" -}}
{{ include "groundwire.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: groundwire
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- /* The table of components and edges. */ -}}
{{- define "groundwire.mesh" -}}
{{- .Files.Get "files/mesh.yaml" -}}
{{- end }}

{{- /* An image's reference. Argument: {root, image}. */ -}}
{{- define "groundwire.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- /* What no pod may do. */ -}}
{{- define "groundwire.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- /* What no container may do. */ -}}
{{- define "groundwire.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- /* Where a callee is found: host:port, or empty. Argument: {root, name, port}. */ -}}
{{- define "groundwire.address" -}}
{{- $values := .root.Values -}}
{{- if eq .name "triton" -}}
{{- if $values.triton.enabled -}}
{{ include "groundwire.fullname" .root }}-triton:{{ .port }}
{{- else -}}
{{ required "triton.address: give the address of your Triton, or set triton.enabled" $values.triton.address }}
{{- end -}}
{{- else -}}
dns:///{{ include "groundwire.fullname" .root }}-{{ .name }}:{{ .port }}
{{- end -}}
{{- end }}

{{- /* The language model's endpoint; empty where the rules do its work. */ -}}
{{- define "groundwire.llmEndpoint" -}}
{{- if .Values.vllm.enabled -}}
http://{{ include "groundwire.fullname" . }}-vllm:{{ (get (include "groundwire.mesh" . | fromYaml).components "vllm").port }}/v1
{{- else -}}
{{ .Values.vllm.endpoint }}
{{- end -}}
{{- end }}

{{- /* Spreads a component's pods over nodes and zones. Argument: {root, name}. */ -}}
{{- define "groundwire.spread" -}}
{{- if .root.Values.topologySpread.enabled }}
topologySpreadConstraints:
  {{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "groundwire.selector" $ | nindent 8 }}
  {{- end }}
{{- end }}
{{- end }}

{{- /* What a component was given, over the defaults. Argument: {root, name}. */ -}}
{{- define "groundwire.component" -}}
{{- mergeOverwrite (deepCopy .root.Values.defaults) (get .root.Values.components .name | default dict) | toYaml -}}
{{- end }}

{{- /* What a drained node may take of a component that has several pods. Argument: {root, name, many}. */ -}}
{{- define "groundwire.disruptions" -}}
{{- if and .root.Values.podDisruptionBudgets.enabled .many }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "groundwire.fullname" .root }}-{{ .name }}
  labels: {{- include "groundwire.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "groundwire.selector" . | nindent 6 }}
{{- end }}
{{- end }}

{{- /* Where the services' spans go: provenance, collector or outside. */ -}}
{{- define "groundwire.spansGo" -}}
{{- if .Values.telemetry.collector.enabled -}}
{{- if .Values.telemetry.otlpEndpoint }}{{ fail "telemetry: give otlpEndpoint or enable collector, not both" }}{{ end -}}
collector
{{- else -}}
{{ ternary "outside" "provenance" (ne .Values.telemetry.otlpEndpoint "") }}
{{- end -}}
{{- end }}
