{{- /*
The environment of a component of ours, from the table: where it listens, whom it calls, what it keeps.
Argument: {root, name, mesh, values}.
*/ -}}
{{- define "groundwire.environment" -}}
{{- $root := .root -}}
{{- $name := .name -}}
{{- $mesh := .mesh -}}
{{- $prefix := printf "GROUNDWIRE_%s" (upper .name) -}}
- {name: {{ $prefix }}_HOST, value: "0.0.0.0"}
- {name: {{ $prefix }}_PORT, value: {{ (get $mesh.components $name).port | quote }}}
- {name: {{ $prefix }}_GRACE_S, value: {{ .values.graceSeconds | quote }}}
{{- range $callee := get $mesh.edges $name }}
{{- if not (has $callee (list "postgres" "vllm")) }}
- name: {{ $prefix }}_{{ upper $callee }}_ADDRESS
  value: {{ include "groundwire.address" (dict "root" $root "name" $callee "port" (get $mesh.components $callee).port) | quote }}
{{- end }}
{{- end }}
{{- if ne $name "console" }}
- {name: {{ $prefix }}_HEALTH_PORT, value: "8081"}
{{- end }}
- {name: {{ $prefix }}_METRICS_PORT, value: "9464"}
{{- if $root.Values.identity.enabled }}
- {name: {{ $prefix }}_TLS_FOLDER, value: /etc/groundwire/tls}
- {name: {{ $prefix }}_ACCESS_POLICY_FILE, value: /etc/groundwire/access/policy.toml}
{{- end }}
{{- include (printf "groundwire.environment.%s" $name) . }}
{{- include "groundwire.environment.telemetry" . }}
{{- range $variable, $value := .values.env }}
- {name: {{ $variable }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}

{{- define "groundwire.environment.telemetry" }}
{{- $to := include "groundwire.spansGo" .root }}
{{- if eq $to "outside" }}
- {name: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, value: {{ .root.Values.telemetry.otlpEndpoint | quote }}}
- {name: OTEL_EXPORTER_OTLP_METRICS_ENDPOINT, value: {{ .root.Values.telemetry.otlpEndpoint | quote }}}
{{- else }}
{{- $port := ternary 4317 (get .mesh.components "provenance").port (eq $to "collector") }}
{{- $address := printf "%s://%s-%s:%v" (ternary "https" "http" .root.Values.identity.enabled) (include "groundwire.fullname" .root) $to $port }}
- {name: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, value: {{ $address | quote }}}
{{- if and (eq $to "collector") .root.Values.telemetry.collector.metrics }}
- {name: OTEL_EXPORTER_OTLP_METRICS_ENDPOINT, value: {{ $address | quote }}}
{{- end }}
{{- if .root.Values.identity.enabled }}
- {name: OTEL_EXPORTER_OTLP_CERTIFICATE, value: /etc/groundwire/tls/ca.crt}
- {name: OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE, value: /etc/groundwire/tls/tls.crt}
- {name: OTEL_EXPORTER_OTLP_CLIENT_KEY, value: /etc/groundwire/tls/tls.key}
{{- end }}
{{- end }}
{{- end }}

{{- define "groundwire.environment.fusion" }}
{{- with .root.Values.identity.tokens }}
{{- if and $.root.Values.identity.enabled .issuer }}
- {name: GROUNDWIRE_FUSION_TOKEN_PORT, value: {{ .port | quote }}}
- {name: GROUNDWIRE_FUSION_TOKEN_ISSUER, value: {{ .issuer | quote }}}
- {name: GROUNDWIRE_FUSION_TOKEN_AUDIENCE, value: {{ .audience | quote }}}
- {name: GROUNDWIRE_FUSION_TOKEN_KEYS_URL, value: {{ required "identity.tokens.keysUrl: say where the issuer publishes its keys" .keysUrl | quote }}}
- {name: GROUNDWIRE_FUSION_TOKEN_TENANT_CLAIM, value: {{ .tenantClaim | quote }}}
{{- end }}
{{- end }}
{{- end }}

{{- define "groundwire.environment.perception" }}
{{- with .root.Values.triton }}
{{- if .enabled }}
- {name: GROUNDWIRE_PERCEPTION_TRITON_SERVERS, value: {{ ternary .autoscaling.maxReplicas .replicas .autoscaling.enabled | int | quote }}}
{{- end }}
{{- end }}
- {name: GROUNDWIRE_PERCEPTION_BINDINGS, value: {{ .root.Values.bindings | toJson | quote }}}
- {name: GROUNDWIRE_PERCEPTION_OBJECTS_URL, value: {{ required "objects.url: say where images are kept, such as s3://bucket/images" .root.Values.objects.url | quote }}}
{{- end }}

{{- define "groundwire.environment.llm" }}
{{- with include "groundwire.llmEndpoint" .root }}
- {name: GROUNDWIRE_LLM_ENDPOINT, value: {{ . | quote }}}
{{- end }}
{{- if .root.Values.vllm.existingSecret }}
- name: GROUNDWIRE_LLM_API_KEY
  valueFrom: {secretKeyRef: {name: {{ .root.Values.vllm.existingSecret }}, key: api-key}}
{{- end }}
{{- end }}

{{- define "groundwire.environment.provenance" }}
- name: GROUNDWIRE_PROVENANCE_DSN
  valueFrom:
    secretKeyRef:
      name: {{ required "postgres.existingSecret: name the secret with the DSN of your PostgreSQL" .root.Values.postgres.existingSecret }}
      key: {{ .root.Values.postgres.key }}
- {name: GROUNDWIRE_PROVENANCE_SIGNING_KEY_FILE, value: /etc/groundwire/signing/key.pem}
- {name: GROUNDWIRE_PROVENANCE_KEY_FOLDER, value: /var/lib/groundwire/keys}
{{- with .root.Values.objects.checkpointUrl }}
- {name: GROUNDWIRE_PROVENANCE_CHECKPOINT_URL, value: {{ . | quote }}}
{{- end }}
{{- end }}

{{- define "groundwire.environment.console" }}
{{- end }}
