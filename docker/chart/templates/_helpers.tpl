{{/* What every name begins with. A release may be called `web.v2` or `2024`; a Service may not (RFC 1035). */}}
{{- define "interceptor.fullname" -}}
{{- $release := .Release.Name | replace "." "-" -}}
{{- if regexMatch "^[0-9]" $release }}{{ $release = printf "%s-%s" .Chart.Name $release }}{{ end -}}
{{- .Values.fullnameOverride | default $release | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{/* Labels that select; call with (list . "component"). */}}
{{- define "interceptor.selectorLabels" -}}
{{- $ := index . 0 -}}
app.kubernetes.io/name: {{ $.Chart.Name }}
app.kubernetes.io/instance: {{ $.Release.Name | quote }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "interceptor.labels" -}}
{{- $ := index . 0 -}}
{{ include "interceptor.selectorLabels" . }}
app.kubernetes.io/version: {{ $.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $.Chart.Name $.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* The name and labels of an object; call with (list . "component" "suffix of the name"). */}}
{{- define "interceptor.metadata" -}}
{{- $ := index . 0 -}}
name: {{ printf "%s-%s" (include "interceptor.fullname" $) (index . 2) | trimSuffix "-" | quote }}
namespace: {{ $.Release.Namespace | quote }}
labels:
  {{- include "interceptor.labels" . | nindent 2 }}
{{- end }}

