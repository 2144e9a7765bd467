{{/* What a component's pods are made of: its own values, and under them those of `common`. Maps are laid over each
other, key by key. The test has of the interceptors' what the way up may depend on. Call with (list . "component"). */}}
{{- define "interceptor.settings" -}}
{{- $ := index . 0 -}}
{{- $own := index $.Values (index . 1 | replace "prometheus-agent" "prometheusAgent") | default dict | deepCopy -}}
{{- if eq (index . 1) "test" }}{{ $own = pick $.Values.interceptor "extraEnv" "envFrom" "extraVolumes" "extraVolumeMounts" "initContainers" "dnsConfig" "hostAliases" | deepCopy }}{{ end -}}
{{- range $name, $value := $.Values.common -}}
{{- if not (hasKey $own $name) -}}
{{- $_ := set $own $name $value -}}
{{- else if and (kindIs "map" $value) (kindIs "map" (index $own $name)) -}}
{{- $_ := set $own $name (include "interceptor.over" (list $value (index $own $name)) | fromYaml) -}}
{{- end -}}
{{- end -}}
{{- $own | toYaml -}}
{{- end }}

{{/* A map laid over another, key by key; `null` takes a key away. Call with (list under over). */}}
{{- define "interceptor.over" -}}
{{- $result := index . 0 | default dict | deepCopy -}}
{{- range $key, $value := index . 1 }}{{ $_ := set $result $key $value }}{{ end -}}
{{- range $key, $value := $result }}{{ if kindIs "invalid" $value }}{{ $_ := unset $result $key }}{{ end }}{{ end -}}
{{- $result | toYaml -}}
{{- end }}

{{/* A security context of a component that does not capture. On OpenShift its numbers are the platform's, whatever
Helm makes of a `null` (which under an umbrella chart is not always what it should). Call with (list . context). */}}
{{- define "interceptor.unprivileged" -}}
{{- $context := include "interceptor.over" (list (index . 1) dict) | fromYaml -}}
{{- if (index . 0).Values.openshift }}{{ $context = omit $context "runAsUser" "runAsGroup" "fsGroup" }}{{ end -}}
{{- $context | toYaml -}}
{{- end }}

{{/* The name of a component's ServiceAccount; call with (list . "component" settings). */}}
{{- define "interceptor.serviceAccount" -}}
{{- $account := (index . 2).serviceAccount -}}
{{- $own := printf "%s-%s" (include "interceptor.fullname" (index . 0)) (index . 1) -}}
{{- $account.name | default (ternary $own "default" $account.create) -}}
{{- end }}

{{/* Labels and annotations of a pod; call with (list . "component" settings annotations). */}}
{{- define "interceptor.podMetadata" -}}
{{- $pod := index . 2 -}}
labels:
  {{- include "interceptor.labels" (list (index . 0) (index . 1) $pod.podLabels) | nindent 2 }}
{{- with merge (dict) ($pod.podAnnotations | default dict) (index . 3) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* What a workload has beside its pods. */}}
{{- define "interceptor.workload" -}}
{{- with .minReadySeconds }}
minReadySeconds: {{ int . }}
{{- end }}
{{- if not (kindIs "invalid" .revisionHistoryLimit) }}
revisionHistoryLimit: {{ int .revisionHistoryLimit }}
{{- end }}
{{- end }}

{{/* A workload's update strategy. What is said of a rolling update is of no other. */}}
{{- define "interceptor.updateStrategy" -}}
{{- (ne .type "RollingUpdate" | ternary (omit . "rollingUpdate") .) | toYaml -}}
{{- end }}

{{/* Of a pod's spec what no component does otherwise; call with (list . "component" settings). */}}
{{- define "interceptor.podSpec" -}}
{{- $ := index . 0 -}}
{{- $component := index . 1 -}}
{{- $pod := index . 2 -}}
{{- if ne $component "test" }}
serviceAccountName: {{ include "interceptor.serviceAccount" . | quote }}
{{- end }}
automountServiceAccountToken: {{ and (eq $component "relay") $.Values.kubernetes.enabled }}
enableServiceLinks: false
{{- $secrets := list }}
{{- range concat ($.Values.image.pullSecrets | default list) (($.Values.global).imagePullSecrets | default list) }}
{{- $secrets = append $secrets (kindIs "map" . | ternary . (dict "name" .)) }}
{{- end }}
{{- with uniq $secrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $field := list "nodeSelector" "tolerations" "affinity" "priorityClassName" "dnsPolicy" "dnsConfig" "hostAliases" "initContainers" }}
{{- with index $pod $field }}
{{ dict $field . | toYaml }}
{{- end }}
{{- end }}
{{- with $pod.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- range . }}
  - {{ merge (dict) . (dict "labelSelector" (dict "matchLabels" (include "interceptor.selectorLabels" (list $ $component) | fromYaml))) | toYaml | nindent 4 | trim }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Of a container what no component does otherwise; call with its settings. */}}
{{- define "interceptor.container" -}}
{{- $pod := . -}}
{{- range $field := list "envFrom" "lifecycle" "resources" }}
{{- with index $pod $field }}
{{ dict $field . | toYaml }}
{{- end }}
{{- end }}
{{- end }}

{{/* Environment variables: the chart's, but for those that are given. Call with (list chart's-as-YAML settings). */}}
{{- define "interceptor.environment" -}}
{{- $given := (index . 1).extraEnv | default list -}}
{{- $names := list -}}
{{- range $given }}{{ $names = append $names .name }}{{ end -}}
{{- $all := list -}}
{{- range index . 0 | fromYamlArray }}{{ if not (has .name $names) }}{{ $all = append $all . }}{{ end }}{{ end -}}
{{- with concat $all $given }}{{ toYaml . }}{{ end -}}
{{- end }}

