{{/* What the chart is called; under an umbrella chart its alias. */}}
{{- define "interceptor.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 20 | trimSuffix "-" -}}
{{- end }}

{{/* What every name begins with. A release may be called `web.v2` or `2024`; a Service may not (RFC 1035). The release
alone would be the name of several charts under an umbrella, so there the chart's is joined to it. */}}
{{- define "interceptor.fullname" -}}
{{- $name := include "interceptor.name" . -}}
{{- $release := .Release.Name | replace "." "-" -}}
{{- if regexMatch "^[0-9]" $release }}{{ $release = printf "%s-%s" $name $release }}{{ end -}}
{{- if and (or .Values.nameOverride (not .Chart.IsRoot)) (not (contains $name $release)) -}}
{{- $release = printf "%s-%s" ($release | trunc (int (sub 39 (len $name))) | trimSuffix "-") $name -}}
{{- end -}}
{{- .Values.fullnameOverride | default $release | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{- define "interceptor.namespace" -}}
{{- .Values.namespaceOverride | default .Release.Namespace -}}
{{- end }}

{{/* Labels that select; call with (list . "component"). */}}
{{- define "interceptor.selectorLabels" -}}
{{- $ := index . 0 -}}
app.kubernetes.io/name: {{ include "interceptor.name" $ }}
app.kubernetes.io/instance: {{ $.Release.Name | quote }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* All labels; call with (list . "component" the-ones-given-for-it). */}}
{{- define "interceptor.labels" -}}
{{- $ := index . 0 -}}
{{- $charts := dict "app.kubernetes.io/version" $.Chart.AppVersion "app.kubernetes.io/managed-by" $.Release.Service "helm.sh/chart" (printf "%s-%s" $.Chart.Name $.Chart.Version | replace "+" "_") -}}
{{- $given := merge (dict) (index . 2 | default dict) ($.Values.commonLabels | default dict) -}}
{{- merge (include "interceptor.selectorLabels" . | fromYaml) $given $charts | toYaml -}}
{{- end }}

{{/* The name and labels of an object; call with (list . "component" "suffix of the name"), or with labels behind. */}}
{{- define "interceptor.metadata" -}}
{{- $ := index . 0 -}}
name: {{ printf "%s-%s" (include "interceptor.fullname" $) (index . 2) | trimSuffix "-" | quote }}
namespace: {{ include "interceptor.namespace" $ | quote }}
labels:
  {{- include "interceptor.labels" (list $ (index . 1) (gt (len .) 3 | ternary (last .) dict)) | nindent 2 }}
{{- end }}

{{/* The components that are installed, as JSON. */}}
{{- define "interceptor.components" -}}
{{- $names := list "interceptor" -}}
{{- if include "interceptor.relayed" . }}{{ $names = append $names "relay" }}{{ end -}}
{{- if not .Values.endpoint }}{{ $names = append $names "collector" }}{{ end -}}
{{- if .Values.prometheusAgent.enabled }}{{ $names = append $names "prometheus-agent" }}{{ end -}}
{{- $names | toJson -}}
{{- end }}

{{/* Where records go in the end: the endpoint, or the chart's own collector. */}}
{{- define "interceptor.endpoint" -}}
{{- if .Values.endpoint -}}
{{ .Values.endpoint }}
{{- else if eq ((.Values.config).upload).protocol "otlp" -}}
{{- fail "config.upload.protocol: otlp needs an `endpoint`; the chart's own collector takes batches only" -}}
{{- else -}}
{{ include "interceptor.serverUrl" (list . "collector") }}
{{- end -}}
{{- end }}

{{/* Whether there is a relay: "yes" or nothing. */}}
{{- define "interceptor.relayed" -}}
{{- if eq .Values.mode "relay" -}}yes{{- end -}}
{{- end }}

{{/* The name of a server's Service; call with (list . "relay" | "collector"). */}}
{{- define "interceptor.serverName" -}}
{{ include "interceptor.fullname" (index . 0) }}-{{ index . 1 }}.{{ include "interceptor.namespace" (index . 0) }}.svc
{{- end }}

{{- define "interceptor.serverUrl" -}}
{{- $ := index . 0 -}}
{{ eq (index $.Values (index . 1)).tls.mode "off" | ternary "http" "https" }}://{{ include "interceptor.serverName" . }}:{{ $.Values.port }}
{{- end }}

{{/* Secret with the certificate of a server; empty where it speaks plain HTTP. Call with (list . "relay" | "collector"). */}}
{{- define "interceptor.serverTlsSecret" -}}
{{- $tls := (index (index . 0).Values (index . 1)).tls -}}
{{- if eq $tls.mode "generated" -}}
{{ include "interceptor.fullname" (index . 0) }}-tls
{{- else if eq $tls.mode "existingSecret" -}}
{{ required (printf "%s.tls.existingSecret: name the Secret with tls.crt, tls.key and ca.crt, or set %s.tls.mode to generated" (index . 1) (index . 1)) $tls.existingSecret }}
{{- end -}}
{{- end }}

{{/* Whether the chart makes a certificate for its own servers. */}}
{{- define "interceptor.generatesTls" -}}
{{- range $component := without (include "interceptor.components" . | fromJsonArray) "interceptor" "prometheus-agent" -}}
{{- if eq (index $.Values $component).tls.mode "generated" }}yes{{ end -}}
{{- end -}}
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

{{/* The proxy's address as a network; empty where only a name is known, or no proxy. */}}
{{- define "interceptor.proxyCidr" -}}
{{- $host := (include "interceptor.proxyParts" . | fromJson).host | default "" -}}
{{- $address := .Values.networkPolicy.proxyIp | default (regexFind "^[0-9.]+$|^.*:.*$" $host) -}}
{{- if contains "/" $address }}{{ $address }}{{ else if $address }}{{ $address }}/{{ contains ":" $address | ternary "128" "32" }}{{ end -}}
{{- end }}

{{/* Where each component that policies bind sends to, beside the namespace, as JSON; the test is one of them where
nothing is between it and the endpoint. */}}
{{- define "interceptor.destinations" -}}
{{- $to := dict -}}
{{- $endpoint := .Values.endpoint | default "" -}}
{{- if include "interceptor.relayed" . }}{{ $_ := set $to "relay" (include "interceptor.endpoint" .) }}{{ else if $endpoint }}{{ $_ := set $to "test" $endpoint }}{{ end -}}
{{- if not $endpoint }}{{ $_ := set $to "collector" "" }}{{ end -}}
{{- if .Values.prometheusAgent.enabled }}{{ $_ := set $to "prometheus-agent" .Values.prometheusAgent.remoteWriteUrl }}{{ end -}}
{{- $to | toJson -}}
{{- end }}

{{/* Whether somebody of another namespace is meant to come to a server; call with (list . "relay" | "collector"). */}}
{{- define "interceptor.openToPods" -}}
{{- $values := (index . 0).Values -}}
{{- $routes := and (eq (index . 1) "collector") (or $values.collector.ingress.enabled $values.collector.httpRoute.enabled) -}}
{{- if or $values.metrics.serviceMonitor.enabled $routes }}yes{{ end -}}
{{- end }}

{{/* Where names are asked for, as JSON. */}}
{{- define "interceptor.dnsPorts" -}}
{{- .Values.openshift | ternary (list 53 5353) (list 53) | toJson -}}
{{- end }}

{{/* The host of a URL, without brackets. */}}
{{- define "interceptor.hostOf" -}}
{{- $authority := regexReplaceAll "^https?://" . "" | regexFind "^[^/]*" -}}
{{- regexReplaceAll ":[0-9]+$" $authority "" | trimPrefix "[" | trimSuffix "]" -}}
{{- end }}

{{/* The port of a URL. */}}
{{- define "interceptor.portOf" -}}
{{- regexReplaceAll "^https?://" . "" | regexFind "^[^/]*" | regexFind ":[0-9]+$" | trimPrefix ":" | default (ternary "443" "80" (hasPrefix "https://" .)) -}}
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
{{- $own := printf "%s.svc" (include "interceptor.namespace" .) -}}
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

{{/* Volumes and the part of the configuration for whoever talks to the endpoint. */}}
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
{{- with include "interceptor.serverTlsSecret" (list . "collector") }}
- name: endpoint-ca
  secret:
    secretName: {{ . | quote }}
    items: [{key: ca.crt, path: ca.crt}]
{{- end }}
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
{{- if and (not .Values.endpoint) (eq .Values.collector.tls.mode "off") }}
upload:
  allow_plain_http: true
{{- end }}
{{- end }}

{{/* Volumes and mounts of whoever sends what interceptors have: they know the relay, or without one the outside. */}}
{{- define "interceptor.upwardVolumes" -}}
{{- if include "interceptor.relayed" . }}
- name: relay-token
  secret:
    secretName: {{ .Values.relay.existingSecret | default (printf "%s-relay-token" (include "interceptor.fullname" .)) | quote }}
    items: [{key: token, path: token}]
{{- with include "interceptor.serverTlsSecret" (list . "relay") }}
- name: relay-ca
  secret:
    secretName: {{ . | quote }}
    items: [{key: ca.crt, path: ca.crt}]
{{- end }}
{{- else }}
{{- include "interceptor.outsideVolumes" . }}
{{- end }}
{{- end }}

{{/* Each volume of Secrets has its place; call with the volumes as YAML. */}}
{{- define "interceptor.secretMounts" -}}
{{- range . | default "[]" | fromYamlArray }}
- name: {{ .name }}
  mountPath: /secrets/{{ .name }}
  readOnly: true
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
{{- $_ := set $ready "endpoint" (include "interceptor.serverUrl" (list . "relay")) -}}
{{- $_ := set $ready "token_file" "/secrets/relay-token/token" -}}
{{- /* The relay takes batches, whatever it is told to send on. */}}
{{- $_ := set $ready "upload" (dict "protocol" "ingest") -}}
{{- if eq .Values.relay.tls.mode "off" }}{{ $_ := set $ready.upload "allow_plain_http" true }}{{ else }}{{ $_ := set $ready "tls" (dict "ca_file" "/secrets/relay-ca/ca.crt") }}{{ end -}}
{{- else -}}
{{- $ready = merge $ready (include "interceptor.outsideConfig" . | fromYaml) -}}
{{- end -}}
{{- merge $ready (include "interceptor.commonConfig" . | fromYaml) (omit .Values.config "collector" "names" | deepCopy) | toYaml -}}
{{- end }}

{{- define "interceptor.relayConfig" -}}
{{- $server := dict "port" (int .Values.port) -}}
{{- if include "interceptor.serverTlsSecret" (list . "relay") -}}
{{- $_ := set $server "cert_file" "/secrets/relay-tls/tls.crt" -}}
{{- $_ := set $server "key_file" "/secrets/relay-tls/tls.key" -}}
{{- end -}}
{{- $spool := dict "directory" "/var/lib/interceptor/spool" "max_bytes" (mul .Values.relay.spool.maxMiB 1048576) -}}
{{- /* Nobody else is on a claim, and what would be left to others is more than a small one has beside the spool. */}}
{{- if or .Values.relay.persistence.enabled .Values.relay.persistence.existingClaim }}{{ $_ := set $spool "min_free_bytes" 0 }}{{ end -}}
{{- $ready := dict "server" $server "capture" (dict "sources" list) "ingest" (dict "tokens_file" "/secrets/relay-token/token" "templates_only" .Values.templatesOnly) "spool" $spool "kubernetes" (dict "enabled" .Values.kubernetes.enabled "namespaces" .Values.kubernetes.namespaces) -}}
{{- merge $ready (include "interceptor.outsideConfig" . | fromYaml) (include "interceptor.commonConfig" . | fromYaml) (pick .Values.config "names" | deepCopy) | toYaml -}}
{{- end }}

{{- define "interceptor.collectorConfig" -}}
{{- $server := dict "port" (int .Values.port) -}}
{{- if include "interceptor.serverTlsSecret" (list . "collector") -}}
{{- $_ := set $server "cert_file" "/secrets/tls/tls.crt" -}}
{{- $_ := set $server "key_file" "/secrets/tls/tls.key" -}}
{{- end -}}
{{- $ready := dict "server" $server "ingest" (dict "tokens_file" "/secrets/token/token" "templates_only" .Values.templatesOnly) "collector" (dict "database" "/var/lib/interceptor/collector.db" "max_bytes" (include "interceptor.databaseBytes" . | int64)) -}}
{{- merge $ready (include "interceptor.commonConfig" . | fromYaml) (pick .Values.config "collector" | deepCopy) | toYaml -}}
{{- end }}

{{/* Volumes with what the Prometheus agent shows, and what it trusts. */}}
{{- define "interceptor.scrapingVolumes" -}}
{{- range $component := without (include "interceptor.components" . | fromJsonArray) "interceptor" "prometheus-agent" }}
{{- with include "interceptor.serverTlsSecret" (list $ $component) }}
- name: {{ $component }}-ca
  secret:
    secretName: {{ . | quote }}
    items: [{key: ca.crt, path: ca.crt}]
{{- end }}
{{- end }}
{{- with .Values.prometheusAgent.existingSecret }}
- name: token
  secret:
    secretName: {{ . | quote }}
    items: [{key: token, path: token}]
{{- end }}
{{- if or .Values.tls.ca.existingSecret .Values.tls.ca.existingConfigMap }}
{{ include "interceptor.pemVolume" (list "endpoint-ca" .Values.tls.ca) }}
{{- end }}
{{- end }}

{{/* What the Prometheus agent does. */}}
{{- define "interceptor.prometheusConfig" -}}
{{- $name := include "interceptor.fullname" . -}}
global:
  scrape_interval: {{ .Values.prometheusAgent.scrapeInterval }}
  {{- with include "interceptor.scrapeTimeout" (list "prometheusAgent" .Values.prometheusAgent.scrapeInterval .Values.prometheusAgent.scrapeTimeout) }}
  scrape_timeout: {{ . }}
  {{- end }}
  external_labels:
    cluster: {{ .Values.clusterName | quote }}
scrape_configs:
  # SRV records of the headless Services: an entry a pod, IPv4 or IPv6, and no right to ask the Kubernetes API.
  {{- range $component := without (include "interceptor.components" . | fromJsonArray) "prometheus-agent" }}
  - job_name: {{ $component }}
    {{- if and (ne $component "interceptor") (include "interceptor.serverTlsSecret" (list $ $component)) }}
    scheme: https
    tls_config:
      ca_file: /secrets/{{ $component }}-ca/ca.crt
      server_name: {{ include "interceptor.serverName" (list $ $component) }}
    {{- end }}
    dns_sd_configs:
      - names: ["_metrics._tcp.{{ $name }}-{{ $component }}-metrics.{{ include "interceptor.namespace" $ }}.svc.{{ $.Values.clusterDomain }}"]
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
