{{- /* Growth by CPU, and by the mesh's own figures where a metrics adapter gives them. Argument: {root, name, values}. */ -}}
{{- define "groundwire.autoscaler" -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "groundwire.fullname" .root }}-{{ .name }}
  labels: {{- include "groundwire.labels" . | nindent 4 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ include "groundwire.fullname" .root }}-{{ .name }}}
  minReplicas: {{ .values.autoscaling.minReplicas }}
  maxReplicas: {{ .values.autoscaling.maxReplicas }}
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: {{ .values.autoscaling.cpuPercent }}}}
    {{- if .values.autoscaling.inFlight }}
    - type: Pods
      pods:
        metric: {name: groundwire_calls_in_flight}
        target: {type: AverageValue, averageValue: {{ .values.autoscaling.inFlight | quote }}}
    {{- end }}
  behavior:
    # A model's warm-up is dearer than an idle pod.
    scaleDown: {stabilizationWindowSeconds: 300}
{{- end }}

{{- /* The same by KEDA, straight from Prometheus. */ -}}
{{- define "groundwire.scaledObject" -}}
{{- $prometheus := required "keda.prometheus: say where Prometheus is" .root.Values.keda.prometheus -}}
{{- $pods := printf `groundwire_calls_in_flight{namespace="%s",service="%s-%s"}` .root.Release.Namespace (include "groundwire.fullname" .root) .name -}}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {{ include "groundwire.fullname" .root }}-{{ .name }}
  labels: {{- include "groundwire.labels" . | nindent 4 }}
spec:
  scaleTargetRef: {name: {{ include "groundwire.fullname" .root }}-{{ .name }}}
  minReplicaCount: {{ .values.autoscaling.minReplicas }}
  maxReplicaCount: {{ .values.autoscaling.maxReplicas }}
  cooldownPeriod: 300
  triggers:
    - type: cpu
      metricType: Utilization
      metadata: {value: {{ .values.autoscaling.cpuPercent | quote }}}
    {{- if .values.autoscaling.inFlight }}
    - type: prometheus
      metadata:
        serverAddress: {{ $prometheus | quote }}
        query: {{ printf "sum(%s)" $pods | quote }}
        threshold: {{ .values.autoscaling.inFlight | quote }}
    {{- end }}
    {{- if .values.autoscaling.tritonQueueMs }}
    - type: prometheus
      metadata:
        serverAddress: {{ $prometheus | quote }}
        # Mean time that requests waited in Triton, over the last minute, milliseconds.
        query: {{ printf `sum(rate(nv_inference_queue_duration_us{namespace="%s"}[1m])) / clamp_min(sum(rate(nv_inference_request_success{namespace="%s"}[1m])), 0.001) / 1000` .root.Release.Namespace .root.Release.Namespace | quote }}
        threshold: {{ .values.autoscaling.tritonQueueMs | quote }}
    {{- end }}
{{- end }}
