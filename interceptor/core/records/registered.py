"""Names that a record may show: registered ones, and known ones that are not.

Written by `tests/privacy/registries.py`, which says where each is from; mime-db 1.54.0 and
crawler-user-agents 1.60.0 (both MIT) are among its sources. Change it there.
"""

from __future__ import annotations

from typing import Final

__all__ = [
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

METHODS: Final = frozenset(
    """
ACL BAN BASELINE-CONTROL BCOPY BDELETE BIND BITS_POST BMOVE BPROPFIND BPROPPATCH CCM_POST CHECKIN CHECKOUT CONNECT
COPY DEBUG DELETE GET HEAD LABEL LINK LOCK M-SEARCH MERGE MKACTIVITY MKCALENDAR MKCOL MKREDIRECTREF MKWORKSPACE MOVE
NOTIFY OPTIONS ORDERPATCH PATCH POLL POST PRI PROPFIND PROPPATCH PURGE PUT QUERY REBIND REFRESH REPORT RPC_IN_DATA
RPC_OUT_DATA SEARCH SOURCE SSTP_DUPLEX_POST SUBSCRIBE TRACE TRACK UNBIND UNCHECKOUT UNLINK UNLOCK UNSUBSCRIBE UPDATE
UPDATEREDIRECTREF VERSION-CONTROL X-MS-ENUMATTS
""".split()
)
"""Of requests; case-sensitive."""

CODINGS: Final = frozenset(
    """
aes128gcm aws-chunked br chunked compress dcb dcz deflate exi gzip identity pack200-gzip x-compress x-gzip zstd
""".split()
)
"""Content codings."""

CALLS: Final = frozenset(
    """
add addsvc admin ads ark authzed average aws bigtable bsr buf buildbarn calico call cancel cds channelz check cilium
class client close cloudevents cncf cockroach connectrpc consul containerd crd create cri csi csm dapr date dgraph
discovery edit eds envoy etcd etcdserverpb eventstore field file firestore flagd fleet gateway gax get geth gitaly
gitlab google googleads googleapis greet greeter group grpc grpcbin hashicorp hello helloworld hipstershop hubble
iam id inference istio jaeger job jwt k8s keda key kms kserve kube kubelet kubernetes kv kvproto lds line link
linkerd list lock logproto loki longrunning lro mesh milvus mixer moby modelbox mtls networking node oci
opentelemetry operatorpb otel oteldemo patch pb peer ping podresources poll pong prometheus proto protobuf pubsub
pulsar pulumirpc put qdrant querier raft raftpb range rds read record reflection register relay role routeguide rpc
rpcpb run save say sds seata server service session shipping skywalking spanner spiffe spire sql srds start state
store storepb sum talk talker tempo tempopb temporal tensorflow test tfplugin thanos tikv tikvpb time topic total
tpu triton udpa unary util vault vitess vtgate watcher workload xds zeebe zipkin zone
""".split()
)
"""Words of remote procedure calls, in lower case."""

TOP_LEVEL: Final = frozenset(
    """
application audio chemical font haptics image message model multipart text video
""".split()
)
"""Top-level media types."""

SUFFIXES: Final = frozenset(
    """
ber cbor cbor-seq cose der fastinfoset gzip json json-seq jwt sd-jwt sqlite3 tlv wbxml xml yaml zip zstd
""".split()
)
"""Of media types, after a plus sign."""

MEDIA_TYPES: Final = frozenset(
    """
application/1d-interleaved-parityfec application/3gpdash-qoe-report+xml application/3gpp-ims+xml
application/3gpphal+json application/3gpphalforms+json application/a2l application/ace+cbor application/ace+json
application/ace-groupcomm+cbor application/ace-trl+cbor application/activemessage application/activity+json
application/aif+cbor application/aif+json application/alto-cdni+json application/alto-cdnifilter+json
application/alto-costmap+json application/alto-costmapfilter+json application/alto-directory+json
application/alto-endpointcost+json application/alto-endpointcostparams+json application/alto-endpointprop+json
application/alto-endpointpropparams+json application/alto-error+json application/alto-networkmap+json
application/alto-networkmapfilter+json application/alto-propmap+json application/alto-propmapparams+json
application/alto-tips+json application/alto-tipsparams+json application/alto-updatestreamcontrol+json
application/alto-updatestreamparams+json application/aml application/andrew-inset application/appinstaller
application/applefile application/applixware application/apply-patch+yaml application/appx application/appxbundle
application/at+jwt application/atf application/atfx application/atom+xml application/atomcat+xml
application/atomdeleted+xml application/atomicmail application/atomsvc+xml application/atsc-dwd+xml
application/atsc-dynamic-event-message application/atsc-held+xml application/atsc-rdt+json application/atsc-rsat+xml
application/atxml application/auth-policy+xml application/automationml-aml+xml application/automationml-amlx+zip
application/bacnet-xdd+zip application/batch-smtp application/bdoc application/beep+xml application/bufr
application/c2pa application/calendar+json application/calendar+xml application/call-completion
application/cals-1840 application/captive+json application/cbor application/cbor-seq application/cccex
application/ccmp+xml application/ccxml+xml application/cda+xml application/cdfx+xml application/cdmi-capability
application/cdmi-container application/cdmi-domain application/cdmi-object application/cdmi-queue application/cdni
application/ce+cbor application/cea application/cea-2018+xml application/cellml+xml application/cfw
application/cid-edhoc+cbor-seq application/city+json application/city+json-seq application/clr application/clue+xml
application/clue_info+xml application/cms application/cnrp+xml application/coap-eap application/coap-group+json
application/coap-payload application/commonground application/concise-problem-details+cbor
application/conference-info+xml application/connect+json application/connect+proto application/cose
application/cose-key application/cose-key-set application/cose-x509 application/cpl+xml application/csp-report
application/csrattrs application/csta+xml application/cstadata+xml application/csvm+json application/cu-seeme
application/cwl application/cwl+json application/cwl+yaml application/cwt application/cybercash application/dart
application/dash+xml application/dash-patch+xml application/dashdelta application/davmount+xml application/dca-rft
application/dcd application/dec-dx application/dialog-info+xml application/dicom application/dicom+json
application/dicom+xml application/dii application/dit application/dns application/dns+json application/dns-message
application/docbook+xml application/dots+cbor application/download application/dpop+jwt application/dskpp+xml
application/dssc+der application/dssc+xml application/dvcs application/eat+cwt application/eat+jwt
application/eat-bun+cbor application/eat-bun+json application/eat-ucs+cbor application/eat-ucs+json
application/ecmascript application/edhoc+cbor-seq application/edi-consent application/edi-x12 application/edifact
application/efi application/elm+json application/elm+xml application/emergencycalldata.cap+xml
application/emergencycalldata.comment+xml application/emergencycalldata.control+xml
application/emergencycalldata.deviceinfo+xml application/emergencycalldata.ecall.msd
application/emergencycalldata.legacyesn+json application/emergencycalldata.providerinfo+xml
application/emergencycalldata.serviceinfo+xml application/emergencycalldata.subscriberinfo+xml
application/emergencycalldata.veds+xml application/emma+xml application/emotionml+xml application/encaprtp
application/entity-statement+jwt application/epp+xml application/epub+zip application/eshop application/exi
application/expect-ct-report+json application/express application/fastinfoset application/fastsoap application/fdf
application/fdt+xml application/fhir+json application/fhir+xml application/fido.trusted-apps+json application/fits
application/flexfec application/font-sfnt application/font-tdpfr application/font-woff application/force-download
application/framework-attributes+xml application/geo+json application/geo+json-seq application/geopackage+sqlite3
application/geopose+json application/geoxacml+json application/geoxacml+xml application/gltf-buffer
application/gml+xml application/gnap-binding-jws application/gnap-binding-jwsd application/gnap-binding-rotation-jws
application/gnap-binding-rotation-jwsd application/gpx+xml application/graphql application/grib application/grpc
application/grpc+proto application/grpc-web application/grpc-web+proto application/grpc-web-text application/gxf
application/gzip application/h224 application/held+xml application/hjson application/hl7v2+xml application/http
application/hyperstudio application/ibe-key-request+xml application/ibe-pkg-reply+xml application/ibe-pp-data
application/iges application/im-iscomposing+xml application/index application/index.cmd application/index.obj
application/index.response application/index.vnd application/inkml+xml application/iotp application/ipfix
application/ipp application/isup application/its+xml application/java-archive application/java-serialized-object
application/java-vm application/javascript application/jf2feed+json application/jose application/jose+json
application/jrd+json application/jscalendar+json application/jscontact+json application/json
application/json-patch+json application/json-seq application/json5 application/jsonl application/jsonlines
application/jsonml+json application/jsonpath application/jwk+json application/jwk-set+json application/jwk-set+jwt
application/jwt application/kpml-request+xml application/kpml-response+xml application/ld+json application/lgr+xml
application/link-format application/linkset application/linkset+json application/load-control+xml
application/logout+jwt application/lost+xml application/lostsync+xml application/lpf+zip application/lxf
application/mac-binhex40 application/mac-compactpro application/macwriteii application/mads+xml
application/manifest+json application/marc application/marcxml+xml application/mathematica application/mathml+xml
application/mathml-content+xml application/mathml-presentation+xml
application/mbms-associated-procedure-description+xml application/mbms-deregister+xml application/mbms-envelope+xml
application/mbms-msk+xml application/mbms-msk-response+xml application/mbms-protection-description+xml
application/mbms-reception-report+xml application/mbms-register+xml application/mbms-register-response+xml
application/mbms-schedule+xml application/mbms-user-service-description+xml application/mbox
application/media-policy-dataset+xml application/media_control+xml application/mediaservercontrol+xml
application/merge-patch+json application/metalink+xml application/metalink4+xml application/mets+xml application/mf4
application/mikey application/mipc application/missing-blocks+cbor-seq application/mmt-aei+xml
application/mmt-usd+xml application/mods+xml application/moss-keys application/moss-signature
application/mosskey-data application/mosskey-request application/mp21 application/mp4 application/mpeg4-generic
application/mpeg4-iod application/mpeg4-iod-xmt application/mrb-consumer+xml application/mrb-publish+xml
application/msc-ivr+xml application/msc-mixer+xml application/msgpack application/msix application/msixbundle
application/msword application/mud+json application/multipart-core application/mxf application/n-quads
application/n-triples application/nasdata application/ndjson application/news-checkgroups application/news-groupinfo
application/news-transmission application/nlsml+xml application/node application/nss application/oauth-authz-req+jwt
application/oblivious-dns-message application/ocsp-request application/ocsp-response application/octet-stream
application/octetstream application/oda application/odm+xml application/odx application/oebps-package+xml
application/ogg application/ohttp-keys application/omdoc+xml application/onenote application/opc-nodeset+xml
application/openmetrics-text application/oscore application/oxps application/p21 application/p21+zip
application/p2p-overlay+xml application/parityfec application/passport application/patch-ops-error+xml
application/pdf application/pdx application/pem-certificate-chain application/pgp-encrypted application/pgp-keys
application/pgp-signature application/pics-rules application/pidf+xml application/pidf-diff+xml application/pkcs10
application/pkcs12 application/pkcs7-mime application/pkcs7-signature application/pkcs8 application/pkcs8-encrypted
application/pkix-attr-cert application/pkix-cert application/pkix-crl application/pkix-pkipath application/pkixcmp
application/pls+xml application/poc-settings+xml application/postscript application/ppsp-tracker+json
application/private-token-issuer-directory application/private-token-request application/private-token-response
application/problem+json application/problem+xml application/protobuf application/provenance+xml
application/provided-claims+jwt application/prs.alvestrand.titrax-sheet application/prs.cww application/prs.cyn
application/prs.hpub+zip application/prs.implied-document+xml application/prs.implied-executable
application/prs.implied-object+json application/prs.implied-object+json-seq application/prs.implied-object+yaml
application/prs.implied-structure application/prs.mayfile application/prs.nprend application/prs.plucker
application/prs.rdf-xml-crypt application/prs.vcfbzip2 application/prs.xsf+xml application/pskc+xml
application/pvd+json application/qsig application/raml+yaml application/raptorfec application/rdap+json
application/rdf+xml application/reginfo+xml application/relax-ng-compact-syntax application/remote-printing
application/reputon+json application/resolve-response+jwt application/resource-lists+xml
application/resource-lists-diff+xml application/rfc+xml application/riscos application/rlmi+xml
application/rls-services+xml application/route-apd+xml application/route-s-tsid+xml application/route-usd+xml
application/rpki-checklist application/rpki-ghostbusters application/rpki-manifest application/rpki-publication
application/rpki-roa application/rpki-signed-tal application/rpki-updown application/rsd+xml application/rss+xml
application/rtf application/rtploopback application/rtx application/samlassertion+xml application/samlmetadata+xml
application/sarif+json application/sarif-external-properties+json application/sbe application/sbml+xml
application/scaip+xml application/scim+json application/scvp-cv-request application/scvp-cv-response
application/scvp-vp-request application/scvp-vp-response application/sdp application/secevent+jwt
application/senml+cbor application/senml+json application/senml+xml application/senml-etch+cbor
application/senml-etch+json application/senml-exi application/sensml+cbor application/sensml+json
application/sensml+xml application/sensml-exi application/sep+xml application/sep-exi application/session-info
application/set-payment application/set-payment-initiation application/set-registration
application/set-registration-initiation application/sgml application/sgml-open-catalog application/shf+xml
application/sieve application/simple-filter+xml application/simple-message-summary application/simplesymbolcontainer
application/sipc application/slate application/smil application/smil+xml application/smpte336m
application/soap+fastinfoset application/soap+xml application/sparql-query application/sparql-results+xml
application/spdx+json application/spirits-event+xml application/sql application/srgs application/srgs+xml
application/sru+xml application/ssdl+xml application/sslkeylogfile application/ssml+xml application/st2110-41
application/stix+json application/strategic-merge-patch+json application/stratum application/swid+cbor
application/swid+xml application/tamp-apex-update application/tamp-apex-update-confirm
application/tamp-community-update application/tamp-community-update-confirm application/tamp-error
application/tamp-sequence-adjust application/tamp-sequence-adjust-confirm application/tamp-status-query
application/tamp-status-response application/tamp-update application/tamp-update-confirm application/tar
application/taxii+json application/td+json application/tei+xml application/tetra_isi application/thraud+xml
application/timestamp-query application/timestamp-reply application/timestamped-data application/tlsrpt+gzip
application/tlsrpt+json application/tm+json application/tnauthlist application/toc+cbor
application/token-introspection+jwt application/toml application/trickle-ice-sdpfrag application/trig
application/trust-chain+json application/trust-mark+jwt application/trust-mark-delegation+jwt application/ttml+xml
application/tve-trigger application/tzif application/tzif-leap application/ubjson application/uccs+cbor
application/ujcs+json application/ulpfec application/unknown application/urc-grpsheet+xml
application/urc-ressheet+xml application/urc-targetdesc+xml application/urc-uisocketdesc+xml application/vc
application/vc+cose application/vc+jwt application/vcard+json application/vcard+xml application/vemmi
application/vividence.scriptfile application/vnd.1000minds.decision-model+xml application/vnd.1ob
application/vnd.3gpp-prose+xml application/vnd.3gpp-prose-pc3a+xml application/vnd.3gpp-prose-pc3ach+xml
application/vnd.3gpp-prose-pc3ch+xml application/vnd.3gpp-prose-pc8+xml
application/vnd.3gpp-v2x-local-service-information application/vnd.3gpp.5gnas application/vnd.3gpp.5gsa2x
application/vnd.3gpp.5gsa2x-local-service-information application/vnd.3gpp.5gsv2x
application/vnd.3gpp.5gsv2x-local-service-information application/vnd.3gpp.access-transfer-events+xml
application/vnd.3gpp.bsf+xml application/vnd.3gpp.crs+xml application/vnd.3gpp.current-location-discovery+xml
application/vnd.3gpp.gmop+xml application/vnd.3gpp.gtpc application/vnd.3gpp.interworking-data
application/vnd.3gpp.lpp application/vnd.3gpp.mc-signalling-ear application/vnd.3gpp.mcdata-affiliation-command+xml
application/vnd.3gpp.mcdata-info+xml application/vnd.3gpp.mcdata-msgstore-ctrl-request+xml
application/vnd.3gpp.mcdata-payload application/vnd.3gpp.mcdata-regroup+xml
application/vnd.3gpp.mcdata-service-config+xml application/vnd.3gpp.mcdata-signalling
application/vnd.3gpp.mcdata-ue-config+xml application/vnd.3gpp.mcdata-user-profile+xml
application/vnd.3gpp.mcptt-affiliation-command+xml application/vnd.3gpp.mcptt-floor-request+xml
application/vnd.3gpp.mcptt-info+xml application/vnd.3gpp.mcptt-location-info+xml
application/vnd.3gpp.mcptt-mbms-usage-info+xml application/vnd.3gpp.mcptt-regroup+xml
application/vnd.3gpp.mcptt-service-config+xml application/vnd.3gpp.mcptt-signed+xml
application/vnd.3gpp.mcptt-ue-config+xml application/vnd.3gpp.mcptt-ue-init-config+xml
application/vnd.3gpp.mcptt-user-profile+xml application/vnd.3gpp.mcvideo-affiliation-command+xml
application/vnd.3gpp.mcvideo-info+xml application/vnd.3gpp.mcvideo-location-info+xml
application/vnd.3gpp.mcvideo-mbms-usage-info+xml application/vnd.3gpp.mcvideo-regroup+xml
application/vnd.3gpp.mcvideo-service-config+xml application/vnd.3gpp.mcvideo-transmission-request+xml
application/vnd.3gpp.mcvideo-ue-config+xml application/vnd.3gpp.mcvideo-user-profile+xml
application/vnd.3gpp.mid-call+xml application/vnd.3gpp.ngap application/vnd.3gpp.pfcp
application/vnd.3gpp.pic-bw-large application/vnd.3gpp.pic-bw-small application/vnd.3gpp.pic-bw-var
application/vnd.3gpp.pinapp-info+xml application/vnd.3gpp.s1ap application/vnd.3gpp.seal-group-doc+xml
application/vnd.3gpp.seal-info+xml application/vnd.3gpp.seal-location-info+xml
application/vnd.3gpp.seal-mbms-usage-info+xml application/vnd.3gpp.seal-network-qos-management-info+xml
application/vnd.3gpp.seal-ue-config-info+xml application/vnd.3gpp.seal-unicast-info+xml
application/vnd.3gpp.seal-user-profile-info+xml application/vnd.3gpp.sms application/vnd.3gpp.sms+xml
application/vnd.3gpp.srvcc-ext+xml application/vnd.3gpp.srvcc-info+xml application/vnd.3gpp.state-and-event-info+xml
application/vnd.3gpp.ussd+xml application/vnd.3gpp.v2x application/vnd.3gpp.vae-info+xml
application/vnd.3gpp2.bcmcsinfo+xml application/vnd.3gpp2.sms application/vnd.3gpp2.tcap
application/vnd.3lightssoftware.imagescal application/vnd.3m.post-it-notes application/vnd.accpac.simply.aso
application/vnd.accpac.simply.imp application/vnd.acm.addressxfer+json application/vnd.acm.chatbot+json
application/vnd.acucobol application/vnd.acucorp application/vnd.adobe.air-application-installer-package+zip
application/vnd.adobe.flash.movie application/vnd.adobe.formscentral.fcdt application/vnd.adobe.fxp
application/vnd.adobe.partial-upload application/vnd.adobe.xdp+xml application/vnd.adobe.xfdf
application/vnd.aether.imp application/vnd.afpc.afplinedata application/vnd.afpc.afplinedata-pagedef
application/vnd.afpc.cmoca-cmresource application/vnd.afpc.foca-charset application/vnd.afpc.foca-codedfont
application/vnd.afpc.foca-codepage application/vnd.afpc.modca application/vnd.afpc.modca-cmtable
application/vnd.afpc.modca-formdef application/vnd.afpc.modca-mediummap application/vnd.afpc.modca-objectcontainer
application/vnd.afpc.modca-overlay application/vnd.afpc.modca-pagesegment application/vnd.age
application/vnd.ah-barcode application/vnd.ahead.space application/vnd.airzip.filesecure.azf
application/vnd.airzip.filesecure.azs application/vnd.amadeus+json application/vnd.amazon.ebook
application/vnd.amazon.mobi8-ebook application/vnd.americandynamics.acc application/vnd.amiga.ami
application/vnd.amundsen.maze+xml application/vnd.android.ota application/vnd.android.package-archive
application/vnd.anki application/vnd.anser-web-certificate-issue-initiation
application/vnd.anser-web-funds-transfer-initiation application/vnd.antix.game-component
application/vnd.apache.arrow.file application/vnd.apache.arrow.stream application/vnd.apache.avro+json
application/vnd.apache.parquet application/vnd.apache.thrift.binary application/vnd.apache.thrift.compact
application/vnd.apache.thrift.json application/vnd.apexlang application/vnd.api+json
application/vnd.aplextor.warrp+json application/vnd.apothekende.reservation+json application/vnd.apple.installer+xml
application/vnd.apple.keynote application/vnd.apple.mpegurl application/vnd.apple.numbers
application/vnd.apple.pages application/vnd.apple.pkpass application/vnd.arastra.swi
application/vnd.aristanetworks.swi application/vnd.artisan+json application/vnd.artsquare
application/vnd.astraea-software.iota application/vnd.audiograph application/vnd.autodesk.fbx
application/vnd.autopackage application/vnd.avalon+json application/vnd.avistar+xml
application/vnd.balsamiq.bmml+xml application/vnd.balsamiq.bmpr application/vnd.banana-accounting
application/vnd.bbf.usp.error application/vnd.bbf.usp.msg application/vnd.bbf.usp.msg+json
application/vnd.bekitzur-stech+json application/vnd.belightsoft.lhzd+zip application/vnd.belightsoft.lhzl+zip
application/vnd.bint.med-content application/vnd.biopax.rdf+xml application/vnd.blink-idb-value-wrapper
application/vnd.blueice.multipass application/vnd.bluetooth.ep.oob application/vnd.bluetooth.le.oob
application/vnd.bmi application/vnd.bpf application/vnd.bpf3 application/vnd.businessobjects
application/vnd.byu.uapi+json application/vnd.bzip3 application/vnd.c3voc.schedule+xml application/vnd.cab-jscript
application/vnd.canon-cpdl application/vnd.canon-lips application/vnd.capasystems-pg+json
application/vnd.cendio.thinlinc.clientconf application/vnd.century-systems.tcp_stream application/vnd.chemdraw+xml
application/vnd.chess-pgn application/vnd.chipnuts.karaoke-mmd application/vnd.ciedi application/vnd.cinderella
application/vnd.cirpack.isdn-ext application/vnd.citationstyles.style+xml application/vnd.claymore
application/vnd.cloanto.rp9 application/vnd.clonk.c4group application/vnd.cluetrust.cartomobile-config
application/vnd.cluetrust.cartomobile-config-pkg application/vnd.cncf.helm.chart.content.v1.tar+gzip
application/vnd.cncf.helm.chart.provenance.v1.prov application/vnd.cncf.helm.config.v1+json
application/vnd.coffeescript application/vnd.collabio.xodocuments.document
application/vnd.collabio.xodocuments.document-template application/vnd.collabio.xodocuments.presentation
application/vnd.collabio.xodocuments.presentation-template application/vnd.collabio.xodocuments.spreadsheet
application/vnd.collabio.xodocuments.spreadsheet-template application/vnd.collection+json
application/vnd.collection.doc+json application/vnd.collection.next+json application/vnd.comicbook+zip
application/vnd.comicbook-rar application/vnd.commerce-battelle application/vnd.commonspace
application/vnd.contact.cmsg application/vnd.coreos.ignition+json application/vnd.cosmocaller
application/vnd.crick.clicker application/vnd.crick.clicker.keyboard application/vnd.crick.clicker.palette
application/vnd.crick.clicker.template application/vnd.crick.clicker.wordbank application/vnd.criticaltools.wbs+xml
application/vnd.cryptii.pipe+json application/vnd.crypto-shade-file application/vnd.cryptomator.encrypted
application/vnd.cryptomator.vault application/vnd.ctc-posml application/vnd.ctct.ws+xml application/vnd.cups-pdf
application/vnd.cups-postscript application/vnd.cups-ppd application/vnd.cups-raster application/vnd.cups-raw
application/vnd.curl application/vnd.curl.car application/vnd.curl.pcurl application/vnd.cyan.dean.root+xml
application/vnd.cybank application/vnd.cyclonedx+json application/vnd.cyclonedx+xml
application/vnd.d2l.coursepackage1p0+zip application/vnd.d3m-dataset application/vnd.d3m-problem
application/vnd.dart application/vnd.data-vision.rdz application/vnd.datalog application/vnd.datapackage+json
application/vnd.dataresource+json application/vnd.dbf application/vnd.dcmp+xml application/vnd.debian.binary-package
application/vnd.dece.data application/vnd.dece.ttml+xml application/vnd.dece.unspecified application/vnd.dece.zip
application/vnd.denovo.fcselayout-link application/vnd.desmume.movie application/vnd.dir-bi.plate-dl-nosuffix
application/vnd.dm.delegation+xml application/vnd.dna application/vnd.docker.distribution.manifest.list.v2+json
application/vnd.docker.distribution.manifest.v2+json application/vnd.docker.multiplexed-stream
application/vnd.docker.raw-stream application/vnd.document+json application/vnd.dolby.mlp
application/vnd.dolby.mobile.1 application/vnd.dolby.mobile.2 application/vnd.doremir.scorecloud-binary-document
application/vnd.dpgraph application/vnd.dreamfactory application/vnd.drive+json application/vnd.ds-keypoint
application/vnd.dtg.local application/vnd.dtg.local.flash application/vnd.dtg.local.html application/vnd.dvb.ait
application/vnd.dvb.dvbisl+xml application/vnd.dvb.dvbj application/vnd.dvb.esgcontainer
application/vnd.dvb.ipdcdftnotifaccess application/vnd.dvb.ipdcesgaccess application/vnd.dvb.ipdcesgaccess2
application/vnd.dvb.ipdcesgpdd application/vnd.dvb.ipdcroaming application/vnd.dvb.iptv.alfec-base
application/vnd.dvb.iptv.alfec-enhancement application/vnd.dvb.notif-aggregate-root+xml
application/vnd.dvb.notif-container+xml application/vnd.dvb.notif-generic+xml
application/vnd.dvb.notif-ia-msglist+xml application/vnd.dvb.notif-ia-registration-request+xml
application/vnd.dvb.notif-ia-registration-response+xml application/vnd.dvb.notif-init+xml application/vnd.dvb.pfr
application/vnd.dvb.service application/vnd.dxr application/vnd.dynageo application/vnd.dzr
application/vnd.easykaraoke.cdgdownload application/vnd.ecdis-update application/vnd.ecip.rlp
application/vnd.eclipse.ditto+json application/vnd.ecowin.chart application/vnd.ecowin.filerequest
application/vnd.ecowin.fileupdate application/vnd.ecowin.series application/vnd.ecowin.seriesrequest
application/vnd.ecowin.seriesupdate application/vnd.efi.img application/vnd.efi.iso application/vnd.eln+zip
application/vnd.emclient.accessrequest+xml application/vnd.enliven application/vnd.enphase.envoy
application/vnd.eprints.data+xml application/vnd.epson.esf application/vnd.epson.msf
application/vnd.epson.quickanime application/vnd.epson.salt application/vnd.epson.ssf
application/vnd.ericsson.quickcall application/vnd.erofs application/vnd.espass-espass+zip
application/vnd.eszigno3+xml application/vnd.etsi.aoc+xml application/vnd.etsi.asic-e+zip
application/vnd.etsi.asic-s+zip application/vnd.etsi.cug+xml application/vnd.etsi.iptvcommand+xml
application/vnd.etsi.iptvdiscovery+xml application/vnd.etsi.iptvprofile+xml application/vnd.etsi.iptvsad-bc+xml
application/vnd.etsi.iptvsad-cod+xml application/vnd.etsi.iptvsad-npvr+xml application/vnd.etsi.iptvservice+xml
application/vnd.etsi.iptvsync+xml application/vnd.etsi.iptvueprofile+xml application/vnd.etsi.mcid+xml
application/vnd.etsi.mheg5 application/vnd.etsi.overload-control-policy-dataset+xml application/vnd.etsi.pstn+xml
application/vnd.etsi.sci+xml application/vnd.etsi.simservs+xml application/vnd.etsi.timestamp-token
application/vnd.etsi.tsl+xml application/vnd.etsi.tsl.der application/vnd.eu.kasparian.car+json
application/vnd.eudora.data application/vnd.evolv.ecig.profile application/vnd.evolv.ecig.settings
application/vnd.evolv.ecig.theme application/vnd.exstream-empower+zip application/vnd.exstream-package
application/vnd.ezpix-album application/vnd.ezpix-package application/vnd.f-secure.mobile
application/vnd.familysearch.gedcom+zip application/vnd.fastcopy-disk-image application/vnd.fdf
application/vnd.fdsn.mseed application/vnd.fdsn.seed application/vnd.fdsn.stationxml+xml application/vnd.ffsns
application/vnd.ficlab.flb+zip application/vnd.filmit.zfc application/vnd.fints
application/vnd.firemonkeys.cloudcell application/vnd.flographit application/vnd.fluxtime.clip
application/vnd.font-fontforge-sfd application/vnd.framemaker application/vnd.freelog.comic
application/vnd.frogans.fnc application/vnd.frogans.ltf application/vnd.fsc.weblaunch
application/vnd.fujifilm.fb.docuworks application/vnd.fujifilm.fb.docuworks.binder
application/vnd.fujifilm.fb.docuworks.container application/vnd.fujifilm.fb.jfi+xml application/vnd.fujitsu.oasys
application/vnd.fujitsu.oasys2 application/vnd.fujitsu.oasys3 application/vnd.fujitsu.oasysgp
application/vnd.fujitsu.oasysprs application/vnd.fujixerox.art-ex application/vnd.fujixerox.art4
application/vnd.fujixerox.ddd application/vnd.fujixerox.docuworks application/vnd.fujixerox.docuworks.binder
application/vnd.fujixerox.docuworks.container application/vnd.fujixerox.hbpl application/vnd.fut-misnet
application/vnd.futoin+cbor application/vnd.futoin+json application/vnd.fuzzysheet
application/vnd.ga4gh.passport+jwt application/vnd.genomatix.tuxedo application/vnd.genozip
application/vnd.gentics.grd+json application/vnd.gentoo.catmetadata+xml application/vnd.gentoo.ebuild
application/vnd.gentoo.eclass application/vnd.gentoo.gpkg application/vnd.gentoo.manifest
application/vnd.gentoo.pkgmetadata+xml application/vnd.gentoo.xpak application/vnd.geo+json
application/vnd.geocube+xml application/vnd.geogebra.file application/vnd.geogebra.pinboard
application/vnd.geogebra.slides application/vnd.geogebra.tool application/vnd.geometry-explorer
application/vnd.geonext application/vnd.geoplan application/vnd.geospace application/vnd.gerber
application/vnd.github+json application/vnd.github.v3+json application/vnd.globalplatform.card-content-mgt
application/vnd.globalplatform.card-content-mgt-response application/vnd.gmx application/vnd.gnu.taler.exchange+json
application/vnd.gnu.taler.merchant+json application/vnd.google-apps.audio application/vnd.google-apps.document
application/vnd.google-apps.drawing application/vnd.google-apps.drive-sdk application/vnd.google-apps.file
application/vnd.google-apps.folder application/vnd.google-apps.form application/vnd.google-apps.fusiontable
application/vnd.google-apps.jam application/vnd.google-apps.mail-layout application/vnd.google-apps.map
application/vnd.google-apps.photo application/vnd.google-apps.presentation application/vnd.google-apps.script
application/vnd.google-apps.shortcut application/vnd.google-apps.site application/vnd.google-apps.spreadsheet
application/vnd.google-apps.unknown application/vnd.google-apps.video application/vnd.google-earth.kml+xml
application/vnd.google-earth.kmz application/vnd.gov.sk.e-form+xml application/vnd.gov.sk.e-form+zip
application/vnd.gov.sk.xmldatacontainer+xml application/vnd.gpxsee.map+xml application/vnd.grafeq
application/vnd.gridmp application/vnd.groove-account application/vnd.groove-help
application/vnd.groove-identity-message application/vnd.groove-injector application/vnd.groove-tool-message
application/vnd.groove-tool-template application/vnd.groove-vcard application/vnd.hal+json application/vnd.hal+xml
application/vnd.handheld-entertainment+xml application/vnd.hbci application/vnd.hc+json
application/vnd.hcl-bireports application/vnd.hdt application/vnd.heroku+json application/vnd.hhe.lesson-player
application/vnd.hp-hpgl application/vnd.hp-hpid application/vnd.hp-hps application/vnd.hp-jlyt
application/vnd.hp-pcl application/vnd.hp-pclxl application/vnd.hsl application/vnd.httphone
application/vnd.hydrostatix.sof-data application/vnd.hyper+json application/vnd.hyper-item+json
application/vnd.hyperdrive+json application/vnd.hzn-3d-crossword application/vnd.ibm.afplinedata
application/vnd.ibm.electronic-media application/vnd.ibm.minipay application/vnd.ibm.modcap
application/vnd.ibm.rights-management application/vnd.ibm.secure-container application/vnd.iccprofile
application/vnd.ieee.1905 application/vnd.igloader application/vnd.imagemeter.folder+zip
application/vnd.imagemeter.image+zip application/vnd.immervision-ivp application/vnd.immervision-ivu
application/vnd.ims.imsccv1p1 application/vnd.ims.imsccv1p2 application/vnd.ims.imsccv1p3
application/vnd.ims.lis.v2.result+json application/vnd.ims.lti.v2.toolconsumerprofile+json
application/vnd.ims.lti.v2.toolproxy+json application/vnd.ims.lti.v2.toolproxy.id+json
application/vnd.ims.lti.v2.toolsettings+json application/vnd.ims.lti.v2.toolsettings.simple+json
application/vnd.informedcontrol.rms+xml application/vnd.informix-visionary application/vnd.infotech.project
application/vnd.infotech.project+xml application/vnd.innopath.wamp.notification application/vnd.insors.igm
application/vnd.intercon.formnet application/vnd.intergeo application/vnd.intertrust.digibox
application/vnd.intertrust.nncp application/vnd.intu.qbo application/vnd.intu.qfx application/vnd.ipfs.ipns-record
application/vnd.ipld.car application/vnd.ipld.dag-cbor application/vnd.ipld.dag-json application/vnd.ipld.raw
application/vnd.iptc.g2.catalogitem+xml application/vnd.iptc.g2.conceptitem+xml
application/vnd.iptc.g2.knowledgeitem+xml application/vnd.iptc.g2.newsitem+xml
application/vnd.iptc.g2.newsmessage+xml application/vnd.iptc.g2.packageitem+xml
application/vnd.iptc.g2.planningitem+xml application/vnd.ipunplugged.rcprofile
application/vnd.irepository.package+xml application/vnd.is-xpr application/vnd.isac.fcs
application/vnd.iso11783-10+zip application/vnd.jam application/vnd.japannet-directory-service
application/vnd.japannet-jpnstore-wakeup application/vnd.japannet-payment-wakeup
application/vnd.japannet-registration application/vnd.japannet-registration-wakeup
application/vnd.japannet-setstore-wakeup application/vnd.japannet-verification
application/vnd.japannet-verification-wakeup application/vnd.jcp.javame.midlet-rms application/vnd.jisp
application/vnd.joost.joda-archive application/vnd.jsk.isdn-ngn application/vnd.kafka.json.v2+json
application/vnd.kafka.v2+json application/vnd.kahootz application/vnd.kde.karbon application/vnd.kde.kchart
application/vnd.kde.kformula application/vnd.kde.kivio application/vnd.kde.kontour application/vnd.kde.kpresenter
application/vnd.kde.kspread application/vnd.kde.kword application/vnd.kdl application/vnd.kenameaapp
application/vnd.keyman.kmp+zip application/vnd.keyman.kmx application/vnd.kidspiration application/vnd.kinar
application/vnd.koan application/vnd.kodak-descriptor application/vnd.kubernetes.protobuf application/vnd.las
application/vnd.las.las+json application/vnd.las.las+xml application/vnd.laszip
application/vnd.ldev.productlicensing application/vnd.leap+json application/vnd.liberty-request+xml
application/vnd.llamagraphics.life-balance.desktop application/vnd.llamagraphics.life-balance.exchange+xml
application/vnd.logipipe.circuit+zip application/vnd.loom application/vnd.lotus-1-2-3 application/vnd.lotus-approach
application/vnd.lotus-freelance application/vnd.lotus-notes application/vnd.lotus-organizer
application/vnd.lotus-screencam application/vnd.lotus-wordpro application/vnd.macports.portpkg
application/vnd.mapbox-vector-tile application/vnd.marlin.drm.actiontoken+xml
application/vnd.marlin.drm.conftoken+xml application/vnd.marlin.drm.license+xml application/vnd.marlin.drm.mdcf
application/vnd.mason+json application/vnd.maxar.archive.3tz+zip application/vnd.maxmind.maxmind-db
application/vnd.mcd application/vnd.mdl application/vnd.mdl-mbsdf application/vnd.medcalcdata
application/vnd.mediastation.cdkey application/vnd.medicalholodeck.recordxr application/vnd.meridian-slingshot
application/vnd.mermaid application/vnd.mfer application/vnd.mfmp application/vnd.micro+json
application/vnd.micrografx.flo application/vnd.micrografx.igx application/vnd.microsoft.portable-executable
application/vnd.microsoft.windows.thumbnail-cache application/vnd.miele+json application/vnd.mif
application/vnd.minisoft-hp3000-save application/vnd.mitsubishi.misty-guard.trustweb application/vnd.mobius.daf
application/vnd.mobius.dis application/vnd.mobius.mbk application/vnd.mobius.mqy application/vnd.mobius.msl
application/vnd.mobius.plc application/vnd.mobius.txf application/vnd.modl application/vnd.mophun.application
application/vnd.mophun.certificate application/vnd.motorola.flexsuite application/vnd.motorola.flexsuite.adsi
application/vnd.motorola.flexsuite.fis application/vnd.motorola.flexsuite.gotap
application/vnd.motorola.flexsuite.kmr application/vnd.motorola.flexsuite.ttc application/vnd.motorola.flexsuite.wem
application/vnd.motorola.iprm application/vnd.mozilla.xul+xml application/vnd.ms-3mfdocument
application/vnd.ms-artgalry application/vnd.ms-asf application/vnd.ms-cab-compressed
application/vnd.ms-color.iccprofile application/vnd.ms-excel application/vnd.ms-excel.addin.macroenabled.12
application/vnd.ms-excel.sheet.binary.macroenabled.12 application/vnd.ms-excel.sheet.macroenabled.12
application/vnd.ms-excel.template.macroenabled.12 application/vnd.ms-fontobject application/vnd.ms-htmlhelp
application/vnd.ms-ims application/vnd.ms-lrm application/vnd.ms-office.activex+xml application/vnd.ms-officetheme
application/vnd.ms-opentype application/vnd.ms-outlook application/vnd.ms-package.obfuscated-opentype
application/vnd.ms-pki.seccat application/vnd.ms-pki.stl application/vnd.ms-playready.initiator+xml
application/vnd.ms-powerpoint application/vnd.ms-powerpoint.addin.macroenabled.12
application/vnd.ms-powerpoint.presentation.macroenabled.12 application/vnd.ms-powerpoint.slide.macroenabled.12
application/vnd.ms-powerpoint.slideshow.macroenabled.12 application/vnd.ms-powerpoint.template.macroenabled.12
application/vnd.ms-printdevicecapabilities+xml application/vnd.ms-printing.printticket+xml
application/vnd.ms-printschematicket+xml application/vnd.ms-project application/vnd.ms-tnef
application/vnd.ms-visio.viewer application/vnd.ms-windows.devicepairing application/vnd.ms-windows.nwprinting.oob
application/vnd.ms-windows.printerpairing application/vnd.ms-windows.wsd.oob application/vnd.ms-wmdrm.lic-chlg-req
application/vnd.ms-wmdrm.lic-resp application/vnd.ms-wmdrm.meter-chlg-req application/vnd.ms-wmdrm.meter-resp
application/vnd.ms-word.document.macroenabled.12 application/vnd.ms-word.template.macroenabled.12
application/vnd.ms-works application/vnd.ms-wpl application/vnd.ms-xpsdocument application/vnd.msa-disk-image
application/vnd.mseq application/vnd.msgpack application/vnd.msign application/vnd.multiad.creator
application/vnd.multiad.creator.cif application/vnd.music-niff application/vnd.musician application/vnd.muvee.style
application/vnd.mynfc application/vnd.nacamar.ybrid+json application/vnd.nato.bindingdataobject+cbor
application/vnd.nato.bindingdataobject+json application/vnd.nato.bindingdataobject+xml
application/vnd.nato.openxmlformats-package.iepd+zip application/vnd.ncd.control application/vnd.ncd.reference
application/vnd.nearst.inv+json application/vnd.nebumind.line application/vnd.nervana application/vnd.netfpx
application/vnd.neurolanguage.nlu application/vnd.nimn application/vnd.nintendo.nitro.rom
application/vnd.nintendo.snes.rom application/vnd.nitf application/vnd.noblenet-directory
application/vnd.noblenet-sealer application/vnd.noblenet-web application/vnd.nokia.catalogs
application/vnd.nokia.conml+wbxml application/vnd.nokia.conml+xml application/vnd.nokia.iptv.config+xml
application/vnd.nokia.isds-radio-presets application/vnd.nokia.landmark+wbxml application/vnd.nokia.landmark+xml
application/vnd.nokia.landmarkcollection+xml application/vnd.nokia.n-gage.ac+xml application/vnd.nokia.n-gage.data
application/vnd.nokia.n-gage.symbian.install application/vnd.nokia.ncd application/vnd.nokia.pcd+wbxml
application/vnd.nokia.pcd+xml application/vnd.nokia.radio-preset application/vnd.nokia.radio-presets
application/vnd.novadigm.edm application/vnd.novadigm.edx application/vnd.novadigm.ext
application/vnd.ntt-local.content-share application/vnd.ntt-local.file-transfer
application/vnd.ntt-local.ogw_remote-access application/vnd.ntt-local.sip-ta_remote
application/vnd.ntt-local.sip-ta_tcp_stream application/vnd.oai.workflows application/vnd.oai.workflows+json
application/vnd.oai.workflows+yaml application/vnd.oasis.opendocument.base application/vnd.oasis.opendocument.chart
application/vnd.oasis.opendocument.chart-template application/vnd.oasis.opendocument.database
application/vnd.oasis.opendocument.formula application/vnd.oasis.opendocument.formula-template
application/vnd.oasis.opendocument.graphics application/vnd.oasis.opendocument.graphics-template
application/vnd.oasis.opendocument.image application/vnd.oasis.opendocument.image-template
application/vnd.oasis.opendocument.presentation application/vnd.oasis.opendocument.presentation-template
application/vnd.oasis.opendocument.spreadsheet application/vnd.oasis.opendocument.spreadsheet-template
application/vnd.oasis.opendocument.text application/vnd.oasis.opendocument.text-master
application/vnd.oasis.opendocument.text-master-template application/vnd.oasis.opendocument.text-template
application/vnd.oasis.opendocument.text-web application/vnd.obn application/vnd.ocf+cbor
application/vnd.oci.image.index.v1+json application/vnd.oci.image.manifest.v1+json application/vnd.oftn.l10n+json
application/vnd.oipf.contentaccessdownload+xml application/vnd.oipf.contentaccessstreaming+xml
application/vnd.oipf.cspg-hexbinary application/vnd.oipf.dae.svg+xml application/vnd.oipf.dae.xhtml+xml
application/vnd.oipf.mippvcontrolmessage+xml application/vnd.oipf.pae.gem application/vnd.oipf.spdiscovery+xml
application/vnd.oipf.spdlist+xml application/vnd.oipf.ueprofile+xml application/vnd.oipf.userprofile+xml
application/vnd.olpc-sugar application/vnd.oma-scws-config application/vnd.oma-scws-http-request
application/vnd.oma-scws-http-response application/vnd.oma.bcast.associated-procedure-parameter+xml
application/vnd.oma.bcast.drm-trigger+xml application/vnd.oma.bcast.imd+xml application/vnd.oma.bcast.ltkm
application/vnd.oma.bcast.notification+xml application/vnd.oma.bcast.provisioningtrigger
application/vnd.oma.bcast.sgboot application/vnd.oma.bcast.sgdd+xml application/vnd.oma.bcast.sgdu
application/vnd.oma.bcast.simple-symbol-container application/vnd.oma.bcast.smartcard-trigger+xml
application/vnd.oma.bcast.sprov+xml application/vnd.oma.bcast.stkm application/vnd.oma.cab-address-book+xml
application/vnd.oma.cab-feature-handler+xml application/vnd.oma.cab-pcc+xml application/vnd.oma.cab-subs-invite+xml
application/vnd.oma.cab-user-prefs+xml application/vnd.oma.dcd application/vnd.oma.dcdc application/vnd.oma.dd2+xml
application/vnd.oma.drm.risd+xml application/vnd.oma.group-usage-list+xml application/vnd.oma.lwm2m+cbor
application/vnd.oma.lwm2m+json application/vnd.oma.lwm2m+tlv application/vnd.oma.pal+xml
application/vnd.oma.poc.detailed-progress-report+xml application/vnd.oma.poc.final-report+xml
application/vnd.oma.poc.groups+xml application/vnd.oma.poc.invocation-descriptor+xml
application/vnd.oma.poc.optimized-progress-report+xml application/vnd.oma.push
application/vnd.oma.scidm.messages+xml application/vnd.oma.xcap-directory+xml application/vnd.omads-email+xml
application/vnd.omads-file+xml application/vnd.omads-folder+xml application/vnd.omaloc-supl-init
application/vnd.onepager application/vnd.onepagertamp application/vnd.onepagertamx application/vnd.onepagertat
application/vnd.onepagertatp application/vnd.onepagertatx application/vnd.onvif.metadata
application/vnd.openblox.game+xml application/vnd.openblox.game-binary application/vnd.openeye.oeb
application/vnd.openofficeorg.extension application/vnd.openstreetmap.data+xml application/vnd.opentimestamps.ots
application/vnd.openvpi.dspx+json application/vnd.openxmlformats-officedocument.custom-properties+xml
application/vnd.openxmlformats-officedocument.customxmlproperties+xml
application/vnd.openxmlformats-officedocument.drawing+xml
application/vnd.openxmlformats-officedocument.drawingml.chart+xml
application/vnd.openxmlformats-officedocument.drawingml.chartshapes+xml
application/vnd.openxmlformats-officedocument.drawingml.diagramcolors+xml
application/vnd.openxmlformats-officedocument.drawingml.diagramdata+xml
application/vnd.openxmlformats-officedocument.drawingml.diagramlayout+xml
application/vnd.openxmlformats-officedocument.drawingml.diagramstyle+xml
application/vnd.openxmlformats-officedocument.extended-properties+xml
application/vnd.openxmlformats-officedocument.presentationml.commentauthors+xml
application/vnd.openxmlformats-officedocument.presentationml.comments+xml
application/vnd.openxmlformats-officedocument.presentationml.handoutmaster+xml
application/vnd.openxmlformats-officedocument.presentationml.notesmaster+xml
application/vnd.openxmlformats-officedocument.presentationml.notesslide+xml
application/vnd.openxmlformats-officedocument.presentationml.presentation
application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml
application/vnd.openxmlformats-officedocument.presentationml.presprops+xml
application/vnd.openxmlformats-officedocument.presentationml.slide
application/vnd.openxmlformats-officedocument.presentationml.slide+xml
application/vnd.openxmlformats-officedocument.presentationml.slidelayout+xml
application/vnd.openxmlformats-officedocument.presentationml.slidemaster+xml
application/vnd.openxmlformats-officedocument.presentationml.slideshow
application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml
application/vnd.openxmlformats-officedocument.presentationml.slideupdateinfo+xml
application/vnd.openxmlformats-officedocument.presentationml.tablestyles+xml
application/vnd.openxmlformats-officedocument.presentationml.tags+xml
application/vnd.openxmlformats-officedocument.presentationml.template
application/vnd.openxmlformats-officedocument.presentationml.template.main+xml
application/vnd.openxmlformats-officedocument.presentationml.viewprops+xml
application/vnd.openxmlformats-officedocument.spreadsheetml.calcchain+xml
application/vnd.openxmlformats-officedocument.spreadsheetml.chartsheet+xml
application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml
application/vnd.openxmlformats-officedocument.spreadsheetml.connections+xml
application/vnd.openxmlformats-officedocument.spreadsheetml.dialogsheet+xml
application/vnd.openxmlformats-officedocument.spreadsheetml.externallink+xml
application/vnd.openxmlformats-officedocument.spreadsheetml.pivotcachedefinition+xml
application/vnd.openxmlformats-officedocument.spreadsheetml.pivotcacherecords+xml
application/vnd.openxmlformats-officedocument.spreadsheetml.pivottable+xml
application/vnd.openxmlformats-officedocument.spreadsheetml.querytable+xml
application/vnd.openxmlformats-officedocument.spreadsheetml.revisionheaders+xml
application/vnd.openxmlformats-officedocument.spreadsheetml.revisionlog+xml
application/vnd.openxmlformats-officedocument.spreadsheetml.sharedstrings+xml
application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml
application/vnd.openxmlformats-officedocument.spreadsheetml.sheetmetadata+xml
application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml
application/vnd.openxmlformats-officedocument.spreadsheetml.table+xml
application/vnd.openxmlformats-officedocument.spreadsheetml.tablesinglecells+xml
application/vnd.openxmlformats-officedocument.spreadsheetml.template
application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml
application/vnd.openxmlformats-officedocument.spreadsheetml.usernames+xml
application/vnd.openxmlformats-officedocument.spreadsheetml.volatiledependencies+xml
application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml
application/vnd.openxmlformats-officedocument.theme+xml
application/vnd.openxmlformats-officedocument.themeoverride+xml
application/vnd.openxmlformats-officedocument.vmldrawing
application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml
application/vnd.openxmlformats-officedocument.wordprocessingml.document
application/vnd.openxmlformats-officedocument.wordprocessingml.document.glossary+xml
application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml
application/vnd.openxmlformats-officedocument.wordprocessingml.endnotes+xml
application/vnd.openxmlformats-officedocument.wordprocessingml.fonttable+xml
application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml
application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml
application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml
application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml
application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml
application/vnd.openxmlformats-officedocument.wordprocessingml.template
application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml
application/vnd.openxmlformats-officedocument.wordprocessingml.websettings+xml
application/vnd.openxmlformats-package.core-properties+xml
application/vnd.openxmlformats-package.digital-signature-xmlsignature+xml
application/vnd.openxmlformats-package.relationships+xml application/vnd.oracle.resource+json
application/vnd.orange.indata application/vnd.osa.netdeploy application/vnd.osgeo.mapguide.package
application/vnd.osgi.bundle application/vnd.osgi.dp application/vnd.osgi.subsystem application/vnd.otps.ct-kip+xml
application/vnd.oxli.countgraph application/vnd.pagerduty+json application/vnd.palm application/vnd.panoply
application/vnd.paos.xml application/vnd.patentdive application/vnd.patientecommsdoc application/vnd.pawaafile
application/vnd.pcos application/vnd.pg.format application/vnd.pg.osasli
application/vnd.piaccess.application-licence application/vnd.picsel application/vnd.pmi.widget
application/vnd.poc.group-advertisement+xml application/vnd.pocketlearn application/vnd.powerbuilder6
application/vnd.powerbuilder6-s application/vnd.powerbuilder7 application/vnd.powerbuilder7-s
application/vnd.powerbuilder75 application/vnd.powerbuilder75-s application/vnd.preminet
application/vnd.previewsystems.box application/vnd.procrate.brushset application/vnd.procreate.brush
application/vnd.procreate.dream application/vnd.proteus.magazine application/vnd.psfs application/vnd.pt.mundusmundi
application/vnd.publishare-delta-tree application/vnd.pvi.ptid1 application/vnd.pwg-multiplexed
application/vnd.pwg-xhtml-print+xml application/vnd.qualcomm.brew-app-res application/vnd.quarantainenet
application/vnd.quark.quarkxpress application/vnd.quobject-quoxdocument application/vnd.radisys.moml+xml
application/vnd.radisys.msml+xml application/vnd.radisys.msml-audit+xml application/vnd.radisys.msml-audit-conf+xml
application/vnd.radisys.msml-audit-conn+xml application/vnd.radisys.msml-audit-dialog+xml
application/vnd.radisys.msml-audit-stream+xml application/vnd.radisys.msml-conf+xml
application/vnd.radisys.msml-dialog+xml application/vnd.radisys.msml-dialog-base+xml
application/vnd.radisys.msml-dialog-fax-detect+xml application/vnd.radisys.msml-dialog-fax-sendrecv+xml
application/vnd.radisys.msml-dialog-group+xml application/vnd.radisys.msml-dialog-speech+xml
application/vnd.radisys.msml-dialog-transform+xml application/vnd.rainstor.data application/vnd.rapid
application/vnd.rar application/vnd.realvnc.bed application/vnd.recordare.musicxml
application/vnd.recordare.musicxml+xml application/vnd.relpipe application/vnd.renlearn.rlprint
application/vnd.resilient.logic application/vnd.restful+json application/vnd.rig.cryptonote application/vnd.rim.cod
application/vnd.rn-realmedia application/vnd.rn-realmedia-vbr application/vnd.route66.link66+xml
application/vnd.rs-274x application/vnd.ruckus.download application/vnd.s3sms application/vnd.sailingtracker.track
application/vnd.sar application/vnd.sbm.cid application/vnd.sbm.mid2 application/vnd.schemaregistry.v1+json
application/vnd.scribus application/vnd.sealed.3df application/vnd.sealed.csf application/vnd.sealed.doc
application/vnd.sealed.eml application/vnd.sealed.mht application/vnd.sealed.net application/vnd.sealed.ppt
application/vnd.sealed.tiff application/vnd.sealed.xls application/vnd.sealedmedia.softseal.html
application/vnd.sealedmedia.softseal.pdf application/vnd.seemail application/vnd.seis+json application/vnd.sema
application/vnd.semd application/vnd.semf application/vnd.shade-save-file application/vnd.shana.informed.formdata
application/vnd.shana.informed.formtemplate application/vnd.shana.informed.interchange
application/vnd.shana.informed.package application/vnd.shootproof+json application/vnd.shopkick+json
application/vnd.shp application/vnd.shx application/vnd.sigrok.session application/vnd.simtech-mindmapper
application/vnd.siren+json application/vnd.sketchometry application/vnd.smaf application/vnd.smart.notebook
application/vnd.smart.teacher application/vnd.smintio.portals.archive application/vnd.snesdev-page-table
application/vnd.software602.filler.form+xml application/vnd.software602.filler.form-xml-zip
application/vnd.solent.sdkm+xml application/vnd.spotfire.dxp application/vnd.spotfire.sfs application/vnd.sqlite3
application/vnd.sss-cod application/vnd.sss-dtf application/vnd.sss-ntf application/vnd.stardivision.calc
application/vnd.stardivision.draw application/vnd.stardivision.impress application/vnd.stardivision.math
application/vnd.stardivision.writer application/vnd.stardivision.writer-global application/vnd.stepmania.package
application/vnd.stepmania.stepchart application/vnd.street-stream application/vnd.sun.wadl+xml
application/vnd.sun.xml.calc application/vnd.sun.xml.calc.template application/vnd.sun.xml.draw
application/vnd.sun.xml.draw.template application/vnd.sun.xml.impress application/vnd.sun.xml.impress.template
application/vnd.sun.xml.math application/vnd.sun.xml.writer application/vnd.sun.xml.writer.global
application/vnd.sun.xml.writer.template application/vnd.sus-calendar application/vnd.svd
application/vnd.swiftview-ics application/vnd.sybyl.mol2 application/vnd.sycle+xml application/vnd.syft+json
application/vnd.symbian.install application/vnd.syncml+xml application/vnd.syncml.dm+wbxml
application/vnd.syncml.dm+xml application/vnd.syncml.dm.notification application/vnd.syncml.dmddf+wbxml
application/vnd.syncml.dmddf+xml application/vnd.syncml.dmtnds+wbxml application/vnd.syncml.dmtnds+xml
application/vnd.syncml.ds.notification application/vnd.tableschema+json application/vnd.tao.intent-module-archive
application/vnd.tcpdump.pcap application/vnd.think-cell.ppttc+json application/vnd.tmd.mediaflex.api+xml
application/vnd.tml application/vnd.tmobile-livetv application/vnd.tri.onesource application/vnd.trid.tpt
application/vnd.triscape.mxs application/vnd.trueapp application/vnd.truedoc application/vnd.ubisoft.webplayer
application/vnd.ufdl application/vnd.uic.osdm+json application/vnd.uiq.theme application/vnd.umajin
application/vnd.unity application/vnd.uoml+xml application/vnd.uplanet.alert application/vnd.uplanet.alert-wbxml
application/vnd.uplanet.bearer-choice application/vnd.uplanet.bearer-choice-wbxml application/vnd.uplanet.cacheop
application/vnd.uplanet.cacheop-wbxml application/vnd.uplanet.channel application/vnd.uplanet.channel-wbxml
application/vnd.uplanet.list application/vnd.uplanet.list-wbxml application/vnd.uplanet.listcmd
application/vnd.uplanet.listcmd-wbxml application/vnd.uplanet.signal application/vnd.uri-map
application/vnd.valve.source.material application/vnd.vcx application/vnd.vd-study application/vnd.vectorworks
application/vnd.vel+json application/vnd.veraison.tsm-report+cbor application/vnd.veraison.tsm-report+json
application/vnd.verimatrix.vcas application/vnd.veritone.aion+json application/vnd.veryant.thin
application/vnd.ves.encrypted application/vnd.vidsoft.vidconference application/vnd.visio application/vnd.visionary
application/vnd.vividence.scriptfile application/vnd.vocalshaper.vsp4 application/vnd.vsf application/vnd.wap.sic
application/vnd.wap.slc application/vnd.wap.wbxml application/vnd.wap.wmlc application/vnd.wap.wmlscriptc
application/vnd.wasmflow.wafl application/vnd.webturbo application/vnd.wfa.dpp application/vnd.wfa.p2p
application/vnd.wfa.wsc application/vnd.windows.devicepairing application/vnd.wmc application/vnd.wmf.bootstrap
application/vnd.wolfram.mathematica application/vnd.wolfram.mathematica.package application/vnd.wolfram.player
application/vnd.wordlift application/vnd.wordperfect application/vnd.wqd application/vnd.wrq-hp3000-labelled
application/vnd.wt.stf application/vnd.wv.csp+wbxml application/vnd.wv.csp+xml application/vnd.wv.ssp+xml
application/vnd.xacml+json application/vnd.xara application/vnd.xarin.cpj application/vnd.xecrets-encrypted
application/vnd.xfdl application/vnd.xfdl.webform application/vnd.xmi+xml application/vnd.xmpie.cpkg
application/vnd.xmpie.dpkg application/vnd.xmpie.plan application/vnd.xmpie.ppkg application/vnd.xmpie.xlim
application/vnd.yamaha.hv-dic application/vnd.yamaha.hv-script application/vnd.yamaha.hv-voice
application/vnd.yamaha.openscoreformat application/vnd.yamaha.openscoreformat.osfpvg+xml
application/vnd.yamaha.remote-setup application/vnd.yamaha.smaf-audio application/vnd.yamaha.smaf-phrase
application/vnd.yamaha.through-ngn application/vnd.yamaha.tunnel-udpencap application/vnd.yaoweme
application/vnd.yellowriver-custom-menu application/vnd.zul application/vnd.zzazz.deck+xml application/voicexml+xml
application/voucher-cms+json application/voucher-jws+json application/vp application/vp+cose application/vp+jwt
application/vq-rtcpxr application/wasm application/watcherinfo+xml application/webpush-options+json
application/whoispp-query application/whoispp-response application/widget application/winhlp application/wita
application/wordperfect5.1 application/wsdl+xml application/wspolicy+xml application/x-7z-compressed
application/x-abiword application/x-ace-compressed application/x-amf application/x-amz-json-1.0
application/x-amz-json-1.1 application/x-apple-diskimage application/x-arj application/x-authorware-bin
application/x-authorware-map application/x-authorware-seg application/x-bcpio application/x-bdoc
application/x-bittorrent application/x-blender application/x-blorb application/x-bzip application/x-bzip2
application/x-cbr application/x-cdlink application/x-cfs-compressed application/x-chat application/x-chess-pgn
application/x-chrome-extension application/x-cocoa application/x-compress application/x-compressed
application/x-conference application/x-cpio application/x-csh application/x-deb application/x-debian-package
application/x-dgc-compressed application/x-director application/x-doom application/x-dtbncx+xml
application/x-dtbook+xml application/x-dtbresource+xml application/x-dvi application/x-envoy application/x-eva
application/x-font-bdf application/x-font-dos application/x-font-framemaker application/x-font-ghostscript
application/x-font-libgrx application/x-font-linux-psf application/x-font-pcf application/x-font-snf
application/x-font-speedo application/x-font-sunos-news application/x-font-type1 application/x-font-vfont
application/x-freearc application/x-futuresplash application/x-gca-compressed application/x-git-receive-pack-request
application/x-git-receive-pack-result application/x-git-upload-pack-request application/x-git-upload-pack-result
application/x-glulx application/x-gnumeric application/x-google-protobuf application/x-gramps-xml application/x-gtar
application/x-gzip application/x-hdf application/x-httpd-php application/x-install-instructions
application/x-ipynb+json application/x-iso9660-image application/x-iwork-keynote-sffkey
application/x-iwork-numbers-sffnumbers application/x-iwork-pages-sffpages application/x-java-archive-diff
application/x-java-jnlp-file application/x-javascript application/x-json application/x-keepass2 application/x-latex
application/x-lua-bytecode application/x-lzh-compressed application/x-makeself application/x-mie
application/x-mobipocket-ebook application/x-mpegurl application/x-ms-application application/x-ms-shortcut
application/x-ms-wmd application/x-ms-wmz application/x-ms-xbap application/x-msaccess application/x-msbinder
application/x-mscardfile application/x-msclip application/x-msdos-program application/x-msdownload
application/x-msgpack application/x-msmediaview application/x-msmetafile application/x-msmoney
application/x-mspublisher application/x-msschedule application/x-msterminal application/x-mswrite
application/x-ndjson application/x-netcdf application/x-ns-proxy-autoconfig application/x-nzb application/x-perl
application/x-pilot application/x-pkcs12 application/x-pkcs7-certificates application/x-pkcs7-certreqresp
application/x-pki-message application/x-protobuf application/x-rar-compressed application/x-redhat-package-manager
application/x-research-info-systems application/x-sea application/x-sh application/x-shar
application/x-shockwave-flash application/x-silverlight-app application/x-snappy application/x-sql
application/x-stuffit application/x-stuffitx application/x-subrip application/x-sv4cpio application/x-sv4crc
application/x-t3vm-image application/x-tads application/x-tar application/x-tcl application/x-tex
application/x-tex-tfm application/x-texinfo application/x-tgif application/x-thrift application/x-ustar
application/x-virtualbox-hdd application/x-virtualbox-ova application/x-virtualbox-ovf application/x-virtualbox-vbox
application/x-virtualbox-vbox-extpack application/x-virtualbox-vdi application/x-virtualbox-vhd
application/x-virtualbox-vmdk application/x-wais-source application/x-web-app-manifest+json
application/x-www-form-urlencoded application/x-x509-ca-cert application/x-x509-ca-ra-cert
application/x-x509-next-ca-cert application/x-xfig application/x-xliff+xml application/x-xpinstall application/x-xz
application/x-yaml application/x-zip-compressed application/x-zmachine application/x400-bp application/xacml+xml
application/xaml+xml application/xcap-att+xml application/xcap-caps+xml application/xcap-diff+xml
application/xcap-el+xml application/xcap-error+xml application/xcap-ns+xml application/xcon-conference-info+xml
application/xcon-conference-info-diff+xml application/xenc+xml application/xfdf application/xhtml+xml
application/xhtml-voice+xml application/xliff+xml application/xml application/xml-dtd
application/xml-external-parsed-entity application/xml-patch+xml application/xmpp+xml application/xop+xml
application/xproc+xml application/xslt+xml application/xspf+xml application/xv+xml application/yaml application/yang
application/yang-data+cbor application/yang-data+json application/yang-data+xml application/yang-patch+json
application/yang-patch+xml application/yang-sid+json application/yin+xml application/zip application/zip+dotlottie
application/zlib application/zstd audio/1d-interleaved-parityfec audio/32kadpcm audio/3gpp audio/3gpp2 audio/aac
audio/ac3 audio/adpcm audio/amr audio/amr-wb audio/amr-wb+ audio/aptx audio/asc audio/atrac-advanced-lossless
audio/atrac-x audio/atrac3 audio/basic audio/bv16 audio/bv32 audio/clearmode audio/cn audio/dat12 audio/dls
audio/dsr-es201108 audio/dsr-es202050 audio/dsr-es202211 audio/dsr-es202212 audio/dv audio/dvi4 audio/eac3
audio/encaprtp audio/evrc audio/evrc-qcp audio/evrc0 audio/evrc1 audio/evrcb audio/evrcb0 audio/evrcb1 audio/evrcnw
audio/evrcnw0 audio/evrcnw1 audio/evrcwb audio/evrcwb0 audio/evrcwb1 audio/evs audio/flac audio/flexfec audio/fwdred
audio/g711-0 audio/g719 audio/g722 audio/g7221 audio/g723 audio/g726-16 audio/g726-24 audio/g726-32 audio/g726-40
audio/g728 audio/g729 audio/g7291 audio/g729d audio/g729e audio/gsm audio/gsm-efr audio/gsm-hr-08 audio/ilbc
audio/ip-mr_v2.5 audio/isac audio/l16 audio/l20 audio/l24 audio/l8 audio/lpc audio/matroska audio/melp
audio/melp1200 audio/melp2400 audio/melp600 audio/mhas audio/midi audio/midi-clip audio/mobile-xmf audio/mp3
audio/mp4 audio/mp4a-latm audio/mpa audio/mpa-robust audio/mpeg audio/mpeg4-generic audio/musepack audio/ogg
audio/opus audio/parityfec audio/pcma audio/pcma-wb audio/pcmu audio/pcmu-wb audio/prs.sid audio/qcelp
audio/raptorfec audio/red audio/rtp-enc-aescm128 audio/rtp-midi audio/rtploopback audio/rtx audio/s3m audio/scip
audio/silk audio/smv audio/smv-qcp audio/smv0 audio/sofa audio/sp-midi audio/speex audio/t140c audio/t38
audio/telephone-event audio/tetra_acelp audio/tetra_acelp_bb audio/tone audio/tsvcis audio/uemclip audio/ulpfec
audio/usac audio/vdvi audio/vmr-wb audio/vnd.3gpp.iufp audio/vnd.4sb audio/vnd.audiokoz audio/vnd.celp
audio/vnd.cisco.nse audio/vnd.cmles.radio-events audio/vnd.cns.anp1 audio/vnd.cns.inf1 audio/vnd.dece.audio
audio/vnd.digital-winds audio/vnd.dlna.adts audio/vnd.dolby.heaac.1 audio/vnd.dolby.heaac.2 audio/vnd.dolby.mlp
audio/vnd.dolby.mps audio/vnd.dolby.pl2 audio/vnd.dolby.pl2x audio/vnd.dolby.pl2z audio/vnd.dolby.pulse.1
audio/vnd.dra audio/vnd.dts audio/vnd.dts.hd audio/vnd.dts.uhd audio/vnd.dvb.file audio/vnd.everad.plj
audio/vnd.hns.audio audio/vnd.lucent.voice audio/vnd.ms-playready.media.pya audio/vnd.nokia.mobile-xmf
audio/vnd.nortel.vbk audio/vnd.nuera.ecelp4800 audio/vnd.nuera.ecelp7470 audio/vnd.nuera.ecelp9600
audio/vnd.octel.sbc audio/vnd.presonus.multitrack audio/vnd.qcelp audio/vnd.rhetorex.32kadpcm audio/vnd.rip
audio/vnd.rn-realaudio audio/vnd.sealedmedia.softseal.mpeg audio/vnd.vmx.cvsd audio/vnd.wave audio/vorbis
audio/vorbis-config audio/wav audio/wave audio/webm audio/x-aac audio/x-aiff audio/x-caf audio/x-flac audio/x-m4a
audio/x-matroska audio/x-mpegurl audio/x-ms-wax audio/x-ms-wma audio/x-pn-realaudio audio/x-pn-realaudio-plugin
audio/x-realaudio audio/x-tta audio/x-wav audio/xm binary/octet-stream chemical/x-cdx chemical/x-cif chemical/x-cmdf
chemical/x-cml chemical/x-csml chemical/x-pdb chemical/x-xyz font/collection font/opentype font/otf font/sfnt
font/truetype font/ttf font/woff font/woff2 image/aces image/apng image/avci image/avcs image/avif image/bmp
image/cgm image/dicom-rle image/dpx image/emf image/fits image/g3fax image/gif image/heic image/heic-sequence
image/heif image/heif-sequence image/hej2k image/ief image/j2c image/jaii image/jais image/jls image/jp2 image/jpeg
image/jpg image/jph image/jphc image/jpm image/jpx image/jxl image/jxr image/jxra image/jxrs image/jxs image/jxsc
image/jxsi image/jxss image/ktx image/ktx2 image/naplps image/pjpeg image/png image/prs.btif image/prs.pti
image/pwg-raster image/sgi image/svg+xml image/t38 image/tiff image/tiff-fx image/vnd.adobe.photoshop
image/vnd.airzip.accelerator.azv image/vnd.clip image/vnd.cns.inf2 image/vnd.dece.graphic image/vnd.djvu
image/vnd.dvb.subtitle image/vnd.dwg image/vnd.dxf image/vnd.fastbidsheet image/vnd.fpx image/vnd.fst
image/vnd.fujixerox.edmics-mmr image/vnd.fujixerox.edmics-rlc image/vnd.globalgraphics.pgb image/vnd.microsoft.icon
image/vnd.mix image/vnd.mozilla.apng image/vnd.ms-dds image/vnd.ms-modi image/vnd.ms-photo image/vnd.net-fpx
image/vnd.pco.b16 image/vnd.radiance image/vnd.sealed.png image/vnd.sealedmedia.softseal.gif
image/vnd.sealedmedia.softseal.jpg image/vnd.svf image/vnd.tencent.tap image/vnd.valve.source.texture
image/vnd.wap.wbmp image/vnd.xiff image/vnd.zbrush.pcx image/webp image/wmf image/x-3ds image/x-adobe-dng
image/x-cmu-raster image/x-cmx image/x-emf image/x-freehand image/x-icon image/x-jng image/x-mrsid-image
image/x-ms-bmp image/x-pcx image/x-pict image/x-portable-anymap image/x-portable-bitmap image/x-portable-graymap
image/x-portable-pixmap image/x-rgb image/x-tga image/x-wmf image/x-xbitmap image/x-xcf image/x-xpixmap
image/x-xwindowdump message/bhttp message/cpim message/delivery-status message/disposition-notification
message/external-body message/feedback-report message/global message/global-delivery-status
message/global-disposition-notification message/global-headers message/http message/imdn+xml message/mls
message/news message/ohttp-req message/ohttp-res message/partial message/rfc822 message/s-http message/sip
message/sipfrag message/tracking-status message/vnd.si.simp message/vnd.wfa.wsc model/3mf model/e57 model/gltf+json
model/gltf-binary model/iges model/jt model/mesh model/mtl model/obj model/prc model/step model/step+xml
model/step+zip model/step-xml+zip model/stl model/u3d model/vnd.bary model/vnd.cld model/vnd.collada+xml
model/vnd.dwf model/vnd.flatland.3dml model/vnd.gdl model/vnd.gs-gdl model/vnd.gs.gdl model/vnd.gtw
model/vnd.moml+xml model/vnd.mts model/vnd.opengex model/vnd.parasolid.transmit.binary
model/vnd.parasolid.transmit.text model/vnd.pytha.pyox model/vnd.rosette.annotated-data-model model/vnd.sap.vds
model/vnd.usda model/vnd.usdz+zip model/vnd.valve.source.compiled-map model/vnd.vtu model/vrml model/x3d+binary
model/x3d+fastinfoset model/x3d+vrml model/x3d+xml model/x3d-vrml multipart/alternative multipart/appledouble
multipart/byteranges multipart/digest multipart/encrypted multipart/form-data multipart/header-set multipart/mixed
multipart/multilingual multipart/parallel multipart/related multipart/report multipart/signed
multipart/vnd.bint.med-plus multipart/voice-message multipart/x-mixed-replace text/1d-interleaved-parityfec
text/cache-manifest text/calendar text/calender text/cmd text/coffeescript text/cql text/cql-expression
text/cql-identifier text/css text/csv text/csv-schema text/directory text/dns text/ecmascript text/encaprtp
text/enriched text/event-stream text/fhirpath text/flexfec text/fwdred text/gff3 text/grammar-ref-list text/hl7v2
text/html text/jade text/javascript text/jcr-cnd text/json text/jsx text/less text/markdown text/mathml text/mdx
text/mizar text/n3 text/parameters text/parityfec text/ping text/plain text/provenance-notation
text/prs.fallenstein.rst text/prs.lines.tag text/prs.prop.logic text/prs.texi text/raptorfec text/red
text/rfc822-headers text/richtext text/rtf text/rtp-enc-aescm128 text/rtploopback text/rtx text/sgml text/shaclc
text/shex text/slim text/spdx text/strings text/stylus text/t140 text/tab-separated-values text/troff text/turtle
text/ulpfec text/uri-list text/vcard text/vnd.a text/vnd.abc text/vnd.ascii-art text/vnd.curl text/vnd.curl.dcurl
text/vnd.curl.mcurl text/vnd.curl.scurl text/vnd.debian.copyright text/vnd.dmclientscript text/vnd.dvb.subtitle
text/vnd.esmertec.theme-descriptor text/vnd.exchangeable text/vnd.familysearch.gedcom text/vnd.ficlab.flt
text/vnd.fly text/vnd.fmi.flexstor text/vnd.gml text/vnd.graphviz text/vnd.hans text/vnd.hgl text/vnd.in3d.3dml
text/vnd.in3d.spot text/vnd.iptc.newsml text/vnd.iptc.nitf text/vnd.latex-z text/vnd.motorola.reflex
text/vnd.ms-mediapackage text/vnd.net2phone.commcenter.command text/vnd.radisys.msml-basic-layout
text/vnd.senx.warpscript text/vnd.si.uricatalogue text/vnd.sosi text/vnd.sun.j2me.app-descriptor
text/vnd.trolltech.linguist text/vnd.vcf text/vnd.wap.si text/vnd.wap.sl text/vnd.wap.wml text/vnd.wap.wmlscript
text/vnd.zoo.kcl text/vtt text/wgsl text/x-asm text/x-c text/x-component text/x-fortran text/x-gwt-rpc
text/x-handlebars-template text/x-java-source text/x-javascript text/x-jquery-tmpl text/x-json text/x-lua
text/x-markdown text/x-nfo text/x-opml text/x-org text/x-pascal text/x-processing text/x-sass text/x-scss
text/x-setext text/x-sfv text/x-suse-ymp text/x-uuencode text/x-vcalendar text/x-vcard text/xml
text/xml-external-parsed-entity text/yaml video/1d-interleaved-parityfec video/3gpp video/3gpp-tt video/3gpp2
video/av1 video/bmpeg video/bt656 video/celb video/dv video/encaprtp video/evc video/ffv1 video/flexfec video/h261
video/h263 video/h263-1998 video/h263-2000 video/h264 video/h264-rcdo video/h264-svc video/h265 video/h266
video/iso.segment video/jpeg video/jpeg2000 video/jpm video/jxsv video/lottie+json video/matroska video/matroska-3d
video/mj2 video/mp1s video/mp2p video/mp2t video/mp4 video/mp4v-es video/mpeg video/mpeg4-generic video/mpv video/nv
video/ogg video/parityfec video/pointer video/quicktime video/raptorfec video/raw video/rtp-enc-aescm128
video/rtploopback video/rtx video/scip video/smpte291 video/smpte292m video/ulpfec video/vc1 video/vc2
video/vnd.cctv video/vnd.dece.hd video/vnd.dece.mobile video/vnd.dece.mp4 video/vnd.dece.pd video/vnd.dece.sd
video/vnd.dece.video video/vnd.directv.mpeg video/vnd.directv.mpeg-tts video/vnd.dlna.mpeg-tts video/vnd.dvb.file
video/vnd.fvt video/vnd.hns.video video/vnd.iptvforum.1dparityfec-1010 video/vnd.iptvforum.1dparityfec-2005
video/vnd.iptvforum.2dparityfec-1010 video/vnd.iptvforum.2dparityfec-2005 video/vnd.iptvforum.ttsavc
video/vnd.iptvforum.ttsmpeg2 video/vnd.motorola.video video/vnd.motorola.videop video/vnd.mpegurl
video/vnd.ms-playready.media.pyv video/vnd.nokia.interleaved-multimedia video/vnd.nokia.mp4vr
video/vnd.nokia.videovoip video/vnd.objectvideo video/vnd.planar video/vnd.radgamettools.bink
video/vnd.radgamettools.smacker video/vnd.sealed.mpeg1 video/vnd.sealed.mpeg4 video/vnd.sealed.swf
video/vnd.sealedmedia.softseal.mov video/vnd.uvvu.mp4 video/vnd.vivo video/vnd.youtube.yt video/vp8 video/vp9
video/webm video/x-f4v video/x-fli video/x-flv video/x-m4v video/x-matroska video/x-mng video/x-ms-asf
video/x-ms-vob video/x-ms-wm video/x-ms-wmv video/x-ms-wmx video/x-ms-wvx video/x-msvideo video/x-sgi-movie
video/x-smv x-conference/x-cooltalk x-shader/x-fragment x-shader/x-vertex
""".split()
)
"""Whole media types."""

FIELDS: Final = frozenset(
    """
a-im ably-agent accept accept-additions accept-ch accept-charset accept-datetime accept-encoding accept-features
accept-language accept-patch accept-post accept-query accept-ranges accept-signature accept-version access-control
access-control-allow-credentials access-control-allow-headers access-control-allow-methods
access-control-allow-origin access-control-expose-headers access-control-max-age access-control-request-headers
access-control-request-method activate-storage-access age allow alpn alt-authorization alt-svc alt-used alternates
amp-cache-transform api-key api-version apikey apply-to-redirect-ref authentication-control authentication-info
authorization available-dictionary b3 baggage c-ext c-man c-opt c-pep c-pep-info cache-control
cache-group-invalidation cache-groups cache-status cal-managed-id caldav-timezones capsule-protocol
cdn-cache-control cdn-loop cert-not-after cert-not-before cf-cache-status cf-connecting-ip cf-ipcountry cf-ray
cf-visitor cf-worker clear-site-data client-cert client-cert-chain client-ip close cmcd-object cmcd-request
cmcd-session cmcd-status cmsd-dynamic cmsd-static concealed-auth-export configuration-context
connect-protocol-version connect-timeout-ms connection content-base content-digest content-disposition
content-encoding content-id content-language content-length content-location content-md5 content-range
content-script-type content-security-policy content-security-policy-report-only content-style-type
content-transfer-encoding content-type content-version cookie cookie2 correlation-id cross-origin-embedder-policy
cross-origin-embedder-policy-report-only cross-origin-opener-policy cross-origin-opener-policy-report-only
cross-origin-resource-policy cta-common-access-token dasl date dav default-style delta-base deprecation depth
derived-from destination detached-jws device-memory dictionary-id differential-id digest dnt downlink dpop
dpop-nonce eagleeye-traceid early-data ect ediint-features etag expect expect-ct expires ext fastly-client-ip
fastly-ff fly-request-id forwarded from front-end-https getprofile grpc-accept-encoding grpc-encoding grpc-message
grpc-message-type grpc-status grpc-status-details-bin grpc-timeout hobareg host http2-settings idempotency-key if
if-match if-modified-since if-none-match if-range if-schedule-tag-match if-unmodified-since im
include-referred-token-binding-id isolation keep-alive label last-event-id last-modified link link-template location
lock-token man max-forwards memento-datetime metadata-flavor meter method-check method-check-expires mime-version
negotiate nel odata-entityid odata-isolation odata-maxversion odata-version opt optional-www-authenticate
ordering-type origin origin-agent-cluster oscore oslc-core-version overwrite p3p pep pep-info permissions-policy
pics-label ping-from ping-to position pragma prefer preference-applied priority profileobject protocol protocol-info
protocol-query protocol-request proxy-authenticate proxy-authentication-info proxy-authorization proxy-connection
proxy-features proxy-instruction proxy-status public public-key-pins public-key-pins-report-only purpose range
ratelimit ratelimit-limit ratelimit-policy ratelimit-remaining ratelimit-reset redirect-ref referer referer-root
referrer-policy refresh repeatability-client-id repeatability-first-sent repeatability-request-id
repeatability-result replay-nonce report-to reporting-endpoints repr-digest request-context request-id retry-after
rtt safe save-data schedule-reply schedule-tag sec-ch-prefers-color-scheme sec-ch-ua sec-ch-ua-arch
sec-ch-ua-bitness sec-ch-ua-full-version sec-ch-ua-full-version-list sec-ch-ua-mobile sec-ch-ua-model
sec-ch-ua-platform sec-ch-ua-platform-version sec-ch-ua-wow64 sec-fetch-dest sec-fetch-mode sec-fetch-site
sec-fetch-storage-access sec-fetch-user sec-gpc sec-purpose sec-token-binding sec-websocket-accept
sec-websocket-extensions sec-websocket-key sec-websocket-protocol sec-websocket-version security-scheme sentry-trace
server server-timing service-worker service-worker-allowed set-cookie set-cookie2 set-txn setprofile signature
signature-input slug soapaction sourcemap sse-event status-uri strict-transport-security stripe-signature
stripe-version sunset surrogate-capability surrogate-control tcn te tenant-id timeout timing-allow-origin topic
trace-id traceparent tracestate trailer transfer-encoding true-client-ip ttl uber-trace-id upgrade
upgrade-insecure-requests urgency uri use-as-dictionary user-agent variant-vary vary via viewport-width
want-content-digest want-digest want-repr-digest warning width www-authenticate x-accel-buffering x-accel-expires
x-accel-redirect x-amz-algorithm x-amz-bucket-region x-amz-cf-id x-amz-cf-pop x-amz-checksum-crc32
x-amz-checksum-sha256 x-amz-content-sha256 x-amz-date x-amz-decoded-content-length x-amz-id-2 x-amz-meta
x-amz-request-id x-amz-security-token x-amz-server-side-encryption x-amz-storage-class x-amz-target x-amz-user-agent
x-amzn-requestid x-amzn-trace-id x-api-key x-api-version x-app-version x-application-context x-aspnet-version
x-aspnetmvc-version x-auth-token x-auth-user x-authorization x-azure-ref x-b3-flags x-b3-parentspanid x-b3-sampled
x-b3-spanid x-b3-traceid x-cache x-cache-hits x-cache-status x-cascade x-clacks-overhead x-client-id x-client-ip
x-client-name x-client-type x-client-version x-cloud-trace-context x-consumer-username x-content-duration
x-content-security-policy x-content-type-options x-correlation-id x-csrf-token x-csrftoken x-datadog-origin
x-datadog-parent-id x-datadog-sampling-priority x-datadog-trace-id x-device-id x-device-type x-dns-prefetch-control
x-download-options x-edge-location x-elastic-product x-envoy-attempt-count x-envoy-decorator-operation
x-envoy-expected-rq-timeout-ms x-envoy-external-address x-envoy-internal x-envoy-original-path x-envoy-peer-metadata
x-envoy-peer-metadata-id x-envoy-upstream-service-time x-error x-error-code x-error-message x-firebase-client
x-forwarded x-forwarded-by x-forwarded-client-cert x-forwarded-for x-forwarded-host x-forwarded-port
x-forwarded-prefix x-forwarded-proto x-forwarded-protocol x-forwarded-server x-forwarded-ssl x-forwarded-uri
x-forwarded-user x-frame-options x-frontend x-generator x-github-delivery x-github-event x-github-request-id
x-gitlab-event x-gitlab-token x-goog-api-client x-goog-api-key x-goog-generation x-goog-hash x-goog-metageneration
x-goog-storage-class x-goog-stored-content-encoding x-goog-stored-content-length x-goog-user-project
x-guploader-uploadid x-http-method x-http-method-override x-hub-signature x-hub-signature-256 x-idempotency-key
x-jenkins x-kong-proxy-latency x-kong-upstream-latency x-kubernetes-pf-flowschema-uid
x-kubernetes-pf-prioritylevel-uid x-limit x-litespeed-cache x-middleton-response x-ms-blob-type
x-ms-client-request-id x-ms-correlation-request-id x-ms-date x-ms-request-id x-ms-return-client-request-id
x-ms-version x-newrelic-id x-newrelic-transaction x-next-page x-nginx-cache x-no-cache x-organization-id
x-original-forwarded-for x-original-host x-original-method x-original-uri x-original-url x-ot-span-context x-page
x-pages x-per-page x-permitted-cross-domain-policies x-pingback x-platform x-powered-by x-prev-page
x-prometheus-remote-write-version x-prometheus-scrape-timeout-seconds x-proxy x-proxy-cache x-ratelimit-limit
x-ratelimit-remaining x-ratelimit-reset x-ratelimit-used x-real-ip x-redirect-by x-referer x-remote-addr
x-remote-user x-request-id x-request-start x-request-timeout x-requested-with x-response-time x-rewrite-url
x-robots-tag x-runtime x-scheme x-scope-orgid x-served-by x-server x-server-name x-service x-service-name
x-service-version x-session-id x-session-token x-shopify-api-version x-shopify-stage x-signature
x-slack-request-timestamp x-slack-signature x-source x-stainless-arch x-stainless-lang x-stainless-os
x-stainless-package-version x-stainless-retry-count x-stainless-runtime x-stainless-runtime-version x-status
x-tenant x-tenant-id x-timer x-timestamp x-timezone x-total x-total-count x-total-pages x-trace x-trace-id
x-transaction-id x-twilio-signature x-ua-compatible x-upload-content-length x-upload-content-type x-url-scheme
x-user x-user-agent x-user-email x-user-id x-user-role x-varnish x-vault-request x-vault-token x-vercel-cache
x-vercel-id x-version x-webkit-csp x-workspace-id x-xsrf-token x-xss-protection
""".split()
)
"""Names of header fields."""

FUNCTION_WORDS: Final = frozenset(
    """
a an and any are be been both but by can cannot could did do does done each either else every for from had has have
how if into is it its must neither no none nor not of off once only onto or other over same shall should so some
such than that the their them then these they this those to too under until upon was were what when where which
while who why with within without would yet
""".split()
)
"""Of English, in lower case."""

PARAMETERS: Final = frozenset(
    """
$alt $apply $batch $compute $count $deltatoken $expand $filter $format $id $index $inlinecount $levels $orderby
$schemaversion $search $select $skip $skiptoken $top AWSAccessKeyId Action BBOX BGCOLOR CRS EIO EXCEPTIONS Expires
FORMAT GoogleAccessId HEIGHT I INFO_FORMAT J Key-Pair-Id LAYER LAYERS Policy QUERY_LAYERS REQUEST RelayState
SAMLRequest SAMLResponse SAMLart SERVICE SLD SRS STYLE STYLES SigAlg Signature TILECOL TILEMATRIX TILEMATRIXSET
TILEROW TIME TRANSPARENT TYPENAME TYPENAMES VERSION Version WIDTH X-Amz-Algorithm X-Amz-Content-Sha256
X-Amz-Credential X-Amz-Date X-Amz-Expires X-Amz-Security-Token X-Amz-Signature X-Amz-SignedHeaders X-Goog-Algorithm
X-Goog-Credential X-Goog-Date X-Goog-Expires X-Goog-Signature X-Goog-SignedHeaders _ga _gac _gl _hsenc _hsmi _source
_source_excludes _source_includes accelerate access_token acl acr_values action action_id after all
allowWatchBookmarks allow_no_indices allowwatchbookmarks alt amount analytics api-version api_key apikey app_id
app_version appid asc ascending assertion assoc_handle async attempt attributes aud audience auth auth_req_id
authorization_details awsaccesskeyid b64 bbox before bgcolor binding_message blockid bucket build cache callback
categories category channel chunk chunks city claims claims_locales client_assertion client_assertion_type client_id
client_notification_token client_secret code code_challenge code_challenge_method code_verifier columns command comp
compress config connectionData connectionToken connectiondata connectiontoken container content continuation
continuation-token continue cookie cors count country created created_after created_at created_before created_by crs
currency cursor d data date date_from date_to day days db dclid debug dedup delete deleted delimiter depth desc
descending dest destination details device device_code device_id dir direction disabled display distance domain
dpop_jkt dryRun dry_run dryrun dst duration eio elevation email enabled encoding encoding-type encryption end
endDate endTime end_date end_time enddate endtime epik epoch error error_description error_uri event exceptions
exclude excludedAttributes excludedattributes expand expand_wildcards expires expires_in ext extended extensions
failed fbclid featureId featureid features fetch-owner fieldManager fieldSelector fieldValidation fieldmanager
fields fieldselector fieldvalidation file fileName filename filter filter_path first flags follow for force format
fr from fromDate from_date fromdate full g_recaptcha_response gad_source gateway gbraid gclid gclsrc gl
googleaccessid goto gracePeriodSeconds graceperiodseconds grant_type group groupBy group_by groupby h hash height hl
host hour hours html http https hub.callback hub.challenge hub.lease_seconds hub.mode hub.secret hub.topic
hub.verify_token human i id id_token id_token_hint identifier ids ifGenerationMatch ifMetagenerationMatch
ifgenerationmatch ifmetagenerationmatch ignore_unavailable igsh igshid image img in include include_deleted index
info_format input insecureSkipTLSVerifyBackend insecureskiptlsverifybackend instance intelligent-tiering interval
inventory ip is_active iss items j job json jsonp key key-marker key-pair-id keyword keywords l labelSelector
labelselector lang language languages last lat latitude layer layers legal-hold level li_fat_id lifecycle light lim
limit limitBytes limitbytes line lines link list list-type lng loc locale location log logging login login_hint
login_hint_token logout_hint lon long longitude ltv m marker match match[] max-keys max-parts max-uploads
maxFeatures maxResults max_age max_id max_results max_size max_source_resolution maxfeatures maxheight maxresults
maxwidth mc_cid mc_eid message meta metadataPrefix metadataprefix method metrics min min_id minutes mkt_tok mode
model modified modified_after modified_at month months msclkid msg name names namespace negotiateVersion
negotiateversion next nextToken next_token nexttoken nocache node nonce note notification num number o oauth_token
object object-lock offset op op_type openid.assoc_handle openid.claimed_id openid.identity openid.mode openid.ns
openid.op_endpoint openid.realm openid.response_nonce openid.return_to openid.sig openid.signed operation
operationName operationname order orderBy orderDir order_by order_dir orderby orderdir org origin orphanDependents
orphandependents output outputFormat outputformat owner ownershipControls ownershipcontrols p page pageIndex pageNo
pageNumber pageSize pageToken page_count page_num page_number page_size page_token pageindex pageno pagenumber pages
pagesize pagetoken params parent parent_id part part-number-marker partNumber partial_response partnumber password
path perPage per_page period perpage pgt pgtUrl pgturl phone pid pipeline platform policy policyStatus policystatus
port pos position post_logout_redirect_uri precision prefix pretty prettyPrint prettyprint prev preview previous
price primary priority product product_id profile project prompt propagationPolicy propagationpolicy propertyName
propertyname provider publicAccessBlock publicaccessblock q quality query query_layers query_range quotaUser
quotauser range rate raw rdt_cid read realtime reason recursive redirect_uri ref referer referrer refresh
refresh_token region registration rel relaystate release remove rendered renew replace replication request
requestPayment request_cache request_uri requested_token_type requestpayment res reset resolution resource
resourceVersion resourceVersionMatch resourceversion resourceversionmatch response response-cache-control
response-content-disposition response-content-encoding response-content-language response-content-type
response-expires response_mode response_type rest_route restore restype result resultType results resulttype
resumptionToken resumptiontoken retention retry return returnTo returnUrl return_to return_url returnto returnurl
rev reverse revision role root routing row rows rp rscc rscd rsce rscl rsct run s s_cid samlart samlrequest
samlresponse sample sc_click_id scope scroll sdd se search searchTerm search_type searchterm second seconds section
seed select select-type sendInitialEvents sendinitialevents sequence server service ses session session_id
session_state set sha short show si sid sig sigalg sign signature since sinceSeconds sinceTime since_id sinceseconds
sincetime sip site size ske skip skoid sks skt sktid skv sld slug snapshot sort sortBy sortField sortOrder sort_by
sort_dir sort_order sortby sortfield sortorder source source_id sp spr sr src srs srsName srsltid srsname srt ss st
start start-after startDate startIndex startTime start_date start_time startdate startindex starttime stat state
status stderr stdin stdout step store stream style styles sub subject subject_token subject_token_type subscribe
success sv symbol system t tab table tag tagging tags tailLines taillines target target_link_uri template tenant
tenant_id term test text theme thumb ticket tilecol tilematrix tilematrixset tilerow time timeout timeoutSeconds
timeoutseconds timestamp timestamps timezone title to toDate to_date todate token token_type token_type_hint tool
torrent total trace trace_id track track_total_hits transparent transport trigger ts ttclid tty twclid type typeName
typeNames typed_keys typename typenames types tz u ui ui_locales uid unit units unread until updateMask updated
updated_after updated_at updated_since updatemask upload upload-id-marker uploadId uploadType upload_id
upload_protocol uploadid uploads uploadtype uri url user userId userIp userProject user_code user_id userid userip
username userproject utm_campaign utm_campaign_id utm_content utm_creative_format utm_id utm_marketing_tactic
utm_medium utm_source utm_source_platform utm_term uuid v val value values variables ver verb verbose verify version
version-id-marker versionId versionid versioning versions view vp_token w wa wait wait_for_completion watch wauth
wbraid wct wctx website week wfresh whr width with wreply wreq wresult wsdl wtrealm x x-amz-acl x-amz-algorithm
x-amz-checksum-mode x-amz-content-sha256 x-amz-credential x-amz-date x-amz-expires x-amz-sdk-checksum-algorithm
x-amz-security-token x-amz-signature x-amz-signedheaders x-goog-algorithm x-goog-credential x-goog-date
x-goog-expires x-goog-signature x-goog-signedheaders x-id xml xsrf y yclid year ymclid z zanpid zip zone zoom
""".split()
)
"""Names of parameters of a query, as they are defined and in lower case."""

PRODUCTS: Final = frozenset(
    """
a360-search a6-indexer aasa-bot abevalbot academicbotrtu acapbot acoonbot adagiobot adbeat_bot addsearchbot adidxbot
adkerneltopiccrawler adsbot-google-mobile adsbot-iab adscanner adstxtcrawler advanced_crawler advbot agakidsbot
agencyanalyticsbot ahc ai2bot aihitbot aiohttp air.aiscanning airflow aisearchbot akismetbot alamofire alertmanager
alexandriaorgbot aliyunsecbot alphabot alwayson amazing-searchbot amazon-bedrock-agentcore-browser amazon-cloudfront
amazon-route53-health-check-service amazonadbot amazonapigateway amazonbot amzn-searchbot anderspinkbot ansible
antibot apache-httpasyncclient apache-httpclient apache-httpcomponents apachebench apifybot
apifywebsitecontentcrawler apis-google appengine-google applebot applewebkit arabot aranet-searchbot archive-it
archive.org_bot archivebot archivebox argocd arquivo-web-crawler arquivobot artemisbot aspiegelbot asynchttpclient
atlassian atlassian-bot atvowbot audigentadbot audistobot audit awariobot awariorendererbot awariorssbot
awariosmartbot awesomecrawler aws-cli aws-internal aws-sdk-cpp aws-sdk-dotnet aws-sdk-go aws-sdk-go-v2 aws-sdk-java
aws-sdk-js aws-sdk-kotlin aws-sdk-nodejs aws-sdk-php aws-sdk-ruby aws-sdk-ruby3 aws-sdk-rust aws-sdk-swift axios
azsdk-go azsdk-js azsdk-net azsdk-python azure-cli azure-traffic-manager azureai-searchbot backlinkcrawler
baiduadsbot baiduspider bdbot bdcbot bdfetch beeperbot behloolbot betabot better-uptime betteruptimebot bidswitchbot
bigupdatabot bingbot bingpreview bitbot bitbucket bitlybot bitsightbot bl.uk_lddc_bot bl.uk_ldfc_bot blackbox
blackbox-exporter blackbox_exporter blekkobot blexbot blogmurabot blp_bbot blueskypreviewbot bne.es_bot bnf.fr_bot
bnfbot boardgamepricesbot bomborabot bot-pge.chlooe.com bot.araturka.com botify boto boto3 botocore botpoke
boxcarbot br-crawler brainobot brandonbot bravebot brightbot brokenbrowser brokenlinkcheck.com browserbot-observer
bublupbot buddybot bufferlinkpreviewbot buildkit bun buzzbot bytespider caddy caliberbot caliperbot camel
capitalonebot capsulechecker capterrabot carbon-umbrella-bot careerbot ccbot cdscbot centcombot centurybot
cert-manager certbot cfnetwork channel3bot chargebeebot chatglm-spider check_http checkhost checkhttp checkly
checkmarknetwork chrome chromium cilium cilium-agent citeseerxbot claritybot claude-searchbot clearscopebot
clickhouse cliqzbot cloud-controller-manager cloudflare cloudflare-custom-error-page-crawler cloudflare-healthchecks
cloudflare-prefetch cloudflare-radar-scanner cloudflare-traffic-manager cloudflare-validator cloudflare-workers
cloudflareradarurlscanner cloudfront cloudwatchsynthetics cluster-autoscaler cmschecker cockroach cocolyzebot
codabot cohere-training-data-crawler commafeed companybook-crawler compose composer conda connect-es connect-go
consul consul-health-check containerd contxbot cookiebot cookiehubscan cookieyesbot coredns cortex couchdb coveobot
cozi-icalendar-feedreader crawl4ai crawler4j crawler_eb_germany crawlson crawlyprojectcrawler crictl crios criteobot
crossplane crystalsemanticsbot curl customasynchttpclient cutbot cxensebot cxk_bot cybaabot cyberfindcrawler
cypex.aiscanning cypress dalvik dapr dart darwin daspeedbot datadog datadog-agent datadogagent datadogsynthetics
datafeedwatch dataforseobot datagnionbot dd-trace-go dd-trace-java dd-trace-js dd-trace-py deadlinkchecker deepcrawl
deepseekbot deno deskyobot diffbot dingtalkbot-linkservice discobot discordbot dmbot dnbcrawler dnsscanner dnyzbot
docker docker-client docker-distribution domaincrawler domainstatsbot domcopbot dominicbot dotbot dotcom-monitor
dotnet dragonbot dratabot drupalbot dubbotbot duckassistbot duckduckbot duckduckgo-favicons-bot dynatrace echoboxbot
ecovadissustainabilitybot edansbot edg edga edge edgios edisterbot elastic-agent elastic-apm
elastic-transport-python elasticsearch elasticsearch-js elasticsearch-py elb-healthchecker electron elisabot elixir
elmahio-uptimebot emoneybot envoy epicbot epivozcrawler etcd europarchive.org ev-crawler eventgridclient
evernoterichlinkbot everyfeed-spider everyonesocialbot evouptimebot exabot excon experibot extecontextcrawl
external-dns external-secrets extlinksbot eyeotabot ezoicbot facebookbot facebot factset_spyderbot faraday
fast-webcrawler fastapi fasthttp fedicabot fediindex fedistatscrawler fedreporterdatabot feedbin feedbot feedburner
feeder.co feedfetcher-google feedflow feedly feedsearch-crawler feedspot feedvalidator feedwind feign femtosearchbot
fetch fidget-spinner-bot filebeat filterdb.iss.netcrawler finditanswersbot findxbot fiperbot firecrawlagent firefox
flamingo_searchengine flannel fleebsbot fluent-bit fluentd flux fluxcd flyriverbot focus fr-crawler freshbot
freshping freshpingbot friendly-spider friendlycrawler fuelbot fullstorybot fuseonbot fxios fyndsearchengine-crawler
fyndsearchengine-recrawler fyrebot g2reader-bot gabanzabot gaisbot garlikcrawler gatling gcloud-golang gcloud-java
gcloud-node gcloud-python gcp-cloudscheduler gecko geedobot geedoproductsearch gemini-deep-research genomecrawlerd
ghz gigabot gingercrawler git git-lfs gitea github-actions github-camo github-hookshot gitlab gitlab-runner gl-go
gl-java gl-node gl-python globalwebsearch gnowitnewsbot go-http-client go-resty go-retryablehttp gofiber
google-agent google-api-go-client google-api-nodejs-client google-api-python-client google-cloud-go
google-cloud-pub-sub-push google-cloud-scheduler google-cloud-sdk google-cloud-tasks google-cloudvertexbot
googleagent-mariner googlebot googlebot-ia googlebot-image googlebot-mobile googlebot-news googlebot-video googlehc
googlehc-servicemesh googlestackdrivermonitoring googlestackdrivermonitoring-uptimechecks goparserbot got
gotsitemonitor.com gowikibot gptbot grafana grapeshotcrawler gregcrawler grobbot groovinaadsbot groupmebot grpc
grpc-c grpc-cpp grpc-dotnet grpc-go grpc-health-probe grpc-java grpc-java-netty grpc-java-okhttp grpc-node
grpc-node-js grpc-php grpc-python grpc-python-asyncio grpc-ruby grpc-web grpc-web-javascript grpcurl gsa-crawler
gslfbot guestpostsbot guzzle guzzlehttp h2load hackney halobot hanaleibot haproxy harsilbot hasura hawaiibot
hcardvalidator hcloud-go headlesschrome heartbeat helloworkjobpostingbot helm henkbot hertz hetrixtools hey
hgfalphaxcrawl hifibot honeybadger honeybadgerbot hstspreload-bot http-kit http_client http_get httpclient httpcore
httpcore2 httpie httpoison httpr httpunit httpurlconnection httpx huckabot hyper ia_archiver iaskbot iaskspider
ibm-cloud iboubot icbot icc-crawler iceweasel icinga imagefetcher imagesiftbot imagespider impendoom-bot imrbot
indeedbot indeedjobbot inetdex-bot influxdb influxdb-client-python infoobot ingress-nginx insomnia instana
intelium_bot intelx.io_bot interceptor interfaxscanbot invoke-restmethod ioncrawl ip-web-crawler.com ips-agent
irlbot isdownbot isscyberriskcrawler istellabot istio istio-agent istio-proxy it2media-domain-crawler jaeger
jaeger-agent jaeger-collector jakarta java java-http-client jboss jenkins jersey jetty jetty-client jmeter
jobboersebot jobswithgptcom-bot jooblebot jpg-newsbot jugendschutzprogramm-crawler jupyter jyxobot k6 k7mlwcbot
kafka kagi-fetcher kagibot kaikki.org-digital-archive kangaroobot kargobot-artemis karpenter kazbtbot kb.dk_bot keda
kemvibot kendrabot keybasebot keycloak keys-so-bot kiali kibana kinsta-bot knative komodiabot kong konqueror
konturbot kosmiobot krawlerbot kstandbot ktor ktor-client kube-apiserver kube-bench kube-controller-manager
kube-probe kube-proxy kube-rbac-proxy kube-scheduler kube-state-metrics kubectl kubelet kubernetes kukei.eu-bot
kunatocrawler kustomize kyverno l9scan lambda landau-media-spider laserlikebot lastmodbot lb-spider leikibot lettuce
level9searchbot libcurl libcurl-agent libhttp libmicrohttpd libsoup libwww libwww-perl lightspeedsystemscrawler
linerbot linespider linkapediabot linkarchiver linkcheck linkcheckerbot linkedinbot linkerd linkerd-proxy linkerdhc
linkisbot linkpadbot linksindexerbot linkupbot listgembot litellm lmarenaunfurlbot loc.govprogramsweb-archiving
locust logicmonitor logstash loki longhorn-manager loomlybot lssbot lssrocketcrawler lua-resty lua-resty-http
luminator-robots lynx lyonl-crawler macrobondbot madbbot magibot magicsearchdev magnetmebot magpie-crawler
mail.ru_bot masscan matchorysearch mattermost-bot mauibot maven mb-linkchecker mbcrawler mcontextualbot mcp
mechanize medialogiabot mediamonitoringbot mediatoolkitbot mediumbot-metatagfetcher megaindex meilisearch memorybot
mergadobot meta-externalagent meta-externalfetcher meta-webindexer metajobbot metricbeat metrics-server mgidbot
micromessenger micronaut microsoft-cryptoapi microsoft-wns microsoftpreview mimir mindupbot minicrawler minio mint
mirrorwebcrawler missinglettrbot mithril-crawler mitmproxy mixrankbot mj12bot mlbot moatbot mobile mobilesafari
modatscanner modernizebot mojeekbot mojolicious mongodb monibot monit monitoring360bot monitorss monsidobot
montastic-monitor montasticmonitor moodlebot motominerbot mozilla mrgbot msie msnbot msrbot mtrobot multiviewbot
munin my-tiny-bot mybot nagios nagios-plugins napbot nats naverbot needle neevabot nerdbynature.bot nerdybot
nestdaddybot netcraftsurveyagent netpeakcheckerbot netresearchserver netscape netsystemsresearch netty newrelic
newrelicbot newrelicpinger newrelicsynthetics nghttp2 nginx nicecrawler nicheindex niki-bot nimbostratus-bot
nitrobot nixstatsbot noahbot node node-exporter node-fetch node-superagent node.js node_exporter nomad noorobot
nostocrawlerbot notabot npm nsplayer nstoolsbot nsurlconnection ntentbot nuget oai-searchbot oauth2-proxy ocarinabot
odklbot officestorebot oha oicrawler okhttp okhttp3 oncrawl online-webceo-bot onlineornot.com_bot openai openai-node
openai-python openapi-generator opencode-smartfetch opengraphcheck openhosebot openindexspider opensearch-go
opensearch-java opensearch-js opensearch-py opentelemetry-collector opentelemetry-collector-contrib opentheboxbot
opera opr orangebot orbbot orlo-linkpreview otel-collector otel-otlp-exporter-cpp otel-otlp-exporter-dotnet
otel-otlp-exporter-go otel-otlp-exporter-java otel-otlp-exporter-javascript otel-otlp-exporter-python
otel-otlp-exporter-rust otelcol otelcol-contrib otlp outclicksbot outsellurlvalidator packer page-preview-tool
pangubot paperlibot paqlebot parselysharesbot pcore-http peer39_crawler perplexitybot petalbot phantomjs phindbot
php php-curl-class phpcrawl phxbot pingdom pinterest.combot pip pipenv piplbot plagawarebot playwright pnpm podman
poduptime poetry pomothy-bot postman postmanruntime powershell pressenginebot presto pricedroneshoppingbot priecobot
primalbot privacyawarebot probelyspdr productsup.iocrawler projectshield-urlcheck prometheus prometheus-adapter
prometheus-operator prometheusoperator promtail prtg prtgcloudbot psbot pulsar-client pulsepoint-crawler pulumi puma
puppet puppeteer purebot pwabuilderhttpagent pycurl pymongo python python-httplib2 python-httpx python-requests
python-urllib python-urllib3 pywikibot qcbot qdrant qualifiedbot quantcastbot quarkus quic-go quora-bot qwantbot
qwarrybot rabbitmq rails rakutenusabot-image rankactivelinkbot rankurbot ravencrawler rawweb-bot razor rclone
reactor-netty reactornetty redditbot refindbot regionstuttgartbot registry-client relay renovate repolookoutbot
requests reqwest researchbot researchscan.comsys.rwth-aachen.de rest-client restic restic-go restsharp resty
retrofit reverseengineeringbot ridderbot robotschecker rogerbot rook rssbot rssingbot rssreaderbot ruby ruby-http
rustc rytebot s3 s3console s4a-probe-bot s5cmd safari safednsbot samsungbrowser sandobacrawler saucelabs
sbintuitionsbot sbl-bot scala scalaj-http schema-markup-validator scourrssbot scrapeherobot scrapy screeenly-bot
scribdbot scrunchbot search.marginalia.nu searchatlas searcherweb searcherxweb searchexpress sebot-wa selenium
semaltbot semanticbot semanticscholarbot sensu sentibot sentinel-linkcheck sentry sentry.go
sentry.javascript.browser sentry.javascript.node sentry.python sentryuptimebot senutobot seo-audit-check-bot
seobilitybot seoscanners seositecheckup seoulbot serankingbacklinksbot serendeputybot serf serpstatbot
serptimizerbot serverhunterspider seznambot seznamhomepagecrawler shapbot shopify siege silk simplecrawler
sirdatabot site24x7 siteauditbot sitebot sitecheck-sitecrawl sitecheckerbotcrawler sitescorebot sitesearch360
sitesoverpagesbot siteuptime.com skopeo skroutzbot skypeuripreview skywalking skyworkspider slaccalebot slackbot
sleepbot slickbot smarshbot smartologybot smartprobe smtbot smtnetpmbot snapurlpreview socialrankiobot
software-security-research solarwinds solr sosospider spark spbot specificfeeds spiderling splunk
splunk-otel-collector spray-can spring spring-boot springboot springservebot ssssbot stackdriver startmebot statabot
statsdronebot statuscake statusnestbacklinkspider statuspage step-ca stepstonecrawlbot storebot-google storygizebot
stractbot streamline3bot stripe sttp summalybot sumologic supabase superagent superfeedr surdotlybot surveybot
sustainabilitycrawler sv-watchagent swagger-codegen swiftbot swifteqlinkchecker swimgbot symfony symfonyhttpclient
synapse synthesibot synthetic-monitoring-agent t3versionsbot taboolabot tagoobot tangibleebot tavilybot telegraf
telegrambot tempo temporal temporal-go temporal-java terraform test-bot testcrawler thanos theinternetsearchx
thesis-research-bot thinkbot tigerbot tiktokspider timpibot tinyproxy tombapublicwebcrawler tomcat toplistbot
toutiaospider tower-http tracking-quality-spider traefik trendictionbot trident trivy trovitbot tsmbot tweetmemebot
twengabot twilio twilio-python twinagent twinwavescanner twitterbot typhoeus uaslinkchecker ugaresearchagent uipbot
undici unirest-java uptime uptime-kuma uptimebot uptimebot.org uptimedoctor uptimerobot uptimestatistics uptrends
urlappendbot urlbeebot urlcheckr urlgrabber urllib urllib3 urlsumabot useebookchecker usinenouvellecrawler
ut-dorkbot uv validator.nu varnish vault vebidoobot vector vegeta velenpublicwebcrawler velero veoozbot vercelbot
verispider version victoriametrics videootvbot visionheight.comscan vivaldi vkrobot vmagent vmalert vmcrawl vmware
voilabot voluumdsp-content-bot vsusearchspider vu-server-health-scanner vuhuvbot w3c-checklink w3c_css_validator
w3c_i18n-checker w3c_validator wadoobot wanscannerbot wardbot watchforbot wavefront wbsearchbot weaveworks
web-archive-net.com.bot webclient webcompanycrawler webgains-bot webkit weborama-fetcher webprosbot
website-info.net-robot websocket-client websockets websphere webspidermount webwikibot wellknownbot
wepchsearchengine werkzeug wget wget2 winhttp wirereaderbot wisebot wknd-bot wocbot woobot wordcountbot wordpress
wordupinfosearch woriobot worldbot wormlybot wovncrawler wpbot wpscan wrk wrtnbot ws www.uptime.com xamarin xh
xmlrpc xovibot xovionpagecrawler xray xy-archive-compliance yabrowser yacybot yandex.combots
yandexrenderresourcesbot yandorirssbot yarn yellowbrandprotectionbot yelpspider yextbot yisouspider yoozbot youbot
youdaobot yuuperbot zabbix zabbix-agent zanistabot zap zealbot zebra-v2-bot zend_http_client zipkin zipkin-server
zombiebot zoombot zoominfobot ztunnel zumbot zuperlistbot zzhbot
""".split()
)
"""Of user agents, in lower case: programs, libraries, robots."""

PLATFORMS: Final = frozenset(
    """
.net aarch64 alpine amd64 android arm arm64 armv6l armv7l armv8l centos clr compatible core cpu cros darwin debian
fedora freebsd gecko go gzip http https i386 i586 i686 intel ipad iphone ipod java jvm khtml like linux mac
macintosh macos mobile mono msie netbsd node.js nt openbsd openjdk openssl os ppc64le python riscv64 ruby rv s390x
sunos tablet tls trident tv u ubuntu wayland win32 win64 windows wow64 x x11 x64 x86 x86_64
""".split()
)
"""Of user agents' comments, in lower case."""