{{/* Probes of a container; call with (list settings {scheme, port, healthy, ready}). */}}
{{- define "interceptor.probes" -}}
{{- $pod := index . 0 -}}
{{- $at := index . 1 -}}
{{- range $probe, $path := dict "startupProbe" $at.healthy "livenessProbe" $at.healthy "readinessProbe" $at.ready }}
{{- include "interceptor.probe" (list $probe (index $pod $probe) (dict "httpGet" (dict "path" $path "port" $at.port "scheme" $at.scheme))) }}
{{- end }}
{{- end }}

{{/* One of them, unless `null` has taken it away; call with (list name how-it-asks what-it-asks). */}}
{{- define "interceptor.probe" -}}
{{- if not (kindIs "invalid" (index . 1)) }}
{{ dict (index . 0) (merge (dict) (index . 1) (index . 2)) | toYaml }}
{{- end }}
{{- end }}

{{/* Where our own programs answer; call with the scheme. */}}
{{- define "interceptor.ownProbes" -}}
{scheme: {{ . }}, port: metrics, healthy: /healthz, ready: /readyz}
{{- end }}

{{/* The seconds of a duration, rounded up. */}}
{{- define "interceptor.seconds" -}}
{{- $year := toDate "2006" "2000" -}}
{{- sub ($year | dateModify . | dateModify "999ms" | unixEpoch | int64) ($year | unixEpoch | int64) -}}
{{- end }}

{{/* A scrape's time-out, where there is one. Of a longer one than the interval Prometheus refuses its configuration, and the
operator the monitor, without a word to who installs it. Call with (list path-of-the-values interval time-out). */}}
{{- define "interceptor.scrapeTimeout" -}}
{{- with index . 2 -}}
{{- if gt (include "interceptor.seconds" . | int64) (include "interceptor.seconds" (index $ 1) | int64) -}}
{{- fail (printf "%s.scrapeTimeout: %s is longer than the interval, %s" (index $ 0) . (index $ 1)) -}}
{{- end -}}
{{ . }}
{{- end -}}
{{- end }}

{{/* How a monitor scrapes; call with (list its-name its-values). */}}
{{- define "interceptor.scraping" -}}
{{- $monitor := index . 1 -}}
interval: {{ $monitor.interval }}
{{- with include "interceptor.scrapeTimeout" (list (printf "metrics.%s" (index . 0)) $monitor.interval $monitor.scrapeTimeout) }}
scrapeTimeout: {{ . }}
{{- end }}
{{- range $field := list "relabelings" "metricRelabelings" }}
{{- with index $monitor $field }}
{{ dict $field . | toYaml }}
{{- end }}
{{- end }}
{{- end }}

{{/* An image's name; call with (list . the-image's-values registry). */}}
{{- define "interceptor.imageName" -}}
{{- $ := index . 0 -}}
{{- $image := index . 1 -}}
{{- with ($.Values.global).imageRegistry | default (index . 2) }}{{ trimSuffix "/" . }}/{{ end }}{{ $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}

{{/* One of the product's images; call with (list . "interceptor" | "rpcapd"). */}}
{{- define "interceptor.image" -}}
{{- $values := (index . 0).Values.image -}}
{{- include "interceptor.imageName" (list (index . 0) (index $values (index . 1)) $values.registry) -}}
{{- end }}

{{/* How large the volume of a spool is, in MiB: so far above the spool's own limit that it drops its oldest batches
before the kubelet would evict the pod, or the disk is full. Call with the limit. */}}
{{- define "interceptor.spoolVolume" -}}
{{- add 16 (div (mul . 5) 4) -}}
{{- end }}

{{/* The database's limit in bytes, by the size of its volume: beside it there is its journal, the reserve for the day
the disk is full, and what a removal takes. */}}
{{- define "interceptor.databaseBytes" -}}
{{- $size := .Values.collector.persistence.size -}}
{{- $mebibytes := mul (regexFind "^[0-9]+" $size | int64) (get (dict "Mi" 1 "Gi" 1024 "Ti" 1048576) (regexFind "[A-Z]i$" $size)) -}}
{{- if lt $mebibytes 512 }}{{ fail (printf "collector.persistence.size: %s is too little for a database with its journal; give at least 512Mi" $size) }}{{ end -}}
{{- mul (div (mul (sub $mebibytes 256) 4) 5) 1048576 -}}
{{- end }}

{{/* The spec of a claim; call with (list . persistence-values size). */}}
{{- define "interceptor.claim" -}}
{{- $wanted := index . 1 -}}
accessModes: {{ $wanted.accessModes | toJson }}
{{- with $wanted.storageClass | default ((index . 0).Values.global).storageClass }}
storageClassName: {{ . | quote }}
{{- end }}
resources:
  requests:
    storage: {{ index . 2 | quote }}
{{- end }}

{{/* Environment of every container of ours. */}}
{{- define "interceptor.env" -}}
- name: NODE_NAME
  valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
- name: INTERCEPTOR_NODE
  value: $(NODE_NAME)
- name: INTERCEPTOR_SERVER_ADDRESS
  {{- if .Values.listenAddress }}
  value: {{ .Values.listenAddress | quote }}
  {{- else }}
  valueFrom: {fieldRef: {fieldPath: status.podIP}}
  {{- end }}
{{- end }}

{{/* Longer than the drain takes. */}}
{{- define "interceptor.graceSeconds" -}}
{{- add (ceil (.Values.config.shutdown_seconds | default 20)) 15 -}}
{{- end }}
