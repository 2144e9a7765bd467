"""Writes `interceptor/core/records/registered.py`: the names that a record may show, and where each list is from.

    npm pack mime-db crawler-user-agents      # both MIT; unpack each into a directory
    python -m tests.privacy.registries mime-db/package crawler-user-agents/package

What is short and seldom changes is written down here, with its source: of what is IANA's, the registries at
https://www.iana.org/assignments/ (http-methods, http-parameters, media-types, media-type-structured-suffix,
http-fields) as they were on 2026-11-26; what is only met, from the documents of those who make it, as far as they are named
here, seen until the same day. Media types come from mime-db (of its
sources IANA's registry, Apache's and nginx's lists), names of crawlers from crawler-user-agents. Neither package is
needed to build, run or test anything.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Final

OUTPUT: Final = Path(__file__).parents[2] / "interceptor/core/records/registered.py"

METHODS: Final = """
ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT CONNECT COPY DELETE GET HEAD LABEL LINK LOCK MERGE MKACTIVITY MKCALENDAR
MKCOL MKREDIRECTREF MKWORKSPACE MOVE OPTIONS ORDERPATCH PATCH POST PRI PROPFIND PROPPATCH PUT QUERY REBIND REPORT
SEARCH TRACE UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL
"""
"""IANA, Hypertext Transfer Protocol (HTTP) Method Registry; QUERY is the draft that is to be in it."""
MET_METHODS: Final = """
BAN BCOPY BDELETE BITS_POST BMOVE BPROPFIND BPROPPATCH CCM_POST DEBUG M-SEARCH NOTIFY POLL PURGE REFRESH RPC_IN_DATA
RPC_OUT_DATA SOURCE SSTP_DUPLEX_POST SUBSCRIBE TRACK UNSUBSCRIBE X-MS-ENUMATTS
"""
"""Caches (PURGE, BAN, REFRESH), UPnP, Exchange and BITS, Icecast, RPC and SSTP over HTTP, old servers' TRACK and DEBUG."""

CODINGS: Final = """
aes128gcm br compress dcb dcz deflate exi gzip identity pack200-gzip x-compress x-gzip zstd chunked aws-chunked
"""
"""IANA, HTTP Content Coding Registry; `chunked`, which is sent there by mistake; S3's `aws-chunked`."""

SUFFIXES: Final = """
ber cbor cbor-seq cose der fastinfoset gzip json json-seq jwt sd-jwt sqlite3 tlv wbxml xml yaml zip zstd
"""
"""IANA, Structured Syntax Suffixes."""
TOP_LEVEL: Final = "application audio chemical font haptics image message model multipart text video"
"""IANA, Media Types; `chemical` is none, and met."""
MET_TYPES: Final = """
application/grpc application/grpc+proto application/grpc-web application/grpc-web+proto application/grpc-web-text
application/connect+proto application/connect+json application/x-protobuf application/protobuf
application/x-google-protobuf application/x-thrift application/x-msgpack application/msgpack application/x-ndjson
application/ndjson application/jsonl application/jsonlines application/json-patch+json application/csp-report
application/x-www-form-urlencoded application/x-amz-json-1.0 application/x-amz-json-1.1 application/x-yaml
application/x-json application/graphql application/x-git-upload-pack-request application/x-git-upload-pack-result
application/x-git-receive-pack-request application/x-git-receive-pack-result application/x-snappy
application/x-gzip application/gzip application/x-zip-compressed application/openmetrics-text
application/vnd.apache.avro+json application/vnd.schemaregistry.v1+json application/vnd.kafka.v2+json
application/vnd.kafka.json.v2+json application/vnd.github+json application/vnd.github.v3+json
application/vnd.docker.distribution.manifest.v2+json application/vnd.docker.distribution.manifest.list.v2+json
application/vnd.oci.image.manifest.v1+json application/vnd.oci.image.index.v1+json
application/vnd.docker.raw-stream application/vnd.docker.multiplexed-stream application/vnd.kubernetes.protobuf
application/apply-patch+yaml application/strategic-merge-patch+json application/merge-patch+json
application/octetstream application/unknown application/download application/force-download
text/json text/xml text/x-json text/event-stream text/x-component text/ping text/javascript text/x-javascript
text/x-gwt-rpc image/jpg image/x-icon image/pjpeg audio/mp3 audio/x-mpegurl video/x-m4v font/truetype font/opentype
binary/octet-stream
"""

