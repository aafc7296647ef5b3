{{- /* The collector's own configuration. It takes spans from the services alone, by their certificates. */ -}}
{{- define "groundwire.collector" -}}
{{- $said := .Values.telemetry.collector -}}
{{- $provenance := get (include "groundwire.mesh" . | fromYaml).components "provenance" -}}
extensions:
  health_check: {endpoint: "0.0.0.0:13133"}
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: 0.0.0.0:4317
        {{- if .Values.identity.enabled }}
        tls: {cert_file: /etc/groundwire/tls/tls.crt, key_file: /etc/groundwire/tls/tls.key, client_ca_file: /etc/groundwire/tls/ca.crt, reload_interval: 5m}
        {{- end }}
processors:
  # Memory stays bounded: beyond it, senders are told to wait.
  memory_limiter: {check_interval: 1s, limit_percentage: 75, spike_limit_percentage: 20}
  batch: {}
exporters:
  otlp/provenance:
    endpoint: {{ include "groundwire.fullname" . }}-provenance:{{ $provenance.port }}
    {{- if .Values.identity.enabled }}
    tls: {cert_file: /etc/groundwire/tls/tls.crt, key_file: /etc/groundwire/tls/tls.key, ca_file: /etc/groundwire/tls/ca.crt, reload_interval: 5m}
    {{- else }}
    tls: {insecure: true}
    {{- end }}
  {{- with $said.exporters }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- range concat $said.traces $said.metrics }}
{{- if not (hasKey $said.exporters .) }}{{ fail (printf "telemetry.collector: %s is none of its exporters" .) }}{{ end }}
{{- end }}
service:
  extensions: [health_check]
  pipelines:
    traces:
      receivers: [otlp]
      processors: [memory_limiter, batch]
      exporters: {{ concat (list "otlp/provenance") $said.traces | toJson }}
    {{- if $said.metrics }}
    metrics:
      receivers: [otlp]
      processors: [memory_limiter, batch]
      exporters: {{ $said.metrics | toJson }}
    {{- end }}
{{- end }}