{{/* An image's name; call with (list . "interceptor" | "rpcapd"). */}}
{{- define "interceptor.image" -}}
{{- $ := index . 0 -}}
{{- $image := index $.Values.image (index . 1) -}}
{{- with $.Values.image.registry }}{{ trimSuffix "/" . }}/{{ end }}{{ $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}

{{/* What every component that does not capture runs with; call with the user's number. */}}
{{- define "interceptor.restrictedContext" -}}
runAsUser: {{ . }}
runAsGroup: {{ . }}
runAsNonRoot: true
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* Where records go in the end: the endpoint, or the chart's own collector. */}}
{{- define "interceptor.endpoint" -}}
{{- if .Values.endpoint -}}
{{ .Values.endpoint }}
{{- else if eq ((.Values.config).upload).protocol "otlp" -}}
{{- fail "config.upload.protocol: otlp needs an `endpoint`; the chart's own collector takes batches only" -}}
{{- else -}}
https://{{ include "interceptor.fullname" . }}-collector.{{ .Release.Namespace }}.svc:{{ .Values.port }}
{{- end -}}
{{- end }}

{{/* Whether there is a relay: "yes" or nothing. */}}
{{- define "interceptor.relayed" -}}
{{- if eq .Values.mode "relay" -}}yes{{- end -}}
{{- end }}

{{/* Whether the chart makes a certificate for its own servers. */}}
{{- define "interceptor.generatesTls" -}}
{{- if or (not .Values.endpoint) (and (include "interceptor.relayed" .) (eq .Values.relay.tls.mode "generated")) -}}yes{{- end -}}
{{- end }}

{{/* Secret with the endpoint's token; empty where there is none. */}}
{{- define "interceptor.tokenSecret" -}}
{{- if .Values.existingSecret -}}
{{ .Values.existingSecret }}
{{- else if or .Values.token (not .Values.endpoint) -}}
{{ include "interceptor.fullname" . }}-token
{{- end -}}
{{- end }}

{{- define "interceptor.tokenKey" -}}
{{- if .Values.existingSecret }}{{ .Values.existingSecretKey }}{{ else }}token{{ end -}}
{{- end }}

{{- define "interceptor.relayTlsSecret" -}}
{{- if eq .Values.relay.tls.mode "generated" -}}
{{ include "interceptor.fullname" . }}-tls
{{- else if eq .Values.relay.tls.mode "existingSecret" -}}
{{ required "relay.tls.existingSecret: name the Secret with tls.crt, tls.key and ca.crt, or set relay.tls.mode to generated" .Values.relay.tls.existingSecret }}
{{- end -}}
{{- end }}

{{/* host and port of the proxy, as JSON: {"host": …, "port": …}; an empty object without a proxy. */}}
{{- define "interceptor.proxyParts" -}}
{{- $url := .Values.proxyUrl | default .Values.httpsProxy | default "" -}}
{{- if not $url -}}
{}
{{- else -}}
{{- $rest := regexReplaceAll "^[A-Za-z0-9+.-]+://" $url "" | regexFind "^[^/]*" -}}
{{- $rest = regexReplaceAll "^.*@" $rest "" -}}
{{- $host := regexReplaceAll ":[0-9]+$" $rest "" | trimPrefix "[" | trimSuffix "]" -}}
{{- $port := regexFind ":[0-9]+$" $rest | trimPrefix ":" | default (hasPrefix "https://" $url | ternary "443" (hasPrefix "socks5" $url | ternary "1080" "80")) -}}
{{- dict "host" $host "port" (int $port) | toJson -}}
{{- end -}}
{{- end }}

{{/* The port of a URL. */}}
{{- define "interceptor.portOf" -}}
{{- $authority := regexReplaceAll "^https?://" . "" | regexFind "^[^/]*" -}}
{{- regexFind ":[0-9]+$" $authority | trimPrefix ":" | default (ternary "443" "80" (hasPrefix "https://" .)) -}}
{{- end }}

{{/* The proxy's settings, for what talks to the outside. Both spellings, since programs differ in which they read.
The API server's address stands alone: with `:port` behind it, an IPv6 address would be read as another address. */}}
{{- define "interceptor.proxyEnv" -}}
{{- $name := include "interceptor.fullname" . -}}
{{- if or .Values.httpsProxy .Values.proxyUrl }}
{{- range $variable, $value := dict "HTTPS_PROXY" .Values.httpsProxy "HTTP_PROXY" .Values.httpsProxy "PROXY_URL" .Values.proxyUrl }}
{{- if $value }}
{{- range $spelling := list $variable (lower $variable) }}
- name: {{ $spelling }}
  {{- if contains "@" $value }}
  valueFrom:
    secretKeyRef:
      name: {{ $name }}-proxy
      key: {{ $variable }}
  {{- else }}
  value: {{ $value | quote }}
  {{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- range $spelling := list "NO_PROXY" "no_proxy" }}
- name: {{ $spelling }}
  value: {{ include "interceptor.noProxy" $ | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- define "interceptor.noProxy" -}}
{{- $own := printf "%s.svc" .Release.Namespace -}}
{{- $list := list "localhost" "127.0.0.1" "::1" (printf ".%s" $own) (printf ".%s.%s" $own .Values.clusterDomain) "kubernetes.default.svc" "$(KUBERNETES_SERVICE_HOST)" -}}
{{- with tpl (.Values.httpsProxyNoProxy | default "") . | trim | trimAll "," }}{{ $list = append $list . }}{{ end -}}
{{- join "," $list -}}
{{- end }}

{{/* Changes when the proxy's password does, which the pod has as a variable: a pod that runs would keep the old one.
Eight digits tell that it has changed, and too little of it to be sought by. */}}
{{- define "interceptor.proxyChecksum" -}}
{{- printf "%s %s" .Values.httpsProxy .Values.proxyUrl | sha256sum | trunc 8 -}}
{{- end }}

{{/* A volume from a Secret or a ConfigMap; call with (list "name" the-value-with-existing…). */}}
{{- define "interceptor.pemVolume" -}}
- name: {{ index . 0 }}
  {{- with index . 1 }}
  {{- if .existingSecret }}
  secret:
    secretName: {{ .existingSecret | quote }}
  {{- else }}
  configMap:
    name: {{ .existingConfigMap | quote }}
  {{- end }}
    items: [{key: {{ .key | quote }}, path: ca.crt}]
  {{- end }}
{{- end }}

{{/* Volumes, their mounts and the part of the configuration for whoever talks to the endpoint. */}}
{{- define "interceptor.outsideVolumes" -}}
{{- with include "interceptor.tokenSecret" . }}
- name: token
  secret:
    secretName: {{ . | quote }}
    items: [{key: {{ include "interceptor.tokenKey" $ | quote }}, path: token}]
{{- end }}
{{- if or .Values.tls.ca.existingSecret .Values.tls.ca.existingConfigMap }}
{{ include "interceptor.pemVolume" (list "endpoint-ca" .Values.tls.ca) }}
{{- else if not .Values.endpoint }}
- name: endpoint-ca
  secret:
    secretName: {{ include "interceptor.fullname" . }}-tls
    items: [{key: ca.crt, path: ca.crt}]
{{- end }}
{{- with .Values.tls.client.existingSecret }}
- name: client-certificate
  secret:
    secretName: {{ . | quote }}
{{- end }}
{{- if or .Values.proxyCa.existingSecret .Values.proxyCa.existingConfigMap }}
{{ include "interceptor.pemVolume" (list "proxy-ca" .Values.proxyCa) }}
{{- end }}
{{- end }}

{{- define "interceptor.outsideMounts" -}}
{{- range $volume := include "interceptor.outsideVolumes" . | fromYamlArray }}
- name: {{ $volume.name }}
  mountPath: /secrets/{{ $volume.name }}
  readOnly: true
{{- end }}
{{- end }}

{{- define "interceptor.outsideConfig" -}}
{{- $names := list -}}
{{- range include "interceptor.outsideVolumes" . | fromYamlArray }}{{ $names = append $names .name }}{{ end -}}
endpoint: {{ include "interceptor.endpoint" . | quote }}
{{- if has "token" $names }}
token_file: /secrets/token/token
{{- end }}
{{- if or (has "endpoint-ca" $names) (has "client-certificate" $names) }}
tls:
  {{- if has "endpoint-ca" $names }}
  ca_file: /secrets/endpoint-ca/ca.crt
  {{- end }}
  {{- if has "client-certificate" $names }}
  cert_file: /secrets/client-certificate/tls.crt
  key_file: /secrets/client-certificate/tls.key
  {{- end }}
{{- end }}
{{- if has "proxy-ca" $names }}
proxy:
  ca_file: /secrets/proxy-ca/ca.crt
{{- end }}
{{- end }}

{{/* Sections of `config` that every component has. */}}
{{- define "interceptor.commonConfig" -}}
{{- with .Values.clusterName }}
cluster: {{ . | quote }}
{{- end }}
{{- range $key := list "upload" "log" "shutdown_seconds" }}
{{- if hasKey $.Values.config $key }}
{{ dict $key (index $.Values.config $key) | toYaml }}
{{- end }}
{{- end }}
{{- end }}

{{- define "interceptor.daemonConfig" -}}
{{- $ready := dict "server" (dict "port" (int .Values.port)) "spool" (dict "directory" "/var/lib/interceptor/spool" "max_bytes" (mul .Values.interceptor.spool.maxMiB 1048576)) "capture" (dict "sources" (list (printf "rpcap://127.0.0.1:%d" (int .Values.capture.rpcapdPort)))) -}}
{{- if include "interceptor.relayed" . -}}
{{- $scheme := ternary "http" "https" (eq .Values.relay.tls.mode "off") -}}
{{- $_ := set $ready "endpoint" (printf "%s://%s-relay.%s.svc:%d" $scheme (include "interceptor.fullname" .) .Release.Namespace (int .Values.port)) -}}
{{- $_ := set $ready "token_file" "/secrets/relay-token/token" -}}
{{- /* The relay takes batches, whatever it is told to send on. */}}
{{- $_ := set $ready "upload" (dict "protocol" "ingest") -}}
{{- if eq $scheme "http" }}{{ $_ := set $ready.upload "allow_plain_http" true }}{{ else }}{{ $_ := set $ready "tls" (dict "ca_file" "/secrets/relay-ca/ca.crt") }}{{ end -}}
{{- else -}}
{{- $ready = merge $ready (include "interceptor.outsideConfig" . | fromYaml) -}}
{{- end -}}
{{- merge $ready (include "interceptor.commonConfig" . | fromYaml) (deepCopy .Values.config) | toYaml -}}
{{- end }}

{{- define "interceptor.relayConfig" -}}
{{- $server := dict "port" (int .Values.port) -}}
{{- if include "interceptor.relayTlsSecret" . -}}
{{- $_ := set $server "cert_file" "/secrets/relay-tls/tls.crt" -}}
{{- $_ := set $server "key_file" "/secrets/relay-tls/tls.key" -}}
{{- end -}}
{{- $ready := dict "server" $server "capture" (dict "sources" list) "ingest" (dict "tokens_file" "/secrets/relay-token/token" "templates_only" .Values.templatesOnly) "spool" (dict "directory" "/var/lib/interceptor/spool" "max_bytes" (mul .Values.relay.spool.maxMiB 1048576)) -}}
{{- merge $ready (include "interceptor.outsideConfig" . | fromYaml) (include "interceptor.commonConfig" . | fromYaml) | toYaml -}}
{{- end }}

{{- define "interceptor.collectorConfig" -}}
{{- $server := dict "port" (int .Values.port) "cert_file" "/secrets/tls/tls.crt" "key_file" "/secrets/tls/tls.key" -}}
{{- $ready := dict "server" $server "ingest" (dict "tokens_file" "/secrets/token/token" "templates_only" .Values.templatesOnly) "collector" (dict "database" "/var/lib/interceptor/collector.db") -}}
{{- merge $ready (include "interceptor.commonConfig" . | fromYaml) | toYaml -}}
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

{{/* Probes of a container of ours; call with the scheme. */}}
{{- define "interceptor.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: metrics, scheme: {{ . }}}
  periodSeconds: 2
  failureThreshold: 30
livenessProbe:
  httpGet: {path: /healthz, port: metrics, scheme: {{ . }}}
  periodSeconds: 15
  timeoutSeconds: 5
  failureThreshold: 4
readinessProbe:
  httpGet: {path: /readyz, port: metrics, scheme: {{ . }}}
  periodSeconds: 10
  timeoutSeconds: 5
{{- end }}

{{/* Where pods go; call with the component's values. */}}
{{- define "interceptor.placement" -}}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- end }}

{{/* Longer than the drain takes. */}}
{{- define "interceptor.graceSeconds" -}}
{{- add (ceil (.Values.config.shutdown_seconds | default 20)) 15 -}}
{{- end }}

{{- define "interceptor.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* What the Prometheus agent does. */}}
{{- define "interceptor.prometheusConfig" -}}
{{- $name := include "interceptor.fullname" . -}}
global:
  scrape_interval: {{ .Values.prometheusAgent.scrapeInterval }}
  external_labels:
    cluster: {{ .Values.clusterName | quote }}
scrape_configs:
  # SRV records of the headless Services: an entry a pod, IPv4 or IPv6, and no right to ask the Kubernetes API.
  - job_name: interceptor
    dns_sd_configs:
      - names: ["_metrics._tcp.{{ $name }}-interceptor-metrics.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}"]
        type: SRV
  {{- if include "interceptor.relayed" . }}
  - job_name: relay
    {{- if include "interceptor.relayTlsSecret" . }}
    scheme: https
    tls_config:
      ca_file: /secrets/relay-ca/ca.crt
      server_name: {{ $name }}-relay.{{ .Release.Namespace }}.svc
    {{- end }}
    dns_sd_configs:
      - names: ["_metrics._tcp.{{ $name }}-relay-metrics.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}"]
        type: SRV
  {{- end }}
remote_write:
  - url: {{ required "prometheusAgent.remoteWriteUrl: say where the agent shall write, or disable prometheusAgent" .Values.prometheusAgent.remoteWriteUrl | quote }}
    {{- if .Values.proxyUrl }}
    proxy_url: {{ .Values.proxyUrl | quote }}
    no_proxy: {{ include "interceptor.noProxy" . | replace "$(KUBERNETES_SERVICE_HOST)" "kubernetes.default" | quote }}
    {{- else if .Values.httpsProxy }}
    # HTTPS_PROXY and NO_PROXY of the container.
    proxy_from_environment: true
    {{- end }}
    {{- if .Values.prometheusAgent.existingSecret }}
    authorization:
      credentials_file: /secrets/token/token
    {{- end }}
    {{- if or .Values.tls.ca.existingSecret .Values.tls.ca.existingConfigMap }}
    tls_config:
      ca_file: /secrets/endpoint-ca/ca.crt
    {{- end }}
{{- end }}