FIELDS: Final = """
A-IM Accept Accept-Additions Accept-CH Accept-Charset Accept-Datetime Accept-Encoding Accept-Features Accept-Language
Accept-Patch Accept-Post Accept-Query Accept-Ranges Accept-Signature Access-Control Access-Control-Allow-Credentials
Access-Control-Allow-Headers Access-Control-Allow-Methods Access-Control-Allow-Origin Access-Control-Expose-Headers
Access-Control-Max-Age Access-Control-Request-Headers Access-Control-Request-Method Activate-Storage-Access Age Allow
ALPN Alt-Svc Alt-Used Alternates AMP-Cache-Transform Apply-To-Redirect-Ref Authentication-Control Authentication-Info
Authorization Available-Dictionary C-Ext C-Man C-Opt C-PEP C-PEP-Info Cache-Control Cache-Group-Invalidation
Cache-Groups Cache-Status Cal-Managed-ID CalDAV-Timezones Capsule-Protocol CDN-Cache-Control CDN-Loop Cert-Not-After
Cert-Not-Before Clear-Site-Data Client-Cert Client-Cert-Chain Close CMCD-Object CMCD-Request CMCD-Session CMCD-Status
CMSD-Dynamic CMSD-Static Concealed-Auth-Export Configuration-Context Connection Content-Base Content-Digest
Content-Disposition Content-Encoding Content-ID Content-Language Content-Length Content-Location Content-MD5
Content-Range Content-Script-Type Content-Security-Policy Content-Security-Policy-Report-Only Content-Style-Type
Content-Type Content-Version Cookie Cookie2 Cross-Origin-Embedder-Policy Cross-Origin-Embedder-Policy-Report-Only
Cross-Origin-Opener-Policy Cross-Origin-Opener-Policy-Report-Only Cross-Origin-Resource-Policy CTA-Common-Access-Token
DASL Date DAV Default-Style Delta-Base Deprecation Depth Derived-From Destination Detached-JWS Dictionary-ID
Differential-ID Digest DPoP DPoP-Nonce Early-Data EDIINT-Features ETag Expect Expect-CT Expires Ext Forwarded From
GetProfile Hobareg Host HTTP2-Settings If If-Match If-Modified-Since If-None-Match If-Range If-Schedule-Tag-Match
If-Unmodified-Since IM Include-Referred-Token-Binding-ID Isolation Keep-Alive Label Last-Event-ID Last-Modified Link
Link-Template Location Lock-Token Man Max-Forwards Memento-Datetime Meter Method-Check Method-Check-Expires
MIME-Version Negotiate NEL OData-EntityId OData-Isolation OData-MaxVersion OData-Version Opt Optional-WWW-Authenticate
Ordering-Type Origin Origin-Agent-Cluster OSCORE OSLC-Core-Version Overwrite P3P PEP PEP-Info Permissions-Policy
PICS-Label Ping-From Ping-To Position Pragma Prefer Preference-Applied Priority ProfileObject Protocol Protocol-Info
Protocol-Query Protocol-Request Proxy-Authenticate Proxy-Authentication-Info Proxy-Authorization Proxy-Features
Proxy-Instruction Proxy-Status Public Public-Key-Pins Public-Key-Pins-Report-Only Range Redirect-Ref Referer
Referer-Root Referrer-Policy Refresh Repeatability-Client-ID Repeatability-First-Sent Repeatability-Request-ID
Repeatability-Result Replay-Nonce Reporting-Endpoints Repr-Digest Retry-After Safe Schedule-Reply Schedule-Tag
Sec-Fetch-Storage-Access Sec-GPC Sec-Purpose Sec-Token-Binding Sec-WebSocket-Accept Sec-WebSocket-Extensions
Sec-WebSocket-Key Sec-WebSocket-Protocol Sec-WebSocket-Version Security-Scheme Server Server-Timing Set-Cookie
Set-Cookie2 Set-Txn SetProfile Signature Signature-Input SLUG SoapAction Status-URI Strict-Transport-Security Sunset
Surrogate-Capability Surrogate-Control TCN TE Timeout Timing-Allow-Origin Topic Traceparent Tracestate Trailer
Transfer-Encoding TTL Upgrade Urgency URI Use-As-Dictionary User-Agent Variant-Vary Vary Via Want-Content-Digest
Want-Digest Want-Repr-Digest Warning WWW-Authenticate X-Content-Type-Options X-Frame-Options
"""
"""IANA, Hypertext Transfer Protocol (HTTP) Field Name Registry, of every status."""
MET_FIELDS: Final = """
Accept-Version Ably-Agent Alt-Authorization Apikey Api-Key Api-Version Baggage B3 CF-Cache-Status CF-Connecting-IP
CF-IPCountry CF-RAY CF-Visitor CF-Worker Client-IP Connect-Protocol-Version Connect-Timeout-Ms Content-Transfer-Encoding
Correlation-ID Device-Memory DNT Downlink ECT Eagleeye-TraceID Fastly-Client-IP Fastly-FF Fly-Request-ID
Front-End-Https GRPC-Accept-Encoding GRPC-Encoding GRPC-Message GRPC-Message-Type GRPC-Status GRPC-Status-Details-Bin
GRPC-Timeout Idempotency-Key Metadata-Flavor Proxy-Connection Purpose RateLimit RateLimit-Limit RateLimit-Policy
RateLimit-Remaining RateLimit-Reset Report-To Request-Context Request-Id RTT Save-Data Sec-CH-UA Sec-CH-UA-Arch
Sec-CH-UA-Bitness Sec-CH-UA-Full-Version Sec-CH-UA-Full-Version-List Sec-CH-UA-Mobile Sec-CH-UA-Model
Sec-CH-UA-Platform Sec-CH-UA-Platform-Version Sec-CH-UA-WoW64 Sec-CH-Prefers-Color-Scheme Sec-Fetch-Dest
Sec-Fetch-Mode Sec-Fetch-Site Sec-Fetch-User Sentry-Trace Service-Worker Service-Worker-Allowed SourceMap
Stripe-Signature Stripe-Version SSE-Event Tenant-Id Trace-Id True-Client-IP Uber-Trace-Id Upgrade-Insecure-Requests
Viewport-Width Width X-Accel-Buffering X-Accel-Expires X-Accel-Redirect X-Amz-Algorithm X-Amz-Bucket-Region
X-Amz-Cf-Id X-Amz-Cf-Pop X-Amz-Checksum-Crc32 X-Amz-Checksum-Sha256 X-Amz-Content-Sha256 X-Amz-Date
X-Amz-Decoded-Content-Length X-Amz-Id-2 X-Amz-Meta X-Amz-Request-Id X-Amz-Security-Token X-Amz-Server-Side-Encryption
X-Amz-Storage-Class X-Amz-Target X-Amz-User-Agent X-Amzn-RequestId X-Amzn-Trace-Id X-API-Key X-API-Version
X-App-Version X-Application-Context X-AspNet-Version X-AspNetMvc-Version X-Auth-Token X-Auth-User X-Authorization
X-Azure-Ref X-B3-Flags X-B3-ParentSpanId X-B3-Sampled X-B3-SpanId X-B3-TraceId X-Cache X-Cache-Hits X-Cache-Status
X-Cascade X-Client-ID X-Client-IP X-Client-Name X-Client-Type X-Client-Version X-Cloud-Trace-Context X-Clacks-Overhead
X-Consumer-Username X-Content-Duration X-Content-Security-Policy X-Correlation-ID X-CSRF-Token X-CSRFToken X-Datadog-Origin
X-Datadog-Parent-Id X-Datadog-Sampling-Priority X-Datadog-Trace-Id X-Device-ID X-Device-Type X-DNS-Prefetch-Control
X-Download-Options X-Edge-Location X-Elastic-Product X-Envoy-Attempt-Count X-Envoy-Decorator-Operation
X-Envoy-Expected-Rq-Timeout-Ms X-Envoy-External-Address X-Envoy-Internal X-Envoy-Original-Path X-Envoy-Peer-Metadata
X-Envoy-Peer-Metadata-Id X-Envoy-Upstream-Service-Time X-Error X-Error-Code X-Error-Message X-Firebase-Client
X-Forwarded X-Forwarded-By X-Forwarded-Client-Cert X-Forwarded-For X-Forwarded-Host X-Forwarded-Port
X-Forwarded-Prefix X-Forwarded-Proto X-Forwarded-Protocol X-Forwarded-Server X-Forwarded-Ssl X-Forwarded-Uri
X-Forwarded-User X-Frontend X-Generator X-GitHub-Delivery X-GitHub-Event X-GitHub-Request-Id X-Gitlab-Event
X-Gitlab-Token X-Goog-Api-Client X-Goog-Api-Key X-Goog-Generation X-Goog-Hash X-Goog-Metageneration
X-Goog-Storage-Class X-Goog-Stored-Content-Encoding X-Goog-Stored-Content-Length X-Goog-User-Project X-GUploader-UploadID
X-HTTP-Method X-HTTP-Method-Override X-Hub-Signature X-Hub-Signature-256 X-Idempotency-Key X-Jenkins X-Kong-Proxy-Latency
X-Kong-Upstream-Latency X-Kubernetes-Pf-Flowschema-Uid X-Kubernetes-Pf-Prioritylevel-Uid X-Limit X-LiteSpeed-Cache
X-Middleton-Response X-Ms-Blob-Type X-Ms-Client-Request-Id X-Ms-Correlation-Request-Id X-Ms-Date X-Ms-Request-Id
X-Ms-Return-Client-Request-Id X-Ms-Version X-NewRelic-ID X-NewRelic-Transaction X-Nginx-Cache X-No-Cache X-Organization-ID
X-Original-Forwarded-For X-Original-Host X-Original-Method X-Original-URI X-Original-URL X-Ot-Span-Context
X-Page X-Pages X-Per-Page X-Next-Page X-Prev-Page X-Permitted-Cross-Domain-Policies X-Pingback X-Platform X-Powered-By
X-Prometheus-Remote-Write-Version X-Prometheus-Scrape-Timeout-Seconds X-Proxy X-Proxy-Cache X-RateLimit-Limit
X-RateLimit-Remaining X-RateLimit-Reset X-RateLimit-Used X-Real-IP X-Redirect-By X-Referer X-Remote-Addr
X-Remote-User X-Request-ID X-Request-Start X-Request-Timeout X-Requested-With X-Response-Time X-Robots-Tag X-Rewrite-URL
X-Runtime X-Scheme X-Scope-OrgID X-Server X-Served-By X-Server-Name X-Service X-Service-Name X-Service-Version
X-Session-ID X-Session-Token X-Shopify-Api-Version X-Shopify-Stage X-Signature X-Slack-Request-Timestamp X-Slack-Signature
X-Source X-Status X-Stainless-Arch X-Stainless-Lang X-Stainless-OS X-Stainless-Package-Version X-Stainless-Retry-Count
X-Stainless-Runtime X-Stainless-Runtime-Version X-Tenant X-Tenant-ID X-Timer X-Timestamp X-Timezone X-Total X-Total-Count
X-Total-Pages X-Trace X-Trace-ID X-Transaction-ID X-Twilio-Signature X-UA-Compatible X-Upload-Content-Length
X-Upload-Content-Type X-URL-Scheme X-User X-User-Agent X-User-Email X-User-ID X-User-Role X-Varnish X-Vault-Request
X-Vault-Token X-Vercel-Cache X-Vercel-Id X-Version X-WebKit-CSP X-Workspace-ID X-XSRF-Token X-XSS-Protection
"""
"""Not registered, and documented by who makes them: proxies, clouds, tracing, browsers, frameworks. A name that is put
together of the words of both lists is one, too (`x-request-timeout-seconds`)."""

