{{- define "nightshift.labels" -}}
app.kubernetes.io/name: nightshift
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "nightshift.user" -}}
system:serviceaccount:{{ .Values.serviceAccount.namespace }}:{{ .Values.serviceAccount.name }}
{{- end }}

{{/* "yes" for a target whose level changes things. A word that is no level is an error. */}}
{{- define "nightshift.changes" -}}
{{- if not (has .level (list "observe" "plan" "approve" "auto")) }}
{{- fail (printf "targets: level of %s is %v; it is one of observe, plan, approve, auto" .namespace .level) }}
{{- end }}
{{- if has .level (list "approve" "auto") }}
{{- if not .workloads }}{{ fail (printf "targets: level %s of %s needs workloads" .level .namespace) }}{{ end }}
{{- range .workloads }}
{{- if not (has .kind (list "deployments" "statefulsets" "daemonsets")) }}
{{- fail (printf "targets: kind of %s is %v; it is one of deployments, statefulsets, daemonsets" .name .kind) }}
{{- end }}
{{- end -}}
yes
{{- end }}
{{- end }}

{{- define "nightshift.binding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels: {{- include "nightshift.labels" .root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .kind }}
  name: {{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ .root.Values.serviceAccount.name }}
    namespace: {{ .root.Values.serviceAccount.namespace }}
{{- end }}
