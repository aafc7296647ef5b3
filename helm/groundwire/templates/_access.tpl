{{- /* The access policy: what the table says for our own services, then the rules for other callers. */ -}}
{{- define "groundwire.accessPolicy" -}}
{{- $mesh := include "groundwire.mesh" . | fromYaml -}}
{{- $full := include "groundwire.fullname" . -}}
# Who may call what, and for which tenants; what no rule allows is refused.
{{- range $name, $entry := $mesh.components }}
{{- if has $entry.kind (list "service" "web") }}

[[callers]]
certificate = {{ printf "spiffe://groundwire/%s/%s" $.Release.Namespace $name | quote }}
methods = {{ get $mesh.calls $name | toJson }}
tenants = ["*"]
{{- end }}
{{- end }}
{{- if .Values.telemetry.collector.enabled }}

[[callers]]
certificate = {{ printf "spiffe://groundwire/%s/collector" .Release.Namespace | quote }}
methods = ["opentelemetry.proto.collector.*"]
tenants = ["*"]
{{- end }}
{{- range .Values.identity.callers }}

[[callers]]
{{- with .certificate }}
certificate = {{ . | quote }}
{{- end }}
{{- with .token }}
{{- $claims := list }}
{{- range $claim, $pattern := . }}
{{- $claims = append $claims (printf "%q = %q" $claim $pattern) }}
{{- end }}
token = { {{ join ", " $claims }} }
{{- end }}
methods = {{ .methods | toJson }}
tenants = {{ .tenants | toJson }}
{{- end }}
{{- end }}