PARAMETERS: Final = """
access_token acr_values assertion aud audience auth_req_id authorization_details binding_message claims claims_locales
client_assertion client_assertion_type client_id client_notification_token client_secret code code_challenge
code_challenge_method code_verifier device_code display dpop_jkt error error_description error_uri expires_in grant_type
id_token id_token_hint iss login_hint login_hint_token logout_hint max_age nonce post_logout_redirect_uri prompt
redirect_uri refresh_token registration request request_uri requested_token_type resource response response_mode
response_type scope session_state sid state subject_token subject_token_type target_link_uri token token_type
token_type_hint ui_locales user_code username vp_token
assoc_handle hub.callback hub.challenge hub.lease_seconds hub.mode hub.secret hub.topic hub.verify_token
openid.assoc_handle openid.claimed_id openid.identity openid.mode openid.ns openid.op_endpoint openid.realm
openid.response_nonce openid.return_to openid.sig openid.signed RelayState SAMLRequest SAMLResponse SAMLart SigAlg
Signature wa wauth wct wctx wfresh whr wreply wreq wresult wtrealm ticket service pgtUrl pgt gateway renew
$apply $batch $compute $count $deltatoken $expand $filter $format $id $index $inlinecount $levels $orderby $schemaversion
$search $select $skip $skiptoken $top api-version attributes excludedAttributes filter sortBy sortOrder startIndex count
AWSAccessKeyId X-Amz-Algorithm X-Amz-Content-Sha256 X-Amz-Credential X-Amz-Date X-Amz-Expires X-Amz-Security-Token
X-Amz-Signature X-Amz-SignedHeaders x-amz-acl x-amz-checksum-mode x-amz-sdk-checksum-algorithm x-id Action Version
Expires Key-Pair-Id Policy acl accelerate analytics cors delete delimiter encryption encoding-type fetch-owner
intelligent-tiering inventory key-marker legal-hold lifecycle list-type location logging marker max-keys max-parts
max-uploads metrics notification object-lock ownershipControls part-number-marker partNumber policy policyStatus prefix
publicAccessBlock replication requestPayment restore retention response-cache-control response-content-disposition
response-content-encoding response-content-language response-content-type response-expires select select-type
start-after continuation-token tagging torrent upload-id-marker uploadId uploads version-id-marker versionId versioning
versions website
GoogleAccessId X-Goog-Algorithm X-Goog-Credential X-Goog-Date X-Goog-Expires X-Goog-Signature X-Goog-SignedHeaders
$alt alt callback fields key oauth_token pageSize pageToken prettyPrint quotaUser updateMask uploadType upload_id
upload_protocol userIp userProject ifGenerationMatch ifMetagenerationMatch
blockid comp include maxresults restype rscc rscd rsce rscl rsct sdd se ses si sig sip ske skoid sks skt sktid skv snapshot
sp spr sr srt ss st sv timeout
allowWatchBookmarks command container continue dryRun fieldManager fieldSelector fieldValidation follow force
gracePeriodSeconds insecureSkipTLSVerifyBackend labelSelector limit limitBytes orphanDependents pretty previous
propagationPolicy resourceVersion resourceVersionMatch sendInitialEvents sinceSeconds sinceTime stderr stdin stdout
stream tailLines timeoutSeconds timestamps tty watch
db dedup direction end epoch interval match match[] max_source_resolution partial_response precision q query query_range
rp since start step time timeout until bucket org
_source _source_excludes _source_includes allow_no_indices expand_wildcards filter_path from human ignore_unavailable
op_type pipeline refresh request_cache routing scroll search_type size sort track_total_hits typed_keys wait_for_completion
operationName query variables extensions
BBOX BGCOLOR CRS EXCEPTIONS FORMAT HEIGHT I INFO_FORMAT J LAYER LAYERS QUERY_LAYERS REQUEST SERVICE SLD SRS STYLE STYLES
TILECOL TILEMATRIX TILEMATRIXSET TILEROW TIME TRANSPARENT TYPENAME TYPENAMES VERSION WIDTH
bbox bgcolor count crs elevation exceptions featureId format height i info_format j layer layers maxFeatures maxheight
maxwidth outputFormat propertyName query_layers request resultType service sld srs srsName startIndex style styles
tilecol tilematrix tilematrixset tilerow time transparent typeName typeNames url version width x y z
identifier metadataPrefix resumptionToken set verb
EIO transport sid t b64 negotiateVersion connectionToken connectionData
utm_campaign utm_campaign_id utm_content utm_creative_format utm_id utm_marketing_tactic utm_medium utm_source
utm_source_platform utm_term _ga _gac _gl _hsenc _hsmi dclid epik fbclid gad_source gbraid gclid gclsrc igsh igshid
li_fat_id mc_cid mc_eid mkt_tok msclkid rdt_cid s_cid sc_click_id srsltid ttclid twclid wbraid yclid ymclid zanpid
action_id after all amount apikey api_key appid app_id app_version asc ascending async attempt auth before build cache
categories category channel chunk chunks city columns compress config content continuation cookie country created
created_after created_at created_before created_by currency cursor d data date date_from date_to day days db debug
deleted depth desc descending dest destination details device device_id dir direction disabled distance domain dry_run
dst duration email enabled encoding end_date end_time endDate endTime event exclude expand expires ext extended failed
features file fileName first flags for format fr from from_date fromDate full g_recaptcha_response gl goto group groupBy
group_by h hash height hl host hour hours html http https id ids image img in include include_deleted index input
instance interval ip is_active items job json jsonp keyword keywords l lang language languages last lat latitude level
light lim limit line lines link list lng loc locale location log login lon long longitude ltv m max_id max_results
max_size maxResults message meta method min min_id minutes mode model modified modified_after modified_at month months
msg name names namespace next nextToken next_token node nocache nonce note num number o object offset op operation order
orderBy order_by orderDir order_dir org origin output owner p page pageIndex pageNo pageNumber page_count page_num
page_number page_size page_token pages params parent parent_id part password path per_page perPage period phone pid
platform port pos position prev preview price primary priority product product_id profile project provider q quality
range rate raw read realtime reason recursive ref referer referrer refresh region rel release remove rendered replace
res reset resolution rest_route result results retry return return_to returnTo return_url returnUrl rev reverse revision
role root row rows run s sample search searchTerm second seconds section seed select sequence server session session_id
sha short show sid sign signature since_id site size skip slug sort sortField sort_by sort_dir sort_order source
source_id src start_date start_time startDate startTime stat state status step store sub subject subscribe success
symbol system tab table tag tags target template tenant tenant_id term test text theme thumb time timestamp timezone
title to to_date toDate token tool total trace trace_id track trigger ts type types tz u ui uid unit units unread
updated updated_after updated_at updated_since upload uri user user_id userId userid username uuid v val value values
ver verbose verify version view w wait week width with wsdl xml xsrf year zip zone zoom
"""
"""Names of parameters of a query, by who defines them. OAuth (IANA, OAuth Parameters) and OpenID Connect; OpenID 2, WebSub,
SAML's and WS-Federation's bindings, CAS. OData 4.01 and SCIM (RFC 7644). Amazon's signature version 4, S3 and its
CloudFront. Google's signed URLs and system parameters. Azure's shared access signatures. Kubernetes' API. Prometheus,
Thanos, Loki and InfluxDB. Elasticsearch. GraphQL over HTTP. The OGC's WMS, WFS and WMTS, oEmbed. OAI-PMH. Engine.IO and
SignalR. What analytics and advertisements add to links (utm_…, gclid, …). The last ones are what
interfaces in general call paging, ordering, ranges of time, places and formats."""

CALLS: Final = """
addsvc admin ads ark authzed aws bigtable bsr buf buildbarn calico cds channelz cilium cloudevents cncf cockroach connectrpc
consul containerd cri crd csi csm dapr dgraph discovery eds envoy etcd etcdserverpb eventstore firestore flagd fleet gateway
gax geth gitaly gitlab google googleapis googleads greeter greet grpc grpcbin hashicorp hello helloworld hipstershop hubble iam
inference istio jaeger jwt keda kms kserve kube kubelet kubernetes kv kvproto k8s lds linkerd logproto loki longrunning lro mesh
milvus mixer modelbox moby mtls networking oci operatorpb opentelemetry otel oteldemo pb peer ping podresources pong proto protobuf
prometheus pubsub pulsar pulumirpc qdrant querier raft raftpb rds reflection relay routeguide rpc rpcpb say sds seata
shipping skywalking spanner spiffe spire sql srds storepb talker talk temporal tensorflow test tempopb tempo tikv tikvpb
tfplugin thanos tpu triton udpa unary util vault vitess vtgate watcher workload xds zeebe zipkin
add average call cancel check class client close create date edit field file get group id job key line link list lock node patch
poll put range read record register role run save server service session start state store sum test time topic total zone
"""
"""What services and methods are called by; words of packages, services and methods of public interfaces that speak gRPC: gRPC's own (health, reflection, channelz, its
examples), Google's, OpenTelemetry, Envoy's xDS, Kubernetes' (CRI, CSI, KMS), etcd, containerd, and of databases and meshes."""

FUNCTION_WORDS: Final = """
a an and any are be been both but by can cannot could did do does done each either else every for from had has have how
if into is it its must neither no none nor not of off once only onto or other over same shall should so some such than
that the their them then these they this those to too under until upon was were what when where which while who why with
within without would yet
"""
"""Of English; names of calls may have them between other words."""

PRODUCTS: Final = """
AHC Airflow Alamofire Alertmanager AlwaysOn Amazon-Route53-Health-Check-Service Ansible Apache-HttpAsyncClient Apache-HttpClient
Apache-HttpComponents ApacheBench AppEngine-Google AppleWebKit AsyncHttpClient Audit aws-cli aws-sdk-cpp aws-sdk-dotnet
aws-sdk-go aws-sdk-go-v2 aws-sdk-java aws-sdk-js aws-sdk-nodejs aws-sdk-php aws-sdk-ruby aws-sdk-ruby3 aws-sdk-rust axios
azsdk-go azsdk-js azsdk-net azsdk-python azure-cli Blackbox-Exporter blackbox_exporter Boto Boto3 Botocore BrokenBrowser
Bun Caddy CFNetwork Camel cert-manager certbot CheckHttp check_http Chrome Chromium ClickHouse CloudFront Cloudflare
CloudWatchSynthetics compose Composer conda connect-go connect-es consul Consul containerd coredns CouchDB CriOS curl
cypress Cypress Dalvik Darwin Dart Datadog DatadogSynthetics deno Deno docker Docker-Client Docker-Distribution DotNet
Edg EdgA Edge EdgiOS elastic-apm elasticsearch-js elasticsearch-py elastic-transport-python Electron Elixir envoy Envoy
etcd Excon fasthttp Faraday Fetch Filebeat Firefox flannel fluent-bit Fluent-Bit Fluentd FluxCD Flux Focus FxiOS Gatling
GCP-CloudScheduler Gecko ghz git git-lfs github-actions GitHub-Hookshot GitLab gitlab-runner go-resty go-retryablehttp
Go-http-client Google-Cloud-Scheduler GoogleHC GoogleStackdriverMonitoring-UptimeChecks google-api-go-client
google-api-nodejs-client google-api-python-client google-cloud-sdk got GRPC grafana Grafana grpc-c grpc-dotnet grpc-go
grpc-java grpc-java-netty grpc-java-okhttp grpc-node grpc-node-js grpc-python grpc-python-asyncio grpc-ruby grpc-web
grpc-web-javascript Guzzle GuzzleHttp Hackney hackney HAProxy HeadlessChrome Helm helm Hertz hey HTTPClient httpclient
HTTPie HTTPoison httpcore httpcore2 httpx http-kit http_client HttpUrlConnection httpr hyper influxdb-client-python
InfluxDB insomnia Insomnia Instana Invoke-RestMethod Istio Iceweasel java Java Java-http-client Jakarta JBoss Jersey Jetty
Jetty-Client JMeter jupyter k6 Kafka Kibana Knative kong Konqueror Ktor Ktor-client kube-apiserver
kube-controller-manager kube-probe kube-proxy kube-scheduler kube-state-metrics kubectl kubelet kubernetes kustomize
Lambda lettuce libcurl libcurl-agent libhttp libsoup libwww libwww-perl linkerd Linkerd locust Locust logstash Logstash
loki Lua-resty lua-resty-http Lynx Maven Mechanize metricbeat Metricbeat MicroMessenger Microsoft-CryptoAPI
Microsoft-WNS Mimir Minio MinIO Mint mitmproxy MobileSafari Mobile Mojolicious MongoDB Mozilla MSIE nats Needle needle
Netscape NewRelic nginx nghttp2 node node-fetch node-superagent Node.js NSPlayer nuget NuGet npm NSURLConnection okhttp
OkHttp oha Opera OPR opentelemetry-collector OpenTelemetry-Collector-Contrib OTel-OTLP-Exporter-Dotnet
OTel-OTLP-Exporter-Go OTel-OTLP-Exporter-JavaScript OTel-OTLP-Exporter-Python OTel-OTLP-Exporter-Rust
OTel-OTLP-Exporter-Java OTel-OTLP-Exporter-Cpp Otlp packer PhantomJS PHP php-curl-class Pingdom pip pipenv Playwright
pnpm podman poetry PostmanRuntime Postman PowerShell Presto Prometheus promtail Promtail puma Puppeteer puppet Puppet
pycurl PycURL Python Python-httplib2 python-httpx python-requests Python-urllib python-urllib3 Quarkus Rails Razor
reactor-netty ReactorNetty Reqwest reqwest Requests requests RestSharp rest-client restic resty Retrofit Ruby rustc
ruby-http S3 S3Console Safari SamsungBrowser Scala scalaj-http Scrapy scrapy Selenium sentry Sentry sentry.go
sentry.javascript.browser sentry.javascript.node sentry.python Serf serf siege Silk Site24x7 skopeo Skopeo Slackbot
spray-can SpringBoot spring-boot Spring sttp Statuspage StatusCake stripe Stripe superagent Swagger-Codegen
OpenAPI-Generator Symfony SymfonyHttpClient Synapse telegraf Telegraf terraform Terraform Thanos Tomcat tower-http
Traefik traefik Trident Trivy twilio-python Typhoeus undici unirest-java UptimeRobot urlgrabber urllib urllib3 uv Vault
vault vector Vector Vegeta vegeta Velero Version VictoriaMetrics vmagent Vivaldi Werkzeug WebKit WebSphere Wget Wget2
wget WinHttp WinHTTP WordPress wrk XMLRPC xh Xamarin YaBrowser yarn Zabbix Zend_Http_Client Zipkin Ztunnel
Interceptor interceptor tinyproxy fetch undici websocket-client websockets ws aiohttp
Amazon-CloudFront Amazon-Route53-Health-Check-Service AmazonAPIGateway Azure-Traffic-Manager ArgoCD argocd Atlassian
aws-internal aws-sdk-kotlin aws-sdk-swift Better-Uptime bitbucket blackbox buildkit cilium cilium-agent
Cloudflare-Healthchecks Cloudflare-Traffic-Manager Cloudflare-Workers cloud-controller-manager cluster-autoscaler cockroach Consul-Health-Check
Checkly checkly crictl crossplane Cortex dapr dd-trace-go dd-trace-java dd-trace-js dd-trace-py DatadogAgent datadog-agent
Dynatrace Elasticsearch ELB-HealthChecker elastic-agent EventGridClient external-dns external-secrets fastapi feign
Feign Freshping gitea GitHub-Camo GoogleHC-ServiceMesh Google-Cloud-Tasks Google-Cloud-Pub-Sub-Push APIs-Google
google-cloud-go gcloud-golang gcloud-java gcloud-node gcloud-python gl-go gl-java gl-node gl-python gofiber grpc-cpp grpc-php
grpcurl grpc-health-probe h2load Hasura heartbeat Heartbeat HetrixTools Honeybadger hcloud-go IBM-Cloud Icinga
ingress-nginx istio-agent istio-proxy Jaeger jaeger-agent jaeger-collector jenkins Jenkins Karpenter karpenter Keycloak
KEDA keda kiali Kong kube-bench kube-rbac-proxy kyverno libmicrohttpd LinkerdHC linkerd-proxy LinkCheck LiteLLM
longhorn-manager MCP meilisearch metrics-server Micronaut Monit Munin Nagios nagios-plugins netty Netty NewRelicPinger
NewRelicSynthetics Nomad nomad node-exporter node_exporter oauth2-proxy okhttp3 openai-node openai-python OpenAI
opensearch-go opensearch-java opensearch-js opensearch-py OTel-Collector otelcol otelcol-contrib
PRTG Prometheus-Operator PrometheusOperator prometheus-adapter pulumi PyMongo pulsar-client
qdrant quic-go RabbitMQ rclone registry-client relay renovate restic-go Rook rook s5cmd Saucelabs Sensu Shopify SkyWalking
SmartProbe SolarWinds Solr spark Spark Splunk splunk-otel-collector Stackdriver StatusPage step-ca Sumologic Supabase
Tempo tempo temporal temporal-go temporal-java Twilio Uptime-Kuma Uptime Uptrends Varnish varnish VMware vmalert
WebClient Weaveworks Wavefront Xray Zabbix-agent zap ZAP Zipkin-Server
"""
"""Programs, libraries and the tokens that browsers send, by the names that they send themselves."""
PLATFORMS: Final = """
X11 Linux Ubuntu Debian Fedora CentOS Alpine Windows NT Win32 Win64 WOW64 x64 x86 x86_64 amd64 arm arm64 armv6l armv7l
armv8l aarch64 i386 i586 i686 ppc64le s390x riscv64 Macintosh Intel Mac OS X macOS Darwin iPhone iPad iPod CPU like
Gecko KHTML Android Mobile Tablet CrOS FreeBSD OpenBSD NetBSD SunOS compatible MSIE Trident U rv Wayland HTTP HTTPS
Java OpenJDK Node.js Python Ruby Go gzip TLS OpenSSL JVM CLR .NET Core Mono Mobile TV
"""
"""Of comments: what machine and system it is."""

_PRODUCT: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{3,39}")
_ROBOTS: Final = re.compile(
    r"bot|crawl|spider|fetch|http|agent|monitor|scan|check|probe|preview|valid|feed|search|index|archiv|uptime",
    re.IGNORECASE,
)


def main() -> None:
    """Read the packages and write the module."""
    media, crawlers = (Path(argument) for argument in sys.argv[1:3])
    types = set(json.loads((media / "db.json").read_text())) | set(MET_TYPES.split())
    # An underscore or a hyphen of a pattern is the name's own; what is more of a pattern than that is no name.
    robots = {
        name
        for each in json.loads((crawlers / "crawler-user-agents.json").read_text())
        if _PRODUCT.fullmatch(name := each["pattern"].replace("\\/", "").replace("\\.", "."))
        and _ROBOTS.search(name)
    }
    versions = [
        json.loads((package / "package.json").read_text())["version"] for package in (media, crawlers)
    ]
    OUTPUT.write_text(
        '"""Names that a record may show: registered ones, and known ones that are not.\n\n'
        f"Written by `tests/privacy/registries.py`, which says where each is from; mime-db {versions[0]} and\n"
        f"crawler-user-agents {versions[1]} (both MIT) are among its sources. Change it there.\n"
        '"""\n\n'
        "from __future__ import annotations\n\n"
        "from typing import Final\n\n"
        "__all__ = [\n"
        + "".join(
            f'    "{name}",\n'
            for name in sorted(
                [
                    "CALLS",
                    "CODINGS",
                    "FIELDS",
                    "FUNCTION_WORDS",
                    "MEDIA_TYPES",
                    "METHODS",
                    "PARAMETERS",
                    "PLATFORMS",
                    "PRODUCTS",
                    "SUFFIXES",
                    "TOP_LEVEL",
                ]
            )
        )
        + "]\n"
        + _table("METHODS", METHODS.split() + MET_METHODS.split(), "Of requests; case-sensitive.")
        + _table("CODINGS", CODINGS.split(), "Content codings.")
        + _table("CALLS", CALLS.split(), "Words of remote procedure calls, in lower case.")
        + _table("TOP_LEVEL", TOP_LEVEL.split(), "Top-level media types.")
        + _table("SUFFIXES", SUFFIXES.split(), "Of media types, after a plus sign.")
        + _table("MEDIA_TYPES", [kind.lower() for kind in types], "Whole media types.")
        + _table(
            "FIELDS", [name.lower() for name in (FIELDS + MET_FIELDS).split()], "Names of header fields."
        )
        + _table("FUNCTION_WORDS", FUNCTION_WORDS.split(), "Of English, in lower case.")
        + _table(
            "PARAMETERS",
            [spelt for name in PARAMETERS.split() for spelt in (name, name.lower())],
            "Names of parameters of a query, as they are defined and in lower case.",
        )
        + _table(
            "PRODUCTS",
            [name.lower() for name in [*PRODUCTS.split(), *robots]],
            "Of user agents, in lower case: programs, libraries, robots.",
        )
        + _table(
            "PLATFORMS",
            [name.lower() for name in PLATFORMS.split()],
            "Of user agents' comments, in lower case.",
        )
    )


def _table(name: str, words: list[str], docstring: str) -> str:
    lines, line = [], ""
    for word in sorted(set(words)):
        if len(line) + len(word) > 115:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    lines.append(line)
    body = "\n".join(lines)
    return f'\n{name}: Final = frozenset(\n    """\n{body}\n""".split()\n)\n"""{docstring}"""\n'


if __name__ == "__main__":
    main()
